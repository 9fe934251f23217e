// Receiving at the plant's gate: the sender's figures, the scale's, and what the law will say of the
// difference.
//
// A preview for the person who signs; the ledger judges with the same arithmetic (storage/ledger/mass.h).
// Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/catalogue.h"
#include "cli/skeleton.h"
#include "crypto/error.h"
#include "storage/ledger/payload/transfer.h"
#include "storage/ledger/tolerance.h"
#include "storage/ledger/value.h"

namespace anta {

struct SentDispatch {
  PartyId to = {};
  std::string state = {};
  std::vector<payload::LotMeasurement> sent = {};
  PartyId sender = {};
  std::optional<PartyId> carrier = {};
  std::string waybill = {};
  std::string seals = {};  // with commas between
};

// A dispatch record as the node's JSON gives it.
Result<SentDispatch> read_dispatch(const Value& record);

// What a dispatch says of a document about it (`anta new TYPE --from DISPATCH`): its id, the lots with the
// sender's measurements where the type has lots, and who signs where only one party may. Code::malformed,
// "usage": the type is not about a dispatch; the message names those that are.
struct FromDispatch {
  std::optional<PartyId> signer = {};
  Known known = {};
};
Result<void> check_about_dispatch(std::string_view type, Language language);
Result<FromDispatch> from_dispatch(std::string_view type, const DispatchId& id, const SentDispatch& dispatch,
                                   Language language);

// YAML "lot: {wet_g: ..., ...}" for exactly the lots of the dispatch.
Result<std::vector<payload::LotMeasurement>> read_measurements(std::string_view yaml,
                                                               const SentDispatch& dispatch);

struct FigureComparison {
  struct Line {
    LotId lot = {};
    std::int64_t sent_wet_g = 0, got_wet_g = 0;
    std::int64_t sent_dry_g = 0, got_dry_g = 0;
    std::int64_t sent_cu_g = 0, got_cu_g = 0;
    Match result = Match::accepted;
  };
  std::vector<Line> lines = {};
  Match worst = Match::accepted;  // all lots share it
};

// `materials`: of each lot (read_material). `parameters` maps names to values in force (GET /v1/parameters).
FigureComparison compare_figures(const SentDispatch& dispatch,
                                 const std::vector<payload::LotMeasurement>& got,
                                 const std::map<LotId, Material>& materials, const Value& parameters);
Result<Material> read_material(const Value& lot_record);
std::vector<std::string> comparison_lines(const FigureComparison& comparison, Language language);

}  // namespace anta

// The records of the state, one struct per kind, and how they are read from a view.
//
// A record is deterministic CBOR with text keys (`by`, `flags` and the members' names); the structs are in
// state/ by subject. `find<T>(view, id)` decodes; the law writes through Draft (draft.h). Bytes in the state
// that do not decode are our own broken invariant: nobody else writes them. Pure, any thread.
#pragma once

#include <optional>
#include <string_view>

#include "crypto/error.h"
#include "storage/ledger/state/claim.h"
#include "storage/ledger/state/lot.h"
#include "storage/ledger/state/network.h"
#include "storage/ledger/state/party.h"
#include "storage/ledger/state/site.h"
#include "storage/ledger/view.h"

namespace anta::state {

// The kind under which a record type is kept (Taken has three: its kind is given by the caller).
template <typename T>
struct KindOf;
#define ANTA_RECORD(Type, word)              \
  template <>                                \
  struct KindOf<Type> {                      \
    static constexpr Kind kind = Kind::word; \
  };
ANTA_RECORD(Party, party)
ANTA_RECORD(Key, key)
ANTA_RECORD(RoleHeld, role)
ANTA_RECORD(Relation, relation)
ANTA_RECORD(Device, device)
ANTA_RECORD(Parameter, parameter)
ANTA_RECORD(Node, node)
ANTA_RECORD(Rejected, rejected)
ANTA_RECORD(Countersign, countersign)
ANTA_RECORD(Document, document)
ANTA_RECORD(Site, site)
ANTA_RECORD(Formalisation, formalisation)
ANTA_RECORD(Accreditation, accreditation)
ANTA_RECORD(Attestation, attestation)
ANTA_RECORD(Origination, origination)
ANTA_RECORD(Lot, lot)
ANTA_RECORD(Process, process)
ANTA_RECORD(Dispatch, dispatch)
ANTA_RECORD(Account, account)
ANTA_RECORD(Certificate, certificate)
ANTA_RECORD(Proposal, proposal)
ANTA_RECORD(Network, network)
#undef ANTA_RECORD

// Both directions for every record type; explicitly instantiated in schema_state.cc.
template <typename T>
Bytes encode_record(const T& record);
template <typename T>
Result<T> decode_record(ByteView bytes);

template <typename T>
T decoded(ByteView bytes) {
  Result<T> record = decode_record<T>(bytes);
  ANTA_INVARIANT(record.has_value());
  return std::move(*record);
}
// A record to look at: null when there is none.
template <typename T>
std::shared_ptr<const T> look(const LedgerView& view, std::string_view id, Kind kind) {
  const SharedBytes bytes = view.read(kind, id);
  if (!bytes) return nullptr;
  if (DecodedRecords* kept = view.decoded()) return kept->of<T>(bytes, decoded<T>);
  return std::make_shared<const T>(decoded<T>(*bytes));
}
template <typename T>
std::shared_ptr<const T> look(const LedgerView& view, std::string_view id) {
  return look<T>(view, id, KindOf<T>::kind);
}
// A record of one's own.
template <typename T>
std::optional<T> find(const LedgerView& view, std::string_view id, Kind kind) {
  const SharedBytes bytes = view.read(kind, id);
  if (!bytes) return std::nullopt;
  if (DecodedRecords* kept = view.decoded()) return *kept->of<T>(bytes, decoded<T>);
  return decoded<T>(*bytes);
}
template <typename T>
std::optional<T> find(const LedgerView& view, std::string_view id) {
  return find<T>(view, id, KindOf<T>::kind);
}

}  // namespace anta::state

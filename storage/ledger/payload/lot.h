// Payloads: lots: registration, split, blend, process, stock corrections, holds, ownership. Member names are
// the field names of storage/ledger/statements.cddl; what is lawful is the law's to say. Pure data, any
// thread.
#pragma once

#include "storage/ledger/payload/common.h"

namespace anta::payload {

struct Lot {
  Common common = {};
  LotId id = {};
  SiteId site = {};
  Material material = Material::ore_sulphide;
  LotForm form = LotForm::bulk;
  Maybe<std::uint64_t> pieces = {};
  Measurement measurement = {};
  Millis extracted_from = {};
  Millis extracted_until = {};
  Maybe<List<PartyId>> producers = {};
};
struct Take {  // what is drawn from a lot
  LotId lot = {};
  Grams dry_g = {};
  Grams cu_g = {};
};
struct Make {  // what a process makes
  LotId id = {};
  Material material = Material::concentrate;
  Text form = {};
  Measurement measurement = {};
};
struct Mass {
  Grams dry_g = {};
  Grams cu_g = {};
};
struct Child {
  LotId id = {};
  Grams dry_g = {};
  Grams cu_g = {};
};
struct Split {
  Common common = {};
  LotId lot = {};
  List<Child> children = {};
};
struct BlendOutput {
  LotId id = {};
  Material material = Material::concentrate;
  Text form = {};
  Maybe<Measurement> measurement = {};
};
struct Blend {
  Common common = {};
  List<Take> inputs = {};
  BlendOutput output = {};
};
struct Process {
  Common common = {};
  ProcessId id = {};
  SiteId site = {};
  ProcessKind process = ProcessKind::flotation;
  Maybe<CocModel> coc_model = {};
  List<Take> inputs = {};
  List<Make> outputs = {};
  Maybe<Mass> tailings = {};
  Maybe<Mass> losses = {};
};
struct Adjust {
  Common common = {};
  LotId lot = {};
  std::int64_t dry_g = 0;  // signed: a difference
  std::int64_t cu_g = 0;
  AdjustReason reason = AdjustReason::stock_take;
};
struct Loss {
  Common common = {};
  LotId lot = {};
  Grams dry_g = {};
  Grams cu_g = {};
  LossReason reason = LossReason::spill;
};
struct Hold {
  Common common = {};
  LotId lot = {};
  Text legal_basis = {};
};
struct Release {
  Common common = {};
  LotId lot = {};
};
struct Ownership {
  Common common = {};
  LotId lot = {};
  PartyId from = {};
  PartyId to = {};
};

}  // namespace anta::payload

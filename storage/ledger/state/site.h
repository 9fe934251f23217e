// State records of sites, formalisation, accreditation, attestations and originations.
#pragma once

#include "storage/ledger/state/common.h"

namespace anta::state {

// Kind site, id = site id. It names what concerns it, so that no other index is needed.
struct Site {
  Stamp stamp = {};
  SiteId id = {};
  PartyId operator_id = {};  // field "operator"
  SiteKind kind = SiteKind::mine;
  Maybe<Text> ubigeo = {};
  Maybe<Text> country = {};
  Maybe<Text> concession = {};
  Maybe<PartyId> concession_holder = {};
  Maybe<Grams> capacity_g_per_day = {};
  List<ProcessKind> processes = {};
  Maybe<CocModel> coc_model = {};  // a declaration; decides nothing
  Maybe<std::int64_t> latitude_e2 = {};
  Maybe<std::int64_t> longitude_e2 = {};
  Millis registered = {};
  List<AttestationId> attestations = {};  // that list this site, in order of recording
  List<AccountId> accounts = {};          // opened for this site, in order of recording
  Maybe<LotId> last_lot = {};             // head of the chain of lots registered here (Lot::previous)
};

// Kind formalisation, id = subject party. In order of recording; the later wins a tie of effective_from.
struct Formalisation {
  Stamp stamp = {};
  struct Entry {
    Text scheme = {};
    FormalisationStatus status = FormalisationStatus::vigente;
    Millis effective_from = {};
    Maybe<Text> concession = {};
    Maybe<Text> code = {};
    Digest statement = {};
  };
  List<Entry> entries = {};
};

// Kind accreditation, id = "<body>/<scheme>". In order of recording.
struct Accreditation {
  Stamp stamp = {};
  struct Entry {
    AccreditationStatus status = AccreditationStatus::granted;
    Interval during = {};
    PartyId by_party = {};
    Digest statement = {};
  };
  List<Entry> entries = {};
};

// Kind attestation, id = attestation id.
struct Attestation {
  Stamp stamp = {};
  AttestationId id = {};
  SchemeId scheme = {};
  Text criteria = {};
  AttestationKind kind = AttestationKind::site_production;
  PartyId body = {};
  PartyId subject = {};
  List<SiteId> sites = {};
  List<Material> materials = {};  // empty: any
  List<CocModel> coc_models = {};
  Interval valid = {};
  Millis issued = {};  // event time
  struct Change {
    AttestationChange status = AttestationChange::suspended;
    Millis effective_from = {};
    Maybe<Millis> void_from = {};
    Digest statement = {};
  };
  List<Change> changes = {};  // in order of recording
};

// Kind origination, id = "<party>/<floor(event time / 30 days)>": what a producer originated, for the
// capacity rule. More than some entries lie in parts, records of this kind under "<id>/<from>", and the
// record itself has the parts' sums.
struct Origination {
  Stamp stamp = {};
  struct Entry {
    Millis event_time = {};
    Grams dry_g = {};
  };
  List<Entry> entries = {};  // by event time; equal times are one entry; none where there are parts
  struct Part {
    Millis from = {};  // up to the next part; the first from the least time on
    Grams dry_g = {};
  };
  Maybe<List<Part>> parts = {};  // by `from`
};

}  // namespace anta::state

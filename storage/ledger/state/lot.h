// State records of lots, processes, dispatches and what must be unique about them.
#pragma once

#include "storage/ledger/payload/common.h"
#include "storage/ledger/state/common.h"

namespace anta::state {

// Kind lot, id = lot id.
//
// `accepted` are the last accepted figures: the registered measurement, then each transfer's. `remaining` is
// what has not been drawn since. Lineage is two chains without growing lists: a made lot names its sources,
// and for each source the next child of that source; a source names its newest child.
struct Lot {
  Stamp stamp = {};
  LotId id = {};
  Material material = Material::ore_sulphide;
  Text form = {};
  LotState state = LotState::registered;
  PartyId maker = {};     // who registered or made it
  SiteId made_site = {};  // where; never changes
  SiteId site = {};       // present site: where it was made or last accepted
  PartyId holder = {};
  PartyId owner = {};
  Millis made_at = {};             // event time of registration or making
  Maybe<Millis> made_latest = {};  // the latest made_at of its site's chain up to it; none: not in a chain
  Millis settled_at = {};  // event time of the making or last acceptance: nothing on it may be earlier
  Figures accepted = {};
  Grams remaining_dry_g = {};
  Grams remaining_cu_g = {};
  MeasurementStatus status = MeasurementStatus::estimated;
  bool dry_raised = false;            // adjust raised dry since another's word was accepted; its parts too
  Maybe<DispatchId> dispatch = {};    // reserved by, in transit with, or waiting in
  Maybe<PartyId> hold = {};           // who put it on hold
  Maybe<PartyId> owner_offered = {};  // to whom its owner offers it; gone when the owner changes
  // origin and eligibility
  Maybe<SiteId> origin = {};  // the one mine site it comes from; none: several
  CocModel coc_model = CocModel::identity_preserved;
  struct SchemeEligibility {
    SchemeId scheme = {};
    Eligibility status = Eligibility::eligible;
  };
  List<SchemeEligibility> schemes = {};  // sorted by scheme; a scheme that is absent: not eligible
  Maybe<LotId> previous = {};            // the lot of the same site before it (lineage.h)
  // lineage
  struct Source {
    LotId lot = {};
    Grams dry_g = {};
    Grams cu_g = {};
    Maybe<LotId> next = {};  // the child of `lot` made before this one
  };
  List<Source> sources = {};
  Maybe<LotId> first_child = {};  // the newest lot made from this one
  // claims
  Grams certified_dry_g = {};  // of live certificates on it
  Grams certified_cu_g = {};
  List<CertificateId> certificates = {};  // live and consumed ones, in order of issue
  struct Credit {
    AccountId account = {};
    Grams cu_g = {};       // as booked, after conversion
    Grams over_cu_g = {};  // the Cu of this lot that it stands over; of a certificate's, what it claims
    bool by_certificate = false;  // taken over from a mass_balance certificate: void_from does not reverse it
    LotId lot = {};               // for whose acceptance it was booked: this one or one that it is made of
  };
  List<Credit> credits = {};  // booked at its last acceptance and still standing; parts take their part
  List<Credit> lost_credits =
      {};  // that its last loss or stock-take took back: a correction books them again
};

// Kind process, id = process id: a batch, so that its id is taken and its lots are found.
struct Process {
  Stamp stamp = {};
  SiteId site = {};
  Millis event_time = {};
  List<LotId> inputs = {};
  List<LotId> outputs = {};
};

// Kind dispatch, id = dispatch id.
struct Dispatch {
  Stamp stamp = {};
  DispatchId id = {};
  DispatchState state = DispatchState::sent;
  PartyId sender = {};
  SiteId from_site = {};
  PartyId to = {};
  SiteId to_site = {};
  bool ownership_moves = false;
  Maybe<PartyId> carrier = {};
  Text waybill = {};
  List<Text> seals = {};
  Millis departed = {};
  Maybe<Millis> handed_over = {};
  struct Line {
    LotId lot = {};
    Figures before = {};  // what the lot had left when it was dispatched
    LotState before_state = LotState::registered;
    Figures before_accepted = {};  // and what else a settlement overwrites, so that it can be taken back
    Millis before_settled_at = {};
    MeasurementStatus before_status = MeasurementStatus::estimated;
    PartyId before_owner = {};  // from the settlement on: right before it
    bool before_dry_raised = false;
    payload::Measurement sent = {};  // the sender's statement
    Maybe<payload::Measurement> received = {};
    Maybe<payload::Measurement> proposed = {};  // by the latest resolution
    List<Lot::Credit> reversed = {};            // credits that leaving reversed; coming back books them again
  };
  List<Line> lines = {};
  Maybe<Millis> received_at = {};
  Maybe<PartyId> proposed_by = {};  // whose agreement waits for the other's accept
  Maybe<Millis> proposed_at = {};   // since when: what was signed before cannot mean it
  Maybe<Millis> settled_at = {};
};

// Kinds waybill ("<signer>/<waybill>"), ticket ("<signer>/<scale or nothing>/<ticket>") and container_seal
// ("<signer>/<seal>"): taken by.
struct Taken {
  Stamp stamp = {};
  Text by_id = {};  // the dispatch
};

}  // namespace anta::state

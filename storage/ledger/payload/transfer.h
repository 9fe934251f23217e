// Payloads: dispatch, handover, receipt and what ends a transfer. Member names are the field names of
// storage/ledger/statements.cddl; what is lawful is the law's to say. Pure data, any thread.
#pragma once

#include "storage/ledger/payload/common.h"

namespace anta::payload {

struct LotMeasurement {
  LotId lot = {};
  Measurement measurement = {};
};
struct Dispatch {
  Common common = {};
  DispatchId id = {};
  List<LotMeasurement> lots = {};
  SiteId from_site = {};
  PartyId to = {};
  SiteId to_site = {};
  bool ownership_moves = false;
  Maybe<PartyId> carrier = {};
  Maybe<Text> vehicle = {};
  Maybe<List<Text>> seals = {};
  Text waybill = {};
  Maybe<Text> tax_deposit = {};
};
struct Handover {
  Common common = {};
  DispatchId dispatch = {};
};
struct Receipt {
  Common common = {};
  DispatchId dispatch = {};
  List<LotMeasurement> lots = {};
  bool seals_intact = false;
  Maybe<Text> ticket = {};
};
struct ReceiptReply {  // type receipt-answer
  Common common = {};
  DispatchId dispatch = {};
  ReceiptAnswer answer = ReceiptAnswer::accept;
  Maybe<Text> reason = {};
};
struct DisputeResolution {
  Common common = {};
  DispatchId dispatch = {};
  List<LotMeasurement> lots = {};
  ResolutionBy by = ResolutionBy::agreement;
};
struct DispatchEnd {
  Common common = {};
  DispatchId dispatch = {};
  DispatchOutcome outcome = DispatchOutcome::cancelled;
  Maybe<Text> reason = {};
};

}  // namespace anta::payload

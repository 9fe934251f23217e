// Corrections: what did not occur is taken back, so that the state reads as before but for what keeps ids
// taken; and only by its signer, and only while nothing is built on it.
#include <gmock/gmock.h>

#include "storage/ledger/transfer.h"
#include "tests/ledger/law_chain.h"
#include "tests/ledger/law_network.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

payload::Correction correction(const World& w, const Digest& of) {
  payload::Correction p;
  p.common = w.common();
  p.of = of;
  return p;
}

template <typename T>
Bytes without_stamp(const Bytes& bytes) {
  T record = *state::decode_record<T>(bytes);
  record.stamp = {};
  return state::encode_record(record);
}

// The records that a correction restores, without their stamps.
using Snapshot = std::map<StateKey, Bytes>;
Snapshot snapshot(const World& w) {
  Snapshot records;
  for (const auto& [key, value] : w.view.records()) {
    switch (key.kind) {
      case Kind::lot: records[key] = without_stamp<state::Lot>(*value); break;
      case Kind::dispatch: records[key] = without_stamp<state::Dispatch>(*value); break;
      case Kind::account: records[key] = without_stamp<state::Account>(*value); break;
      case Kind::certificate: records[key] = without_stamp<state::Certificate>(*value); break;
      case Kind::waybill:
      case Kind::ticket:
      case Kind::container_seal: records[key] = without_stamp<state::Taken>(*value); break;
      default: break;
    }
  }
  return records;
}

std::string name(const StateKey& key) { return std::string(word(key.kind)) + " " + key.id; }

// `as` signs the payload and takes it back: every record of before reads as before, new ones are withdrawn,
// and no gram is left over.
template <typename Payload>
void expect_undone(World& w, const std::string& as, const Payload& payload) {
  const Snapshot before = snapshot(w);
  const MassFlow mass = w.mass;
  w.must(as, payload);
  const Digest of = w.last_digest;
  w.must(as, correction(w, of));
  const Snapshot after = snapshot(w);
  for (const auto& [key, value] : before) {
    ASSERT_TRUE(after.contains(key)) << name(key);
    EXPECT_EQ(after.at(key), value) << name(key);
  }
  for (const auto& [key, value] : after) {
    if (before.contains(key)) continue;
    if (key.kind == Kind::lot) {
      const auto lot = w.get<state::Lot>(key.id);
      EXPECT_EQ(lot.state, LotState::withdrawn) << key.id;
      EXPECT_EQ(lot.remaining_dry_g.value, 0) << key.id;
    } else if (key.kind == Kind::dispatch) {
      EXPECT_EQ(w.get<state::Dispatch>(key.id).state, DispatchState::withdrawn) << key.id;
    } else if (key.kind == Kind::certificate) {
      EXPECT_EQ(w.get<state::Certificate>(key.id).state, CertificateState::withdrawn) << key.id;
    } else {
      ADD_FAILURE() << name(key) << " is left over";
    }
  }
  EXPECT_EQ(w.mass.originated, mass.originated);
  EXPECT_EQ(w.mass.gained, mass.gained);
  EXPECT_EQ(w.mass.lost, mass.lost);
  EXPECT_EQ(w.mass.processed_away, mass.processed_away);
  EXPECT_EQ(w.submit(as, correction(w, of)), "wrong_state") << "taken back twice";
}

payload::Loss loss(const World& w, const std::string& lot, std::int64_t dry, std::int64_t cu) {
  payload::Loss p;
  p.common = w.common();
  p.lot = LotId{lot};
  p.dry_g = Grams{dry};
  p.cu_g = Grams{cu};
  return p;
}

payload::Split halves(const World& w, const std::string& lot) {
  payload::Split p;
  p.common = w.common();
  p.lot = LotId{lot};
  const payload::Take all = w.all_of(lot);
  const Grams dry{all.dry_g.value / 2};
  const Grams cu{all.cu_g.value / 2};
  p.children = {{LotId{lot + "-a"}, dry, cu}, {LotId{lot + "-b"}, dry, cu}};
  return p;
}

const LawTable correctors(
    __FILE__,
    {
        {"not_issuer", inside, standard, "taken_back_by_its_signer",
         [](World& w) {
           w.must("miner", w.lot("L-1"));
           return w.submit("miner", correction(w, w.last_digest));
         }},
        {"not_issuer", outside, standard, "taken_back_by_another",
         [](World& w) {
           w.must("miner", w.lot("L-1"));
           return w.submit("plant", correction(w, w.last_digest));
         }},
        {"unknown_reference", outside, standard, "of_nothing",
         [](World& w) { return w.submit("miner", correction(w, sha256(as_bytes("nothing")))); }},
        {"unknown_reference", outside, standard, "of_a_rejected_statement",
         [](World& w) {
           EXPECT_EQ(w.submit("miner", w.lot("L-1", measured(tonne, 300001, 50000))), "moisture_impossible");
           w.view.remember(sha256(w.log.back().bytes), std::make_shared<const Bytes>(w.log.back().bytes));
           return w.submit("miner", correction(w, w.last_digest));
         }},
        {"event_order", outside, standard, "before_what_it_corrects",
         [](World& w) {
           w.must("miner", w.lot("L-1"));
           --w.now;
           return w.submit("miner", correction(w, w.last_digest));
         }},
        {"wrong_state", inside, standard, "nothing_is_built_on_it",
         [](World& w) {
           w.must("miner", w.lot("L-1"));
           const Digest of = w.last_digest;
           w.must("miner", w.lot("L-2"));
           return w.submit("miner", correction(w, of));
         }},
        {"wrong_state", outside, standard, "a_dispatched_lot",
         [](World& w) {
           w.must("miner", w.lot("L-1"));
           const Digest of = w.last_digest;
           w.must("miner", w.dispatch("D-1", {"L-1"}));
           return w.submit("miner", correction(w, of));
         }},
        {"wrong_state", outside, standard, "a_batch_whose_product_was_sold",
         [](World& w) {
           concentrate(w, "L-1", "K-1");
           const Digest of = w.last_digest;
           w.must("plant", halves(w, "K-1"));
           return w.submit("plant", correction(w, of));
         }},
        {"not_enabled", outside, standard, "incorrect_data",
         [](World& w) {
           w.must("miner", w.lot("L-1"));
           payload::Correction p = correction(w, w.last_digest);
           p.reason = CorrectionReason::incorrect_data;
           return w.submit("miner", p);
         }},
        {"wrong_state", outside, standard, "incorrect_data_that_something_builds_on",
         [](World& w) {
           w.must("miner", w.lot("L-1"));
           payload::Correction p = correction(w, w.last_digest);
           p.reason = CorrectionReason::incorrect_data;
           w.must("miner", w.dispatch("D-1", {"L-1"}));
           return w.submit("miner", p);
         }},
        {"not_enabled", outside, standard, "a_type_that_cannot_be_taken_back",
         [](World& w) {
           w.must("ministry", w.formalisation("miner", FormalisationStatus::vigente));
           return w.submit("ministry", correction(w, w.last_digest));
         }},
    });

// Goal: a lot goes, its id stays taken, and the producer's capacity is free again.
TEST(LawCorrection, OfALot) {
  World w;
  w.must("miner", w.lot("L-0"));
  w.mass = {};
  w.must("miner", w.lot("L-1", measured(760 * tonne, 0, 50000)));
  const Digest of = w.last_digest;
  EXPECT_EQ(w.submit("miner", w.lot("L-2", measured(760 * tonne, 0, 50000))), "capacity_exceeded");
  w.must("miner", correction(w, of));
  EXPECT_EQ(w.get<state::Lot>("L-1").state, LotState::withdrawn);
  EXPECT_EQ(w.mass.originated, MassFlow::Amount{});
  EXPECT_EQ(w.submit("miner", w.lot("L-1")), "duplicate_id");
  EXPECT_EQ(w.submit("miner", w.dispatch("D-1", {"L-1"})), "wrong_state");
  w.must("miner", w.lot("L-2", measured(760 * tonne, 0, 50000)));
}

TEST(LawCorrection, OfALotAfterTheWindowOfCapacityWasAmended) {
  // What was originated lay under the window of then: taking it back looked under that of now, and aborted.
  for (const std::int64_t days : {1, 10, 60, 366}) {
    World w;
    w.must("miner", w.lot("L-1", measured(500 * tonne, 0, 50000)));
    const Digest of = w.last_digest;
    EXPECT_EQ(decide(w, amendment(w, "P-1", "capacity_window_days", days)), "accepted");
    w.now += 2 * day;
    w.must("miner", correction(w, of));
    EXPECT_EQ(w.get<state::Lot>("L-1").state, LotState::withdrawn);
    w.must("miner", w.lot("L-2", measured(20 * tonne, 0, 50000)));
  }
}

// Goal: what is said of a stock is taken back to the gram, with its state.
TEST(LawCorrection, OfStock) {
  World w;
  w.must("miner", w.lot("L-1"));
  expect_undone(w, "miner", loss(w, "L-1", 1940000, 97000));
  expect_undone(w, "miner", loss(w, "L-1", 19400000, 970000));
  expect_undone(w, "miner", adjust(w, 145500, -20000));
  expect_undone(w, "miner", adjust(w, -145500, -20000));
  EXPECT_EQ(w.submit("miner", adjust(w, 145500, 0)), "accepted");  // the one rise is free again
}

// Goal: a loss and a stock-take take credits along; taken back they book them again, to the gram.
TEST(LawCorrection, OfStockWithCredits) {
  World w;
  w.attest("att-mb", AttestationKind::chain_of_custody, "plant", "mill", {CocModel::mass_balance});
  payload::BalanceOpen open;
  open.common = w.common();
  open.id = AccountId{"A-1"};
  open.site = SiteId{"mill"};
  open.scheme = SchemeId{"crp"};
  open.product = Material::concentrate;
  open.from = Millis{t0};
  open.until = Millis{t0 + 300 * day};
  open.conversion_ppm = Ppm{864001};
  w.must("plant", open);
  w.deliver("L-1");
  ASSERT_GT(w.get<state::Account>("A-1").balance_g, 0);
  expect_undone(w, "plant", loss(w, "L-1", 1940003, 97000));
  expect_undone(w, "plant", loss(w, "L-1", 19400000, 970000));
  expect_undone(w, "plant", adjust(w, -145500, -20001));
}

// Goal: holds, releases and offers are taken back; a completed transfer of ownership has two signers.
TEST(LawCorrection, OfHoldsAndOffers) {
  World w;
  w.must("miner", w.lot("L-1"));
  payload::Hold hold;
  hold.common = w.common();
  hold.lot = LotId{"L-1"};
  hold.legal_basis = "Ley 27446";
  expect_undone(w, "ministry", hold);
  w.must("ministry", hold);
  payload::Release release;
  release.common = w.common();
  release.lot = LotId{"L-1"};
  expect_undone(w, "ministry", release);
  w.must("ministry", release);
  payload::Ownership offer;
  offer.common = w.common();
  offer.lot = LotId{"L-1"};
  offer.from = PartyId{"miner"};
  offer.to = PartyId{"plant"};
  expect_undone(w, "miner", offer);
  w.must("miner", offer);
  w.must("plant", offer);
  EXPECT_EQ(w.submit("plant", correction(w, w.last_digest)), "not_enabled");
}

// Goal: dispatch, handover and receipt, accepted or waiting, leave no trace on lots, papers and seals.
TEST(LawCorrection, OfATransfer) {
  World w;
  w.must("miner", w.lot("L-1"));
  w.must("miner", w.lot("L-2"));
  payload::Dispatch dispatch = w.dispatch("D-1", {"L-1", "L-2"}, measured(19 * tonne, 30000, 50000));
  dispatch.seals = payload::List<payload::Text>{"HLX-1"};
  expect_undone(w, "miner", dispatch);
  dispatch.id = DispatchId{"D-2"};
  w.must("miner", dispatch);  // waybill and seal are free again
  w.now += hour;
  expect_undone(w, "truck", w.handover("D-2"));
  w.must("truck", w.handover("D-2"));
  w.now += day;
  payload::Receipt receipt = w.receipt("D-2", {"L-1", "L-2"}, measured(19 * tonne, 30000, 50100));
  expect_undone(w, "plant", receipt);
  receipt.lots[0].measurement.wet_g = Grams{18800000};  // 1 % short: waits
  expect_undone(w, "plant", receipt);
  receipt.lots[0].measurement.wet_g = Grams{18000000};  // disputed
  expect_undone(w, "plant", receipt);
  receipt = w.receipt("D-2", {"L-1", "L-2"}, measured(19 * tonne, 30000, 50100));
  w.must("plant", receipt);
  const Digest of = w.last_digest;
  w.must("plant", loss(w, "L-1", 1000, 50));
  EXPECT_EQ(w.submit("plant", correction(w, of)), "wrong_state");
}

// D-1 is on its way, with a flag of its own dispatch; what is returned is a receipt that raises this flag.
payload::Receipt flagged_receipt(World& w, std::string_view flag) {
  const bool fast = flag == "speed_unusual";
  for (const auto& [id, operator_id, latitude] :
       {std::tuple("here", "miner", -1500), std::tuple("there", "plant", -1600)}) {
    payload::Site site = w.site_payload(id, operator_id, SiteKind::mine);
    site.latitude_e2 = latitude;
    site.longitude_e2 = -7400;
    w.must(operator_id, site);
  }
  payload::Lot lot = w.lot("L-1");
  lot.site = SiteId{"here"};
  w.must("miner", lot);
  payload::Dispatch dispatch = w.dispatch("D-1", {"L-1"});
  dispatch.from_site = SiteId{"here"};
  dispatch.to_site = SiteId{"there"};
  dispatch.tax_deposit.reset();
  if (flag == "tare_drift") dispatch.lots[0].measurement.tare_g = Grams{14 * tonne};
  w.must("miner", dispatch);
  if (flag != "no_handover") w.must("truck", w.handover("D-1"));
  w.now += fast ? hour / 2 : flag == "transit_unusual" ? 4 * day : hour * 12;
  payload::Receipt receipt = w.receipt("D-1", {"L-1"});
  if (flag == "tare_drift") receipt.lots[0].measurement.tare_g = Grams{15 * tonne};
  return receipt;
}

// Goal: a corrected receipt takes its own flags with it, each that the law knows, and no other.
TEST(LawCorrection, OfAReceiptWithEachOfItsFlags) {
  for (const ReceiptFlag& flag : flags_of_a_receipt()) {
    SCOPED_TRACE(std::string(flag.code));
    World w;
    const payload::Receipt receipt = flagged_receipt(w, flag.code);
    const auto flags = [&w] { return w.get<state::Dispatch>("D-1").stamp.flags; };
    const auto before = flags();
    ASSERT_THAT(before, testing::ElementsAre(testing::Field(&state::Flag::code, "no_tax_deposit")));
    w.must("plant", receipt);
    EXPECT_THAT(flags(), testing::UnorderedElementsAre(
                             before[0], testing::Field(&state::Flag::code, std::string(flag.code))));
    w.must("plant", correction(w, w.last_digest));
    EXPECT_EQ(flags(), before);
  }
}

// Goal: split, blend and process give the sources back what was drawn; a second split keeps the first.
TEST(LawCorrection, OfMaking) {
  World w;
  w.deliver("L-1");
  w.deliver("L-2");
  expect_undone(w, "plant", w.flotation("B-1", {"L-1", "L-2"}, "K-1"));
  payload::Process batch = w.flotation("B-2", {"L-1"}, "K-2");
  w.must("plant", batch);
  w.must("plant", halves(w, "L-2"));
  payload::Blend blend;
  blend.common = w.common();
  blend.inputs = {w.all_of("L-2-a"), w.all_of("L-2-b")};
  blend.output = {LotId{"M-1"}, Material::ore_sulphide, "bulk", std::nullopt};
  expect_undone(w, "plant", blend);
  payload::Split quarter = halves(w, "K-2");
  quarter.children.pop_back();
  w.must("plant", quarter);
  quarter.children.front().id = LotId{"K-2-c"};
  expect_undone(w, "plant", quarter);
}

// Goal: a certificate frees the lot and pays its account back; a receipt takes its credits back, unless they
// were spent.
TEST(LawCorrection, OfClaims) {
  World w;
  concentrate(w, "L-1", "K-1");
  w.must("plant", w.certificate("C-0", "K-1", CocModel::segregated, "smelter"));
  const Digest of = w.last_digest;
  w.must("plant", correction(w, of));
  EXPECT_EQ(w.get<state::Certificate>("C-0").state, CertificateState::withdrawn);
  EXPECT_EQ(w.get<state::Lot>("K-1").certified_cu_g.value, 0);
  w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
  payload::BalanceOpen account;
  account.common = w.common();
  account.id = AccountId{"A-1"};
  account.site = SiteId{"works"};
  account.scheme = SchemeId{"crp"};
  account.product = Material::concentrate;
  account.from = Millis{w.now};
  account.until = Millis{w.now + 300 * day};
  account.conversion_ppm = Ppm{965000};
  w.must("smelter", account);
  const payload::Measurement as_made = as_it_is(w, "K-1");
  w.must("plant", sale(w, "S-1", {"K-1"}));
  w.now += day;
  const payload::Receipt receipt = w.receipt("S-1", {"K-1"}, as_made);
  expect_undone(w, "smelter", receipt);
  w.must("smelter", receipt);
  EXPECT_GT(w.get<state::Account>("A-1").balance_g, 0);
}

// Goal: a document may be registered again, a relation is as if it had never been declared.
TEST(LawCorrection, OfDocumentsAndRelations) {
  World w;
  payload::Document document;
  document.common = w.common();
  document.digest = sha256(as_bytes("a contract"));
  document.media_type = "application/pdf";
  document.title = "Contract";
  w.must("plant", document);
  w.must("plant", correction(w, w.last_digest));
  EXPECT_EQ(w.submit("plant", document), "accepted");
  payload::Relation relation;
  relation.common = w.common();
  relation.party = PartyId{"body"};
  relation.other = PartyId{"miner"};
  relation.from = Millis{t0};
  w.must("body", relation);
  const Digest of = w.last_digest;
  EXPECT_EQ(w.submit("body", w.attestation("att-new", "miner", "mine")), "conflict_of_interest");
  w.must("body", correction(w, of));
  EXPECT_EQ(w.submit("body", w.attestation("att-new", "miner", "mine")), "accepted");
}

}  // namespace
}  // namespace anta::test

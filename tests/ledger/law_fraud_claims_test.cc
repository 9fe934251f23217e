// What a hostile review of the law got away with in claims: each test bears its bug's name.
#include "storage/ledger/standing.h"
#include "tests/ledger/law_chain.h"

namespace anta::test {
namespace {

const SchemeId crp{"crp"};

payload::AttestationStatus fraud(const World& w, const std::string& id, std::int64_t from = t0) {
  payload::AttestationStatus p = w.attestation_status(id, AttestationChange::revoked);
  p.void_from = Millis{from};
  return p;
}

// The mill is attested for mass_balance too and has an account A-1: a delivered lot is credited there.
void credit_the_mill(World& w) {
  w.attest("att-mb", AttestationKind::chain_of_custody, "plant", "mill", {CocModel::mass_balance});
  payload::BalanceOpen p = account(w, "A-1", 864000);
  p.site = SiteId{"mill"};
  p.product = Material::concentrate;
  w.must("plant", p);
}

// Goal: what is recorded after a chain-of-custody attestation was voided, of an event inside the void, is
// under review from the start, and claims nothing.
TEST(LawFraud, BackdatedAfterACustodyVoid) {
  World w;
  w.deliver("L-1");
  const std::int64_t before = w.now;
  w.now += 2 * day;
  w.must("body", fraud(w, "att-mill"));
  payload::Process late = w.flotation("B-1", {"L-1"}, "K-1");
  late.common.event_time = Millis{before + hour};
  w.must("plant", late);
  EXPECT_TRUE(w.flagged("upstream_under_review"));
  const auto lot = w.get<state::Lot>("K-1");
  EXPECT_EQ(eligibility_for(lot, crp), Eligibility::under_review);
  ASSERT_FALSE(lot.stamp.flags.empty());
  EXPECT_EQ(lot.stamp.flags.front().code, "upstream_under_review");
  payload::Certificate claim = w.certificate("C-1", "K-1", CocModel::segregated, "smelter");
  claim.common.event_time = Millis{before + 2 * hour};
  EXPECT_EQ(w.submit("plant", claim), "out_of_scope");
  payload::BalanceOpen open = account(w, "A-1");
  open.common.event_time = Millis{before + 2 * hour};
  w.must("body", fraud(w, "att-works"));
  EXPECT_EQ(w.submit("smelter", open), "out_of_scope");
}

// Goal: another attestation that no void reaches keeps what is made sound.
TEST(LawFraud, BackdatedAfterACustodyVoidButCovered) {
  World w;
  w.attest("att-mill-2", AttestationKind::chain_of_custody, "plant", "mill", {CocModel::segregated});
  w.deliver("L-1");
  const std::int64_t before = w.now;
  w.now += 2 * day;
  w.must("body", fraud(w, "att-mill"));
  payload::Process late = w.flotation("B-1", {"L-1"}, "K-1");
  late.common.event_time = Millis{before + hour};
  w.must("plant", late);
  EXPECT_FALSE(w.flagged("upstream_under_review"));
  EXPECT_EQ(eligibility_for(w.get<state::Lot>("K-1"), crp), Eligibility::eligible);
}

// Goal: nobody claims, and nobody mixes, under what was attested of somebody else; and a body attests a site
// to its operator alone.
TEST(LawFraud, ForeignAttestation) {
  World w;
  concentrate(w, "L-1", "K-1");
  payload::Dispatch d = sale(w, "S-1", {"K-1"});
  d.to = PartyId{"buyer"};
  d.to_site = SiteId{"mill"};  // the buyer's goods on the plant's ground
  w.must("plant", d);
  w.now += hour;
  w.must("buyer", w.receipt("S-1", {"K-1"}, as_it_is(w, "K-1")));
  EXPECT_EQ(w.submit("buyer", w.certificate("C-1", "K-1", CocModel::segregated)), "out_of_scope");
  EXPECT_EQ(w.submit("body", w.attestation("att-new", "buyer", "mill")), "out_of_scope");
  w.must("miner", w.lot("L-2"));
  payload::Dispatch own = w.dispatch("D-2", {"L-2"});
  own.to = PartyId{"buyer"};
  w.must("miner", own);
  payload::Lot second = w.lot("L-3");
  second.site = SiteId{"mine2"};
  w.must("miner2", second);
  payload::Dispatch other = w.dispatch("D-3", {"L-3"});
  other.from_site = SiteId{"mine2"};
  other.to = PartyId{"buyer"};
  w.must("miner2", other);
  w.now += day;
  w.must("buyer", w.receipt("D-2", {"L-2"}));
  w.must("buyer", w.receipt("D-3", {"L-3"}));
  payload::Blend blend;
  blend.common = w.common();
  blend.inputs = {w.all_of("L-2"), w.all_of("L-3")};
  blend.output = {LotId{"Z"}, Material::ore_sulphide, "bulk", {}};
  w.must("buyer", blend);
  EXPECT_EQ(w.get<state::Lot>("Z").coc_model, CocModel::none);
  EXPECT_TRUE(w.get<state::Lot>("Z").schemes.empty());
}

// Goal: what a scheme does not attest the site for it does not lend to what another attests.
TEST(LawFraud, SchemeLeak) {
  World w;
  state::Parameter scheme;
  scheme.entries.push_back({std::string("owner"), Millis{t0}});
  w.view.write({Kind::parameter, "scheme/b"}, std::make_shared<const Bytes>(state::encode_record(scheme)));
  payload::Accreditation accreditation;
  accreditation.common = w.common();
  accreditation.body = PartyId{"body"};
  accreditation.scheme = SchemeId{"b"};
  accreditation.from = Millis{t0};
  accreditation.until = Millis{t0 + 3000 * day};
  w.must("owner", accreditation);
  payload::Attestation mine = w.attestation("b-mine", "miner", "mine");
  mine.scheme = SchemeId{"b"};
  w.must("body", mine);
  payload::Attestation mill = w.attestation("b-mill", "plant", "mill");
  mill.scheme = SchemeId{"b"};
  mill.kind = AttestationKind::chain_of_custody;
  mill.coc_models = payload::List<CocModel>{CocModel::mass_balance};
  w.must("body", mill);
  w.deliver("L-1");
  w.deliver("L-2");
  payload::Process named = w.flotation("B-1", {"L-1"}, "K-1");
  named.coc_model = CocModel::segregated;
  w.must("plant", named);
  EXPECT_EQ(eligibility_for(w.get<state::Lot>("K-1"), SchemeId{"b"}), std::nullopt);
  EXPECT_EQ(eligibility_for(w.get<state::Lot>("K-1"), crp), Eligibility::eligible);
  w.must("plant", w.flotation("B-2", {"L-2"}, "K-2"));  // of both the weaker: mass_balance
  EXPECT_EQ(w.get<state::Lot>("K-2").coc_model, CocModel::mass_balance);
  EXPECT_EQ(eligibility_for(w.get<state::Lot>("K-2"), SchemeId{"b"}), Eligibility::eligible);
  payload::Certificate claim = w.certificate("C-1", "K-1", CocModel::segregated, "smelter");
  claim.schemes = {SchemeId{"b"}};
  EXPECT_EQ(w.submit("plant", claim), "not_eligible");
  claim.schemes = {crp};
  EXPECT_EQ(w.submit("plant", claim), "accepted");
}

// Goal: a site that keeps a mass balance only certifies nothing segregated, whoever made the lot.
TEST(LawFraud, ClaimAboveThePresentSite) {
  World w;
  concentrate(w, "L-1", "K-1");
  sell(w, "K-1");
  EXPECT_EQ(w.submit("smelter", w.certificate("C-1", "K-1", CocModel::segregated, "buyer")), "not_eligible");
}

// Goal: a deficit does not end with the next account, nor with one opened beforehand.
TEST(LawFraud, DeficitEscapedByTheNextAccount) {
  for (const bool beforehand : {false, true}) {
    World w;
    payload::BalanceOpen first = account(w, "A-1");
    first.until = Millis{t0 + 12 * day};
    payload::BalanceOpen next = account(w, "A-2");
    next.from = first.until;
    next.until = Millis{t0 + 300 * day};
    w.must("smelter", first);
    if (beforehand) w.must("smelter", next);
    concentrate(w, "L-1", "K-1");
    sell(w, "K-1");
    w.must("smelter", smelting(w, "B-2", "K-1", "AN"));
    payload::Certificate claim = w.certificate("C-1", "AN", CocModel::mass_balance, "buyer");
    claim.dry_g.value /= 2;
    claim.cu_g.value /= 2;
    w.must("smelter", claim);
    w.must("body", fraud(w, "att-mine"));
    ASSERT_LT(balance(w, "A-1"), 0);
    next.common = w.common();
    if (!beforehand) {
      EXPECT_EQ(w.submit("smelter", next), "account_in_deficit");
    }
    w.now = t0 + 12 * day;
    deliver_from_second(w, "L-2");
    w.must("plant", w.flotation("B-3", {"L-2"}, "K-2"));
    sell(w, "K-2");
    claim = w.certificate("C-2", "AN", CocModel::mass_balance, "buyer");
    claim.dry_g.value = 100000;
    claim.cu_g.value = 99200;
    EXPECT_EQ(w.submit("smelter", claim), beforehand ? "account_in_deficit" : "no_account");
  }
}

// Goal: a site listed twice is looked back on once.
TEST(LawFraud, SiteListedTwice) {
  World w;
  payload::Attestation twice = w.attestation("att-x", "miner", "mine");
  twice.sites = {SiteId{"mine"}, SiteId{"mine"}};
  w.must("body", twice);
  EXPECT_EQ(w.get<state::Attestation>("att-x").sites.size(), 1u);
  credit_the_mill(w);
  w.deliver("L-1");
  EXPECT_EQ(balance(w, "A-1"), 838080);
  w.must("body", fraud(w, "att-x"));
  EXPECT_EQ(balance(w, "A-1"), 0);
}

// L-1 and L-2 at the mill become Z, and half of it Z-1.
void blend_and_halve(World& w) {
  payload::Blend blend;
  blend.common = w.common();
  blend.inputs = {w.all_of("L-1"), w.all_of("L-2")};
  blend.output = {LotId{"Z"}, Material::ore_sulphide, "bulk", {}};
  w.must("plant", blend);
  w.must("plant", splitting(w, "Z", {{LotId{"Z-1"}, Grams{19400000}, Grams{970000}}}));
}

// Goal: in a blend the credits of each source stay apart: voiding one takes its own back and no other.
TEST(LawFraud, BlendOverReversal) {
  World w;
  credit_the_mill(w);
  w.deliver("L-1");
  deliver_from_second(w, "L-2");
  EXPECT_EQ(balance(w, "A-1"), 2 * 838080);
  blend_and_halve(w);
  for (const char* half : {"Z", "Z-1"}) {  // each a half of both: Z-1 took both whole along
    ASSERT_EQ(w.get<state::Lot>(half).credits.size(), 2u);
    for (const auto& credit : w.get<state::Lot>(half).credits)
      EXPECT_EQ(credit.over_cu_g, Grams{485000});
  }
  w.must("body", fraud(w, "att-mine2"));
  EXPECT_EQ(balance(w, "A-1"), 838080);
  ASSERT_EQ(w.get<state::Lot>("Z-1").credits.size(), 1u);
  EXPECT_EQ(w.get<state::Lot>("Z-1").credits.front().lot, LotId{"L-1"});
}

// Goal: of two credited lots that were put together, the half that is sold takes half of the credit back; the
// other had taken all of it along, and the copper was credited twice.
TEST(LawFraud, AHalfOfABlendKeepsAllItsCredits) {
  World w;
  credit_the_mill(w);
  w.deliver("L-1");
  w.deliver("L-2");
  blend_and_halve(w);
  payload::Dispatch d = w.dispatch("O-1", {"Z"});
  d.from_site = SiteId{"mill"};
  d.to = PartyId{"smelter"};
  d.to_site = SiteId{"works"};
  w.must("plant", d);
  EXPECT_EQ(balance(w, "A-1"), 838080);
}

// Goal: what is lost or not found takes its share of the credit along.
TEST(LawFraud, LossKeepsTheCredit) {
  World w;
  credit_the_mill(w);
  w.deliver("L-1");
  payload::Loss loss;
  loss.common = w.common();
  loss.lot = LotId{"L-1"};
  loss.dry_g = Grams{9700000};
  loss.cu_g = Grams{485000};
  loss.reason = LossReason::theft;
  w.must("plant", loss);
  EXPECT_EQ(balance(w, "A-1"), 419040);
  payload::Adjust adjust;
  adjust.common = w.common();
  adjust.lot = LotId{"L-1"};
  adjust.cu_g = -48500;
  w.must("plant", adjust);
  EXPECT_EQ(balance(w, "A-1"), 377136);
  loss.common = w.common();
  loss.cu_g = w.all_of("L-1").cu_g;
  w.must("plant", loss);
  EXPECT_EQ(balance(w, "A-1"), 0);
  EXPECT_TRUE(w.get<state::Lot>("L-1").credits.empty());
}

// Goal: the credit of what processing used says nothing of what is left of the lot.
TEST(LawFraud, StaleCreditBlocksTheRest) {
  World w;
  w.attest("att-store", AttestationKind::chain_of_custody, "buyer", "store", {CocModel::segregated});
  concentrate(w, "L-1", "K-1");
  w.must("smelter", account(w, "A-1"));
  sell(w, "K-1");
  payload::Process half = smelting(w, "B-2", "K-1", "AN");
  const std::int64_t cu = half.inputs[0].cu_g.value / 2;
  half.inputs[0].dry_g.value /= 2;
  half.inputs[0].cu_g.value = cu;
  half.outputs[0].measurement = measured(cu * 97 / 100 * 1000 / 992, 0, 992000);
  half.losses = payload::Mass{Grams{0}, Grams{cu - cu * 97 / 100}};
  w.must("smelter", half);
  const payload::Take rest = w.all_of("K-1");
  const payload::Measurement figures = measured(rest.dry_g.value, 0, 240000);
  payload::Dispatch onward = w.dispatch("S-2", {"K-1"}, figures);
  onward.from_site = SiteId{"works"};
  onward.to = PartyId{"buyer"};
  onward.to_site = SiteId{"store"};
  w.must("smelter", onward);
  w.now += day;
  w.must("buyer", w.receipt("S-2", {"K-1"}, figures));
  ASSERT_EQ(w.get<state::Lot>("K-1").credits.size(), 1u);
  EXPECT_EQ(w.submit("buyer", w.certificate("C-1", "K-1", CocModel::segregated)), "accepted");
}

// Goal: a lot's record does not grow with certificates that were issued and ended again.
TEST(LawFraud, CertificateGrowth) {
  World w;
  concentrate(w, "L-1", "K-1");
  const auto issue = [&](int i) {
    payload::Certificate p = w.certificate("C-" + std::to_string(i), "K-1", CocModel::segregated, "smelter");
    p.dry_g = Grams{10000};
    p.cu_g = Grams{2400};
    return w.submit("plant", p);
  };
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(issue(i), "accepted");
    const auto change = i == 1 ? CertificateChange::voided : CertificateChange::superseded;
    w.must("plant", certificate_status(w, "C-" + std::to_string(i), change));
    EXPECT_TRUE(w.get<state::Lot>("K-1").certificates.empty());
  }
  for (int i = 3; i < 3 + 256; ++i)
    ASSERT_EQ(issue(i), "accepted");
  EXPECT_EQ(issue(300), "already_certified");
  w.must("plant", certificate_status(w, "C-3", CertificateChange::superseded));
  EXPECT_EQ(issue(301), "accepted");
}

// Goal: one body fills its own share of a site's attestations and no other body's.
TEST(LawFraud, AttestationGrowth) {
  World w;
  for (int i = 0; i < 63; ++i) {  // att-mine is the first of 64
    ASSERT_EQ(w.submit("body", w.attestation("att-" + std::to_string(i), "miner", "mine")), "accepted");
  }
  EXPECT_EQ(w.submit("body", w.attestation("att-64", "miner", "mine")), "out_of_scope");
  w.party("body2", {Role::assurance_body});
  payload::Accreditation accreditation;
  accreditation.common = w.common();
  accreditation.body = PartyId{"body2"};
  accreditation.scheme = crp;
  accreditation.from = Millis{t0};
  accreditation.until = Millis{t0 + 3000 * day};
  w.must("owner", accreditation);
  EXPECT_EQ(w.submit("body2", w.attestation("att-64", "miner", "mine")), "accepted");
}

}  // namespace
}  // namespace anta::test

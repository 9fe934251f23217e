// The ledgers that corpus.py starts from: whole chains that the law accepted, as certificate files.
//
// One line each: name, certificate, the moment to verify at (ms), then in hex the policy, the file, the state
// as [[kind word, id, record]...], and a seal. The keys are those of law_fixture.h and ledger_builder.h,
// which corpus.py derives too: so it can lay the same statements again with one of them changed, signed and
// cosigned as a network would whose organisations all lie.
#include <gtest/gtest.h>

#include <iostream>

#include "crypto/cbor.h"
#include "crypto/text.h"
#include "storage/ledger/seal.h"
#include "tests/ledger/law_chain.h"
#include "tests/ledger/ledger_builder.h"
#include "tests/ledger/report_words.h"

namespace anta::test {
namespace {

Bytes state_of(const World& world) {
  cbor::Writer out;
  std::vector<std::pair<StateKey, SharedBytes>> records;
  for (const auto& [key, record] : world.view.records()) {
    if (record) records.emplace_back(key, record);
  }
  out.array(records.size());
  for (const auto& [key, record] : records)
    out.array(3).text(word(key.kind)).text(key.id).bytes(*record);
  return out.take();
}

// The seal that closes such a ledger, as a node encodes it.
Bytes seal_of(const World& world, std::uint64_t size) {
  Seal seal;
  seal.height = Height{size / 4};
  seal.block_time = Millis{world.block_time()};
  seal.state_root = sha256(as_bytes("state of " + std::to_string(size)));
  seal.first_leaf = LeafIndex{size - 1};
  seal.accepted = size % 3;
  return encode_seal(seal);
}

void print(const char* name, World& world, const std::string& certificate) {
  LedgerBuilder ledger(world, name);
  ledger.settle();
  const std::int64_t now = static_cast<std::int64_t>(ledger.checkpoint_seconds() + 3) * second;
  std::cout << name << ' ' << certificate << ' ' << now << ' '
            << to_hex(as_bytes(encode_policy(*ledger.trust().policy))) << ' '
            << to_hex(encode_certificate_file(ledger.file(certificate))) << ' ' << to_hex(state_of(world))
            << ' ' << to_hex(seal_of(world, ledger.size())) << '\n';
}

// A concentrate of one mine, certified, and then whatever else happens.
template <typename Then>
void after_concentrate(const char* name, Then then) {
  World w;
  certify_concentrate(w);
  then(w);
  print(name, w, "C-1");
}

void change(World& w, const std::string& attestation, AttestationChange to,
            std::optional<std::int64_t> void_from = {}) {
  payload::AttestationStatus p = w.attestation_status(attestation, to);
  if (void_from) p.void_from = Millis{*void_from};
  w.must("body", p);
  w.now += hour;
}

void revoke_key(World& w, const std::string& party, std::int64_t since) {
  payload::KeyRevoke p;
  p.common = w.common();
  p.party = PartyId{party};
  p.key = w.key(party).public_key();
  p.reason = "stolen";
  p.compromised_since = Millis{since};
  w.must("registrar", p);
}

// Received with another weight than was sent, so that the two sides have to talk.
payload::Measurement lighter(const World& w, const std::string& lot, std::int64_t ppm) {
  payload::Measurement less = as_it_is(w, lot);
  less.wet_g.value -= less.wet_g.value * ppm / 1000000;
  return less;
}

void statuses() {
  after_concentrate("concentrate", [](World&) {});
  after_concentrate("suspended", [](World& w) { change(w, "att-mine", AttestationChange::suspended); });
  after_concentrate("reinstated", [](World& w) {
    change(w, "att-mine", AttestationChange::suspended);
    change(w, "att-mine", AttestationChange::reinstated);
  });
  for (const char* attestation : {"att-mill", "att-mine"}) {
    World w;
    change(w, attestation, AttestationChange::suspended);
    w.now += 30 * day;
    change(w, attestation, AttestationChange::reinstated);
    w.now += 10 * day;
    certify_concentrate(w);
    print((std::string("reinstated-first-") + attestation).c_str(), w, "C-1");
  }
  after_concentrate("run-out", [](World& w) {
    change(w, "att-mine", AttestationChange::suspended);
    w.now += 184 * day;
  });
  after_concentrate("revoked", [](World& w) { change(w, "att-mill", AttestationChange::revoked); });
  after_concentrate("withdrawn", [](World& w) { change(w, "att-mine", AttestationChange::withdrawn); });
  after_concentrate("voided", [](World& w) { change(w, "att-mine", AttestationChange::revoked, t0); });
  after_concentrate("custody-voided",
                    [](World& w) { change(w, "att-mill", AttestationChange::revoked, t0); });
  after_concentrate("superseded", [](World& w) {
    w.must("plant", certificate_status(w, "C-1", CertificateChange::superseded));
  });
  after_concentrate(
      "void", [](World& w) { w.must("owner", certificate_status(w, "C-1", CertificateChange::voided)); });
  after_concentrate("consumed", [](World& w) {
    sell(w, "K-1");
    w.must("smelter", smelting(w, "B-2", "K-1", "A-1"));
  });
  after_concentrate("issuer-compromised", [](World& w) { revoke_key(w, "plant", w.now - 2 * hour); });
  after_concentrate("body-compromised", [](World& w) { revoke_key(w, "body", t0); });
  after_concentrate("bystander-compromised", [](World& w) { revoke_key(w, "miner2", t0); });
  after_concentrate("attestation-expired", [](World& w) { w.now += 1100 * day; });
}

void transfers() {
  after_concentrate("disputed", [](World& w) {
    const payload::Measurement less = lighter(w, "K-1", 50000);
    w.must("plant", sale(w, "S-1", {"K-1"}));
    w.now += day;
    w.must("smelter", w.receipt("S-1", {"K-1"}, less));
  });
  after_concentrate("waiting", [](World& w) {
    const payload::Measurement less = lighter(w, "K-1", 15000);
    w.must("plant", sale(w, "S-1", {"K-1"}));
    w.now += day;
    w.must("smelter", w.receipt("S-1", {"K-1"}, less));
  });
  after_concentrate("answered", [](World& w) {
    const payload::Measurement less = lighter(w, "K-1", 15000);
    w.must("plant", sale(w, "S-1", {"K-1"}));
    w.now += day;
    w.must("smelter", w.receipt("S-1", {"K-1"}, less));
    w.now += hour;
    w.must("plant", reply(w, "S-1", ReceiptAnswer::accept));
  });
  after_concentrate("agreed", [](World& w) {
    const payload::Measurement less = lighter(w, "K-1", 50000);
    const payload::Measurement between = lighter(w, "K-1", 20000);
    w.must("plant", sale(w, "S-1", {"K-1"}));
    w.now += day;
    w.must("smelter", w.receipt("S-1", {"K-1"}, less));
    w.now += hour;
    w.must("plant", resolution(w, "S-1", "K-1", between, ResolutionBy::agreement));
    w.now += hour;
    w.must("smelter", reply(w, "S-1", ReceiptAnswer::accept));
  });
  after_concentrate("umpired", [](World& w) {
    const payload::Measurement less = lighter(w, "K-1", 50000);
    const payload::Measurement between = lighter(w, "K-1", 20000);
    w.must("plant", sale(w, "S-1", {"K-1"}));
    w.now += day;
    w.must("smelter", w.receipt("S-1", {"K-1"}, less));
    w.now += hour;
    w.must("lab", resolution(w, "S-1", "K-1", between, ResolutionBy::umpire));
  });
  after_concentrate("cancelled", [](World& w) {
    w.must("plant", sale(w, "S-1", {"K-1"}));
    w.now += hour;
    w.must("plant", ending(w, "S-1", DispatchOutcome::cancelled));
  });
  after_concentrate("refused", [](World& w) {
    w.must("plant", sale(w, "S-1", {"K-1"}));
    w.now += hour;
    w.must("smelter", ending(w, "S-1", DispatchOutcome::refused));
  });
}

void chains() {
  {
    World w;
    certify_anode(w);
    print("anode", w, "C-2");
  }
  {
    World w;
    certify_anode(w);
    change(w, "att-mine", AttestationChange::revoked, t0);
    print("anode-voided", w, "C-2");
  }
  {
    World w;
    w.deliver("L-1");
    deliver_from_second(w, "L-2");
    w.must("plant", w.flotation("B-1", {"L-1", "L-2"}, "K-1"));
    w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
    w.now += hour;
    print("two-mines", w, "C-1");
  }
  {
    World w;
    concentrate(w, "L-1", "K-1");
    const payload::Take all = w.all_of("K-1");
    w.must("plant", splitting(w, "K-1",
                              {{LotId{"K-a"}, Grams{all.dry_g.value / 2}, Grams{all.cu_g.value / 2}},
                               {LotId{"K-b"}, Grams{all.dry_g.value / 4}, Grams{all.cu_g.value / 4}}}));
    w.must("plant", w.certificate("C-1", "K-a", CocModel::segregated));
    w.now += hour;
    print("split", w, "C-1");
  }
  {
    World w;
    w.deliver("L-1");
    payload::Process p = w.flotation("B-1", {"L-1"}, "K-1");
    p.tailings->dry_g.value -= 19400000 / 40;
    p.tailings->cu_g.value -= 970000 / 40;
    w.must("plant", p);
    w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated));
    w.now += hour;
    print("closure-flag", w, "C-1");
  }
  {
    World w({{"closure_max_ppm", std::int64_t{60000}}, {"payload_max_g", std::int64_t{60000000}}});
    w.deliver("L-1");
    payload::Process p = w.flotation("B-1", {"L-1"}, "K-1");
    p.tailings->dry_g.value -= 19400000 / 20;
    p.tailings->cu_g.value -= 970000 / 20;
    w.must("plant", p);
    w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated));
    w.now += hour;
    print("other-parameters", w, "C-1");
  }
}

payload::Blend blend(const World& w, const std::vector<std::string>& inputs, Material material) {
  payload::Blend p;
  p.common = w.common();
  for (const std::string& input : inputs)
    p.inputs.push_back(w.all_of(input));
  p.output = {LotId{"M-1"}, material, "bulk", std::nullopt};
  return p;
}

void float_blend(World& w, const char* name) {
  w.must("plant", w.flotation("B-1", {"M-1"}, "K-1"));
  w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated));
  w.now += hour;
  print(name, w, "C-1");
}

void blends() {
  {
    World w;
    w.deliver("L-1");
    deliver_from_second(w, "L-2");
    w.must("plant", blend(w, {"L-1", "L-2"}, Material::ore_sulphide));
    float_blend(w, "blend-two-mines");
  }
  {
    World w;
    w.deliver("L-1");
    w.deliver("L-2");
    payload::Blend p = blend(w, {"L-1", "L-2"}, Material::ore_mixed);
    p.output.measurement = some_ore();
    p.output.measurement->wet_g.value *= 2;
    w.must("plant", p);
    float_blend(w, "blend-one-mine");
  }
  {
    World w;
    w.deliver("L-1");
    w.must("plant", ownership(w, "plant", "miner"));
    w.must("plant", ownership(w, "plant", "smelter"));
    w.must("smelter", ownership(w, "plant", "smelter"));
    w.must("plant", w.flotation("B-1", {"L-1"}, "K-1"));
    w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated));
    w.now += hour;
    print("tolled", w, "C-1");
  }
}

// What the law's second hostile review added: a concentrate floated again by who made it; a claim's credit
// that goes along with parts of its lot, and stands together in what they are blended to.
void reviewed() {
  {
    World w;
    concentrate(w, "L-1", "K-0");
    w.must("plant", w.flotation("B-1", {"K-0"}, "K-1"));
    w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
    w.now += hour;
    print("floated-again", w, "C-1");
  }
  {
    World w;
    w.must("smelter", account(w, "A"));
    concentrate(w, "L-1", "K-1");
    sell(w, "K-1");
    w.must("smelter", smelting(w, "B-2", "K-1", "A-1"));
    refiner_with_account(w);
    payload::Certificate bought = w.certificate("C-2", "A-1", CocModel::mass_balance, "refiner");
    bought.dry_g = Grams{400000};
    bought.cu_g = Grams{396800};
    w.must("smelter", bought);
    payload::Dispatch d = w.dispatch("O-1", {"A-1"}, as_it_is(w, "A-1"));
    d.from_site = SiteId{"works"};
    d.to = PartyId{"refiner"};
    d.to_site = SiteId{"tank"};
    w.must("smelter", d);
    w.now += day;
    w.must("refiner", w.receipt("O-1", {"A-1"}, as_it_is(w, "A-1")));
    const payload::Take all = w.all_of("A-1");
    const auto share_of = [&all](const char* id, std::int64_t share) {
      return payload::Child{LotId{id}, Grams{all.dry_g.value / share}, Grams{all.cu_g.value / share}};
    };
    w.must("refiner", splitting(w, "A-1", {share_of("P-1", 2), share_of("P-2", 3)}));
    w.must("refiner", blend(w, {"P-1", "P-2"}, Material::anode));
    payload::Certificate part = w.certificate("C-3", "M-1", CocModel::mass_balance);
    part.dry_g = Grams{300000};
    part.cu_g = Grams{297600};
    w.must("refiner", part);
    w.now += hour;
    print("credits-blended", w, "C-3");
  }
  {
    World w;
    payload::PartyUpdate p;
    p.common = w.common();
    p.party = PartyId{"plant"};
    p.name = "Planta Nueva";
    p.capacity_class = CapacityClass::ppm;
    w.must("registrar", p);
    certify_concentrate(w);
    print("renamed", w, "C-1");
  }
}

// Of the works: 300 kg of the anode that it makes of this concentrate, from an account with a credit.
void certify_part_of_anode(World& w, const char* name, const std::string& input) {
  sell(w, input);
  w.must("smelter", smelting(w, "B-2", input, "A-1"));
  payload::Certificate p = w.certificate("C-2", "A-1", CocModel::mass_balance);
  p.dry_g = Grams{300000};
  p.cu_g = Grams{297600};
  w.must("smelter", p);
  w.now += hour;
  print(name, w, "C-2");
}

// What the third review found that a file could leave out, and a batch within what a void reaches.
void left_out() {
  {
    World w;
    w.must("smelter", account(w, "A"));
    w.deliver("L-1");
    change(w, "att-mine", AttestationChange::revoked);
    w.attest("att-mine-again", AttestationKind::site_production, "miner", "mine");
    w.deliver("L-2");
    w.must("plant", w.flotation("B-1", {"L-1", "L-2"}, "K-1"));
    certify_part_of_anode(w, "twice-attested", "K-1");
  }
  {
    World w;
    w.must("smelter", account(w, "A"));
    concentrate(w, "L-1", "K-1");
    sell(w, "K-1");  // what the account is credited for
    payload::AttestationStatus later = w.attestation_status("att-mill", AttestationChange::revoked);
    later.effective_from = Millis{w.now + 30 * day};
    later.void_from = Millis{w.now};
    w.must("body", later);
    w.now += hour;
    concentrate(w, "L-2", "K-2");
    certify_part_of_anode(w, "custody-voided-between", "K-2");
  }
  {
    World w;
    w.site("mill-b", "plant", SiteKind::plant, {ProcessKind::flotation});
    w.attest("att-mill-b", AttestationKind::chain_of_custody, "plant", "mill-b", {CocModel::segregated});
    concentrate(w, "L-1", "K-1");
    move_from_mill(w, "O-1", "K-1", "mill-b");
    w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated));
    change(w, "att-mill-b", AttestationChange::revoked);
    print("moved", w, "C-1");
  }
}

void stock() {
  {
    World w;
    concentrate(w, "L-1", "K-1");
    payload::Loss loss;
    loss.common = w.common();
    loss.lot = LotId{"K-1"};
    loss.dry_g = Grams{100000};
    loss.cu_g = Grams{24000};
    w.must("plant", loss);
    payload::Adjust adjust;
    adjust.common = w.common();
    adjust.lot = LotId{"K-1"};
    adjust.dry_g = -5000;
    adjust.cu_g = -1200;
    w.must("plant", adjust);
    hold(w, "K-1");
    payload::Release release;
    release.common = w.common();
    release.lot = LotId{"K-1"};
    w.must("ministry", release);
    w.must("plant", w.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
    w.now += hour;
    print("stock", w, "C-1");
  }
  {
    World w;
    payload::KeyRotate p;
    p.common = w.common();
    p.party = PartyId{"plant"};
    p.old_key = w.key("plant").public_key();
    p.new_key = w.key("plant, later").public_key();
    certify_concentrate(w);
    p.common = w.common();
    w.must("plant", p);
    print("rotated", w, "C-1");
  }
}

}  // namespace
}  // namespace anta::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  anta::test::statuses();
  anta::test::transfers();
  anta::test::chains();
  anta::test::blends();
  anta::test::reviewed();
  anta::test::left_out();
  anta::test::stock();
  return testing::UnitTest::GetInstance()->ad_hoc_test_result().Failed() ? 1 : 0;
}

// What every statement must satisfy: its form, its signer's key, its times and its device's counter.
#include "crypto/text.h"
#include "storage/ledger/law.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

// A lot whose event lies so far from the block's time.
std::string lot_recorded_after(World& w, std::int64_t lag) {
  w.now += 40 * day;
  w.lag = lag;
  return w.submit("miner", w.lot("L-1"));
}

std::string countersigned(World& w, const std::string& by) {
  w.now += 40 * day;
  const Bytes old = w.sign("miner", w.lot("L-1"));
  payload::Countersign support;
  support.common = w.common();
  support.of = sha256(old);
  w.lag = 30 * day;
  w.must(by, support);
  w.lag = 30 * day + 1;
  return w.submit_bytes(old);
}

std::string from_device(World& w, std::uint64_t seq, const std::string& device = "phone") {
  payload::Lot p = w.lot("L-" + std::to_string(seq) + device, measured(tonne, 30000, 50000));
  p.common.device = DeviceId{device};
  p.common.device_seq = seq;
  return w.submit("miner", p);
}

std::string flipped(World& w, std::size_t from_end) {
  Bytes bytes = w.sign("miner", w.lot("L-1"));
  bytes[bytes.size() - from_end] ^= 1;
  return w.submit_bytes(bytes);
}

payload::KeyRevoke revoke(const World& w, const PublicKey& key) {
  payload::KeyRevoke p;
  p.common = w.common();
  p.party = PartyId{"miner"};
  p.key = key;
  p.reason = "lost";
  return p;
}

payload::KeyRotate rotate(const World& w, const PublicKey& old_key, const PublicKey& new_key) {
  payload::KeyRotate p;
  p.common = w.common();
  p.party = PartyId{"miner"};
  p.old_key = old_key;
  p.new_key = new_key;
  return p;
}

const LawTable form(
    __FILE__,
    {
        {"malformed", inside, standard, "as_signed",
         [](World& w) { return w.submit("miner", w.lot("L-1")); }},
        {"malformed", outside, standard, "a_trailing_byte",
         [](World& w) {
           Bytes bytes = w.sign("miner", w.lot("L-1"));
           bytes.push_back(0);
           return w.submit_bytes(bytes);
         }},
        {"bad_signature", inside, standard, "as_signed",
         [](World& w) { return w.submit_bytes(w.sign("miner", w.lot("L-1"))); }},
        {"bad_signature", outside, standard, "a_bit_of_the_signature",
         [](World& w) { return flipped(w, 1); }},
        {"bad_signature", outside, standard, "a_byte_of_the_payload",
         [](World& w) {
           Bytes bytes = w.sign("miner", w.lot("L-1", measured(20 * tonne + 1, 30000, 50000)));
           bytes[std::string(as_text(bytes)).find("wet_g") + 9] ^= 1;  // the last byte of 20 000 001
           return w.submit_bytes(bytes);
         }},
        {"unknown_key", inside, standard, "the_partys_own",
         [](World& w) { return w.submit("miner", w.lot("L-1")); }},
        {"unknown_key", inside, standard, "its_new_key_after_a_rotation",
         [](World& w) {
           w.must("miner", rotate(w, w.key("miner").public_key(), w.key("miner's new").public_key()));
           const auto bytes = sign_statement(w.lot("L-1"), PartyId{"miner"}, w.key("miner's new"), 0, {});
           return w.submit_bytes(*bytes);
         }},
        {"unknown_key", outside, standard, "nobody_registered_it",
         [](World& w) {
           const auto bytes = sign_statement(w.lot("L-1"), PartyId{"miner"}, w.key("stranger"), 0, {});
           return w.submit_bytes(*bytes);
         }},
        {"unknown_key", outside, standard, "another_partys_key",
         [](World& w) {
           const auto bytes = sign_statement(w.lot("L-1"), PartyId{"miner"}, w.key("plant"), 0, {});
           return w.submit_bytes(*bytes);
         }},
        {"unknown_key", outside, standard, "rotated",
         [](World& w) {
           w.must("miner", rotate(w, w.key("miner").public_key(), w.key("miner's new").public_key()));
           return w.submit("miner", w.lot("L-1"));
         }},
        {"unknown_key", outside, standard, "revoked",
         [](World& w) {
           w.must("registrar", revoke(w, w.key("miner").public_key()));
           return w.submit("miner", w.lot("L-1"));
         }},
    });

const LawTable times(__FILE__,
                     {
                         {"event_in_future", inside, standard, "ten_minutes_ahead",
                          [](World& w) { return lot_recorded_after(w, -600 * second); }},
                         {"event_in_future", outside, standard, "a_millisecond_more",
                          [](World& w) { return lot_recorded_after(w, -600 * second - 1); }},
                         {"event_in_future",
                          inside,
                          other,
                          "as_far_as_it_says",
                          [](World& w) { return lot_recorded_after(w, -5 * second); },
                          {{"event_ahead_max_ms", 5000}}},
                         {"event_in_future",
                          outside,
                          other,
                          "a_millisecond_more",
                          [](World& w) { return lot_recorded_after(w, -5 * second - 1); },
                          {{"event_ahead_max_ms", 5000}}},
                         {"event_too_old", inside, standard, "thirty_days",
                          [](World& w) { return lot_recorded_after(w, 30 * day); }},
                         {"event_too_old", outside, standard, "a_millisecond_more",
                          [](World& w) { return lot_recorded_after(w, 30 * day + 1); }},
                         {"event_too_old",
                          inside,
                          other,
                          "as_old_as_it_says",
                          [](World& w) { return lot_recorded_after(w, 7 * day); },
                          {{"event_age_max_days", 7}}},
                         {"event_too_old",
                          outside,
                          other,
                          "a_millisecond_more",
                          [](World& w) { return lot_recorded_after(w, 7 * day + 1); },
                          {{"event_age_max_days", 7}}},
                         {"event_too_old", inside, standard, "countersigned_by_an_auditor_of_a_later_day",
                          [](World& w) {
                            w.now += 41 * day;
                            w.party("auditor2", {Role::auditor});
                            w.now -= day;  // older than the auditor's office
                            const Bytes old = w.sign("miner", w.lot("L-1"));
                            payload::Countersign support;
                            support.common = w.common();
                            support.common.event_time = Millis{w.now + 20 * day};
                            support.of = sha256(old);
                            w.lag = 30 * day;
                            w.must("auditor2", support);
                            w.lag = 30 * day + 1;
                            return w.submit_bytes(old);
                          }},
                         {"event_too_old", inside, standard, "countersigned_by_an_auditor",
                          [](World& w) { return countersigned(w, "auditor"); }},
                         {"event_too_old", outside, standard, "countersigned_by_its_own_issuer",
                          [](World& w) {
                            payload::RoleGrant grant;
                            grant.common = w.common();
                            grant.party = PartyId{"miner"};
                            grant.role = Role::auditor;
                            grant.from = Millis{t0};
                            w.must("registrar", grant);
                            return countersigned(w, "miner");
                          }},
                     });

const LawTable devices(__FILE__, {
                                     {"device_sequence", inside, standard, "rising_with_gaps",
                                      [](World& w) {
                                        EXPECT_EQ(from_device(w, 3), "accepted");
                                        return from_device(w, 7);
                                      }},
                                     {"device_sequence", inside, standard, "each_device_for_itself",
                                      [](World& w) {
                                        EXPECT_EQ(from_device(w, 3), "accepted");
                                        return from_device(w, 3, "tablet");
                                      }},
                                     {"device_sequence", inside, standard, "a_rejection_consumes_nothing",
                                      [](World& w) {
                                        EXPECT_EQ(from_device(w, 3), "accepted");
                                        payload::Lot p = w.lot("L-9", measured(tonne, 300001, 50000));
                                        p.common.device = DeviceId{"phone"};
                                        p.common.device_seq = 4;
                                        EXPECT_EQ(w.submit("miner", p), "moisture_impossible");
                                        return from_device(w, 4);
                                      }},
                                     {"device_sequence", outside, standard, "the_same_again",
                                      [](World& w) {
                                        EXPECT_EQ(from_device(w, 3), "accepted");
                                        return from_device(w, 3);
                                      }},
                                     {"device_sequence", outside, standard, "without_a_device",
                                      [](World& w) {
                                        payload::Lot p = w.lot("L-1");
                                        p.common.device_seq = 1;
                                        return w.submit("miner", p);
                                      }},
                                     {"not_enabled", inside, standard, "a_type_with_a_rule",
                                      [](World& w) { return w.submit("miner", w.lot("L-1")); }},
                                     {"not_enabled", outside, standard, "the_closing_of_an_account",
                                      [](World& w) {
                                        payload::BalanceClose close;
                                        close.common = w.common();
                                        close.account = AccountId{"A-1"};
                                        return w.submit("plant", close);
                                      }},
                                 });

// Goal: types that decode but have no rule are never accepted, whoever signs.
TEST(Law, TypesWithoutARuleAreNotEnabled) {
  World w;
  payload::BalanceClose close;
  close.common = w.common();
  close.account = AccountId{"A-1"};
  EXPECT_EQ(w.submit("auditor", close), "not_enabled");
  EXPECT_EQ(w.submit("plant", close), "not_enabled");
}

// Goal: a key that is known to have leaked is not valid for events after the leak, not even while active.
TEST(Law, CompromisedSinceIsComparedWithTheEvent) {
  World w;
  const std::string id = hex(w.key("miner").kid());
  auto key = w.get<state::Key>(id);
  key.compromised_since = Millis{w.now + 1};
  const auto write = [&] {
    w.view.write({Kind::key, id}, std::make_shared<const Bytes>(state::encode_record(key)));
  };
  write();
  EXPECT_EQ(w.submit("miner", w.lot("L-1")), "accepted");
  key.compromised_since = Millis{w.now};
  write();
  EXPECT_EQ(w.submit("miner", w.lot("L-2")), "unknown_key");
}

// Goal: rejections that admission may answer finally leave no record; the law's own are final and kept.
TEST(Law, RejectionsByTheLawAreRecorded) {
  for (const LawWord& code : law_codes()) {
    const bool final_at_admission = code.word == "malformed" || code.word == "bad_signature" ||
                                    code.word == "unknown_key" || code.word == "event_in_future";
    EXPECT_EQ(rejection_is_recorded(code.word), !final_at_admission) << code.word;
  }
  World w;
  EXPECT_EQ(w.submit("plant", w.lot("L-1")), "role_missing");
  const auto record = w.get<state::Rejected>(hex(w.last_digest));
  EXPECT_EQ(record.rule, "role_missing");
  EXPECT_EQ(record.block_time.value, w.block_time());
}

// Goal: the genesis resolves every parameter, names its registrar and scheme owners, and stamps its records.
TEST(Law, GenesisWritesTheFirstState) {
  World w({{"event_age_max_days", 77}, {"unformalised_origin", std::string("not_eligible")}});
  const Result<Effects> effects = genesis_effects(w.genesis);
  ASSERT_TRUE(effects.has_value());
  std::size_t parameters = 0;
  for (const StateChange& change : effects->changes) {
    if (change.key.kind == Kind::parameter && !change.key.id.starts_with("scheme/")) ++parameters;
  }
  EXPECT_EQ(parameters, all_parameters().size());
  const auto age = w.get<state::Parameter>("event_age_max_days");
  EXPECT_EQ(std::get<std::int64_t>(age.entries.at(0).value), 77);
  EXPECT_EQ(age.stamp.by, sha256(encode_genesis(w.genesis)));
  EXPECT_EQ(std::get<std::string>(w.get<state::Parameter>("scheme/crp").entries.at(0).value), "owner");
  Genesis wrong = w.genesis;
  wrong.parameters = {{"no_such_parameter", 1}};
  EXPECT_FALSE(genesis_effects(wrong).has_value());
}

}  // namespace
}  // namespace anta::test

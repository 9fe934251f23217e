#include "crypto/policy.h"

#include <gtest/gtest.h>

#include "tests/crypto/outcome.h"

namespace anta {
namespace {

using test::outcome;
using test::with;

constexpr std::uint64_t now = 2000;
const std::string origin = "ledger.example/anta";

SigningKey key_of(std::uint8_t number) { return SigningKey(test::seed(number)); }

VerifierKey log_key(std::uint8_t number = 100) {
  return {.name = origin, .type = KeyType::ed25519, .key = key_of(number).public_key()};
}

std::string cosigner_name(std::uint8_t number) { return "org" + std::to_string(number) + ".example/anta"; }

VerifierKey cosigner_key(std::uint8_t number) {
  return {.name = cosigner_name(number), .type = KeyType::cosignature, .key = key_of(number).public_key()};
}

std::string witness(std::uint8_t number) {
  return "witness w" + std::to_string(number) + " " + encode_verifier_key(cosigner_key(number)) + "\n";
}

std::string log_line(std::uint8_t number = 100) {
  return "log " + encode_verifier_key(log_key(number)) + "\n";
}

// log and three witnesses; tests add groups and the quorum
std::string three() { return log_line() + witness(1) + witness(2) + witness(3); }

// A note of size 7, signed by the log and cosigned by (organisation, time).
Note cosigned(const std::vector<std::pair<std::uint8_t, std::uint64_t>>& cosigners) {
  Note note{.text = encode_checkpoint({.origin = origin, .size = 7, .root = sha256(as_bytes("root"))})};
  note.signatures.push_back(sign_note_line(note.text, origin, key_of(100)));
  for (const auto& [number, time] : cosigners) {
    note.signatures.push_back(sign_cosignature(note.text, cosigner_name(number), key_of(number), time));
  }
  return note;
}

Result<PolicyVerdict> check(const std::string& policy_text, const Note& note) {
  auto policy = parse_policy(policy_text);
  if (!policy) return pass(policy);
  return check_note(*policy, encode_note(note), now);
}

TEST(Policy, GoesBothWays) {
  // Goal: every kind of line, with comments, blanks and white space, comes to values and to a text that
  // parses equal.
  const std::string text = "# who signs\n\n\t " + log_line() + "witness  w1\t" +
                           encode_verifier_key(cosigner_key(1)) + " https://w1.example/ \n" + witness(2) +
                           witness(3) + "group two 2 w1 w2 w3\nquorum two\n  # end\n";
  auto policy = parse_policy(text);
  ASSERT_TRUE(policy) << policy.error().message;
  ASSERT_EQ(policy->elements.size(), 4U);
  EXPECT_EQ(policy->logs.at(0).key, log_key());
  EXPECT_EQ(policy->elements[0].url, "https://w1.example/");
  EXPECT_EQ(policy->elements[3].threshold, 2U);
  EXPECT_EQ(policy->elements[3].members, (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(policy->quorum, 3U);
  EXPECT_EQ(parse_policy(encode_policy(*policy)), *policy);
}

TEST(Policy, EachBadPolicyHasItsOwnRule) {
  // Goal: the malformed policies of proofs.md section 9 and their like, each with rule and line.
  const std::string end = "quorum none\n";
  const std::pair<std::string, std::string> cases[] = {
      {three() + end, "ok"},
      {three() + "group g 1 w1 w1\n" + end, "policy.member_twice"},
      {three() + "group g 1 w1 w2\ngroup h 1 w2 w3\n" + end, "policy.member_twice"},
      {three() + "group g 1 h\ngroup h 1 w1\n" + end, "policy.unknown_name"},
      {"quorum w1\n" + three(), "policy.unknown_name"},
      {three() + "group g 1 g\n" + end, "policy.unknown_name"},
      {three() + "group g 1 none\n" + end, "policy.unknown_name"},
      {three() + end + end, "policy.two_quorums"},
      {three() + "quorum w1\nquorum w2\n", "policy.two_quorums"},
      {three(), "policy.no_quorum"},
      {"\n", "policy.no_quorum"},
      {three() + "quorum\n", "policy.quorum"},
      {three() + "quorum w1 w2\n", "policy.quorum"},
      {three() + "group g 0 w1\n" + end, "policy.threshold"},
      {three() + "group g 4 w1 w2 w3\n" + end, "policy.threshold"},
      {three() + "group g 02 w1 w2\n" + end, "policy.threshold"},
      {three() + "group g most w1 w2\n" + end, "policy.threshold"},
      {three() + "group g 1\n" + end, "policy.group"},
      {three() + "group w1 1 w2\n" + end, "policy.duplicate_name"},
      {three() + "group none 1 w2\n" + end, "policy.name"},
      {three() + "witness x " + encode_verifier_key(cosigner_key(1)) + "\n" + end, "policy.duplicate_key"},
      {three() + log_line() + end, "policy.duplicate_key"},
      {three() + "witness x " + encode_verifier_key(log_key(9)) + "\n" + end, "policy.key_type"},
      {three() + "log " + encode_verifier_key(cosigner_key(9)) + "\n" + end, "policy.key_type"},
      {three() + "log\n" + end, "policy.log"},
      {three() + "log a b c d\n" + end, "policy.log"},
      {three() + "witness x\n" + end, "policy.witness"},
      {three() + "witnesses x y\n" + end, "policy.word"},
      {three() + "log x+y\n" + end, "note.key"},
      {with(three(), "\n", "\r\n") + end, "policy.crlf"},
      {three() + "quorum none\f\n", "policy.control"},
      {three() + "quorum none", "policy.final_newline"},
      {"", "policy.final_newline"},
      {std::string(policy_lines_max, '\n') + end, "policy.too_large"},
      {"#" + std::string(policy_bytes_max, 'x') + "\n" + end, "policy.too_large"},
  };
  for (const auto& [text, rule] : cases)
    EXPECT_EQ(outcome(parse_policy(text)), rule) << text.substr(0, 2000);
  EXPECT_EQ(parse_policy("\nquorum w1\n").error().message,
            "policy line 2: 'w1' is not defined on an earlier line");
}

TEST(Policy, CountsTheQuorum) {
  // Goal: two of three, with one, two and three cosignatures; the time is the second newest.
  const std::string policy = three() + "group g 2 w1 w2 w3\nquorum g\n";
  auto one = check(policy, cosigned({{2, 1500}}));
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_FALSE(one->quorum_met);
  EXPECT_EQ(one->quorum_time_seconds, 0U);
  EXPECT_EQ(one->missing, (std::vector<std::string>{"w1", "w3"}));
  auto two = check(policy, cosigned({{2, 1500}, {3, 1700}}));
  ASSERT_TRUE(two);
  EXPECT_TRUE(two->quorum_met);
  EXPECT_EQ(two->quorum_time_seconds, 1500U);
  auto three_signed = check(policy, cosigned({{1, 1600}, {2, 1500}, {3, 1700}}));
  ASSERT_TRUE(three_signed);
  EXPECT_EQ(three_signed->quorum_time_seconds, 1600U) << "one early or late clock moves nothing";
  EXPECT_TRUE(three_signed->missing.empty());
  EXPECT_EQ(three_signed->cosigners.at(1), (VerifiedCosigner{"w2", cosigner_key(2), 1500}));
  EXPECT_EQ(three_signed->checkpoint.size, 7U);
  EXPECT_EQ(three_signed->checkpoint.origin, origin);
  EXPECT_EQ(three_signed->logs, (std::vector<VerifierKey>{log_key()}));
}

TEST(Policy, GroupsNest) {
  // Goal: the specification's example shape: 2 of X and any of Y, where Y alone or X alone is not enough.
  std::string policy = log_line();
  for (std::uint8_t i = 1; i <= 6; ++i)
    policy += witness(i);
  policy += "group X 2 w1 w2 w3\ngroup Y any w4 w5 w6\ngroup both all X Y\nquorum both\n";
  const auto met = [&](const Note& note) { return check(policy, note)->quorum_met; };
  EXPECT_TRUE(met(cosigned({{1, 1000}, {3, 1000}, {5, 1000}})));
  EXPECT_FALSE(met(cosigned({{1, 1000}, {2, 1000}, {3, 1000}})));
  EXPECT_FALSE(met(cosigned({{1, 1000}, {5, 1000}, {6, 1000}})));
  auto timed = check(policy, cosigned({{1, 1100}, {2, 1200}, {3, 1300}, {4, 1050}, {6, 1150}}));
  EXPECT_EQ(timed->quorum_time_seconds, 1150U);
}

TEST(Policy, QuorumMayBeAWitnessOrNone) {
  // Goal: a single witness's name, and `none` with nobody's cosignature.
  EXPECT_TRUE(check(three() + "quorum w2\n", cosigned({{2, 1000}}))->quorum_met);
  EXPECT_FALSE(check(three() + "quorum w2\n", cosigned({{1, 1000}, {3, 1000}}))->quorum_met);
  EXPECT_TRUE(check(three() + "quorum none\n", cosigned({}))->quorum_met);
  EXPECT_EQ(check(three() + "quorum none\n", cosigned({{1, 1000}}))->quorum_time_seconds, 0U);
}

TEST(Policy, OneBadSignatureByAKnownKeySpoilsTheNote) {
  // Goal: of a log and of a cosigner, though enough others are good; an unknown key's is ignored.
  const std::string policy = three() + "group g 2 w1 w2 w3\nquorum g\n";
  Note note = cosigned({{1, 1000}, {2, 1000}, {3, 1000}});
  for (std::size_t i = 0; i < note.signatures.size(); ++i) {
    Note spoilt = note;
    spoilt.signatures[i].blob.back() ^= 1;
    auto refused = check(policy, spoilt);
    EXPECT_EQ(outcome(refused), "note.signature") << i;
    EXPECT_EQ(refused.error().code, Code::bad_signature);
  }
  Note unknown = cosigned({{1, 1000}, {2, 1000}, {9, 1000}});
  unknown.signatures.back().blob.back() ^= 1;
  auto verdict = check(policy, unknown);
  ASSERT_TRUE(verdict) << verdict.error().message;
  EXPECT_TRUE(verdict->quorum_met);
  EXPECT_EQ(verdict->cosigners.size(), 2U);
  EXPECT_EQ(outcome(check(policy, cosigned({{1, now + 61}}))), "note.time_future");
}

TEST(Policy, ALogOfTheOriginMustHaveSigned) {
  // Goal: no log line, a log line by a stranger, and a known log of another origin are all not enough. Who
  // signs under the origin with a key that is not listed may be a node that came later: that says nothing.
  const std::string policy = three() + "quorum none\n";
  Note none = cosigned({{1, 1000}});
  none.signatures.erase(none.signatures.begin());
  EXPECT_EQ(outcome(check(policy, none)), "policy.no_log");
  Note stranger = none;
  stranger.signatures.push_back(sign_note_line(stranger.text, origin, key_of(101)));
  EXPECT_EQ(outcome(check(policy, stranger)), "policy.log_key");
  EXPECT_EQ(check(policy, stranger).error().code, Code::uncertain);
  const VerifierKey other{.name = "other.example", .type = KeyType::ed25519, .key = key_of(102).public_key()};
  Note foreign = none;
  foreign.signatures.push_back(sign_note_line(foreign.text, "other.example", key_of(102)));
  EXPECT_EQ(outcome(check("log " + encode_verifier_key(other) + "\n" + policy, foreign)), "policy.no_log");
  Note second = none;  // any one of the listed logs is enough
  second.signatures.push_back(sign_note_line(second.text, origin, key_of(103)));
  EXPECT_EQ(outcome(check(log_line(103) + policy, second)), "ok");
}

TEST(Policy, TheSameKeyUnderAnotherNameIsNotAWitness) {
  // Goal: a cosigner counts by name and key id together.
  const std::string policy = three() + "quorum w1\n";
  Note renamed = cosigned({});
  renamed.signatures.push_back(sign_cosignature(renamed.text, "elsewhere.example", key_of(1), 1000));
  auto verdict = check(policy, renamed);
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->quorum_met);
  EXPECT_TRUE(verdict->cosigners.empty());
}

TEST(Policy, QuorumPolicyIsTheFlatOne) {
  // Goal: what a network prints for its members: one log key per node, k of its cosigners.
  auto policy =
      quorum_policy({log_key(100), log_key(101)}, {cosigner_key(1), cosigner_key(2), cosigner_key(3)}, 3);
  ASSERT_TRUE(policy) << policy.error().message;
  auto verdict = check_note(*policy, encode_note(cosigned({{1, 1000}, {2, 1001}, {3, 1002}})), now);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->quorum_met);
  EXPECT_EQ(verdict->quorum_time_seconds, 1000U);
  EXPECT_EQ(verdict->cosigners.at(0).name, cosigner_name(1));
  EXPECT_EQ(outcome(quorum_policy({log_key()}, {cosigner_key(1)}, 2)), "policy.threshold");
  EXPECT_EQ(outcome(quorum_policy({log_key()}, {cosigner_key(1)}, 0)), "policy.threshold");
  EXPECT_EQ(outcome(quorum_policy({log_key()}, {}, 0)), "policy.group");
  EXPECT_EQ(outcome(quorum_policy({cosigner_key(1)}, {cosigner_key(1)}, 1)), "policy.key_type");
  VerifierKey sly = cosigner_key(1);
  sly.name = "x\nquorum none";
  EXPECT_EQ(outcome(quorum_policy({log_key()}, {sly}, 1)), "policy.name");
}

}  // namespace
}  // namespace anta

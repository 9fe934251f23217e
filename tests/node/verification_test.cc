#include "node/verification.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "storage/ledger/block.h"
#include "tests/node/ledger_rig.h"

namespace anta::test {
namespace {

struct VerificationRig {
  World world = rich_world();
  std::atomic<int> lookups = 0;
  state::Key miners = [this] {
    state::Key record;
    record.party = PartyId{"miner"};
    record.key = world.key("miner").public_key();
    return record;
  }();
  Verification verification{VerificationOptions{.threads = 2, .entries_max = 8},
                            [this](const Digest& kid) -> std::optional<state::Key> {
                              ++lookups;
                              if (kid != world.key("miner").kid()) return std::nullopt;
                              return miners;
                            }};
  std::vector<Result<Verification::Admitted>> admit(const std::vector<Bytes>& items) {
    std::vector<Verification::Arrived> arrived;
    for (const Bytes& bytes : items)
      arrived.push_back({.bytes = std::make_shared<const Bytes>(bytes), .digest = sha256(bytes)});
    std::promise<std::vector<Result<Verification::Admitted>>> promise;
    EXPECT_TRUE(
        verification.admit(std::move(arrived), [&](auto results) { promise.set_value(std::move(results)); }));
    return promise.get_future().get();
  }
};

TEST(Verification, ChecksEachSignatureOnce) {
  // Goal: what admission checked, apply is told without a second check, for good and bad signatures alike.
  VerificationRig rig;
  const Bytes good = rig.world.sign("miner", rig.world.lot("L-1"));
  Bytes bad = good;
  bad.back() ^= 1;
  const auto results = rig.admit({good, bad});
  ASSERT_TRUE(results[0]);
  EXPECT_TRUE(results[0]->known);
  EXPECT_TRUE(results[0]->checked);
  ASSERT_FALSE(results[1]);
  EXPECT_EQ(results[1].error().code, Code::bad_signature);
  EXPECT_EQ(rig.verification.figures().checked, 2u);
  EXPECT_FALSE(rig.admit({good})[0]->checked);  // answered from what is kept
  const PublicKey key = rig.world.key("miner").public_key();
  EXPECT_TRUE(rig.verification.check(**rig.verification.decoded(good, sha256(good)), key));
  EXPECT_FALSE(rig.verification.check(**rig.verification.decoded(bad, sha256(bad)), key));
  EXPECT_EQ(rig.verification.figures().checked, 2u);
  EXPECT_EQ(rig.verification.figures().answered, 3u);
}

TEST(Verification, AStatementKeepsTheBytesThatArrived) {
  // Goal: no copy between what was submitted and what is decoded, offered to the log and kept for apply.
  VerificationRig rig;
  const auto bytes = std::make_shared<const Bytes>(rig.world.sign("miner", rig.world.lot("L-1")));
  const Digest digest = sha256(*bytes);
  std::promise<std::vector<Result<Verification::Admitted>>> promise;
  ASSERT_TRUE(rig.verification.admit({{.bytes = bytes, .digest = digest}},
                                     [&](auto results) { promise.set_value(std::move(results)); }));
  const auto results = promise.get_future().get();
  ASSERT_TRUE(results[0]);
  EXPECT_EQ(results[0]->statement->bytes.get(), bytes.get());
  EXPECT_EQ((*rig.verification.decoded(*bytes, digest))->bytes.get(), bytes.get());
}

TEST(Verification, AVerdictIsAboutOneKey) {
  // Goal: a kept "yes" under one key is no answer for another.
  VerificationRig rig;
  const Bytes good = rig.world.sign("miner", rig.world.lot("L-1"));
  const SharedStatement statement = *rig.verification.decoded(good, sha256(good));
  EXPECT_TRUE(rig.verification.check(*statement, rig.world.key("miner").public_key()));
  EXPECT_FALSE(rig.verification.check(*statement, rig.world.key("plant").public_key()));
  EXPECT_TRUE(rig.verification.check(*statement, rig.world.key("miner").public_key()));
}

TEST(Verification, UnknownIsAskedAgainAndKnownIsRemembered) {
  // Goal: a missing key is looked up every time, a found one never again.
  VerificationRig rig;
  const Bytes stranger = rig.world.sign("stranger", rig.world.lot("L-1"));
  EXPECT_FALSE(rig.admit({stranger})[0]->known);
  EXPECT_FALSE(rig.admit({stranger})[0]->checked);
  EXPECT_FALSE(rig.admit({stranger})[0]->known);
  EXPECT_EQ(rig.lookups, 3);
  rig.admit({rig.world.sign("miner", rig.world.lot("L-1"))});
  rig.admit({rig.world.sign("miner", rig.world.lot("L-2"))});
  EXPECT_EQ(rig.lookups, 4);
}

TEST(Verification, AChangedKeyIsLookedUpAgain) {
  // Goal: what was remembered of a key does not outlive its revocation, nor the compromise of the time
  // before.
  VerificationRig rig;
  EXPECT_TRUE(rig.admit({rig.world.sign("miner", rig.world.lot("L-1"))})[0]->known);
  rig.miners.state = KeyState::revoked;
  EXPECT_TRUE(rig.admit({rig.world.sign("miner", rig.world.lot("L-2"))})[0]->known);  // remembered
  rig.verification.key_changed(rig.world.key("miner").kid());
  EXPECT_FALSE(rig.admit({rig.world.sign("miner", rig.world.lot("L-3"))})[0]->known);
  rig.miners.state = KeyState::active;
  rig.miners.compromised_since = Millis{rig.world.now};
  rig.verification.key_changed(rig.world.key("miner").kid());
  payload::Lot lot = rig.world.lot("L-4");
  lot.common.event_time = Millis{rig.world.now};
  EXPECT_FALSE(rig.admit({rig.world.sign("miner", lot)})[0]->known);
  lot.common.event_time = Millis{rig.world.now - 1};
  EXPECT_TRUE(rig.admit({rig.world.sign("miner", lot)})[0]->known);
}

TEST(Verification, MalformedIsSaidAndMemoryIsBounded) {
  // Goal: bytes that are no statement are refused, and what is kept stays within its limit.
  VerificationRig rig;
  EXPECT_EQ(rig.admit({Bytes{0x80}})[0].error().code, Code::malformed);
  for (int i = 0; i < 20; ++i)
    rig.admit({rig.world.sign("miner", rig.world.lot("L-" + std::to_string(i)))});
  EXPECT_EQ(rig.verification.figures().kept, 8u);
}

TEST(Verification, ThreadsComeAndGoWhileItWorks) {
  // Goal: with more, fewer and again more threads every job is done once, those that waited too.
  VerificationRig rig;
  std::vector<std::future<std::vector<Result<Verification::Admitted>>>> all;
  for (unsigned round = 0; round < 12; ++round) {
    std::vector<Verification::Arrived> items;
    for (unsigned i = 0; i < 8; ++i) {
      const Bytes bytes = rig.world.sign("miner", rig.world.lot("L-" + std::to_string(round * 8 + i)));
      items.push_back({.bytes = std::make_shared<const Bytes>(bytes), .digest = sha256(bytes)});
    }
    auto promise = std::make_shared<std::promise<std::vector<Result<Verification::Admitted>>>>();
    all.push_back(promise->get_future());
    ASSERT_TRUE(
        rig.verification.admit(items, [promise](auto results) { promise->set_value(std::move(results)); }));
    rig.verification.set_threads(std::array{1u, 5u, 0u, 3u}[round % 4]);
  }
  for (auto& results : all) {
    for (const auto& result : results.get()) {
      ASSERT_TRUE(result);
      EXPECT_TRUE(result->known);
    }
  }
  EXPECT_EQ(rig.verification.figures().checked, 96u);
}

}  // namespace
}  // namespace anta::test

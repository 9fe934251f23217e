// The mix that the bench sends, played through the law alone: what it claims of itself must be so, or no
// figure made with it means anything.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "storage/ledger/codec.h"
#include "storage/ledger/law.h"
#include "storage/ledger/state.h"
#include "tests/bench/lane.h"

namespace anta::bench {
namespace {

constexpr Millis now = {1'767'225'600'000};  // 2026-01-01

SigningKey registrar_key() {
  const Digest secret = sha256(as_bytes("registrar of the mix test"));
  return SigningKey(Secret32(std::span<const std::uint8_t, 32>(secret.bytes)));
}

// A ledger that is only its law.
class Ledger {
 public:
  explicit Ledger(const SigningKey& registrar) {
    Genesis genesis;
    genesis.network = NetworkId{"bench"};
    genesis.origin = "anta.example/bench";
    genesis.created = now;
    genesis.registrar = {PartyId{registrar_id}, registrar.public_key()};
    genesis.schemes = {{SchemeId{scheme_id}, PartyId{owner_id}}};
    genesis.parameters = {{"event_age_max_days", event_age_max_days}};
    bind_origin(genesis);
    write(genesis_effects(genesis)->changes);
  }

  void submit(const Bytes& bytes) {
    const auto shared = std::make_shared<const Bytes>(bytes);
    const Result<SignedStatement> statement = decode_statement(shared);
    ASSERT_TRUE(statement) << statement.error().message;
    digests.insert(statement->digest);
    keys.insert(statement->header.kid);
    bytes_sum += bytes.size();
    // Each signature is checked by crypto's own tests; checking all of them here would only cost time.
    const auto any = [](const SignedStatement&, const PublicKey&) { return true; };
    if (auto key = authenticate(view, *statement, any); !key) return refuse(*statement, key.error());
    const auto effects = judge(view, *statement, Moment{.block_time = now, .leaf = LeafIndex{accepted}});
    if (!effects) return refuse(*statement, effects.error());
    ++accepted;
    write(effects->changes);
    view.remember(statement->digest, shared);
  }

  std::size_t live_lots() const {
    std::size_t live = 0;
    for (auto at = view.records().lower_bound({Kind::lot, ""});
         at != view.records().end() && at->first.kind == Kind::lot; ++at) {
      const auto lot = state::decode_record<state::Lot>(*at->second);
      live += lot && lot->remaining_dry_g.value > 0 ? 1 : 0;
    }
    return live;
  }

  MemoryView view = {};
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t bytes_sum = 0;
  std::set<Digest> digests = {};
  std::set<Digest> keys = {};
  std::string first_refusal = {};

 private:
  void write(const std::vector<StateChange>& changes) {
    for (const StateChange& change : changes)
      view.write(change.key, change.value);
  }
  void refuse(const SignedStatement& statement, const Error& error) {
    ++refused;
    if (first_refusal.empty()) first_refusal = statement.type + ": " + error.rule + ": " + error.message;
  }
};

// Goal: the founding is lawful as a whole, with at least a hundred keys.
TEST(Mix, TheFoundingIsAccepted) {
  const SigningKey registrar = registrar_key();
  const Trade trade(TradeSize{}, 1, now);
  Ledger ledger(registrar);
  for (const Bytes& bytes : trade.founding(registrar))
    ledger.submit(bytes);
  EXPECT_EQ(ledger.refused, 0u) << ledger.first_refusal;
  EXPECT_GE(trade.keys(), 100u);
}

// Goal: over ten thousand live lots the mix has performance.md's shares and sizes, no statement twice, and
// at least 99 in 100 are lawful.
TEST(Mix, IsWhatTheFiguresSay) {
  const SigningKey registrar = registrar_key();
  const Trade trade(TradeSize{}, 7, now);
  Ledger ledger(registrar);
  for (const Bytes& bytes : trade.founding(registrar))
    ledger.submit(bytes);
  std::vector<Lane> lanes;
  for (std::uint64_t number = 0; number < 50; ++number)
    lanes.emplace_back(trade, 7, number);
  for (Lane& lane : lanes) {
    for (int i = 0; i < 200; ++i)
      ledger.submit(lane.sign(lane.stock()));
  }
  ASSERT_EQ(ledger.refused, 0u) << ledger.first_refusal;
  EXPECT_GE(ledger.live_lots(), 10'000u);
  ledger.accepted = ledger.bytes_sum = 0;
  ledger.digests.clear();
  std::map<Act, int> acts;
  constexpr int each = 100;
  for (int i = 0; i < each; ++i) {
    for (Lane& lane : lanes) {
      const Lane::Step step = lane.next();
      ++acts[step.act];
      ledger.submit(lane.sign(step));
    }
  }
  const std::uint64_t all = each * lanes.size();
  EXPECT_EQ(ledger.digests.size(), all);
  EXPECT_GE(ledger.accepted * 100, all * 99) << ledger.first_refusal;
  EXPECT_GE(ledger.live_lots(), 10'000u);
  EXPECT_GE(ledger.keys.size(), 100u);
  for (std::size_t i = 0; i < act_count; ++i)
    EXPECT_EQ(acts[static_cast<Act>(i)], quota[i] * static_cast<int>(lanes.size())) << i;
  const std::uint64_t mean = ledger.bytes_sum / all;
  EXPECT_GE(mean, 450u);
  EXPECT_LE(mean, 550u);
}

// Goal: the shares themselves, so that nobody changes them in passing.
TEST(Mix, HasTheSharesOfTheDesign) {
  const auto share = [](std::initializer_list<Act> acts) {
    int sum = 0;
    for (const Act act : acts)
      sum += quota[static_cast<std::size_t>(act)];
    return sum;
  };
  EXPECT_EQ(share({Act::lot}), 30);
  EXPECT_EQ(share({Act::dispatch, Act::handover, Act::receipt}), 45);
  EXPECT_EQ(share({Act::process, Act::split}), 10);
  EXPECT_EQ(share({Act::certificate, Act::document, Act::hold, Act::release, Act::loss, Act::adjust,
                   Act::ownership}),
            15);
}

// Goal: the same seed makes the same statements.
TEST(Mix, IsMadeBySeed) {
  const Trade trade(TradeSize{}, 3, now);
  Lane one(trade, 3, 5), two(trade, 3, 5), other(trade, 4, 5);
  EXPECT_EQ(one.sign(one.stock()), two.sign(two.stock()));
  EXPECT_NE(one.sign(one.next()), other.sign(other.stock()));
}

}  // namespace
}  // namespace anta::bench

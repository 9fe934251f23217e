// What must always hold (ledger.md section 8), over random lives of a chain: grams and claims are conserved,
// nothing is held twice, and everything follows from the accepted prefix alone.
#include <algorithm>

#include "storage/ledger/mass.h"
#include "tests/ledger/law_generator.h"

namespace anta::test {
namespace {

constexpr std::uint64_t lives = 110;
constexpr int steps = 260;

template <typename T>
std::vector<T> all(const World& w, Kind kind) {
  std::vector<T> records;
  for (const auto& [key, value] : w.view.records()) {
    if (key.kind == kind && value) records.push_back(*state::decode_record<T>(*value));
  }
  return records;
}

// originated + gained = present + processed away + lost + exported, dry and Cu.
void expect_mass_conserved(const World& w) {
  MassFlow::Amount present;
  for (const auto& lot : all<state::Lot>(w, Kind::lot)) {
    EXPECT_GE(lot.remaining_dry_g.value, 0) << lot.id.value;
    EXPECT_GE(lot.remaining_cu_g.value, 0) << lot.id.value;
    present.dry_g += lot.remaining_dry_g.value;
    present.cu_g += lot.remaining_cu_g.value;
  }
  const MassFlow& m = w.mass;
  EXPECT_EQ(m.originated.dry_g + m.gained.dry_g,
            present.dry_g + m.processed_away.dry_g + m.lost.dry_g + m.exported.dry_g);
  EXPECT_EQ(m.originated.cu_g + m.gained.cu_g,
            present.cu_g + m.processed_away.cu_g + m.lost.cu_g + m.exported.cu_g);
}

// No certificate exceeds its lot, and a lot's certified figures are its live certificates'.
void expect_claims_conserved(const World& w) {
  std::map<LotId, MassFlow::Amount> certified;
  for (const auto& certificate : all<state::Certificate>(w, Kind::certificate)) {
    if (certificate.state != CertificateState::live) continue;
    certified[certificate.lot].dry_g += certificate.dry_g.value;
    certified[certificate.lot].cu_g += certificate.cu_g.value;
  }
  for (const auto& lot : all<state::Lot>(w, Kind::lot)) {
    EXPECT_EQ(lot.certified_dry_g.value, certified[lot.id].dry_g) << lot.id.value;
    EXPECT_EQ(lot.certified_cu_g.value, certified[lot.id].cu_g) << lot.id.value;
    if (lot.state == LotState::exported) continue;  // the metal left with its certificates
    EXPECT_LE(lot.certified_dry_g, lot.remaining_dry_g) << lot.id.value;
    EXPECT_LE(lot.certified_cu_g, lot.remaining_cu_g) << lot.id.value;
  }
}

// An account holds the credits that stand on lots, less what certificates took; below zero it says so.
void expect_accounts_add_up(const Generator& g) {
  std::map<AccountId, std::int64_t> due;
  for (const auto& lot : all<state::Lot>(g.world, Kind::lot)) {
    for (const auto& credit : lot.credits)
      due[credit.account] += credit.cu_g.value;
  }
  for (const auto& certificate : all<state::Certificate>(g.world, Kind::certificate)) {
    if (certificate.state == CertificateState::withdrawn || g.refunded.contains(certificate.id.value)) {
      continue;
    }
    for (const auto& debit : certificate.debits)
      due[debit.account] -= debit.cu_g.value;
  }
  for (const auto& account : all<state::Account>(g.world, Kind::account)) {
    EXPECT_EQ(account.balance_g, due[account.id]) << account.id.value;
    const bool declared = std::any_of(account.stamp.flags.begin(), account.stamp.flags.end(),
                                      [](const auto& flag) { return flag.code == "account_in_deficit"; });
    EXPECT_EQ(account.balance_g < 0, declared) << account.id.value;
  }
}

// A lot is on one truck or on none, and the truck and the lot agree about it.
void expect_one_holder(const World& w) {
  std::map<LotId, DispatchId> loaded;
  for (const auto& dispatch : all<state::Dispatch>(w, Kind::dispatch)) {
    const bool open = dispatch.state == DispatchState::sent || dispatch.state == DispatchState::in_transit ||
                      dispatch.state == DispatchState::received || dispatch.state == DispatchState::disputed;
    if (!open) continue;
    for (const auto& line : dispatch.lines) {
      EXPECT_TRUE(loaded.emplace(line.lot, dispatch.id).second) << line.lot.value << " is on two trucks";
    }
  }
  for (const auto& lot : all<state::Lot>(w, Kind::lot)) {
    const auto truck = loaded.find(lot.id);
    EXPECT_EQ(lot.dispatch.has_value(), truck != loaded.end()) << lot.id.value;
    if (lot.dispatch && truck != loaded.end()) {
      EXPECT_EQ(*lot.dispatch, truck->second);
    }
    // Whoever holds back is an authority or has the lot: nobody's word binds another's goods.
    if (lot.hold) {
      EXPECT_TRUE(lot.hold == lot.holder || lot.hold->value == "ministry") << lot.id.value;
    }
  }
}

// Nobody gains by sending to itself: what was accepted is at most what had left.
int expect_no_gain_alone(const World& w) {
  int settled = 0;
  for (const auto& dispatch : all<state::Dispatch>(w, Kind::dispatch)) {
    const bool resolved = dispatch.state == DispatchState::resolved;
    if (dispatch.sender != dispatch.to || (!resolved && dispatch.state != DispatchState::accepted)) continue;
    ++settled;
    for (const auto& line : dispatch.lines) {
      const state::Figures accepted = figures_of(resolved ? *line.proposed : *line.received);
      EXPECT_LE(accepted.dry_g, line.before.dry_g) << line.lot.value;
      EXPECT_LE(accepted.cu_g, line.before.cu_g) << line.lot.value;
    }
  }
  return settled;
}

void expect_everything(const Generator& g) {
  expect_mass_conserved(g.world);
  expect_claims_conserved(g.world);
  expect_accounts_add_up(g);
  expect_one_holder(g.world);
  expect_no_gain_alone(g.world);
}

// How often the rarer things happened, so that the test can not pass by having nothing to look at.
struct Rare {
  int debits = 0;
  int credits = 0;
  int deficits = 0;  // over all steps
  int under_review = 0;
  int sent_to_oneself = 0;  // and settled
};
void count(const World& w, Rare& rare) {
  for (const auto& certificate : all<state::Certificate>(w, Kind::certificate)) {
    rare.debits += certificate.debits.empty() ? 0 : 1;
  }
  for (const auto& lot : all<state::Lot>(w, Kind::lot)) {
    rare.credits += lot.credits.empty() ? 0 : 1;
    for (const auto& entry : lot.schemes)
      rare.under_review += entry.status == Eligibility::under_review;
  }
  rare.sent_to_oneself += expect_no_gain_alone(w);
}

// Goal: after every statement of many lives everything adds up; and the lives are rich enough to mean it.
TEST(LawProperty, GramsAndClaimsAreConserved) {
  std::map<std::string, int> accepted;
  Rare rare;
  for (std::uint64_t seed = 1; seed <= lives; ++seed) {
    Generator g(seed);
    for (int i = 0; i < steps; ++i) {
      g.step();
      if (g.world.log.back().outcome != "accepted") continue;
      expect_everything(g);
      for (const auto& account : all<state::Account>(g.world, Kind::account))
        rare.deficits += account.balance_g < 0;
      ASSERT_FALSE(HasFailure()) << "seed " << seed << " step " << i << ", last outcome "
                                 << g.world.log.back().outcome;
    }
    for (const auto& [type, times] : g.accepted)
      accepted[type] += times;
    count(g.world, rare);
  }
  for (const char* type : {"lot",
                           "dispatch",
                           "handover",
                           "receipt",
                           "receipt-answer",
                           "dispute-resolution",
                           "dispatch-end",
                           "split",
                           "blend",
                           "process",
                           "certificate",
                           "certificate-status",
                           "loss",
                           "adjust",
                           "hold",
                           "release",
                           "ownership",
                           "relation",
                           "balance-open",
                           "attestation-status",
                           "correction",
                           "node",
                           "parameter-proposal",
                           "vote"}) {
    EXPECT_GE(accepted[type], 5) << type;
  }
  EXPECT_GE(rare.debits, 20);
  EXPECT_GE(rare.credits, 50);
  EXPECT_GE(rare.deficits, 1);
  EXPECT_GE(rare.under_review, 20);
  EXPECT_GE(rare.sent_to_oneself, 20);
}

// Goal: the same statements from genesis on an empty state give the same outcomes and the same records.
TEST(LawProperty, ReplayGivesTheSameRecords) {
  for (std::uint64_t seed = 101; seed <= 104; ++seed) {
    Generator g(seed);
    for (int i = 0; i < steps; ++i)
      g.step();
    MemoryView again;
    const auto genesis = genesis_effects(g.world.genesis);
    ASSERT_TRUE(genesis.has_value());
    for (const StateChange& change : genesis->changes)
      again.write(change.key, change.value);
    for (const World::Recorded& recorded : g.world.log) {
      const auto bytes = std::make_shared<const Bytes>(recorded.bytes);
      const auto statement = decode_statement(bytes);
      ASSERT_TRUE(statement.has_value());
      ASSERT_TRUE(authenticate(again, *statement).has_value());
      const auto effects = judge(again, *statement, recorded.moment);
      ASSERT_EQ(effects ? "accepted" : effects.error().rule, recorded.outcome);
      if (effects) {
        again.remember(statement->digest, bytes);
        for (const StateChange& change : effects->changes)
          again.write(change.key, change.value);
      } else if (rejection_is_recorded(recorded.outcome)) {
        const StateChange record = rejection_record(*statement, recorded.outcome, recorded.moment);
        again.write(record.key, record.value);
      }
    }
    ASSERT_EQ(again.records().size(), g.world.view.records().size());
    for (const auto& [key, value] : g.world.view.records()) {
      const auto found = again.records().find(key);
      ASSERT_NE(found, again.records().end()) << key.id;
      EXPECT_EQ(*found->second, *value) << key.id;
    }
  }
}

// A view that keeps nothing decoded.
class ForgetfulView final : public LedgerView {
 public:
  explicit ForgetfulView(const MemoryView& of) : of_(of) {}
  SharedBytes read(Kind kind, std::string_view id) const override { return of_.read(kind, id); }
  SharedBytes statement(const Digest& digest) const override { return of_.statement(digest); }

 private:
  const MemoryView& of_;
};

// Goal: a record that the law wrote and finds again as it had it is the one that its bytes decode to: whoever
// decodes every record anew judges the same, to the byte.
TEST(LawProperty, WhatIsKeptDecodedDecidesNothing) {
  for (std::uint64_t seed = 201; seed <= 204; ++seed) {
    Generator g(seed);
    for (int i = 0; i < steps; ++i)
      g.step();
    MemoryView kept;
    const ForgetfulView plain(kept);
    const auto genesis = genesis_effects(g.world.genesis);
    ASSERT_TRUE(genesis.has_value());
    for (const StateChange& change : genesis->changes)
      kept.write(change.key, change.value);
    for (const World::Recorded& recorded : g.world.log) {
      const auto bytes = std::make_shared<const Bytes>(recorded.bytes);
      const auto statement = decode_statement(bytes);
      ASSERT_TRUE(statement.has_value());
      const auto anew = judge(plain, *statement, recorded.moment);
      const auto effects = judge(kept, *statement, recorded.moment);
      ASSERT_EQ(effects.has_value(), anew.has_value());
      if (!effects) {
        EXPECT_EQ(effects.error().message, anew.error().message);
        continue;
      }
      ASSERT_EQ(effects->changes.size(), anew->changes.size());
      for (std::size_t i = 0; i < anew->changes.size(); ++i) {
        const SharedBytes& value = effects->changes[i].value;
        EXPECT_EQ(effects->changes[i].key, anew->changes[i].key);
        ASSERT_EQ(value == nullptr, anew->changes[i].value == nullptr);
        if (value) {
          EXPECT_EQ(*value, *anew->changes[i].value) << anew->changes[i].key.id;
        }
      }
      EXPECT_EQ(effects->flags, anew->flags);
      EXPECT_EQ(effects->subjects, anew->subjects);
      kept.remember(statement->digest, bytes);
      for (const StateChange& change : effects->changes)
        kept.write(change.key, change.value);
    }
  }
}

// Goal: judging has no memory and no side effect: twice the same, and the view stays as it was.
TEST(LawProperty, JudgingIsAFunction) {
  World w;
  const auto bytes = std::make_shared<const Bytes>(w.sign("miner", w.lot("L-1")));
  const auto statement = decode_statement(bytes);
  ASSERT_TRUE(statement.has_value());
  const auto before = w.view.records();
  const Moment moment{Millis{w.block_time()}, LeafIndex{77}};
  const auto first = judge(w.view, *statement, moment);
  const auto second = judge(w.view, *statement, moment);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(w.view.records(), before);
  ASSERT_EQ(first->changes.size(), second->changes.size());
  for (std::size_t i = 0; i < first->changes.size(); ++i) {
    EXPECT_EQ(first->changes[i].key, second->changes[i].key);
    EXPECT_EQ(*first->changes[i].value, *second->changes[i].value);
  }
  EXPECT_TRUE(std::is_sorted(first->changes.begin(), first->changes.end(),
                             [](const auto& a, const auto& b) { return a.key < b.key; }));
}

}  // namespace
}  // namespace anta::test

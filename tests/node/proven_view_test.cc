// The law on a view that was built from proven leaves of the state tree alone (proofs.md section 2): whatever
// `judge` reads is a key of the state, so that a quorum's root commits it.
#include <gtest/gtest.h>

#include <set>

#include "storage/ledger/state_proof.h"
#include "tests/ledger/law_generator.h"
#include "tests/node/ledger_rig.h"

namespace anta::test {
namespace {

// Passes everything through, and remembers what was asked for.
class Watched final : public LedgerView {
 public:
  explicit Watched(const LedgerView& below) : below_(below) {}
  SharedBytes read(Kind kind, std::string_view id) const override {
    keys.insert({kind, std::string(id)});
    return below_.read(kind, id);
  }
  SharedBytes statement(const Digest& digest) const override {
    SharedBytes bytes = below_.statement(digest);
    if (bytes) statements[digest] = bytes;
    return bytes;
  }
  bool failed() const override { return below_.failed(); }

  mutable std::set<StateKey> keys = {};
  mutable std::map<Digest, SharedBytes> statements = {};  // their digest proves them

 private:
  const LedgerView& below_;
};

// What the law makes of a statement, in comparable form.
std::string judged(const LedgerView& view, const SignedStatement& statement, const Moment& moment) {
  if (const auto key = authenticate(view, statement); !key) return "unauthentic " + key.error().rule;
  const Result<Effects> effects = judge(view, statement, moment);
  if (!effects) return "rejected " + effects.error().rule;
  std::string text = "accepted";
  for (const StateChange& change : effects->changes) {
    text += " " + std::string(word(change.key.kind)) + "/" + change.key.id + "=";
    text += change.value ? hex(sha256(*change.value)) : "removed";
  }
  for (const std::string& flag : effects->flags)
    text += " !" + flag;
  return text;
}

MemoryView proven_view(const LedgerReader& reader, const Watched& watched) {
  MemoryView view;
  const std::vector<StateKey> keys(watched.keys.begin(), watched.keys.end());
  const auto proofs = reader.prove(keys);
  EXPECT_TRUE(proofs.has_value());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const SharedBytes record = *reader.record(keys[i].kind, keys[i].id);
    const auto value = record ? std::optional(sha256(*record)) : std::nullopt;
    const auto proven =
        verify_state_proof(reader.applied().state_root, tree_key(keys[i]), value, proofs->at(i));
    EXPECT_TRUE(proven.has_value()) << word(keys[i].kind) << " " << keys[i].id;
    if (proven && record) view.write(keys[i], record);
  }
  for (const auto& [digest, bytes] : watched.statements)
    view.remember(digest, bytes);
  return view;
}

}  // namespace

TEST(ProvenView, TheLawNeedsNothingThatTheStateRootDoesNotCommit) {
  // Goal: over random lives, each statement is judged alike on the node's state and on a view of the records
  // that it reads, each proven (present or absent) under the seal before it.
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    Generator life(seed);
    for (int step = 0; step < 60; ++step)
      life.step();
    LedgerRig rig(life.world.genesis);
    std::size_t accepted = 0;
    for (const World::Recorded& recorded : life.world.log) {
      const LedgerReader reader = *rig.ledger->reader();
      const auto statement = decode_statement(std::make_shared<const Bytes>(recorded.bytes));
      if (statement) {
        const auto whole = reader.view();
        const Watched watched(*whole);
        const std::string expected = judged(watched, *statement, recorded.moment);
        EXPECT_EQ(judged(proven_view(reader, watched), *statement, recorded.moment), expected);
        accepted += expected.starts_with("accepted") ? 1 : 0;
      }
      rig.apply({recorded.bytes}, recorded.moment.block_time);
    }
    EXPECT_GT(accepted, 30u);
  }
}

}  // namespace anta::test

#include "storage/ledger_store.h"

#include <gtest/gtest.h>

#include <random>

#include "storage/ledger_keys.h"
#include "storage/undo.h"
#include "tests/storage/world.h"

namespace anta {
namespace {

using test::Line;
using test::Moment;
using test::World;

std::string text_of(const SharedBytes& bytes) { return bytes ? std::string(as_text(*bytes)) : "(absent)"; }

// The reader tells exactly the moment's lots and parameters, one by one and by scanning in small pages.
void expect_moment(const LedgerReader& reader, const Moment& moment) {
  EXPECT_EQ(reader.applied(), moment.applied);
  std::map<StateKey, std::string> scanned;
  for (const Kind kind : {Kind::lot, Kind::parameter}) {
    std::string after;
    for (bool more = true; more;) {
      const auto page = reader.scan(kind, after, 3);
      ASSERT_TRUE(page.has_value());
      for (const auto& record : page->records) {
        EXPECT_LT(after, record.id);
        after = record.id;
        scanned[{kind, record.id}] = text_of(record.value);
      }
      EXPECT_TRUE(!page->more || page->records.size() == 3);
      more = page->more;
    }
  }
  EXPECT_EQ(scanned, moment.state);
  for (const auto& [key, value] : moment.state)
    EXPECT_EQ(text_of(*reader.record(key.kind, key.id)), value);
  EXPECT_EQ(*root_at(moment.applied.leaves.value, reader.nodes()), moment.applied.tree_root);
}

class LedgerStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world.start();
    EXPECT_EQ(world.store().reader().error().code, Code::not_found);
    world.genesis();
  }
  // Blocks of random changes to a few lots, now and then a removal, with a no-op in between.
  void random_blocks(std::size_t count, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (std::size_t i = 0; i < count; ++i) {
      std::map<std::string, std::string> changes;
      for (std::uint64_t n = random() % 6; n > 0; --n) {
        const std::string value = random() % 4 == 0 ? "" : "v" + std::to_string(random() % 1000);
        changes["L" + std::to_string(random() % 25)] = value;
      }
      if (random() % 5 == 0) world.no_op();
      const std::string name = std::to_string(seed) + "/" + std::to_string(i);
      world.block({{name + "a"}, {name + "b", random() % 2 == 0}}, changes);
    }
  }

  test::TempDirectory directory = {};
  test::FaultyDisk disk = {};
  World world{test::options_for(directory.path(), &disk), {}};
};

}  // namespace

TEST_F(LedgerStoreTest, GenesisIsTwoLeaves) {
  // Goal: leaf 0 is the genesis, leaf 1 the seal of height 0 with the state's root; all of it again after a
  // restart.
  for (int start = 0; start < 2; ++start) {
    if (start == 1) {
      world.stop();
      world.start();
    }
    const Applied applied = *world.store().applied();
    const LedgerReader reader = *world.store().reader();
    EXPECT_EQ(applied.index, LogIndex{0});
    EXPECT_EQ(applied.leaves, TreeSize{2});
    EXPECT_EQ(applied.height, Height{0});
    EXPECT_EQ(text_of(*reader.genesis()), "the genesis");
    const std::vector<StateLeaf> leaves = [] {
      std::vector<StateLeaf> two = {{tree_key({Kind::lot, "G"}), sha256(as_bytes("from genesis"))},
                                    {tree_key({Kind::parameter, "law_version"}), sha256(as_bytes("1"))}};
      std::sort(two.begin(), two.end());
      return two;
    }();
    EXPECT_EQ(applied.state_root, state_root(leaves));
    const SealRecord seal = *reader.seal(Height{0});
    EXPECT_EQ(seal.seal, (Seal{Height{0}, applied.block_time, applied.state_root, LeafIndex{1}, 0}));
    CompactRange tree;
    tree.append(leaf_hash(sha256(as_bytes("the genesis")).view()));
    tree.append(leaf_hash(sha256(seal.bytes).view()));
    EXPECT_EQ(applied.tree_root, tree.root());
    EXPECT_EQ(reader.leaf(LeafIndex{0})->kind, LeafKind::genesis);
    EXPECT_EQ(reader.leaf(LeafIndex{1})->kind, LeafKind::seal);
    EXPECT_EQ(reader.leaf(LeafIndex{2}).error().code, Code::not_found);
    expect_moment(reader, world.moments().back());
  }
}

TEST_F(LedgerStoreTest, ABlockIsItsStatementsThenItsSeal) {
  // Goal: accepted statements take leaves in order, rejected ones none; outcomes, bytes, histories and seal
  // say so.
  const StateKey lot{Kind::lot, "L1"}, party{Kind::party, "nasca-sur"};
  world.no_op();
  const Moment moment =
      world.block({{"one", true, "nasca-sur", {lot, party}}, {"two", false}, {"three", true, "acari", {lot}}},
                  {{"L1", "x"}});
  const LedgerReader reader = *world.store().reader();
  EXPECT_EQ(moment.applied.index, LogIndex{2});
  EXPECT_EQ(moment.applied.leaves, TreeSize{5});
  const Outcome one = **reader.outcome(World::digest("one"));
  EXPECT_TRUE(one.accepted);
  EXPECT_EQ(one.leaf, LeafIndex{2});
  EXPECT_EQ(one.block, LogIndex{2});
  const Outcome two = **world.store().outcome(World::digest("two"));
  EXPECT_FALSE(two.accepted);
  EXPECT_EQ(two.rule, "not_holder");
  EXPECT_EQ(two.position, 1u);
  EXPECT_FALSE(world.store().outcome(World::digest("never sent"))->has_value());
  EXPECT_EQ(text_of(*reader.statement(World::digest("two"))), "two");
  EXPECT_EQ(reader.statement(World::digest("never sent")).error().code, Code::not_found);
  EXPECT_EQ(text_of(*reader.statement_at(LeafIndex{3})), "three");
  EXPECT_EQ(reader.statement_at(LeafIndex{4}).error().code, Code::not_found);
  const SealRecord seal = *reader.seal_of(LeafIndex{3});
  EXPECT_EQ(seal.leaf, LeafIndex{4});
  EXPECT_EQ(seal.block, LogIndex{2});
  EXPECT_EQ(seal.seal,
            (Seal{Height{1}, moment.applied.block_time, moment.applied.state_root, LeafIndex{2}, 2}));
  EXPECT_EQ(reader.leaf(LeafIndex{4})->entry, sha256(seal.bytes));
  using Leaves = std::vector<LeafIndex>;
  EXPECT_EQ(reader.history(lot, LeafIndex{0}, 10)->leaves, (Leaves{LeafIndex{2}, LeafIndex{3}}));
  EXPECT_EQ(reader.history(lot, LeafIndex{3}, 10)->leaves, (Leaves{LeafIndex{3}}));
  EXPECT_EQ(reader.history(party, LeafIndex{0}, 10)->leaves, (Leaves{LeafIndex{2}}));
  EXPECT_TRUE(reader.history({Kind::lot, "L"}, LeafIndex{0}, 10)->leaves.empty());
  const auto page = reader.history(lot, LeafIndex{0}, 1);
  EXPECT_EQ(page->leaves, (Leaves{LeafIndex{2}}));
  EXPECT_TRUE(page->more);
  EXPECT_EQ(reader.issued_by(PartyId{"acari"}, LeafIndex{0}, 10)->leaves, (Leaves{LeafIndex{3}}));
  EXPECT_EQ(reader.issued_by(PartyId{"nasca-sur"}, LeafIndex{0}, 10)->leaves, (Leaves{LeafIndex{2}}));
  expect_moment(reader, moment);
}

TEST_F(LedgerStoreTest, AHistoryTellsTypesWithoutReadingItsStatements) {
  // Goal: who wants two types of a long history reads only these; the types stand beside the leaves, in both
  // lists and on every page.
  const StateKey party{Kind::party, "acari"};
  world.block({{"p", true, "acari", {party}, "party"}, {"d", true, "acari", {party}, "dispatch"}}, {});
  world.block({{"r", true, "acari", {party}, "role-grant"}}, {});
  const LedgerReader reader = *world.store().reader();
  using Types = std::vector<std::string>;
  EXPECT_EQ(reader.history(party, LeafIndex{0}, 10)->types, (Types{"party", "dispatch", "role-grant"}));
  EXPECT_EQ(reader.history(party, LeafIndex{3}, 1)->types, (Types{"dispatch"}));
  EXPECT_EQ(reader.issued_by(PartyId{"acari"}, LeafIndex{0}, 10)->types,
            (Types{"party", "dispatch", "role-grant"}));
}

TEST_F(LedgerStoreTest, ManyStatementsOfOneBlockAreDecodedOnce) {
  // Goal: a reader that goes through a block reads it from the log once: what it has seen stays, although the
  // entry is gone.
  std::vector<Line> lines;
  for (int i = 0; i < 50; ++i)
    lines.push_back({"s" + std::to_string(i)});
  world.block(lines, {});
  world.block({{"other"}}, {});
  const LedgerReader reader = *world.store().reader();
  const std::uint64_t first = world.moments()[0].applied.leaves.value;
  EXPECT_EQ(text_of(*reader.statement_at(LeafIndex{first})), "s0");
  Bytes key;
  put_u64(key, world.moments()[1].applied.index.value);
  Batch batch = world.database().batch();
  batch.erase(Family::log, key);
  ASSERT_TRUE(world.database().write(batch, Sync::no).has_value());
  for (std::uint64_t i = 1; i < 50; ++i)
    EXPECT_EQ(text_of(*reader.statement_at(LeafIndex{first + i})), "s" + std::to_string(i));
  EXPECT_EQ(text_of(*reader.statement(World::digest("other"))), "other");
  EXPECT_EQ(text_of(*reader.statement(World::digest("s1"))), "s1");  // kept, though another came between,
  const LedgerReader another = *world.store().reader();              // and for other readers
  EXPECT_EQ(text_of(*another.statement(World::digest("s1"))), "s1");
}

TEST_F(LedgerStoreTest, ABlockOfRejectionsHasItsSealAlone) {
  // Goal: nothing accepted: one leaf, the seal, whose first leaf is its own.
  const Moment moment = world.block({{"no", false}}, {});
  EXPECT_EQ(moment.applied.leaves, TreeSize{3});
  const Seal seal = world.store().reader()->seal(Height{1})->seal;
  EXPECT_EQ(seal.first_leaf, LeafIndex{2});
  EXPECT_EQ(seal.accepted, 0u);
  EXPECT_EQ(seal.state_root, world.moments().front().applied.state_root);
}

TEST_F(LedgerStoreTest, ReadersKeepTheirMoment) {
  // Goal: a reader answers as of its making while blocks go on; the views follow or stay.
  const Moment first = world.block({{"1"}}, {{"A", "1"}, {"B", "1"}});
  const LedgerReader reader = *world.store().reader();
  const auto view = reader.view();
  const LedgerView& current = world.store().view();
  EXPECT_EQ(text_of(current.read(Kind::parameter, "law_version")), "1");
  world.block({{"2"}}, {{"A", "2"}, {"B", ""}, {"C", "2"}});
  expect_moment(reader, first);
  EXPECT_FALSE(reader.outcome(World::digest("2"))->has_value());
  EXPECT_EQ(text_of(view->read(Kind::lot, "A")), "1");
  EXPECT_EQ(text_of(current.read(Kind::lot, "A")), "2");
  EXPECT_EQ(text_of(current.read(Kind::lot, "B")), "(absent)");
  EXPECT_EQ(text_of(current.statement(World::digest("2"))), "2");
  EXPECT_EQ(text_of(current.statement(World::digest("3"))), "(absent)");
  EXPECT_FALSE(current.failed() || view->failed());
}

TEST_F(LedgerStoreTest, ParametersAreReadAgainAfterTheyChange) {
  // Goal: the cached parameter, present or absent, gives way to a block that changes it.
  const LedgerView& view = world.store().view();
  EXPECT_EQ(text_of(view.read(Kind::parameter, "law_version")), "1");
  EXPECT_EQ(text_of(view.read(Kind::parameter, "grace")), "(absent)");
  AppliedBlock block;
  block.index = LogIndex{1};
  block.block_time = world.store().applied()->block_time;
  for (const char* id : {"grace", "law_version"}) {
    block.changes.push_back({{Kind::parameter, id}, std::make_shared<const Bytes>(Bytes{'2'})});
  }
  ASSERT_TRUE(world.store().apply(block).has_value());
  EXPECT_EQ(text_of(view.read(Kind::parameter, "law_version")), "2");
  EXPECT_EQ(text_of(view.read(Kind::parameter, "grace")), "2");
}

TEST_F(LedgerStoreTest, ABlockReadsARecordOnceAndTheNextOneReadsItAgain) {
  // Goal: what judgement read is kept until the block is applied, present or absent, and not beyond.
  world.block({{"1"}}, {{"A", "1"}});
  const LedgerView& view = world.store().view();
  const SharedBytes first = view.read(Kind::lot, "A");
  EXPECT_EQ(view.read(Kind::lot, "A").get(), first.get());
  EXPECT_EQ(text_of(view.read(Kind::lot, "B")), "(absent)");
  world.block({{"2"}}, {{"A", "2"}, {"B", "3"}});
  EXPECT_EQ(text_of(view.read(Kind::lot, "A")), "2");
  EXPECT_EQ(text_of(view.read(Kind::lot, "B")), "3");
}

TEST_F(LedgerStoreTest, ScansByPrefix) {
  // Goal: a prefix bounds a scan on both sides, and the cursor works inside it.
  world.block({{"1"}}, {{"ab", "1"}, {"abc", "2"}, {"abd", "3"}, {"ac", "4"}, {"b", "5"}});
  const LedgerReader reader = *world.store().reader();
  const auto page = reader.scan(Kind::lot, "", 10, "ab");
  ASSERT_EQ(page->records.size(), 3u);
  EXPECT_EQ(page->records[0].id, "ab");
  EXPECT_FALSE(page->more);
  EXPECT_EQ(reader.scan(Kind::lot, "abc", 10, "ab")->records.at(0).id, "abd");
  EXPECT_TRUE(reader.scan(Kind::lot, "ac", 10, "ab")->records.empty());
  EXPECT_TRUE(reader.scan(Kind::site, "", 10)->records.empty());
}

TEST_F(LedgerStoreTest, ThePastAnswersAsItWas) {
  // Goal: reader_at of every leaf gives the state, roots, sizes and histories of the block that holds the
  // leaf.
  random_blocks(40, 1);
  const StateKey lot{Kind::lot, "L1"};
  world.block({{"late", true, "acari", {lot}}}, {{"L1", "late"}});
  std::size_t moment = 0;
  const std::uint64_t leaves = world.store().applied()->leaves.value;
  for (std::uint64_t leaf = 0; leaf < leaves; ++leaf) {
    while (world.moments()[moment].applied.leaves.value <= leaf)
      ++moment;
    const auto reader = world.store().reader_at(LeafIndex{leaf});
    ASSERT_TRUE(reader.has_value()) << reader.error().message;
    expect_moment(*reader, world.moments()[moment]);
    const bool now = moment + 1 == world.moments().size();
    EXPECT_EQ(reader->history(lot, LeafIndex{0}, 10)->leaves.size(), now ? 1u : 0u);
  }
  EXPECT_EQ(world.store().reader_at(LeafIndex{leaves}).error().code, Code::not_found);
}

TEST_F(LedgerStoreTest, StateProofsVerifyAgainstTheSeal) {
  // Goal: presence and absence of records, proven against the newest seal's root.
  random_blocks(20, 2);
  const Moment& moment = world.moments().back();
  const Digest root = world.store().reader()->seal(moment.applied.height)->seal.state_root;
  for (int i = 0; i < 30; ++i) {
    const StateKey key{Kind::lot, "L" + std::to_string(i)};
    const auto there = moment.state.find(key);
    std::optional<Digest> value;
    if (there != moment.state.end()) value = sha256(as_bytes(there->second));
    const auto proofs = world.store().reader()->prove({key});
    ASSERT_TRUE(proofs.has_value());
    EXPECT_TRUE(verify_state_proof(root, tree_key(key), value, proofs->at(0)).has_value());
  }
  EXPECT_GT(world.store().figures().state_buckets, 1u);
  EXPECT_GT(world.store().figures().state_tree_bytes, 0u);
}

TEST_F(LedgerStoreTest, LostAppliesAreDoneAgain) {
  // Goal: unsynced applies are lost with the power, their appends are not; applying again gives the same
  // roots.
  random_blocks(10, 3);
  const std::vector<Moment> before = world.moments();
  world.append_only({{"appended, never applied"}}, {{"L1", "z"}});
  disk.cut_power();
  world.stop();
  disk.lose_unsynced();
  world.start();  // replays
  if (world.moments().empty()) GTEST_FAIL() << "the genesis was synced by later appends";
  ASSERT_EQ(world.moments().size(), before.size() + 1);
  for (std::size_t i = 0; i < before.size(); ++i)
    EXPECT_EQ(world.moments()[i].applied, before[i].applied);
  expect_moment(*world.store().reader(), world.moments().back());
  EXPECT_TRUE((*world.store().outcome(World::digest("appended, never applied")))->accepted);
}

TEST_F(LedgerStoreTest, CrashesAtAnyPointKeepAppliedAndEffectsTogether) {
  // Goal: power lost after every kind of write, many times over: applied never passes the log, roots always
  // match their records (open checks both), and the ledger ends as one that never crashed.
  std::mt19937_64 random(5);
  for (int crash = 0; crash < 8; ++crash) {
    random_blocks(1 + random() % 3, 100 + static_cast<std::uint64_t>(crash));
    if (random() % 2 == 0)
      world.append_only({{"extra " + std::to_string(crash)}}, {{"L3", std::to_string(crash)}});
    disk.cut_power();
    world.stop();
    disk.lose_unsynced();
    world.start();
    ASSERT_TRUE(world.store().applied().has_value());
    expect_moment(*world.store().reader(), world.moments().back());
  }
  const Moment last = world.moments().back();
  world.stop();
  world.start();
  EXPECT_EQ(*world.store().applied(), last.applied);
}

TEST_F(LedgerStoreTest, AFailedApplyIsFinal) {
  // Goal: once the database has failed, applying and reading answer io.
  world.block({{"1"}}, {{"A", "1"}});
  disk.fail_syncs(true);
  LogStore::LogWrite write;
  write.must_sync = true;
  write.hard_state = LogStore::HardState{Term{9}, {}, {}};
  EXPECT_EQ(world.log().write(std::span(&write, 1)).error().code, Code::io);
  disk.fail_syncs(false);
  AppliedBlock block;
  block.index = LogIndex{2};
  block.block_time = world.store().applied()->block_time;
  EXPECT_EQ(world.store().apply(block).error().code, Code::io);
  EXPECT_EQ(world.store().reader().error().code, Code::io);
  EXPECT_FALSE(world.store().view().read(Kind::lot, "A"));
  EXPECT_TRUE(world.store().view().failed());
}

TEST_F(LedgerStoreTest, StartRefusesAnAppliedSideThatDoesNotFit) {
  // Goal: another state root, another entry hash, or a lost bucket: refused with the operator's next step.
  random_blocks(8, 6);
  const Applied good = *world.store().applied();
  const auto refuse_with = [&](Family family, const Bytes& key, std::optional<Bytes> value) {
    const auto before = world.database().get(family, key);
    const auto poke = [&](const std::optional<Bytes>& to) {
      Batch batch = world.database().batch();
      if (to) batch.put(family, key, *to);
      if (!to) batch.erase(family, key);
      ASSERT_TRUE(world.database().write(batch, Sync::yes).has_value());
    };
    poke(value);
    const auto opened = LedgerStore::open(world.database(), world.log());
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, Code::corrupt);
    EXPECT_NE(opened.error().message.find("Next step"), std::string::npos);
    poke(*before);
    EXPECT_TRUE(LedgerStore::open(world.database(), world.log()).has_value());
  };
  const Bytes applied_key = to_bytes(as_bytes(keys::applied));
  Applied other = good;
  other.state_root = test::digest_of("other");
  refuse_with(Family::meta, applied_key, encode_applied(other));
  other = good;
  other.hash = test::digest_of("other");
  refuse_with(Family::meta, applied_key, encode_applied(other));
  other = good;
  other.tree_root = test::digest_of("other");
  refuse_with(Family::meta, applied_key, encode_applied(other));
  other = good;
  other.index = other.index.plus(5);
  refuse_with(Family::meta, applied_key, encode_applied(other));
  refuse_with(Family::meta, applied_key, std::nullopt);
  Cursor buckets = world.database().cursor(Family::tree);
  buckets.seek(keys::bucket({}));
  ASSERT_TRUE(buckets.valid());
  refuse_with(Family::tree, to_bytes(buckets.key()), std::nullopt);
}

std::size_t undo_records(World& world) {
  std::size_t count = 0;
  Cursor cursor = world.database().cursor(Family::undo);
  for (cursor.seek({}); cursor.valid(); cursor.next())
    ++count;
  return count;
}

TEST(LedgerStorePruning, UndoRecordsEndWithTheWindow) {
  // Goal: beyond the window the past is refused by name, inside it stands, also after a restart.
  const test::TempDirectory directory;
  World world(test::options_for(directory.path()), {.past_blocks_max = 20});
  world.start();
  world.genesis();
  const auto grow = [&world](std::size_t to) {
    for (std::size_t i = world.moments().size(); i <= to; ++i) {
      world.block({{std::to_string(i)}}, {{"A", std::to_string(i)}});
    }
  };
  const auto leaf_of = [&world](std::size_t at) {
    return LeafIndex{world.moments()[at].applied.leaves.value - 1};
  };
  const auto expect_window = [&](std::size_t from, std::size_t to) {
    EXPECT_EQ(undo_records(world), to - from);  // from + 1 .. to: what leads back to the state after `from`
    EXPECT_EQ(world.store().reader_at(leaf_of(from - 1)).error().rule, "outside_window");
    for (const std::size_t at : {from, from + 5, to}) {
      const auto reader = world.store().reader_at(leaf_of(at));
      ASSERT_TRUE(reader.has_value()) << at << reader.error().message;
      EXPECT_EQ(text_of(*reader->record(Kind::lot, "A")), std::to_string(at));
    }
    const LeafIndex first = world.store().reader()->seal(Height{from})->seal.first_leaf;
    const auto too_old = world.store().reader_at(LeafIndex{2});
    ASSERT_FALSE(too_old.has_value());
    EXPECT_TRUE(too_old.error().message.ends_with(" is " + std::to_string(first.value)))
        << too_old.error().message;
    EXPECT_TRUE(world.store().reader_at(first).has_value());
  };
  grow(60);
  expect_window(40, 60);
  world.store().checkpoint_finished(world.moments()[45].applied.leaves);
  grow(100);
  expect_window(80, 100);
  EXPECT_TRUE(world.store().reader_of(world.moments()[45].applied.leaves).has_value());  // held in memory
  world.stop();
  world.start();
  expect_window(80, 100);
  grow(101);
  expect_window(81, 101);
}

TEST(LedgerStorePruning, UndoRecordsThatNobodyMayReachAreRemoved) {
  // Goal: they were kept for 10 000 blocks, of which a question could go through a few: half of the disk of a
  // busy ledger.
  const test::TempDirectory directory;
  World world(test::options_for(directory.path()), {.past_bytes_max = 6'000});
  world.start();
  world.genesis();
  const std::string value(1'000, 'v');
  for (int i = 0; i < 12; ++i)
    world.block({{std::to_string(i)}}, {{"A", value + std::to_string(i)}});
  EXPECT_EQ(undo_records(world), 5u);
  world.stop();
  world.start();
  world.block({{"12"}}, {{"A", value}});
  EXPECT_EQ(undo_records(world), 5u);
  world.block({{"13"}}, {{"A", "small"}, {"B", std::string(7'000, 'v')}});
  world.block({{"14"}}, {{"B", "small"}});  // replaces what alone is beyond
  EXPECT_EQ(undo_records(world), 1u);
}

TEST(LedgerStorePast, AtLeafDoesNotDecodeEveryUndoRecordSince) {
  // Goal: how far back one question may go is limited in blocks and in bytes, each telling the oldest leaf
  // that can be asked for, which then answers.
  const std::string value(1'000, 'v');
  for (const LedgerStoreOptions& options :
       {LedgerStoreOptions{.past_blocks_max = 5}, LedgerStoreOptions{.past_bytes_max = 6'000}}) {
    const test::TempDirectory directory;
    World world(test::options_for(directory.path()), options);
    world.start();
    world.genesis();
    for (int i = 0; i < 12; ++i)
      world.block({{std::to_string(i)}}, {{"A", value + std::to_string(i)}});
    const LeafIndex oldest = world.store().reader()->seal(Height{7})->seal.first_leaf;
    const auto refused = world.store().reader_at(LeafIndex{oldest.value - 1});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().rule, "outside_window");
    EXPECT_TRUE(refused.error().message.ends_with(" is " + std::to_string(oldest.value)))
        << refused.error().message;
    const auto reader = world.store().reader_at(oldest);
    ASSERT_TRUE(reader.has_value()) << reader.error().message;
    EXPECT_EQ(text_of(*reader->record(Kind::lot, "A")), value + "6");
  }
}

TEST(LedgerStorePast, OneBlockBackIsAlwaysTold) {
  // Goal: a newest block larger than the limit does not make the past unreachable at once.
  const test::TempDirectory directory;
  World world(test::options_for(directory.path()), {.past_bytes_max = 10});
  world.start();
  world.genesis();
  world.block({{"1"}}, {{"A", std::string(1'000, 'v')}});
  world.block({{"2"}}, {{"A", "w"}});
  const auto reader = world.store().reader_at(world.store().reader()->seal(Height{1})->leaf);
  ASSERT_TRUE(reader.has_value()) << reader.error().message;
  EXPECT_EQ((*reader->record(Kind::lot, "A"))->size(), 1'000u);
}

}  // namespace anta

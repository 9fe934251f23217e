// Recovery epochs: the document, and what a log makes of it.
#include "consensus/recovery.h"

#include <gtest/gtest.h>

#include "crypto/text.h"
#include "storage/applied.h"
#include "storage/big_endian.h"
#include "storage/database.h"
#include "storage/log_record.h"
#include "storage/log_store.h"
#include "storage/rebuild.h"
#include "tests/storage/disk.h"

namespace anta {
namespace {

const Digest network = sha256(as_bytes("a network that lost its majority"));
const raft::Member n1{NodeId{"n1"}, 1};
const raft::Member n2{NodeId{"n2"}, 1};

// The log of one node, of as many entries as are asked for; the last `unlike` of them are like nobody else's.
struct Ledger {
  explicit Ledger(std::uint64_t entries, std::uint64_t unlike = 0, std::uint64_t applied = 0,
                  std::uint64_t committed = 0) {
    DatabaseOptions options;
    options.directory = home.path() + "/db";
    options.network = network;
    options.node = n1.id;
    options.memory_budget_bytes = 32u << 20;
    database = std::move(*Database::open(options));
    log = std::move(*LogStore::open(*database));
    LogStore::LogWrite write{.hard_state =
                                 LogStore::HardState{Term{5}, n2.id, LogIndex{std::max(applied, committed)}}};
    Digest before;
    for (std::uint64_t i = 1; i <= entries; ++i) {
      const std::string text = (i + unlike > entries ? "unlike " : "block ") + std::to_string(i);
      write.entries.push_back(make_entry(LogIndex{i},
                                         {Term{i < 3 ? 1u : 3u}, EntryKind::block, before, Millis{}},
                                         std::make_shared<const Bytes>(to_bytes(as_bytes(text)))));
      before = write.entries.back().hash;
    }
    EXPECT_TRUE(log->write({&write, 1}));
    EXPECT_TRUE(log->note_persisted(0));
    if (applied > 0) {
      Batch batch = database->batch();
      batch.put(Family::meta, as_bytes("applied"),
                encode_applied({.index = LogIndex{applied}, .term = {}, .hash = {}}));
      EXPECT_TRUE(database->write(batch, Sync::yes));
    }
    reopen();
  }
  void reopen() {
    log.reset();
    auto opened = LogStore::open(*database);
    ASSERT_TRUE(opened) << opened.error().message;
    log = std::move(*opened);
  }
  Recovery from(std::uint64_t index, std::vector<raft::Member> voters = {n1}) const {
    const LogEntry base = *log->read_one(LogIndex{index});
    return {1, network, base.index, base.header.term, base.hash, std::move(voters)};
  }
  Result<void> take(const std::vector<Recovery>& recoveries, const raft::Member& self = n1) {
    auto entered = enter(recoveries, self, *database, std::move(log));
    if (!entered) {
      auto again = LogStore::open(*database);
      EXPECT_TRUE(again);
      log = std::move(*again);
      return pass(entered);
    }
    log = std::move(*entered);
    return {};
  }

  test::TempDirectory home = {};
  std::unique_ptr<Database> database = {};
  std::unique_ptr<LogStore> log = {};
};

std::string rule_of(const Result<void>& result) { return result ? "none" : result.error().rule; }

TEST(Recovery, TheEntryFollowsFromTheDocumentAlone) {
  // Goal: whoever has the document makes the same bytes, and every word of it counts.
  const Recovery one{1, network, LogIndex{7}, Term{3}, sha256(as_bytes("base")), {n1, n2}};
  EXPECT_EQ(entry_of(one).hash, entry_of(Recovery(one)).hash);
  EXPECT_EQ(entry_of(one).index, LogIndex{8});
  EXPECT_EQ(entry_of(one).header.term, Term{4});
  const auto record = raft::decode_configuration(*entry_of(one).payload);
  ASSERT_TRUE(record);
  EXPECT_EQ(*record, record_of(one));
  EXPECT_EQ(record->configuration.voters, one.voters);
  for (int i = 0; i < 6; ++i) {
    Recovery other = one;
    if (i == 0) other.epoch = 2;
    if (i == 1) other.network.bytes[0] ^= 1;
    if (i == 2) other.base = LogIndex{6};
    if (i == 3) other.base_term = Term{2};
    if (i == 4) other.base_hash.bytes[31] ^= 1;
    if (i == 5) other.voters[1].incarnation = 2;
    EXPECT_NE(digest_of(other), digest_of(one)) << i;
  }
}

TEST(Recovery, DocumentsFollowEachOther) {
  const Recovery one{1, network, LogIndex{7}, Term{3}, sha256(as_bytes("base")), {n1}};
  Recovery two = one;
  two.epoch = 2;
  two.base = LogIndex{9};
  EXPECT_TRUE(check_recoveries(std::vector{one, two}, network));
  EXPECT_EQ(rule_of(check_recoveries(std::vector{two}, network)), "recovery.order");
  EXPECT_EQ(rule_of(check_recoveries(std::vector{one, one}, network)), "recovery.order");
  EXPECT_EQ(rule_of(check_recoveries(std::vector{one}, sha256(as_bytes("else")))), "recovery.network");
  two.base = one.base;
  EXPECT_EQ(rule_of(check_recoveries(std::vector{one, two}, network)), "recovery.base");
  Recovery none = one;
  none.voters.clear();
  EXPECT_EQ(rule_of(check_recoveries(std::vector{none}, network)), "recovery.voters");
  none.voters = {n1, n1};
  EXPECT_EQ(rule_of(check_recoveries(std::vector{none}, network)), "recovery.voters");
}

TEST(Recovery, AtTheEndOfTheLogTheEntryIsAppendedOnce) {
  // Goal: the configuration holds from the next entry on, under a term that it may have; a second start with
  // the same document changes nothing.
  Ledger ledger(6, 0, 5);
  const Recovery recovery = ledger.from(6);
  ASSERT_TRUE(ledger.take({recovery}));
  ASSERT_TRUE(ledger.take({recovery}));
  EXPECT_EQ(ledger.log->recovery_epoch().number, 1u);
  EXPECT_EQ(ledger.log->last(), LogIndex{7});
  EXPECT_EQ(ledger.log->last_hash(), entry_of(recovery).hash);
  EXPECT_FALSE(ledger.log->amnesiac());
  const LogStore::Restored found = ledger.log->recover();
  EXPECT_EQ(found.hard_state, (LogStore::HardState{Term{5}, n2.id, LogIndex{5}}));
  ASSERT_EQ(found.configurations.size(), 1u);
  EXPECT_EQ(found.configurations[0].hash, entry_of(recovery).hash);
}

TEST(Recovery, WhatIsNotAppliedBeyondTheBaseIsGivenUp) {
  Ledger ledger(9, 0, 6);
  ASSERT_TRUE(ledger.take({ledger.from(6)}));
  EXPECT_EQ(ledger.log->last(), LogIndex{7});
  EXPECT_EQ(ledger.log->recover().hard_state.commit, LogIndex{6});
}

TEST(Recovery, WhatIsAppliedIsNeverGivenUp) {
  // Goal: a base behind what this node has applied would undo what was committed: refused, nothing changed.
  Ledger ledger(9, 0, 8);
  EXPECT_EQ(rule_of(ledger.take({ledger.from(6)})), "recovery.committed_beyond");
  Ledger other(9, 4, 8);
  EXPECT_EQ(rule_of(other.take({ledger.from(7)})), "recovery.other_history");
  for (Ledger* one : {&ledger, &other}) {
    EXPECT_EQ(one->log->last(), LogIndex{9});
    EXPECT_EQ(one->log->recovery_epoch().number, 0u);
    EXPECT_FALSE(one->log->amnesiac());
  }
}

TEST(Recovery, WhatIsKnownToBeCommittedIsNeverGivenUp) {
  // Goal: the commit hint proves as much as an apply; it is not lowered either.
  Ledger ledger(9, 0, 0, 8);
  EXPECT_EQ(rule_of(ledger.take({ledger.from(6)})), "recovery.committed_beyond");
  EXPECT_EQ(ledger.log->recover().hard_state.commit, LogIndex{8});
}

TEST(Recovery, ADocumentWithAnotherTermIsRefusedBeforeAnythingIsForgotten) {
  // Goal: an amnesiac that is given a document with a slip stays one.
  Ledger ledger(6);
  ASSERT_TRUE(ledger.log->expect(LogIndex{20}, sha256(as_bytes("lost"))));
  ledger.reopen();
  Recovery wrong = ledger.from(6);
  wrong.base_term = Term{1};
  EXPECT_EQ(rule_of(ledger.take({wrong})), "recovery.base_term");
  EXPECT_TRUE(ledger.log->amnesiac());
}

TEST(Recovery, AnotherDocumentThanTheOneItWentThroughIsRefused) {
  // Goal: two documents of one epoch are two clusters: neither node hears the other, and none changes sides.
  Ledger ledger(6, 0, 5);
  const Recovery one = ledger.from(6);
  const Recovery other = ledger.from(6, {n1, n2});
  ASSERT_TRUE(ledger.take({one}));
  EXPECT_EQ(rule_of(ledger.take({other})), "recovery.other_document");
  EXPECT_NE(cluster_of(network, std::vector{one}), cluster_of(network, std::vector{other}));
  EXPECT_NE(cluster_of(network, std::vector{one}), network);
  EXPECT_EQ(cluster_of(network, {}), network);
}

TEST(Recovery, ALostEpochIsEnteredAgainByAnAmnesiac) {
  // Goal: the database forgot its synced end, the entry of the recovery and all that was promised since with
  // it. The file beside it knows better: the node goes in again and promises nothing.
  Ledger ledger(6, 0, 5);
  const Recovery recovery = ledger.from(6);
  ASSERT_TRUE(ledger.take({recovery}));
  Batch batch = ledger.database->batch();
  batch.erase(Family::log, log_key(LogIndex{7}));
  for (const char* key : {"recovery_epoch", "configuration/", "term/"}) {
    Bytes name = to_bytes(as_bytes(key));
    if (name.back() == '/') put_u64(name, 7);
    batch.erase(Family::meta, name);
  }
  ASSERT_TRUE(ledger.database->write(batch, Sync::yes));
  ledger.reopen();
  EXPECT_EQ(rule_of(ledger.take({})), "recovery.document_missing");
  ASSERT_TRUE(ledger.take({recovery}));
  EXPECT_EQ(ledger.log->recovery_epoch().number, 1u);
  EXPECT_EQ(ledger.log->last_hash(), entry_of(recovery).hash);
  EXPECT_TRUE(ledger.log->amnesiac());
  ASSERT_TRUE(ledger.take({recovery}));
  EXPECT_TRUE(ledger.log->amnesiac());
}

TEST(Recovery, ACrashBeforeTheFileIsMadeUpFor) {
  // Goal: between the batch and the file the node has not run: the next start ends its amnesia and notes the
  // epoch.
  Ledger ledger(6, 0, 5);
  ASSERT_TRUE(ledger.take({ledger.from(6)}));
  ASSERT_TRUE(ledger.database->remove_file("epoch"));
  ASSERT_TRUE(ledger.log->begin_amnesia());
  ASSERT_TRUE(ledger.take({ledger.from(6)}));
  EXPECT_FALSE(ledger.log->amnesiac());
  EXPECT_TRUE(ledger.database->read_file("epoch", 8)->has_value());
}

TEST(Recovery, ALedgerThatIsBeingRebuiltWaits) {
  // Goal: while what is applied is made again, nothing here knows what was committed.
  Ledger ledger(9, 0, 8);
  const Recovery recovery = ledger.from(6);
  Batch mark = ledger.database->batch();
  mark.put(Family::meta, as_bytes(rebuild_key),
           encode_applied({.index = LogIndex{8}, .term = {}, .hash = {}}));
  mark.erase(Family::meta, as_bytes("applied"));
  ASSERT_TRUE(ledger.database->write(mark, Sync::yes));
  ledger.reopen();
  EXPECT_EQ(rule_of(ledger.take({recovery})), "recovery.unwhole");
  EXPECT_EQ(ledger.log->last(), LogIndex{9});
}

TEST(Recovery, WhoLacksTheBasePromisesNothingUntilItHasTheEntry) {
  // Goal: nodes that lag must not elect one of their own by the configuration before the recovery, which is
  // all they have.
  const Ledger whole(9);
  const Recovery recovery = whole.from(8);
  Ledger lags(5);
  Ledger unlike(9, 3);  // its end was overwritten elsewhere
  for (Ledger* one : {&lags, &unlike}) {
    ASSERT_TRUE(one->take({recovery}, n2));
    EXPECT_EQ(one->log->recovery_epoch().number, 1u);
    EXPECT_TRUE(one->log->amnesiac());
    // What it does not know to be committed is gone: another entry may stand there in the same term.
    EXPECT_EQ(one->log->last(), LogIndex{0});
    const LogStore::Restored found = one->log->recover();
    EXPECT_TRUE(found.amnesiac);
    EXPECT_EQ(found.watermark, LogIndex{9});
    EXPECT_TRUE(found.configurations.empty());
  }
}

TEST(Recovery, AVoterHasTheBase) {
  const Ledger whole(9);
  Ledger lags(5);
  EXPECT_EQ(rule_of(lags.take({whole.from(8)})), "recovery.base_missing");
  EXPECT_EQ(lags.log->recovery_epoch().number, 0u);
  EXPECT_FALSE(lags.log->amnesiac());
}

TEST(Recovery, AnAmnesiacVoterIsNoneAfterwards) {
  // Goal: what it may have promised was promised in an epoch that is over; with a majority of amnesiacs
  // nobody could ever lead again.
  Ledger ledger(6);
  ASSERT_TRUE(ledger.log->expect(LogIndex{20}, sha256(as_bytes("lost"))));
  ledger.reopen();
  ASSERT_TRUE(ledger.log->amnesiac());
  ASSERT_TRUE(ledger.take({ledger.from(6)}));
  EXPECT_FALSE(ledger.log->amnesiac());
}

TEST(Recovery, EpochsAreTakenInOrderAndNoneIsForgotten) {
  Ledger ledger(6, 0, 5);
  const Recovery one = ledger.from(6);
  ASSERT_TRUE(ledger.take({one}));
  Recovery two = ledger.from(7, {n1, n2});
  two.epoch = 2;
  ASSERT_TRUE(ledger.take({one, two}));
  EXPECT_EQ(ledger.log->recovery_epoch().number, 2u);
  EXPECT_EQ(ledger.log->last_hash(), entry_of(two).hash);
  EXPECT_EQ(rule_of(ledger.take({one})), "recovery.document_missing");
  // One that was away all the time goes through both.
  Ledger away(6, 0, 5);
  ASSERT_TRUE(away.take({one, two}, {NodeId{"n3"}, 1}));
  EXPECT_EQ(away.log->recovery_epoch().number, 2u);
  EXPECT_EQ(away.log->last_hash(), entry_of(two).hash);
}

}  // namespace
}  // namespace anta

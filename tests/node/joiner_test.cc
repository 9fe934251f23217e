// A node that joins, and peers of which some are hostile, on an executor whose time stands still.
#include "node/joiner.h"

#include <gtest/gtest.h>

#include "storage/log_store.h"
#include "tests/node/manual_executor.h"
#include "tests/storage/disk.h"

namespace anta::test {
namespace {

constexpr std::uint64_t count = 3'000;

const std::vector<LogEntry>& history() {
  static const std::vector<LogEntry> entries = chain(count, Term{2});
  return entries;
}

Digest hash_of(std::uint64_t index) { return history()[index - 1].hash; }

// A peer: how far it is, and what it does to the answers that it gives.
struct Voter {
  std::uint64_t applied = count;
  std::function<void(JoinOffer&)> offers = {};
  std::function<void(LogEntries&)> gives = {};
  bool silent = false;
  std::size_t asked = 0;  // for entries
};

struct JoinRig {
  explicit JoinRig(std::vector<std::string> names = {"v1", "v2", "v3"}) {
    for (const std::string& name : names)
      voters[NodeId{name}] = {};
    open();
  }
  void open(std::uint64_t entries_min = 100) {
    database = std::move(*Database::open(options_for(directory.path())));
    executor = std::make_unique<ManualExecutor>();
    JoinerOptions options{.entries_min = entries_min};
    for (const auto& [id, voter] : voters)
      options.voters.push_back(id);
    JoinerPorts ports;
    ports.send = [this](const NodeId& to, PeerKind kind, Bytes bytes) { deliver(to, kind, bytes); };
    ports.disk_low = [this] { return disk_low; };
    ports.on_done = [this](bool fetched) { done.push_back(fetched); };
    ports.on_fatal = [this](const Error& error) { fatal.push_back(error); };
    ports.log = [this](LogLevel, std::string_view event, std::initializer_list<LogField> fields) {
      std::string line(event);
      for (const LogField& field : fields)
        line += " " + std::string(field.name) + "=" + field.value;
      lines.push_back(std::move(line));
    };
    auto opened = Joiner::open(std::move(options), std::move(ports), *database, *executor);
    ASSERT_TRUE(opened) << opened.error().message;
    joiner = std::move(*opened);
    for (const auto& [id, voter] : voters)
      joiner->on_peer(id, true);
    joiner->start();
  }
  void close() {
    joiner.reset();
    executor.reset();
    database.reset();
  }
  void deliver(const NodeId& to, PeerKind kind, const Bytes& bytes) {
    Voter& voter = voters.at(to);
    if (kind == PeerKind::log_fetch) ++voter.asked;
    if (voter.silent) return;
    if (kind == PeerKind::join_ask) {
      const LogIndex asked = decode_join_ask(bytes)->index;
      const std::uint64_t index = asked.value == 0 ? voter.applied : asked.value;
      JoinOffer offer{.asked = asked};
      if (index > 0 && index <= voter.applied) {
        offer.index = LogIndex{index};
        offer.hash = index <= count ? hash_of(index) : digest_of("no entry");
      }
      if (voter.offers) voter.offers(offer);
      joiner->on_peer_message(to, PeerKind::join_offer, encode_join_offer(offer));
    } else {
      const LogFetch fetch = *decode_log_fetch(bytes);
      const auto end = history().begin() + static_cast<std::ptrdiff_t>(fetch.to.value);
      LogEntries answer{
          .to = fetch.to,
          .entries = {end - static_cast<std::ptrdiff_t>(fetch.to.value - fetch.from.value + 1), end}};
      if (voter.gives) voter.gives(answer);
      joiner->on_peer_message(to, PeerKind::log_entries, encode_log_entries(answer));
    }
  }
  // As long as it takes; the peers answer at once.
  void run(int seconds = 60) {
    for (int i = 0; i < seconds * 4 && done.empty() && fatal.empty(); ++i)
      executor->advance(250);
  }
  bool said(const std::string& words) const {
    return std::ranges::any_of(lines,
                               [&](const auto& line) { return line.find(words) != std::string::npos; });
  }
  // The log that a replica would start with.
  void expect_history(std::uint64_t anchor) {
    ASSERT_EQ(done, std::vector<bool>{true});
    auto log = std::move(*LogStore::open(*database));
    const auto restored = log->recover();
    EXPECT_EQ(restored.last, LogIndex{anchor});
    EXPECT_EQ(restored.last_hash, hash_of(anchor));
    EXPECT_EQ(restored.hard_state.commit, LogIndex{anchor});
    const auto all = log->read(LogIndex{1}, LogIndex{anchor}, std::uint64_t{1} << 30);
    ASSERT_TRUE(all) << all.error().message;
    ASSERT_EQ(all->size(), anchor);
    for (std::uint64_t i = 0; i < anchor; ++i)
      ASSERT_EQ((*all)[i].hash, history()[i].hash) << i;
  }

  TempDirectory directory = {};
  std::map<NodeId, Voter> voters = {};
  bool disk_low = false;
  std::vector<bool> done = {};
  std::vector<Error> fatal = {};
  std::vector<std::string> lines = {};
  std::unique_ptr<Database> database = {};
  std::unique_ptr<ManualExecutor> executor = {};
  std::unique_ptr<Joiner> joiner = {};
};

const NodeId v1{"v1"}, v2{"v2"}, v3{"v3"};

TEST(Joiner, TheHistoryComesFromAllPeers) {
  // Goal: from three voters that are not equally far, the history up to what two of them have applied; all
  // gave a part of it; progress was told.
  JoinRig rig;
  rig.voters[v2].applied = count - 7;
  rig.voters[v3].applied = count - 50;
  rig.run();
  EXPECT_GE(rig.joiner->figures().anchor.value, count - 50);
  rig.expect_history(rig.joiner->figures().anchor.value);
  for (const auto& [id, voter] : rig.voters)
    EXPECT_GT(voter.asked, 0u) << id.value;
  EXPECT_TRUE(rig.said("join_begun anchor="));
  EXPECT_TRUE(rig.said("join_fetched anchor="));
  EXPECT_EQ(rig.joiner->figures().refused, 0u);
}

TEST(Joiner, AnInterruptedHistoryGoesOnAtTheNextStart) {
  // Goal: stopped in the middle, it asks nobody for an anchor again and fetches what is missing, no more.
  JoinRig rig;
  std::size_t given = 0;
  for (auto& [id, voter] : rig.voters) {
    voter.gives = [&given](LogEntries& answer) {
      if ((given += answer.entries.size()) > count / 2) answer.entries.clear();
    };
  }
  rig.run(3);
  ASSERT_TRUE(rig.done.empty());
  const std::uint64_t missing = rig.joiner->figures().missing;
  EXPECT_LT(missing, count);
  EXPECT_GT(missing, 0u);
  rig.close();
  for (auto& [id, voter] : rig.voters) {
    given = 0;
    voter.gives = [&given](LogEntries& answer) { given += answer.entries.size(); };
    voter.offers = [](JoinOffer&) { ADD_FAILURE() << "the anchor stands"; };
  }
  rig.open();
  EXPECT_EQ(rig.joiner->figures().missing, missing);
  rig.run();
  rig.expect_history(count);
  EXPECT_EQ(given, missing);
  EXPECT_TRUE(rig.said("join_goes_on anchor=3000 missing=" + std::to_string(missing)));
}

TEST(Joiner, ALyingMinorityNeitherMovesTheAnchorNorChangesAnEntry) {
  // Goal: one of three says that it is further, has other hashes, and gives in turn a changed payload (a
  // false parameter or waybill would stand there), another order, too few, too many and bytes that are no
  // entries: each is refused and named, and the history comes out whole from the other two.
  JoinRig rig;
  rig.voters[v1].applied = 1'000'000;
  rig.voters[v1].offers = [](JoinOffer& offer) { offer.hash = digest_of("a lie"); };
  int turn = 0;
  rig.voters[v1].gives = [&turn](LogEntries& answer) {
    switch (turn++ % 4) {
      case 0: {
        LogEntry& changed = answer.entries[answer.entries.size() / 2];
        changed = make_entry(changed.index, changed.header, std::make_shared<const Bytes>(Bytes{1, 2}));
        break;
      }
      case 1: std::swap(answer.entries.front(), answer.entries.back()); break;
      case 2: answer.entries = {answer.entries.begin(), answer.entries.end() - 1}; break;
      default: answer.entries.insert(answer.entries.begin(), answer.entries.front()); break;
    }
  };
  rig.run(600);
  rig.expect_history(count);
  EXPECT_GE(rig.joiner->figures().refused, 1u);
  EXPECT_TRUE(rig.said("join_refused peer=v1 reason=log entry "));
  EXPECT_FALSE(rig.said("join_refused peer=v2"));
}

TEST(Joiner, BytesThatAreNoAnswerAreRefused) {
  // Goal: what does not decode, from anybody, changes nothing.
  JoinRig rig;
  for (const PeerKind kind : {PeerKind::log_entries, PeerKind::join_offer, PeerKind::forward}) {
    rig.joiner->on_peer_message(v1, kind, Bytes{0x83, 1, 2});
    rig.joiner->on_peer_message(v1, kind, {});
  }
  rig.run();
  rig.expect_history(count);
}

TEST(Joiner, AFloodFromOnePeerDoesNotPileUp) {
  // Goal: while the join thread writes, what a peer sends waits up to a limit (each message was posted,
  // without one); the history still comes.
  JoinRig rig;
  const std::size_t before = rig.executor->pending();
  for (int i = 0; i < 10'000; ++i)
    rig.joiner->on_peer_message(v1, PeerKind::log_entries, Bytes(1'000));
  EXPECT_EQ(rig.executor->pending() - before, 2 * 4'096u);
  EXPECT_EQ(rig.joiner->dropped(), 10'000u - 4'096u);
  EXPECT_TRUE(rig.said("peer_messages_dropped peer=v1"));
  rig.run();
  rig.expect_history(count);
}

TEST(Joiner, WithoutAMajorityThereIsNoAnchor) {
  // Goal: voters of whom no two agree are asked again and again, the log says why, nothing is fetched; once
  // two agree it begins.
  JoinRig rig;
  rig.voters[v2].offers = [](JoinOffer& offer) { offer.hash = digest_of("two"); };
  rig.voters[v3].offers = [](JoinOffer& offer) { offer.hash = digest_of("three"); };
  rig.run(20);
  EXPECT_TRUE(rig.done.empty());
  EXPECT_TRUE(rig.said("join_disagreement index=3000"));
  EXPECT_FALSE(*read_backfill(*rig.database));
  rig.voters[v3].offers = nullptr;
  rig.run();
  rig.expect_history(count);
}

TEST(Joiner, WhoIsNoVoterHasNoSay) {
  // Goal: one voter and two who are connected and are none: the anchor is not theirs to give.
  JoinRig rig({"v1"});
  rig.voters[v2] = rig.voters[v3] = {};
  rig.voters[v1].silent = true;
  for (const NodeId& other : {v2, v3}) {
    rig.joiner->on_peer(other, true);
    rig.joiner->on_peer_message(
        other, PeerKind::join_offer,
        encode_join_offer({.asked = {}, .index = LogIndex{count}, .hash = hash_of(count)}));
  }
  rig.run(5);
  EXPECT_TRUE(rig.done.empty());
  EXPECT_FALSE(*read_backfill(*rig.database));
}

TEST(Joiner, AShortLedgerAndVotersThatDoNotAnswerAreLeftToTheLeader) {
  // Goal: fewer entries than it pays for, an empty ledger, and peers of an older release end the joining with
  // an untouched database; a minority that is connected is waited for.
  {
    JoinRig rig;
    for (auto& [id, voter] : rig.voters)
      voter.applied = 99;
    rig.run();
    EXPECT_EQ(rig.done, std::vector<bool>{false});
    EXPECT_FALSE(*read_backfill(*rig.database));
  }
  {
    JoinRig rig;
    for (auto& [id, voter] : rig.voters)
      voter.applied = 0;
    rig.run();
    EXPECT_EQ(rig.done, std::vector<bool>{false});
  }
  {
    JoinRig rig;
    for (auto& [id, voter] : rig.voters)
      voter.silent = true;
    rig.run(9);
    EXPECT_TRUE(rig.done.empty());
    rig.run(20);
    EXPECT_EQ(rig.done, std::vector<bool>{false});
    EXPECT_TRUE(rig.said("join_unanswered"));
  }
  {
    JoinRig rig;
    rig.voters[v2].silent = rig.voters[v3].silent = true;
    rig.joiner->on_peer(v2, false);
    rig.joiner->on_peer(v3, false);
    rig.run(60);
    EXPECT_TRUE(rig.done.empty());
    EXPECT_TRUE(rig.said("join_waits connected=1 answered=1 needed=2"));
  }
}

TEST(Joiner, AFullDiskIsWaitedFor) {
  // Goal: below the reserve nothing more is asked for; it goes on when there is room.
  JoinRig rig;
  rig.disk_low = true;
  rig.run(20);
  EXPECT_TRUE(rig.done.empty());
  EXPECT_EQ(rig.voters[v1].asked + rig.voters[v2].asked + rig.voters[v3].asked, 0u);
  rig.disk_low = false;
  rig.run();
  rig.expect_history(count);
}

}  // namespace
}  // namespace anta::test

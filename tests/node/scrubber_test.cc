// A node whose files rot: what its scrub finds, what its peers give back, and what an operator reads.
#include "node/scrubber.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "node/log_server.h"
#include "node/rebuild.h"
#include "storage/applied.h"
#include "tests/node/manual_executor.h"
#include "tests/node/trio.h"
#include "tests/storage/tables.h"

namespace anta::test {
namespace {

constexpr std::uint64_t all_bytes = std::uint64_t{1} << 30;
constexpr std::uint64_t count = 300;

// A Scrubber over a log of 300 entries in tables on one level, on an executor that runs when told.
struct Rig {
  explicit Rig(int level) {
    open();
    entries = chain(count, Term{1}, nullptr, std::string(40'000, 'x').append(1, '-'));
    LogStore::LogWrite write;
    write.entries = entries;
    write.hard_state = LogStore::HardState{Term{1}, {}, {}};
    EXPECT_TRUE(log->write(std::span(&write, 1)));
    // As if all but the last were applied: what is damaged below it does not keep the log from opening.
    Applied applied;
    applied.index = LogIndex{count - 1};
    Batch batch = database->batch();
    batch.put(Family::meta, as_bytes("applied"), encode_applied(applied));
    EXPECT_TRUE(database->write(batch, Sync::yes));
    close();
    if (level > 0) move_to_level(directory.path(), Family::log, level, 1 << 20);
    open();
  }
  void open() {
    database = std::move(*Database::open(options));
    auto opened = LogStore::open(*database);
    ASSERT_TRUE(opened) << opened.error().message;
    log = std::move(*opened);
    ScrubberPorts ports;
    ports.applied = [] { return LogIndex{count - 1}; };
    ports.peers = [this] { return peers; };
    ports.send = [this](const NodeId& to, PeerKind kind, Bytes bytes) {
      sent.push_back({to, kind, std::move(bytes)});
    };
    ports.step_down = [this] { ++stepped_down; };
    ports.on_fatal = [this](const Error& error) { fatal.push_back(error); };
    ports.log = [this](LogLevel, std::string_view event, std::initializer_list<LogField> fields) {
      std::string line(event);
      for (const LogField& field : fields)
        line += " " + std::string(field.name) + "=" + field.value;
      lines.push_back(std::move(line));
    };
    executor = std::make_unique<ManualExecutor>();
    server = std::make_unique<LogServer>(LogServerOptions{.answer_bytes_max = 200'000},
                                         LogServerPorts{.applied = ports.applied, .send = ports.send}, *log,
                                         *executor);
    auto made = Scrubber::open({}, std::move(ports), *database, *log, *executor);
    ASSERT_TRUE(made) << made.error().message;
    scrubber = std::move(*made);
  }
  void close() {
    scrubber.reset();
    server.reset();
    log.reset();
    database.reset();
  }
  void rot_at(std::uint64_t index) {
    rot(directory.path(), table_with(*database, LogIndex{index}), "x-" + std::to_string(index - 1));
  }
  // Until something was sent, was fatal, or a round has ended.
  void run() {
    for (int i = 0; i < 1'000 && sent.empty() && fatal.empty() && scrubber->figures().rounds == 0; ++i)
      executor->advance(200);
  }
  bool said(const std::string& words) const {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const auto& line) { return line.find(words) != std::string::npos; });
  }

  struct Sent {
    NodeId to = {};
    PeerKind kind = {};
    Bytes bytes = {};
  };
  TempDirectory directory = {};
  DatabaseOptions options = options_for(directory.path());
  std::vector<LogEntry> entries = {};
  std::vector<NodeId> peers = {NodeId{"n2"}, NodeId{"n3"}};
  std::vector<Sent> sent = {};
  std::vector<Error> fatal = {};
  std::vector<std::string> lines = {};
  int stepped_down = 0;
  std::unique_ptr<Database> database = {};
  std::unique_ptr<LogStore> log = {};
  std::unique_ptr<ManualExecutor> executor = {};
  std::unique_ptr<LogServer> server = {};
  std::unique_ptr<Scrubber> scrubber = {};
};

// What one node asks, the other answers, until nothing is asked any more.
void exchange(Rig& asks, Rig& serves) {
  for (int i = 0; i < 1'000 && !asks.sent.empty(); ++i) {
    const Rig::Sent request = std::exchange(asks.sent, {}).front();
    EXPECT_EQ(request.kind, PeerKind::log_fetch);
    serves.server->on_peer_message(NodeId{"n1"}, request.kind, request.bytes);
    serves.executor->advance(1'000);
    ASSERT_EQ(serves.sent.size(), 1u);
    const Rig::Sent answer = std::exchange(serves.sent, {}).front();
    EXPECT_EQ(answer.kind, PeerKind::log_entries);
    asks.scrubber->on_entries(request.to, answer.bytes);
    asks.executor->run();
  }
}

TEST(Scrubber, ARottenFileIsNamedCutAndFetchedFromThePeers) {
  // Goal: the line has file, index, level and next step; leadership goes; what the peer's log has comes back
  // whole; what waited to be applied goes on; a round then finds nothing.
  Rig node(2), peer(0);
  const Table table = table_with(*node.database, LogIndex{50});
  node.rot_at(50);
  node.scrubber->start();
  node.run();
  ASSERT_EQ(node.sent.size(), 1u);
  EXPECT_TRUE(node.said("damage_found file=" + table.name + " index=50 level=2 reason=log entry 50 in "));
  EXPECT_TRUE(node.said("next_step=none is needed for the ledger: log entries "));
  EXPECT_EQ(node.stepped_down, 1);
  EXPECT_EQ(node.scrubber->figures().damaged, 1u);
  EXPECT_NE(node.scrubber->figures().gap.find("were in the damaged file " + table.name), std::string::npos);
  EXPECT_TRUE(node.log->repairing());
  std::thread disk([&] { node.scrubber->wait_until_whole(); });
  exchange(node, peer);
  disk.join();
  EXPECT_FALSE(node.log->repairing());
  EXPECT_EQ(node.scrubber->figures().gap, "");
  EXPECT_TRUE(node.said("log_repaired file=" + table.name));
  const auto whole = node.log->read(LogIndex{1}, LogIndex{count}, all_bytes);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->size(), count);
  EXPECT_EQ((*whole)[49].hash, node.entries[49].hash);
  node.run();
  EXPECT_EQ(node.scrubber->figures().rounds, 1u);
  EXPECT_TRUE(node.fatal.empty());
}

TEST(Scrubber, AWrongAnswerAndASilentPeerAreFollowedByAnotherPeer) {
  // Goal: each peer is asked in turn until one gives what the chain proves; a restart in between goes on.
  Rig node(2), peer(0);
  node.rot_at(50);
  node.scrubber->start();
  node.run();
  ASSERT_EQ(node.sent.size(), 1u);
  const NodeId first = node.sent[0].to;
  const LogFetch asked = *decode_log_fetch(node.sent[0].bytes);
  auto forged = chain(3, Term{1});
  node.scrubber->on_entries(first, encode_log_entries({.to = asked.to, .entries = forged}));
  node.scrubber->on_entries(first, Bytes{1, 2, 3});
  node.executor->run();
  EXPECT_TRUE(node.said("log_repair_refused peer=" + first.value));
  node.sent.clear();
  node.executor->advance(2'000);
  ASSERT_EQ(node.sent.size(), 1u);
  EXPECT_NE(node.sent[0].to, first);
  EXPECT_TRUE(node.said("log_repair_waits peer=" + first.value));
  node.close();
  node.sent.clear();
  node.open();
  EXPECT_TRUE(node.log->repairing());
  node.scrubber->start();
  node.executor->run();
  ASSERT_EQ(node.sent.size(), 1u);
  exchange(node, peer);
  EXPECT_FALSE(node.log->repairing());
  EXPECT_TRUE(node.fatal.empty());
}

TEST(Scrubber, DamageThatIsForTheOperatorStopsTheNode) {
  // Goal: a file of level 0, and any file of a node without peers: fatal once, with file, index and next
  // step; nothing is asked and nothing is cut.
  for (const int level : {0, 2}) {
    Rig node(level);
    if (level == 2) node.peers.clear();
    const Table table = table_with(*node.database, LogIndex{50});
    node.rot_at(50);
    node.scrubber->start();
    node.run();
    ASSERT_EQ(node.fatal.size(), 1u);
    const std::string& message = node.fatal[0].message;
    // Two entries share a block on level 0: the first of them is told.
    const std::string first = level == 0 ? "49" : "50";
    EXPECT_NE(message.find("log entry " + first + " in " + table.name + " (level " + std::to_string(level)),
              std::string::npos)
        << message;
    EXPECT_NE(message.find("Next step: this node stops"), std::string::npos) << message;
    EXPECT_TRUE(node.said("fatal code=corrupt rule=scrub.damaged"));
    node.executor->advance(60'000);
    EXPECT_EQ(node.fatal.size(), 1u);
    EXPECT_TRUE(node.sent.empty());
    EXPECT_FALSE(node.log->repairing());
  }
}

TEST(Scrubber, ItsRateHoldsAndZeroReadsNothing) {
  // Goal: a second reads about what the rate says, a new rate counts at once, and 0 is off.
  Rig node(2);
  node.scrubber->set_rate(0);
  node.scrubber->start();
  node.executor->advance(10'000);
  EXPECT_EQ(node.scrubber->figures().bytes, 0u);
  node.scrubber->set_rate(1'000'000);
  node.executor->advance(1'000);
  const std::uint64_t begun = node.scrubber->figures().bytes;
  for (int i = 0; i < 50; ++i)
    node.executor->advance(100);
  const double read = static_cast<double>(node.scrubber->figures().bytes - begun);
  EXPECT_GT(read, 3.5e6);
  EXPECT_LT(read, 6.5e6);
}

// One byte of this node's log rots, in a table between others below level 0.
Table rot_log(const Config& config) {
  const std::string directory = (config.data / "db").string();
  move_to_level(directory, Family::log, 2, 512);
  DatabaseOptions options;
  options.directory = directory;
  options.network = sha256(read_whole(config.network));
  options.node = config.node;
  auto database = Database::open(options);
  EXPECT_TRUE(database);
  const auto tables = tables_of(**database, Family::log);
  EXPECT_GT(tables.size(), 3u);
  const Table victim = tables.at(1);
  EXPECT_EQ(victim.level, 2);
  Bytes content = read_whole(directory + "/" + victim.name);
  content[100] ^= 1;
  write_whole(directory + "/" + victim.name, content);
  return victim;
}

TEST(Scrubber, ANodeIsMadeWholeByItsPeers) {
  // Goal: three whole nodes; one starts over a rotten file, names it, gets its entries back, and has the
  // others' roots and records; its metrics say what happened.
  const World world = certified();
  Trio trio(world.genesis);
  for (std::size_t i = 0; i < 3; ++i)
    ASSERT_TRUE(trio.ready(i));
  trio.play(world, {0, 1, 2});
  ASSERT_TRUE(trio.until([&] {  // or its start would read the rotten table, to judge what is in it
    return trio.get(0, "/v1/ledger?fresh=1").body == trio.get(1, "/v1/ledger?fresh=1").body;
  }));
  trio.stop(0);
  const Table victim = rot_log(trio.members[0].config);
  trio.start(0);
  ASSERT_TRUE(trio.until([&] {
    return trio.get(0, "/metrics", "*/*").body.find("\nanta_scrub_damaged_total 1") != std::string::npos;
  }));
  ASSERT_TRUE(trio.ready(0));
  std::ifstream in(trio.home.path() + "/n1/antad.log");
  const std::string lines{std::istreambuf_iterator<char>(in), {}};
  EXPECT_NE(lines.find("event=damage_found file=" + victim.name), std::string::npos);
  EXPECT_NE(lines.find("event=log_repaired file=" + victim.name), std::string::npos);
  EXPECT_EQ(trio.get(0, "/v1/ledger?fresh=1").body, trio.get(1, "/v1/ledger?fresh=1").body);
  trio.stop(0);
  EXPECT_TRUE(rebuild_ledger(trio.members[0].config));  // its whole log, judged again
}

}  // namespace
}  // namespace anta::test

// A node whose owner changed its program: it has the keys and the place of a real one, and leads, but puts
// into its log whatever it likes. The other two are real nodes and hear it over the real wire.
#include <gtest/gtest.h>

#include "consensus/replica.h"
#include "consensus/tls_transport.h"
#include "crypto/text.h"
#include "node/identity.h"
#include "node/ledger_machine.h"
#include "storage/ledger/block.h"
#include "tests/node/trio.h"

namespace anta::test {
namespace {

Millis wall_clock() {
  using namespace std::chrono;
  return Millis{duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count()};
}

template <typename T>
T take(Result<T> result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return std::move(*result);
}

// The first node of a trio, put together without the admission that checks what is proposed: its replica on
// its own log, ledger and TLS key, in the directory where the real one ran.
struct ModifiedLeader {
  explicit ModifiedLeader(const Trio& trio) : identity(take(load_identity(trio.members[0].config))) {
    const Config& config = trio.members[0].config;
    DatabaseOptions options;
    options.directory = (config.data / "db").string();
    options.network = identity.network;
    options.node = identity.self.id;
    options.create = false;
    database = take(Database::open(options));
    log = take(LogStore::open(*database));
    ledger = take(LedgerStore::open(*database, *log));
    verification = std::make_unique<Verification>(VerificationOptions{.threads = 1},
                                                  [](const Digest&) { return std::nullopt; });
    machine = std::make_unique<LedgerMachine>(*ledger, *verification, nullptr);
    ReplicaOptions how;
    how.self = {.id = identity.self.id};
    how.cluster = identity.network;
    TlsOptions tls;
    tls.self = identity.self.id;
    tls.network = identity.network;
    tls.key = &identity.keys.tls;
    for (const GenesisNode& node : identity.genesis.nodes) {
      how.configuration.voters.push_back({.id = node.id});
      const Endpoint where = take(parse_endpoint(node.address));
      if (node.id == identity.self.id) {
        tls.listen_host = where.host;
        tls.listen_port = where.port;
      } else {
        how.plan.peers.push_back(
            {.id = node.id, .key = node.keys.tls, .host = where.host, .port = where.port});
      }
    }
    how.plan.wanted = how.configuration;
    replica = std::make_unique<Replica>(
        std::move(how), *log, *machine, tls_transport(std::move(tls)),
        ReplicaHooks{.on_fatal = [](const Error& e) { ADD_FAILURE() << e.message; }});
    EXPECT_TRUE(replica->start(log->recover()));
  }
  ~ModifiedLeader() { replica->stop(true); }

  Identity identity;
  std::unique_ptr<Database> database = {};
  std::unique_ptr<LogStore> log = {};
  std::unique_ptr<LedgerStore> ledger = {};
  std::unique_ptr<Verification> verification = {};
  std::unique_ptr<LedgerMachine> machine = {};
  std::unique_ptr<Replica> replica = {};
};

struct Statements {
  Bytes before = {};
  Bytes broken = {};
  Bytes after = {};
  Bytes proper = {};
};

Statements statements_of(World& world) {
  Statements s;
  s.before = world.sign("miner", world.lot("L-before"));
  s.proper = world.sign("miner", world.lot("L-broken"));
  s.after = world.sign("miner", world.lot("L-after"));
  s.broken = s.proper;
  s.broken.back() ^= 1;  // a bit of the signature, which stands last
  return s;
}

Reply outcome_of(const Trio& trio, std::size_t node, const Bytes& statement) {
  return trio.get(node, "/v1/statements/" + hex(sha256(statement)) + "?fresh=1");
}

// What a node must say of the block: the neighbours stand in the ledger, the broken one left no trace.
void expect_judged(const Trio& trio, std::size_t node, const Statements& s) {
  for (const Bytes* neighbour : {&s.before, &s.after}) {
    const Reply reply = outcome_of(trio, node, *neighbour);
    EXPECT_EQ(reply.status, 200u) << node << reply.body;
    EXPECT_NE(reply.body.find("\"accepted\""), std::string::npos) << node << reply.body;
    EXPECT_NE(reply.body.find("\"leaf\""), std::string::npos) << node << reply.body;
    EXPECT_EQ(reply.body, outcome_of(trio, 1, *neighbour).body);
  }
  EXPECT_EQ(outcome_of(trio, node, s.broken).status, 404u) << node;
  EXPECT_EQ(trio.get(node, "/v1/lots/L-broken?fresh=1").status, 404u) << node;
}

TEST(ModifiedLeader, ABadSignatureInItsBlockIsRejectedByEveryNode) {
  // Goal: in a block that a modified leader sends over the wire the statement with a broken signature is
  // refused by its followers and by itself once it is a real node again; its neighbours are recorded, the
  // roots are equal, and the same statement properly signed is accepted afterwards.
  World world = certified();
  Trio trio(world.genesis);
  ASSERT_TRUE(trio.ready(0) && trio.ready(1) && trio.ready(2));
  trio.play(world, {0, 1, 2});
  world.now += day;
  const Statements s = statements_of(world);
  for (const std::size_t i : {1, 2, 0})  // the first last: its log is behind nobody's
    trio.stop(i);
  for (const std::size_t i : {1, 2}) {
    trio.members[i].config.timeouts.election_ms = 3'000;  // so that the first node is the one that leads
    trio.start(i);
  }
  {
    const ModifiedLeader leader(trio);
    ASSERT_TRUE(trio.until([&] {
      return leader.replica->status().in_office && trio.get(1, "/readyz").status == 200 &&
             trio.get(2, "/readyz").status == 200;
    }));
    std::vector<std::shared_ptr<const Bytes>> block;
    for (const Bytes* statement : {&s.before, &s.broken, &s.after})
      block.push_back(std::make_shared<const Bytes>(*statement));
    leader.replica->propose(
        std::make_shared<const Bytes>(encode_block(block)), wall_clock(),
        [](const Result<raft::Proposed>& proposed) { EXPECT_TRUE(proposed) << proposed.error().message; });
    for (const std::size_t i : {1, 2}) {
      ASSERT_TRUE(trio.until([&] { return outcome_of(trio, i, s.after).status == 200; }));
      EXPECT_NE(trio.get(i, "/v1/status").body.find("\"leader\": \"n1\""), std::string::npos);
      expect_judged(trio, i, s);
    }
    EXPECT_EQ(trio.get(1, "/v1/ledger?fresh=1").body, trio.get(2, "/v1/ledger?fresh=1").body);
  }
  trio.start(0);
  ASSERT_TRUE(trio.ready(0) && trio.ready(1) && trio.ready(2));
  const std::string ledger = trio.get(0, "/v1/ledger?fresh=1").body;
  EXPECT_NE(ledger.find("root"), std::string::npos) << ledger;
  for (const std::size_t i : {0, 1, 2}) {
    expect_judged(trio, i, s);
    EXPECT_EQ(trio.get(i, "/v1/ledger?fresh=1").body, ledger);
  }
  const Reply refused = trio.post(1, s.broken);
  EXPECT_EQ(refused.status, 400u) << refused.body;
  const Reply proper = trio.post(2, s.proper);
  EXPECT_EQ(proper.status, 201u) << proper.body;
  for (const std::size_t i : {0, 1, 2})
    EXPECT_EQ(trio.get(i, "/v1/lots/L-broken?fresh=1").status, 200u) << i;
}

}  // namespace
}  // namespace anta::test

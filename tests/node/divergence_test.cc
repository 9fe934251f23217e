// A node whose state is not what its log makes of it: the others outvote it, it stops, and heals itself at
// its next start.
#include "node/divergence.h"

#include <gtest/gtest.h>

#include <atomic>

#include "consensus/published.h"
#include "crypto/exit.h"
#include "crypto/private_file.h"
#include "crypto/text.h"
#include "storage/database.h"
#include "storage/ledger/state.h"
#include "storage/ledger_keys.h"
#include "tests/node/trio.h"

namespace anta::test {
namespace {

// The stopped node's record of the lot, with another owner, as if a bit had rotted past every checksum.
void corrupt_lot(const Config& config, const std::string& lot) {
  DatabaseOptions options;
  options.directory = (config.data / "db").string();
  options.network = sha256(read_whole(config.network));
  options.node = config.node;
  options.create = false;
  auto database = Database::open(options);
  ASSERT_TRUE(database) << database.error().message;
  const Bytes key = keys::state(Kind::lot, lot);
  const auto stored = (*database)->get(Family::state, key);
  ASSERT_TRUE(stored && *stored);
  auto record = state::decode_record<state::Lot>(**stored);
  ASSERT_TRUE(record);
  record->owner = PartyId{"smelter"};
  Batch batch = (*database)->batch();
  batch.put(Family::state, key, state::encode_record(*record));
  ASSERT_TRUE((*database)->write(batch, Sync::yes));
}

// Three nodes that have played the world; the third one's record of the lot is rotten, and it follows.
struct Rotten {
  explicit Rotten(const World& world) : trio(world.genesis) {}

  void rot(const World& world) {
    for (std::size_t i = 0; i < 3; ++i)
      ASSERT_TRUE(trio.ready(i));
    trio.play(world, {0, 1, 2});
    ASSERT_TRUE(trio.until([&] { return trio.get(2, "/checkpoint").status == 200; }));
    trio.stop(2);
    corrupt_lot(trio.members[2].config, "K-1");
    // A leader would sign what it makes of it (node/README.md): here it follows.
    for (bool follows = false; !follows; follows = !leads(2)) {
      if (trio.members[2].node) trio.stop(2);
      trio.start(2, [this](const Error& error) {
        why.set(error);
        fatal = true;
      });
      ASSERT_TRUE(trio.ready(2));
    }
  }
  bool leads(std::size_t i) const {
    return trio.get(i, "/v1/status").body.find("\"role\": \"leader\"") != std::string::npos ||
           trio.get(i, "/v1/status").body.find("\"role\":\"leader\"") != std::string::npos;
  }
  std::string ledger(std::size_t i) const { return trio.get(i, "/v1/ledger?fresh=1").body; }
  std::string log(std::size_t i) const {
    return std::string(
        as_text(read_whole(trio.home.path() + "/" + trio.genesis.nodes[i].id.value + "/antad.log")));
  }
  const Config& config() const { return trio.members[2].config; }
  DivergenceMark mark() const {
    const auto bytes = read_private_file(divergence_file(config()));
    EXPECT_TRUE(bytes) << bytes.error().message;
    return bytes ? *decode_divergence(as_text(*bytes)) : DivergenceMark{};
  }

  Trio trio;
  std::atomic<bool> fatal = false;
  Published<Error> why = {};
};

}  // namespace

TEST(Divergence, ANodeWithACorruptedStateIsOutvotedStopsAndHealsItself) {
  // Goal: after a statement about the corrupted lot its state root is another: it does not cosign, the others
  // name it, it stops with a mark and the next step; started again it has their state, from its own log, and
  // cosigns on.
  World world = certified();
  Rotten rotten(world);
  Trio& trio = rotten.trio;
  rotten.rot(world);
  world.now += hour;
  const Bytes ended = world.sign("plant", certificate_status(world, "C-1", CertificateChange::superseded));
  ASSERT_FALSE(ended.empty()) << world.last_message;
  ASSERT_EQ(trio.post(0, ended).status, 201u);
  EXPECT_EQ(rotten.ledger(0), rotten.ledger(1));
  ASSERT_TRUE(trio.until([&] { return rotten.fatal.load(); })) << rotten.log(2);
  const Error why = rotten.why.get();
  EXPECT_EQ(why.rule, "state.diverged");
  EXPECT_EQ(exit_for(why), Exit::storage);
  const DivergenceMark mark = rotten.mark();
  for (const std::string& word : {std::to_string(mark.at.index.value), hex(mark.at.own), hex(mark.at.theirs),
                                  std::string("start it again")})
    EXPECT_NE(why.message.find(word), std::string::npos) << why.message;
  EXPECT_NE(rotten.ledger(0).find(hex(mark.at.theirs)), std::string::npos);
  EXPECT_NE(trio.get(2, "/readyz").body.find("a majority of the voters"), std::string::npos);
  EXPECT_NE(trio.get(2, "/metrics", "*/*").body.find("anta_state_diverged{peer=\"n3\"} 1"),
            std::string::npos);
  EXPECT_TRUE(trio.until([&] {
    return trio.get(0, "/metrics", "*/*").body.find("anta_state_diverged{peer=\"n3\"} 1") !=
           std::string::npos;
  }));
  EXPECT_NE(rotten.log(0).find("event=state_differs peer=n3"), std::string::npos);
  EXPECT_EQ(trio.get(0, "/readyz").status, 200u);  // the others serve on

  trio.stop(2);
  trio.start(2);
  ASSERT_TRUE(trio.ready(2));
  EXPECT_EQ(rotten.ledger(2), rotten.ledger(0));
  EXPECT_FALSE(std::filesystem::exists(divergence_file(rotten.config())));
  EXPECT_NE(rotten.log(2).find("event=state_healed"), std::string::npos);
  EXPECT_TRUE(trio.until([&] {
    return trio.get(0, "/metrics", "*/*").body.find("anta_state_diverged{peer=\"n3\"} 0") !=
           std::string::npos;
  }));
  // All three have to cosign: it is one of them again.
  const std::string ledger = rotten.ledger(0);
  const std::size_t leaves = ledger.find("\"leaves\": ");
  ASSERT_NE(leaves, std::string::npos) << ledger;
  const std::string size = "\n" + std::to_string(std::stoull(ledger.substr(leaves + 10))) + "\n";
  EXPECT_TRUE(trio.until([&] { return trio.get(0, "/checkpoint").body.find(size) != std::string::npos; }))
      << trio.get(0, "/checkpoint").body << rotten.log(2);
}

TEST(Divergence, ANodeThatCanNotHealRefusesToStartWithTheEvidence) {
  // Goal: where the own log makes another state than the majority's, nothing is served from it; the reason
  // names index and roots and the next step, is told again without rebuilding, and --rebuild tries again.
  const World world = certified();
  Trio trio(world.genesis);
  for (std::size_t i = 0; i < 3; ++i)
    ASSERT_TRUE(trio.ready(i));
  trio.play(world, {0, 1, 2});
  const Config& config = trio.members[2].config;
  const std::string before = trio.get(2, "/v1/ledger?fresh=1").body;
  trio.stop(2);
  // The others are of another law, as far as this node can see.
  const StateDifference difference{LogIndex{5}, sha256(as_bytes("own")), sha256(as_bytes("theirs"))};
  set_aside(config, difference);
  const auto refused = [&] {
    auto node = Node::start(config, *trio.members[2].log, nullptr);
    return node ? Error{} : node.error();
  };
  const Error first = refused();
  EXPECT_EQ(first.rule, "state.diverged");
  EXPECT_EQ(exit_for(first), Exit::storage);
  for (const std::string& word : {std::string("entry 5 "), hex(difference.theirs), std::string("--rebuild")})
    EXPECT_NE(first.message.find(word), std::string::npos) << first.message;
  EXPECT_EQ(refused(), first);
  const auto again = heal_divergence(config, nullptr, Again::yes);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error(), first);
  // The root that came out is what this node's log makes: against that the next try heals.
  const auto bytes = read_private_file(divergence_file(config));
  ASSERT_TRUE(bytes);
  DivergenceMark mark = *decode_divergence(as_text(*bytes));
  mark = {.at = {mark.at.index, mark.at.own, *mark.rebuilt}};
  ASSERT_TRUE(write_private_file(divergence_file(config), as_bytes(encode_divergence(mark)), Replace::yes));
  trio.start(2);
  ASSERT_TRUE(trio.ready(2));
  EXPECT_EQ(trio.get(2, "/v1/ledger?fresh=1").body, before);
}

TEST(Divergence, TheMarkIsReadAsItWasWritten) {
  // Goal: both kinds come back; a torn or altered one is told apart from none.
  const DivergenceMark plain{.at = {LogIndex{77}, sha256(as_bytes("own")), sha256(as_bytes("theirs"))}};
  DivergenceMark tried = plain;
  tried.rebuilt = sha256(as_bytes("third"));
  tried.release = "1.2.3";
  for (const DivergenceMark& mark : {plain, tried}) {
    const std::string text = encode_divergence(mark);
    const auto read = decode_divergence(text);
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, mark);
    const std::size_t whole = encode_divergence(plain).size();
    for (std::size_t n = 0; n < text.size(); ++n) {
      if (n == whole) continue;  // the plain one is a beginning of the other
      const auto torn = decode_divergence(std::string_view(text).substr(0, n));
      ASSERT_FALSE(torn) << n;
      EXPECT_EQ(torn.error().rule, "state.mark");
    }
    EXPECT_FALSE(decode_divergence(text + "more\n"));
  }
}

}  // namespace anta::test

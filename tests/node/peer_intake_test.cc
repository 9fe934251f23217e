#include "node/peer_intake.h"

#include <gtest/gtest.h>

#include "node/state_watch.h"
#include "tests/node/manual_executor.h"

namespace anta::test {
namespace {

constexpr std::size_t too_many = 10'000;
const NodeId busy_peer{"n2"};
const NodeId other_peer{"n3"};

struct Intake {
  explicit Intake(PeerIntake::Limits limits = {})
      : intake(
            executor,
            [this](LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
              EXPECT_EQ(level, LogLevel::warning);
              EXPECT_EQ(event, "peer_messages_dropped");
              told.push_back(fields.begin()->value);
            },
            limits) {}
  void send(const NodeId& from, std::size_t bytes = 10) {
    intake.take(from, bytes, [&] { executor.post([this] { ++worked; }); });
  }

  ManualExecutor executor = {};
  std::vector<std::string> told = {};  // of which peers
  std::size_t worked = 0;
  PeerIntake intake;
};

TEST(PeerIntake, AFloodLeavesABoundedNumberWaiting) {
  // Goal: of what a peer sends while nothing is worked on, so many messages wait and the others are dropped,
  // which the log says once; another peer's pass; once the work has run its own pass again.
  Intake node;
  for (std::size_t i = 0; i < too_many; ++i)
    node.send(busy_peer);
  const std::size_t most = PeerIntake::Limits{}.messages_max;
  EXPECT_EQ(node.executor.pending(), 2 * most);  // each with what gives its room back
  EXPECT_EQ(node.intake.dropped(), too_many - most);
  EXPECT_EQ(node.told, std::vector<std::string>{"n2"});
  node.send(other_peer);
  EXPECT_EQ(node.intake.dropped(), too_many - most);
  node.executor.run();
  EXPECT_EQ(node.worked, most + 1);
  node.send(busy_peer);
  node.executor.run();
  EXPECT_EQ(node.worked, most + 2);
  EXPECT_EQ(node.told.size(), 1u);
  for (std::size_t i = 0; i < too_many; ++i)
    node.send(busy_peer);
  EXPECT_EQ(node.told, (std::vector<std::string>{"n2", "n2"}));  // it had emptied: another flood
}

TEST(PeerIntake, LargeMessagesAreBoundedInBytes) {
  // Goal: the bytes that wait are bounded too, and what fits beside a large one that does not still passes.
  constexpr std::size_t large = std::size_t{8} << 20;
  Intake node({.messages_max = 100, .bytes_max = 2 * large + 10});
  for (int i = 0; i < 50; ++i)
    node.send(busy_peer, large);
  EXPECT_EQ(node.executor.pending(), 4u);
  node.send(busy_peer, 11);
  node.send(busy_peer, 10);
  EXPECT_EQ(node.executor.pending(), 6u);
  EXPECT_EQ(node.intake.dropped(), 49u);
  node.executor.run();
  node.send(busy_peer, large);
  node.executor.run();
  EXPECT_EQ(node.worked, 4u);
}

TEST(PeerIntake, RoomComesBackAsWorkIsDoneNotOnlyAtItsEnd) {
  // Goal: a peer whose flood is being worked on gets in what there is room for.
  Intake node({.messages_max = 2, .bytes_max = 1'000});
  node.send(busy_peer);
  node.send(busy_peer);
  node.intake.take(busy_peer, 1, [] { FAIL() << "there is no room"; });
  node.executor.run_one();  // the work
  node.send(busy_peer);
  EXPECT_EQ(node.intake.dropped(), 2u);
  node.executor.run_one();  // its room
  node.send(busy_peer);
  EXPECT_EQ(node.intake.dropped(), 2u);
  node.executor.run();
  EXPECT_EQ(node.worked, 3u);
  EXPECT_EQ(node.told.size(), 1u);
}

TEST(PeerIntake, AServiceBehindItHoldsNoMoreThanThat) {
  // Goal: state roots by the thousand while `service` is busy: what waits for it is bounded (each was posted,
  // without a limit), and once it has heard them there is room again.
  Intake node;
  StateWatch watch(StateWatchPorts{.self = NodeId{"n1"}}, node.executor);
  const auto tell = [&](std::uint64_t index) {
    const Bytes bytes = encode_state_roots({{LogIndex{index}, sha256(as_bytes("root"))}});
    node.intake.take(busy_peer, bytes.size(), [&] { watch.on_peer_message(busy_peer, bytes); });
  };
  for (std::size_t i = 1; i <= too_many; ++i)
    tell(i);
  EXPECT_EQ(node.executor.pending(), 2 * PeerIntake::Limits{}.messages_max);
  node.executor.run();
  tell(1);
  EXPECT_EQ(node.executor.pending(), 2u);
}

}  // namespace
}  // namespace anta::test

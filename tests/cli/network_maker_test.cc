#include "cli/network_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <set>

#include "cli/policy_file.h"
#include "crypto/policy.h"
#include "crypto/sealed.h"
#include "crypto/text.h"
#include "node/views/genesis_view.h"
#include "tests/crypto/outcome.h"
#include "tests/crypto/temporary_directory.h"

namespace anta {
namespace {

using ::testing::HasSubstr;

constexpr Millis created{1'764'000'000'123};

std::string network(int nodes) {
  std::string text = "network: sur\nregistrar: reg\nschemes: [{id: crp, owner: reg}]\nnodes:\n";
  for (int i = 1; i <= nodes; ++i)
    text += "  - {id: n" + std::to_string(i) + ", organisation: org" + std::to_string(i) + "}\n";
  return text;
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status = {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

TEST(NetworkMaker, TheGenesisDecodesAndIsBound) {
  // Goal: what every node starts from is readable, bound to its origin, and the same in every directory.
  const test::TemporaryDirectory directory;
  const auto made = make_network(network(3), false, directory.path(), created);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  const std::string bytes = contents(directory.path() / "genesis.cbor");
  const auto genesis = decode_genesis(as_bytes(bytes));
  ASSERT_TRUE(genesis.has_value()) << genesis.error().message;
  EXPECT_TRUE(origin_is_bound(*genesis));
  EXPECT_TRUE(genesis->origin.starts_with("anta.example/sur-"));
  EXPECT_EQ(genesis->created.value, 1'764'000'000'000);
  EXPECT_EQ(made->digest, sha256(as_bytes(bytes)));
  ASSERT_EQ(genesis->nodes.size(), 3u);
  std::set<std::string> addresses;
  for (const GenesisNode& node : genesis->nodes) {
    EXPECT_TRUE(node.address.starts_with("127.0.0.1:")) << node.address;
    addresses.insert(node.address);
    EXPECT_EQ(contents(directory.path() / node.id.value / "genesis.cbor"), bytes);
    EXPECT_THAT(contents(directory.path() / node.id.value / "node.yaml"),
                HasSubstr("node: " + node.id.value));
  }
  for (const std::string& url : made->http)
    addresses.insert(url.substr(7));
  EXPECT_EQ(addresses.size(), 6u);  // no port twice
  const auto again =
      views::genesis_from_yaml(contents(directory.path() / "genesis.yaml"), views::OriginText::given);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(encode_genesis(*again), to_bytes(as_bytes(bytes)));
}

TEST(NetworkMaker, ThePolicyDemandsTwoThirdsAndOne) {
  // Goal: k = floor(2n/3) + 1, in the file that verifiers get.
  for (const auto& [nodes, quorum] : {std::pair{1, 1u}, {3, 3u}, {4, 3u}, {5, 4u}, {7, 5u}}) {
    const test::TemporaryDirectory directory;
    const auto made = make_network(network(nodes), false, directory.path(), created);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    EXPECT_EQ(made->quorum, quorum) << nodes;
    EXPECT_EQ(made->cosigners, static_cast<std::size_t>(nodes));
    const auto trust = read_trust(directory.path() / "policy.txt", {});
    ASSERT_TRUE(trust.has_value()) << trust.error().message;
    EXPECT_EQ(trust->policy->logs.size(), static_cast<std::size_t>(nodes));
    EXPECT_EQ(trust->assertions.genesis, made->digest);
    const std::string policy = contents(directory.path() / "policy.txt");
    EXPECT_THAT(policy, HasSubstr(" " + std::to_string(quorum) + " ")) << policy;
    for (const auto& log : trust->policy->logs)
      EXPECT_EQ(log.key.name, made->genesis.origin);
  }
}

TEST(NetworkMaker, SeedsAreTheirOwnersAloneAndMakeTheGenesisKeys) {
  // Goal: mode 0600, and the public halves in the genesis are those of the seed.
  const test::TemporaryDirectory directory;
  const auto made = make_network(network(3), false, directory.path(), created);
  ASSERT_TRUE(made.has_value());
  for (const GenesisNode& node : made->genesis.nodes) {
    const auto home = directory.path() / node.id.value;
    EXPECT_EQ(mode_of(home), 0700u);
    EXPECT_EQ(mode_of(home / "node.seed"), 0600u);
    EXPECT_EQ(mode_of(home / "node.seed.new"), 0600u);  // crypto/first_start.h
    const auto seed = read_seed_file(home / "node.seed");
    ASSERT_TRUE(seed.has_value()) << seed.error().message;
    const NodeKeys keys = derive_node_keys(*seed);
    EXPECT_EQ(keys.log.public_key(), node.keys.log);
    EXPECT_EQ(keys.cosigner.public_key(), node.keys.cosigner);
    EXPECT_EQ(keys.tls.public_key(), node.keys.tls);
  }
  EXPECT_EQ(mode_of(directory.path() / "registrar.key"), 0600u);
  const auto registrar = read_seed_file(directory.path() / "registrar.key");
  ASSERT_TRUE(registrar.has_value());
  EXPECT_EQ(SigningKey(*registrar).public_key(), made->genesis.registrar.key);
}

TEST(NetworkMaker, KeysThatAreGivenNeedNoSeed) {
  // Goal: an organisation that keeps its own seed sends public halves only.
  const test::TemporaryDirectory directory;
  const auto key = [](std::uint8_t fill) { return to_hex(SigningKey(test::seed(fill)).public_key().bytes); };
  const std::string yaml =
      "network: sur\nregistrar: {id: reg, key: \"" + key(9) +
      "\"}\nnodes:\n  - id: n1\n    organisation: org\n    address: \"10.0.0.1:7001\"\n    keys: {log: \"" +
      key(1) + "\", cosigner: \"" + key(2) + "\", tls: \"" + key(3) + "\"}\n";
  const auto made = make_network(yaml, false, directory.path(), created);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "n1" / "node.seed"));
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "registrar.key"));
  EXPECT_EQ(made->genesis.nodes.front().address, "10.0.0.1:7001");
}

TEST(NetworkMaker, AWitnessGetsItsDirectoryAndCounts) {
  // Goal: without a key it gets a seed like a node, with one it keeps its own; both stand in the policy,
  // which they have too, k counts them, and each node is told where they are asked.
  const test::TemporaryDirectory directory;
  const std::string own = to_hex(SigningKey(test::seed(5)).public_key().bytes);
  const auto made =
      make_network(network(3) +
                       "witnesses:\n  - {id: w1}\n  - {id: w2, url: \"https://w2.example/anta\", "
                       "key: \"" +
                       own + "\"}\n",
                   false, directory.path(), created);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(made->cosigners, 5u);
  EXPECT_EQ(made->quorum, 4u);
  const auto policy = parse_policy(contents(directory.path() / "policy.txt"));
  ASSERT_TRUE(policy.has_value());
  ASSERT_EQ(policy->elements.size(), 6u);
  EXPECT_EQ(policy->elements[3].name, "w1/anta");
  EXPECT_EQ(policy->elements[5].threshold, 4u);
  const auto seed = read_seed_file(directory.path() / "w1" / "witness.seed");
  ASSERT_TRUE(seed.has_value()) << seed.error().message;
  EXPECT_EQ(mode_of(directory.path() / "w1" / "witness.seed.new"), 0600u);
  EXPECT_EQ(derive_node_keys(*seed).cosigner.public_key(), policy->elements[3].witness->key);
  EXPECT_EQ(to_hex(policy->elements[4].witness->key.bytes), own);
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "w2" / "witness.seed"));
  ASSERT_EQ(made->witnesses.size(), 2u);
  EXPECT_EQ(made->witnesses[1], "https://w2.example/anta");
  for (const char* id : {"w1", "w2"}) {
    EXPECT_EQ(contents(directory.path() / id / "policy.txt"), contents(directory.path() / "policy.txt"));
    EXPECT_THAT(contents(directory.path() / id / "witness.yaml"), HasSubstr(std::string("witness: ") + id));
  }
  EXPECT_THAT(
      contents(directory.path() / "n2" / "node.yaml"),
      HasSubstr("witnesses: {w1: \"" + made->witnesses[0] + "\", w2: \"https://w2.example/anta\"}\n"));
}

TEST(NetworkMaker, AWitnessIsNoNodesOrganisation) {
  // Goal: an organisation cosigns once; and a typo in a witness is told with its line.
  const test::TemporaryDirectory directory;
  const auto complaint = [&](const std::string& witnesses) {
    const auto made =
        make_network(network(3) + "witnesses: " + witnesses, false, directory.path() / "out", created);
    return made ? std::string("accepted") : made.error().message;
  };
  EXPECT_THAT(complaint("[{id: org2}]\n"), HasSubstr("the organisation stands twice"));
  EXPECT_THAT(complaint("[{id: n2}]\n"), HasSubstr("the id stands twice"));
  EXPECT_THAT(complaint("[{id: w1, ulr: x}]\n"), HasSubstr("\"url\""));
}

TEST(NetworkMaker, NothingIsOverwritten) {
  // Goal: a second run into the same directory is refused and leaves every file as it was.
  const test::TemporaryDirectory directory;
  ASSERT_TRUE(make_network(network(3), false, directory.path(), created).has_value());
  const std::string genesis = contents(directory.path() / "genesis.cbor");
  const std::string seed = contents(directory.path() / "n1" / "node.seed");
  const auto again = make_network(network(3), false, directory.path(), created);
  ASSERT_FALSE(again.has_value());
  EXPECT_THAT(again.error().message, HasSubstr("exists already"));
  EXPECT_EQ(contents(directory.path() / "genesis.cbor"), genesis);
  EXPECT_EQ(contents(directory.path() / "n1" / "node.seed"), seed);
}

TEST(NetworkMaker, ATypoGetsItsLineAndTheNearestKey) {
  // Goal: unknown keys at the top, in a node and among parameters are refused where they stand.
  const test::TemporaryDirectory directory;
  const auto complaint = [&](const std::string& yaml) {
    const auto made = make_network(yaml, false, (directory.path() / "out").string(), created);
    return made ? std::string("accepted") : made.error().message;
  };
  EXPECT_THAT(complaint("network: sur\nregistar: reg\nnodes: []\n"),
              ::testing::AllOf(HasSubstr("line 2"), HasSubstr("\"registrar\"")));
  EXPECT_THAT(complaint("network: sur\nregistrar: reg\nnodes:\n  - {id: n1, adress: \"a:1\"}\n"),
              ::testing::AllOf(HasSubstr("line 4"), HasSubstr("\"address\"")));
  EXPECT_THAT(complaint(network(3) + "parameters: {event_age_max_day: 3}\n"), HasSubstr("event_age_max_day"));
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "out"));  // a refused file makes nothing
}

}  // namespace
}  // namespace anta

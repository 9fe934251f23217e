// A trio that has played a chain up to a certificate, and what its organisations decide of its nodes.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crypto/text.h"
#include "storage/ledger/cosigners.h"
#include "tests/ledger/law_network.h"
#include "tests/node/trio.h"

namespace anta::test {

// A network that has played a world, and what its organisations decide of its nodes.
struct Governed {
  Governed() : world(certified()), trio(world.genesis) {
    EXPECT_TRUE(trio.ready(0) && trio.ready(1) && trio.ready(2));
    trio.play(world, {0, 1, 2});
  }

  // Opened by the first node's organisation, approved by the second's; both told to the first node.
  void decide(const payload::Node& change) {
    const auto sign = [&](std::size_t i, const payload::Payload& p) {
      return world.sign(trio.genesis.nodes[i].organisation.value, p);
    };
    const Reply opened = trio.post(0, sign(0, change));
    ASSERT_EQ(opened.status, 201u) << opened.body;
    const Reply approved = trio.post(0, sign(1, vote(world, change.proposal.value)));
    ASSERT_EQ(approved.status, 201u) << approved.body;
  }
  // The registrar lets `owner` run a node; told to the first node.
  void let_operate() {
    payload::RoleGrant role;
    role.common = world.common();
    role.party = PartyId{"owner"};
    role.role = Role::node_operator;
    role.from = Millis{world.now};
    const Reply granted = trio.post(0, world.sign("registrar", role));
    EXPECT_EQ(granted.status, 201u) << granted.body;
  }
  // Votes in a learner of `owner` with the keys of this seed; answers what the ledger then has of it.
  state::Node admit(const std::string& name, std::uint64_t incarnation, const Secret32& seed) {
    const NodeKeys keys = derive_node_keys(seed);
    state::Node node;
    node.id = NodeId{name};
    node.organisation = PartyId{"owner"};
    node.keys = payload::NodeKeySet{
        .log = keys.log.public_key(), .cosigner = keys.cosigner.public_key(), .tls = keys.tls.public_key()};
    node.address = "127.0.0.1:" + std::to_string(free_port());
    node.standing = NodeStanding::learner;
    node.incarnation = incarnation;
    let_operate();
    payload::Node add = node_change(world, "P-add", NodeAction::learner, name, "owner");
    add.keys = node.keys;
    add.address = node.address;
    decide(add);
    return node;
  }
  bool says(std::size_t node, const std::string& path, const std::string& text) const {
    return trio.until([&] {
      std::string body = trio.get(node, path).body;
      std::erase_if(body, [](char c) { return c == ' ' || c == '\n'; });
      return body.find(text) != std::string::npos;
    });
  }
  std::uint64_t number(std::size_t node, const std::string& key) const {
    const std::string status = trio.get(node, "/v1/status").body;
    const std::size_t at = status.find("\"" + key + "\": ");
    return at == std::string::npos ? 0 : std::stoull(status.substr(at + key.size() + 4));
  }
  // The newest checkpoint that this node serves covers all it has applied.
  bool certifies(std::size_t node) const {
    return trio.until([&] {
      const std::uint64_t leaves = number(node, "leaves");
      return leaves > 0 && number(node, "size") == leaves;
    });
  }

  World world;
  Trio trio;
};

inline std::string members_file(const Genesis& genesis, const state::Node& also, std::uint64_t size) {
  std::string text = "{\"size\": " + std::to_string(size) + ", \"nodes\": [";
  std::vector<state::Node> nodes = founding_nodes(genesis);
  nodes.push_back(also);
  for (const state::Node& node : nodes) {
    text += std::string(text.back() == '[' ? "" : ",") + "{\"id\": \"" + node.id.value +
            "\", \"organisation\": \"" + node.organisation.value + "\", \"address\": \"" + node.address +
            "\", \"incarnation\": " + std::to_string(node.incarnation) + ", \"standing\": \"" +
            std::string(word(node.standing)) + "\", \"keys\": {\"log\": \"" + to_hex(node.keys.log.view()) +
            "\", \"cosigner\": \"" + to_hex(node.keys.cosigner.view()) + "\", \"tls\": \"" +
            to_hex(node.keys.tls.view()) + "\"}}";
  }
  return text + "]}";
}

}  // namespace anta::test

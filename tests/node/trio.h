// Three nodes in one process: real TLS between them, real databases in directories of their own, HTTP on
// ephemeral loopback ports. Waiting is asking: until() asks a node again and its answer takes the time.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "crypto/first_start.h"
#include "node/node.h"
#include "storage/ledger/genesis.h"
#include "tests/ledger/law_chain.h"
#include "tests/node/documented_answers.h"
#include "tests/storage/disk.h"

namespace anta::test {

// A port that nobody has now, below those that the kernel gives out: one of them is soon somebody's
// connection, or another test's, and then the node cannot listen.
inline std::uint16_t free_port() {
  std::random_device any;
  std::uniform_int_distribution<std::uint16_t> below(10'000, 32'000);
  for (int tries = 0; tries < 1'000; ++tries) {
    const int s = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(below(any));
    const bool is_free = ::bind(s, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(s);
    if (is_free) return ntohs(address.sin_port);
  }
  ADD_FAILURE() << "no free port on loopback";
  return 0;
}

struct Reply {
  unsigned status = 0;
  std::string body = {};
};

// One request on a connection of its own.
inline Reply request(std::uint16_t port, const std::string& head, ByteView body = {}) {
  const int s = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Reply reply;
  if (::connect(s, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const timeval limit = {.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    std::string text = head + "Host: x\r\nConnection: close\r\n";
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n" + std::string(as_text(body));
    EXPECT_EQ(::send(s, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    std::string all;
    char buffer[16'384];
    ssize_t n = 0;
    while ((n = ::recv(s, buffer, sizeof buffer, 0)) > 0)
      all.append(buffer, static_cast<std::size_t>(n));
    const std::size_t end = all.find("\r\n\r\n");
    if (end != std::string::npos)
      reply = {.status = static_cast<unsigned>(std::stoul(all.substr(9, 3))), .body = all.substr(end + 4)};
  }
  ::close(s);
  const std::size_t space = head.find(' ');
  const auto target = parse_target(head.substr(space + 1, head.find(' ', space + 1) - space - 1));
  if (target) expect_documented(head.substr(0, space), target->path, reply.status);
  return reply;
}

struct Trio {
  struct Member {
    Config config = {};
    std::unique_ptr<Log> log = {};
    std::unique_ptr<Node> node = {};
  };

  // The nodes are n1, n2 and n3, of the organisations that the genesis' nodes had.
  explicit Trio(Genesis g) : genesis(std::move(g)) {
    const std::vector<GenesisNode> before = std::exchange(genesis.nodes, {});
    genesis.origin = "anta.example/trio";
    std::vector<Secret32> seeds;
    for (const char* name : {"n1", "n2", "n3"}) {
      const std::size_t i = genesis.nodes.size();
      seeds.push_back(*Secret32::random());
      const NodeKeys keys = derive_node_keys(seeds.back());
      genesis.nodes.push_back({.id = NodeId{name},
                               .organisation = before.at(i).organisation,
                               .keys = {.log = keys.log.public_key(),
                                        .cosigner = keys.cosigner.public_key(),
                                        .tls = keys.tls.public_key()},
                               .address = "127.0.0.1:" + std::to_string(free_port())});
    }
    bind_origin(genesis);
    write_whole(home.path() + "/genesis.cbor", encode_genesis(genesis));
    for (std::size_t i = 0; i < 3; ++i) {
      settle(members[i], genesis.nodes[i].id.value, seeds[i], "");
      start(i);
    }
  }

  // A directory of its own under the node's name, with its configuration.
  void settle(Member& m, const std::string& name, const Secret32& seed, const std::string& more) {
    const std::filesystem::path directory = home.path() + "/" + name;
    std::filesystem::create_directory(directory);
    EXPECT_TRUE(write_new_seed(directory / "node.seed", seed));
    const auto config =
        parse_config("network: ../genesis.cbor\nnode: " + name + "\ndata: data\nseed: node.seed\n" + more +
                         "limits: {verifiers: 1, memory_bytes: 33554432}\n",
                     directory);
    EXPECT_TRUE(config) << config.error().message;
    m.config = *config;
    m.log = *Log::open(LogLevel::debug, LogFormat::logfmt, (directory / "antad.log").string());
  }

  void start(std::size_t i) {
    start(i, [](const Error& error) { ADD_FAILURE() << error.message; });
  }
  // A node that may find that it can not go on.
  void start(std::size_t i, std::function<void(const Error&)> on_fatal) {
    auto node = Node::start(members[i].config, *members[i].log, std::move(on_fatal));
    ASSERT_TRUE(node) << node.error().message;
    members[i].node = std::move(*node);
  }
  void stop(std::size_t i) { members[i].node.reset(); }
  std::uint16_t port(std::size_t i) const { return members[i].node->http_port(); }
  Reply get(std::size_t i, const std::string& path, const std::string& accept = "application/json") const {
    return request(port(i), "GET " + path + " HTTP/1.1\r\nAccept: " + accept + "\r\n");
  }
  Reply post(std::size_t i, const Bytes& statement, const std::string& wait = "committed") const {
    return request(port(i),
                   "POST /v1/statements?wait=" + wait + " HTTP/1.1\r\nContent-Type: application/cose\r\n",
                   statement);
  }
  // Asks again until it is so; the asking takes the time.
  bool until(const std::function<bool()>& condition) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (std::chrono::steady_clock::now() < end) {
      if (condition()) return true;
    }
    return false;
  }
  bool ready(std::size_t i) const {
    return until([&] { return get(i, "/readyz").status == 200; });
  }
  // Every statement of the world, to the nodes in turn.
  void play(const World& world, std::vector<std::size_t> nodes) const {
    for (std::size_t i = 0; i < world.log.size(); ++i) {
      const Reply reply = post(nodes[i % nodes.size()], world.log[i].bytes);
      const bool accepted = world.log[i].outcome == "accepted";
      ASSERT_EQ(reply.status, accepted ? 201u : 422u) << i << reply.body;
      if (!accepted) {
        EXPECT_NE(reply.body.find("\"" + world.log[i].outcome + "\""), std::string::npos) << reply.body;
      }
    }
  }

  TempDirectory home = {};
  Genesis genesis = {};
  std::vector<Member> members = std::vector<Member>(3);
};

// A chain up to a certificate, and one statement that the law rejects.
inline World certified() {
  World world({{"event_age_max_days", std::int64_t{3650}}});
  concentrate(world, "L-1", "K-1");
  EXPECT_EQ(world.submit("miner", world.dispatch("D-late", {"L-1"})), "not_holder");
  auto certificate = world.certificate("C-1", "K-1", CocModel::segregated, "smelter");
  certificate.valid_until = Millis{4'000'000'000'000};
  world.must("plant", certificate);
  return world;
}

}  // namespace anta::test

#include "consensus/tls_transport.h"

#include <gtest/gtest.h>

#include <openssl/ssl.h>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/context.hpp>
#include <map>

#include "consensus/peer.h"
#include "tests/consensus/messages.h"

namespace anta {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds patience{20'000};

SigningKey key_of(std::uint8_t seed) {
  std::array<std::uint8_t, 32> bytes = {};
  bytes.fill(seed);
  return SigningKey(Secret32(bytes));
}

const Digest network = sha256(as_bytes("network one"));

// One node's transport with what it was told.
struct End {
  std::unique_ptr<Transport> transport = {};
  std::uint16_t port = 0;
  std::vector<raft::Message> messages = {};
  std::vector<std::pair<std::uint8_t, Bytes>> apps = {};
  std::map<NodeId, bool> up = {};
  unsigned downs = 0;
  std::string reason = {};  // of the last refusal that was logged

  TlsOptions options(const char* id, const SigningKey& key, std::vector<TransportPeer> peers) {
    TlsOptions made;
    made.self = NodeId{id};
    made.network = network;
    made.key = &key;
    made.peers = std::move(peers);
    made.backoff_max = milliseconds(200);
    made.on_listening = [this](std::uint16_t got) { port = got; };
    made.log = [this](LogLevel, std::string_view event, std::initializer_list<LogField> fields) {
      for (const LogField& field : fields) {
        if (event == "peer_refused" && field.name == "reason") reason = field.value;
      }
    };
    return made;
  }

  Result<void> start(asio::io_context& loop, TlsOptions given) {
    auto made = tls_transport(std::move(given))(loop);
    if (!made) return pass(made);
    transport = std::move(*made);
    TransportHandlers handlers;
    handlers.on_message = [this](raft::Message message) { messages.push_back(std::move(message)); };
    handlers.on_app = [this](const NodeId&, std::uint8_t kind, Bytes bytes) {
      apps.emplace_back(kind, std::move(bytes));
    };
    handlers.on_peer = [this](const NodeId& peer, bool is_up) {
      up[peer] = is_up;
      downs += is_up ? 0 : 1;
    };
    return transport->start(std::move(handlers));
  }

  bool sees(const char* peer) const {
    const auto found = up.find(NodeId{peer});
    return found != up.end() && found->second;
  }
};

// Turns the loop until the condition holds; false when patience is over.
template <typename Condition>
bool until(asio::io_context& loop, Condition condition) {
  const auto deadline = steady_clock::now() + patience;
  while (!condition()) {
    if (steady_clock::now() > deadline) return false;
    loop.restart();
    loop.run_one_for(milliseconds(10));
  }
  return true;
}

TransportPeer peer(const char* id, const SigningKey& key, std::uint16_t port = 1) {
  return TransportPeer{NodeId{id}, 1, key.public_key(), "127.0.0.1", port};
}

raft::Message between(const char* from, const char* to, raft::Body body) {
  raft::Message made = test::message(std::move(body));
  made.from.id = NodeId{from};
  made.to.id = NodeId{to};
  return made;
}

// Two nodes, "a" dialling "b".
class TlsTransport : public testing::Test {
 protected:
  ~TlsTransport() override {
    if (a.transport) a.transport->stop();
    if (b.transport) b.transport->stop();
    loop.restart();
    loop.run();  // everything ends by itself once both have stopped
  }

  void start_b(asio::io_context& where) {
    ASSERT_TRUE(b.start(where, b.options("b", key_b, {peer("a", key_a)})));
    ASSERT_NE(b.port, 0);
  }
  void start_pair(const std::function<void(TlsOptions&)>& change_a = {}) {
    start_b(loop);
    TlsOptions options = a.options("a", key_a, {peer("b", key_b, b.port)});
    if (change_a) change_a(options);
    ASSERT_TRUE(a.start(loop, std::move(options)));
  }

  asio::io_context loop;
  SigningKey key_a = key_of(1);
  SigningKey key_b = key_of(2);
  SigningKey stranger = key_of(3);
  End a;
  End b;
};

// Goal: every kind of message and the node's own messages arrive, in both directions over one connection.
TEST_F(TlsTransport, CarriesEveryMessageBothWays) {
  start_pair();
  ASSERT_TRUE(until(loop, [&] { return a.sees("b") && b.sees("a"); }));
  const auto all = test::every_message();
  for (const raft::Message& message : all) {
    a.transport->send(between("a", "b", message.body));
    b.transport->send(between("b", "a", message.body));
  }
  const Bytes large(300'000, 0x5a);
  ASSERT_TRUE(a.transport->send_app(NodeId{"b"}, 3, large));
  ASSERT_TRUE(until(loop, [&] {
    return a.messages.size() == all.size() && b.messages.size() == all.size() && b.apps.size() == 1;
  }));
  for (const raft::Message& sent : all) {
    const auto same = [&sent](const raft::Message& got) {
      return test::equal(got, between("a", "b", sent.body));
    };
    EXPECT_EQ(std::count_if(b.messages.begin(), b.messages.end(), same), 1) << raft::name(sent.body);
  }
  EXPECT_EQ(b.apps[0].first, 3);
  EXPECT_EQ(b.apps[0].second, large);
  EXPECT_EQ(a.transport->metrics().connections, 1u);
  EXPECT_EQ(a.transport->metrics().messages_dropped, 0u);
}

// Goal: more silent sockets than may wait, from one address or in all, do not keep a peer out: the oldest
// give way.
TEST_F(TlsTransport, SilentSocketsDoNotLockAPeerOut) {
  for (const std::uint32_t per_host : {4u, 1000u}) {
    asio::io_context turning;
    End listener;
    TlsOptions patient = listener.options("b", key_b, {peer("a", key_a)});
    patient.handshake_timeout = milliseconds(600'000);
    patient.handshakes_per_host_max = per_host;
    patient.handshakes_max = 8;
    ASSERT_TRUE(listener.start(turning, std::move(patient)));
    std::vector<asio::ip::tcp::socket> silent;
    for (int i = 0; i < 40; ++i) {
      silent.emplace_back(turning);
      silent.back().connect({asio::ip::make_address("127.0.0.1"), listener.port});
    }
    End dialler;
    ASSERT_TRUE(dialler.start(turning, dialler.options("a", key_a, {peer("b", key_b, listener.port)})));
    EXPECT_TRUE(until(turning, [&] { return dialler.sees("b") && listener.sees("a"); }));
    listener.transport->stop();
    dialler.transport->stop();
    silent.clear();
    turning.restart();
    turning.run();
  }
}

// Goal: a peer with the right key that offers TLS 1.2 only is refused in the handshake; with 1.3 it is taken.
TEST_F(TlsTransport, TlsOneTwoIsRefused) {
  start_b(loop);
  for (const int newest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    auto tls = TlsContext::create(key_a, {key_b.public_key()}, [](const PublicKey&) {});
    ASSERT_TRUE(tls);
    ASSERT_EQ(SSL_CTX_set_min_proto_version((*tls)->native().native_handle(), TLS1_2_VERSION), 1);
    ASSERT_EQ(SSL_CTX_set_max_proto_version((*tls)->native().native_handle(), newest), 1);
    const PeerSettings settings{{1, 1, network, NodeId{"a"}, 1}, 1 << 20, 1 << 20, patience, patience};
    TransportMetrics metrics;
    bool greeted = false;
    std::string ended;
    PeerConnection::Handlers handlers;
    handlers.on_hello = [&greeted](PeerConnection&, const PublicKey&, const Hello&) -> Result<void> {
      greeted = true;
      return {};
    };
    handlers.on_frame = [](PeerConnection&, ByteView) -> Result<void> { return {}; };
    handlers.on_closed = [&ended](PeerConnection&, const Error& why) { ended = why.message; };
    const auto raw = PeerConnection::dial(loop, **tls, settings, handlers, metrics, "127.0.0.1", b.port,
                                          key_b.public_key());
    ASSERT_TRUE(until(loop, [&] { return (b.sees("a") && greeted) || !ended.empty(); }));
    EXPECT_EQ(greeted, newest == TLS1_3_VERSION);
    EXPECT_EQ(b.transport->metrics().connections, newest == TLS1_3_VERSION ? 1u : 0u);
    raw->close();
  }
}

// Goal: a node whose TLS key is valid but not pinned is refused by the listener, counted and logged.
TEST_F(TlsTransport, ListenerRefusesAnUnpinnedKey) {
  start_b(loop);
  ASSERT_TRUE(a.start(loop, a.options("a", stranger, {peer("b", key_b, b.port)})));
  ASSERT_TRUE(until(loop, [&] { return b.transport->metrics().unpinned_refused >= 2; }));
  EXPECT_EQ(b.reason, "its TLS key is not the pinned one");
  EXPECT_FALSE(a.sees("b"));
  EXPECT_FALSE(b.sees("a"));
  EXPECT_EQ(b.transport->metrics().connections, 0u);
}

// Goal: the dialler takes no key but the one of the node it dials, even another pinned one.
TEST_F(TlsTransport, DiallerRefusesAnotherNodesKey) {
  const SigningKey key_c = key_of(4);
  ASSERT_TRUE(b.start(loop, b.options("b", key_c, {peer("a", key_a)})));
  ASSERT_TRUE(a.start(loop, a.options("a", key_a, {peer("b", key_b, b.port), peer("c", key_c, b.port)})));
  ASSERT_TRUE(until(loop, [&] { return a.transport->metrics().unpinned_refused >= 1; }));
  EXPECT_FALSE(a.sees("b"));
  EXPECT_FALSE(b.sees("a"));
}

// Goal: the right key in another network is refused by both sides, with the reason logged.
TEST_F(TlsTransport, OtherNetworkIsRefused) {
  start_pair([](TlsOptions& options) { options.network = sha256(as_bytes("network two")); });
  ASSERT_TRUE(until(loop, [&] { return b.transport->metrics().hello_refused >= 1; }));
  EXPECT_EQ(b.reason, "it belongs to another network");
  EXPECT_FALSE(a.sees("b"));
  EXPECT_FALSE(b.sees("a"));
}

// Goal: a node that came back under another incarnation is not taken for the one that is known.
TEST_F(TlsTransport, OtherIncarnationIsRefused) {
  start_pair([](TlsOptions& options) { options.incarnation = 2; });
  ASSERT_TRUE(until(loop, [&] { return b.transport->metrics().hello_refused >= 1; }));
  EXPECT_EQ(b.reason, "it is incarnation 2, expected 1");
  EXPECT_FALSE(b.sees("a"));
}

// Goal: nodes without a common protocol version refuse each other.
TEST_F(TlsTransport, OtherProtocolVersionIsRefused) {
  start_b(loop);
  auto tls = TlsContext::create(key_a, {key_b.public_key()}, [](const PublicKey&) {});
  ASSERT_TRUE(tls);
  const PeerSettings settings{{7, 9, network, NodeId{"a"}, 1}, 1 << 20, 1 << 20, patience, patience};
  TransportMetrics metrics;
  bool ended = false;
  PeerConnection::Handlers handlers;
  handlers.on_hello = [](PeerConnection&, const PublicKey&, const Hello&) -> Result<void> { return {}; };
  handlers.on_frame = [](PeerConnection&, ByteView) -> Result<void> { return {}; };
  handlers.on_closed = [&ended](PeerConnection&, const Error&) { ended = true; };
  const auto raw =
      PeerConnection::dial(loop, **tls, settings, handlers, metrics, "127.0.0.1", b.port, key_b.public_key());
  ASSERT_TRUE(until(loop, [&] { return ended; }));
  EXPECT_EQ(b.reason.substr(0, b.reason.find(':')), "it speaks protocol 7 to 9, this node 1 to 2");
  EXPECT_EQ(b.transport->metrics().hello_refused, 1u);
}

// Goal: a node of an older release and one of this speak what both know: the field that the older lacks does
// not arrive, everything else does, in both directions; between two of this release it does.
class TlsTransportVersion : public TlsTransport, public testing::WithParamInterface<std::uint16_t> {};

TEST_P(TlsTransportVersion, TheHighestCommonVersionIsSpoken) {
  start_pair([](TlsOptions& options) { options.protocol_max = GetParam(); });
  ASSERT_TRUE(until(loop, [&] { return a.sees("b") && b.sees("a"); }));
  raft::HeartbeatReply reply{LogIndex{3}, LogIndex{4}, 5, true, LogIndex{6}};
  ASSERT_TRUE(a.transport->send(between("a", "b", reply)));
  ASSERT_TRUE(b.transport->send(between("b", "a", reply)));
  ASSERT_TRUE(until(loop, [&] { return !a.messages.empty() && !b.messages.empty(); }));
  if (GetParam() < 2) reply.applied = LogIndex{};
  EXPECT_EQ(std::get<raft::HeartbeatReply>(a.messages.back().body), reply);
  EXPECT_EQ(std::get<raft::HeartbeatReply>(b.messages.back().body), reply);
}
INSTANTIATE_TEST_SUITE_P(Releases, TlsTransportVersion, testing::Values(1, 2));

// A peer with the right key that sends what a good one does not.
struct Rogue {
  std::unique_ptr<TlsContext> tls = {};
  TransportMetrics metrics = {};
  std::shared_ptr<PeerConnection> connection = {};
  bool greeted = false;
  bool ended = false;

  void dial(asio::io_context& loop, const SigningKey& own, const SigningKey& other, std::uint16_t port) {
    auto made = TlsContext::create(own, {other.public_key()}, [](const PublicKey&) {});
    ASSERT_TRUE(made);
    tls = std::move(*made);
    const PeerSettings settings{{1, 1, network, NodeId{"a"}, 1}, 64 << 20, 64 << 20, patience, patience};
    PeerConnection::Handlers handlers;
    handlers.on_hello = [this](PeerConnection&, const PublicKey&, const Hello&) -> Result<void> {
      greeted = true;
      return {};
    };
    handlers.on_frame = [](PeerConnection&, ByteView) -> Result<void> { return {}; };
    handlers.on_closed = [this](PeerConnection&, const Error&) { ended = true; };
    connection =
        PeerConnection::dial(loop, *tls, settings, handlers, metrics, "127.0.0.1", port, other.public_key());
  }
};

// Goal: a frame over frame_bytes_max closes its connection; the receiver did not take it in.
TEST_F(TlsTransport, OversizedFrameClosesTheConnection) {
  start_b(loop);
  Rogue rogue;
  rogue.dial(loop, key_a, key_b, b.port);
  ASSERT_TRUE(until(loop, [&] { return rogue.greeted && b.sees("a"); }));
  ASSERT_TRUE(rogue.connection->push(Lane::bulk, encode_app(1, Bytes(9 << 20))));
  ASSERT_TRUE(until(loop, [&] { return rogue.ended && !b.sees("a"); }));
  EXPECT_EQ(b.transport->metrics().malformed_refused, 1u);
  EXPECT_LT(b.transport->metrics().bytes_received, 1u << 20);
  EXPECT_TRUE(b.apps.empty());
}

// Goal: a peer that speaks in another node's name, or garbage, loses its connection and is not heard.
TEST_F(TlsTransport, SpeakingForAnotherClosesTheConnection) {
  start_b(loop);
  std::uint64_t refused = 0;
  for (const OutgoingFrame& frame : {encode_message(between("c", "b", raft::TimeoutNow{})),
                                     frame_of(Bytes{1, 2, 3}), frame_of(Bytes{200})}) {
    Rogue rogue;
    rogue.dial(loop, key_a, key_b, b.port);
    ASSERT_TRUE(until(loop, [&] { return rogue.greeted && b.sees("a"); }));
    ASSERT_TRUE(rogue.connection->push(Lane::urgent, frame));
    ASSERT_TRUE(until(loop, [&] { return rogue.ended && !b.sees("a"); }));
    EXPECT_EQ(b.transport->metrics().malformed_refused, ++refused);
  }
  EXPECT_TRUE(b.messages.empty());
}

// Goal: what waits for a peer that does not read stays bounded; messages are dropped, app messages answered
// busy; once it reads again, all is well.
TEST_F(TlsTransport, ASlowPeerIsBounded) {
  asio::io_context slow_loop;
  start_b(slow_loop);
  TlsOptions options = a.options("a", key_a, {peer("b", key_b, b.port)});
  options.outgoing_bytes_max = 4 << 20;
  options.idle_timeout = milliseconds(600'000);
  ASSERT_TRUE(a.start(loop, std::move(options)));
  const auto deadline = steady_clock::now() + patience;
  while (!(a.sees("b") && b.sees("a")) && steady_clock::now() < deadline) {
    loop.run_one_for(milliseconds(5));
    slow_loop.run_one_for(milliseconds(5));
  }
  ASSERT_TRUE(a.sees("b"));

  const auto append = raft::Append{LogIndex{1}, Term{1}, LogIndex{1}, test::chain(LogIndex{1}, {1 << 20})};
  unsigned sent = 0;
  ASSERT_TRUE(until(loop, [&] {  // the kernel's buffers take some of it first
    ++sent;
    return !a.transport->send(between("a", "b", append));
  }));
  ASSERT_LT(sent, 200u);
  const auto refused = a.transport->send_app(NodeId{"b"}, 1, Bytes(1 << 20));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::busy);
  EXPECT_TRUE(a.transport->send(between("a", "b", raft::TimeoutNow{})));  // small and urgent: still taken
  EXPECT_EQ(a.transport->metrics().messages_dropped, 1u);

  while (b.messages.size() < sent && steady_clock::now() < deadline) {
    loop.run_one_for(milliseconds(2));
    slow_loop.run_one_for(milliseconds(2));
  }
  EXPECT_EQ(b.messages.size(), sent);  // all but the dropped one, and the urgent one
  EXPECT_TRUE(a.transport->send_app(NodeId{"b"}, 1, Bytes(1 << 20)));

  b.transport->stop();
  a.transport->stop();
  slow_loop.restart();
  slow_loop.run();
  b.transport.reset();
}

// Goal: a peer that neither reads nor writes any more is found out and given up.
TEST_F(TlsTransport, ASilentPeerIsGivenUp) {
  asio::io_context frozen_loop;
  start_b(frozen_loop);
  TlsOptions options = a.options("a", key_a, {peer("b", key_b, b.port)});
  options.idle_timeout = milliseconds(300);
  ASSERT_TRUE(a.start(loop, std::move(options)));
  const auto deadline = steady_clock::now() + patience;
  while (!a.sees("b") && steady_clock::now() < deadline) {
    loop.run_one_for(milliseconds(5));
    frozen_loop.run_one_for(milliseconds(5));
  }
  ASSERT_TRUE(a.sees("b"));
  EXPECT_TRUE(until(loop, [&] { return !a.sees("b"); }));
  b.transport->stop();
  frozen_loop.restart();
  frozen_loop.run();
  b.transport.reset();
}

// Goal: pings keep a quiet connection open beyond the idle timeout: four of them, a third of it apart. It is
// seconds, so that a stall of the machine is not taken for silence.
TEST_F(TlsTransport, AQuietConnectionStays) {
  start_b(loop);
  TlsOptions options = a.options("a", key_a, {peer("b", key_b, b.port)});
  b.transport->stop();
  b = End{};
  TlsOptions options_b = b.options("b", key_b, {peer("a", key_a)});
  options.idle_timeout = options_b.idle_timeout = milliseconds(3'000);
  ASSERT_TRUE(b.start(loop, std::move(options_b)));
  options.peers[0].port = b.port;
  ASSERT_TRUE(a.start(loop, std::move(options)));
  ASSERT_TRUE(until(loop, [&] { return a.sees("b") && b.sees("a"); }));
  const auto frames = b.transport->metrics().frames_received;
  ASSERT_TRUE(until(loop, [&] { return b.transport->metrics().frames_received >= frames + 4; }));
  EXPECT_EQ(a.downs + b.downs, 0u);
}

// Goal: a peer that went away and came back is connected again, both sides having been told.
TEST_F(TlsTransport, Reconnects) {
  start_pair();
  ASSERT_TRUE(until(loop, [&] { return a.sees("b") && b.sees("a"); }));
  b.transport->stop();
  ASSERT_TRUE(until(loop, [&] { return !a.sees("b"); }));
  const auto refused = a.transport->send_app(NodeId{"b"}, 1, Bytes{1});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::not_found);

  End again;
  TlsOptions options = again.options("b", key_b, {peer("a", key_a)});
  options.listen_port = b.port;
  ASSERT_TRUE(again.start(loop, std::move(options)));
  EXPECT_TRUE(until(loop, [&] { return a.sees("b") && again.sees("a"); }));
  EXPECT_EQ(a.downs, 1u);
  again.transport->stop();
  a.transport->stop();
  loop.restart();
  loop.run();
}

// Goal: a port that is taken is an error that names it.
TEST_F(TlsTransport, PortTaken) {
  start_b(loop);
  TlsOptions options = a.options("a", key_a, {peer("b", key_b, b.port)});
  options.listen_port = b.port;
  const auto started = a.start(loop, std::move(options));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::io);
  EXPECT_EQ(started.error().rule, "peer.port_taken");
  EXPECT_NE(started.error().message.find(std::to_string(b.port)), std::string::npos);
}

// Goal: a node or key that is there twice is refused when the transport is made.
TEST_F(TlsTransport, TwiceTheSameKey) {
  const auto made = a.start(loop, a.options("a", key_a, {peer("b", key_b), peer("c", key_b)}));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().rule, "peer.twice");
}

// Goal: a peer that the ledger drops loses its connection and gets none any more; one that comes is connected
// while the transport runs.
TEST_F(TlsTransport, PeersComeAndGo) {
  start_b(loop);
  ASSERT_TRUE(a.start(loop, a.options("a", key_a, {})));
  EXPECT_FALSE(a.transport->send(between("a", "b", raft::Body{raft::TimeoutNow{}})));
  ASSERT_TRUE(a.transport->set_peers({peer("b", key_b, b.port)}));
  ASSERT_TRUE(until(loop, [&] { return a.sees("b") && b.sees("a"); }));
  ASSERT_TRUE(b.transport->set_peers({}));
  EXPECT_FALSE(b.sees("a"));
  ASSERT_TRUE(until(loop, [&] { return !a.sees("b") && b.transport->metrics().unpinned_refused > 0; }));
  ASSERT_TRUE(b.transport->set_peers({peer("a", key_a)}));
  EXPECT_TRUE(until(loop, [&] { return a.sees("b") && b.sees("a"); }));
}

// Goal: a peer with another key is another peer: the connection under the old one ends at once.
TEST_F(TlsTransport, AnotherKeyEndsTheConnection) {
  start_pair();
  ASSERT_TRUE(until(loop, [&] { return a.sees("b") && b.sees("a"); }));
  ASSERT_TRUE(a.transport->set_peers({peer("b", key_b, b.port)}));  // as before: nothing happens
  EXPECT_TRUE(a.sees("b"));
  ASSERT_TRUE(b.transport->set_peers({peer("a", stranger)}));
  EXPECT_FALSE(b.sees("a"));
  EXPECT_TRUE(until(loop, [&] { return b.transport->metrics().unpinned_refused > 0; }));
  const auto twice = b.transport->set_peers({peer("a", key_a), peer("c", key_a)});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().rule, "peer.twice");
  EXPECT_FALSE(b.sees("a"));
}

}  // namespace
}  // namespace anta

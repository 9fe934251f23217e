#include "consensus/tls_transport.h"

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "consensus/peer.h"
#include "crypto/text.h"

namespace anta {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Strangers must not fill the disk with log lines.
constexpr milliseconds refusal_log_interval{1000};
constexpr milliseconds lasting{2000};  // a connection that ended earlier was refused, most likely

struct Link {
  TransportPeer peer = {};
  bool dials = false;                               // this side dials; the other listens
  std::shared_ptr<PeerConnection> dialling = {};    // not yet past the hello
  std::shared_ptr<PeerConnection> connection = {};  // up
  std::unique_ptr<asio::steady_timer> redial = {};
  milliseconds backoff{};
  std::uint16_t version = 0;  // that the connection speaks
  steady_clock::time_point up_at = {};
  bool outage_logged = false;
  steady_clock::time_point refusal_logged = {};
};

struct Accepted {
  std::string host = {};
  std::shared_ptr<PeerConnection> connection = {};
};

std::vector<PublicKey> keys_of(const std::vector<TransportPeer>& peers) {
  std::vector<PublicKey> keys;
  for (const TransportPeer& peer : peers)
    keys.push_back(peer.key);
  return keys;
}

class TlsTransport final : public Transport {
 public:
  TlsTransport(asio::io_context& loop, TlsOptions options)
      : loop_(loop), options_(std::move(options)), jitter_(seed()) {}
  ~TlsTransport() override { stop(); }

  Result<void> prepare();  // everything that needs the key
  Result<void> start(TransportHandlers handlers) override;
  void stop() override;
  Result<void> set_peers(std::vector<TransportPeer> peers) override;
  bool send(raft::Message message) override;
  Result<void> send_app(const NodeId& peer, std::uint8_t kind, Bytes bytes) override;
  TransportMetrics metrics() const override { return metrics_; }

 private:
  static std::minstd_rand::result_type seed() {
    std::array<std::uint8_t, 4> drawn = {};
    random_bytes(drawn);
    std::minstd_rand::result_type value = 0;
    for (const std::uint8_t byte : drawn)
      value = value << 8 | byte;
    return value;
  }

  PeerConnection::Handlers handlers();
  Result<void> check(const std::vector<TransportPeer>& peers) const;
  void add(const TransportPeer& peer);
  void forget(std::map<NodeId, Link>::iterator at);
  void dial(Link& link);
  void redial_later(Link& link);
  Result<void> greeted(PeerConnection& from, const PublicKey& key, const Hello& hello);
  Result<void> received(PeerConnection& from, ByteView frame);
  void closed(PeerConnection& from, const Error& why);
  void up(Link& link, std::shared_ptr<PeerConnection> connection, std::uint16_t version);
  void unpinned(const PublicKey& shown);
  void make_room(const std::string& host);
  std::deque<Accepted>::iterator accepted(const PeerConnection& connection);
  Link* link_of(const PeerConnection& connection);
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    if (options_.log) options_.log(level, event, fields);
  }

  asio::io_context& loop_;
  TlsOptions options_;
  PeerSettings settings_ = {};
  TransportHandlers owner_ = {};
  TransportMetrics metrics_ = {};
  std::unique_ptr<TlsContext> tls_ = {};
  std::unique_ptr<PeerListener> listener_ = {};
  PublicKey own_key_ = {};
  std::map<NodeId, Link> links_ = {};
  std::deque<Accepted> accepted_ = {};  // not yet past the hello, the oldest first
  std::minstd_rand jitter_;
  steady_clock::time_point refusal_logged_ = {};
  bool running_ = false;
};

Result<void> TlsTransport::prepare() {
  if (options_.key == nullptr)
    return fail(Code::malformed, "peer.key", "a transport needs the node's TLS key");
  own_key_ = options_.key->public_key();
  if (auto good = check(options_.peers); !good) return good;
  for (const TransportPeer& peer : options_.peers)
    add(peer);
  auto tls = TlsContext::create(*options_.key, keys_of(options_.peers),
                                [this](const PublicKey& shown) { unpinned(shown); });
  if (!tls) return pass(tls);
  tls_ = std::move(*tls);
  options_.key = nullptr;
  settings_.hello = Hello{options_.protocol_min, options_.protocol_max, options_.network, options_.self,
                          options_.incarnation};
  settings_.frame_bytes_max = options_.frame_bytes_max;
  settings_.outgoing_bytes_max = options_.outgoing_bytes_max;
  settings_.handshake_timeout = options_.handshake_timeout;
  settings_.idle_timeout = options_.idle_timeout;
  return {};
}

Result<void> TlsTransport::check(const std::vector<TransportPeer>& peers) const {
  std::set<PublicKey> keys = {own_key_};
  std::set<NodeId> ids = {options_.self};
  for (const TransportPeer& peer : peers) {
    if (!ids.insert(peer.id).second || !keys.insert(peer.key).second)
      return fail(Code::malformed, "peer.twice", "node " + peer.id.value + " or its key is there twice");
  }
  return {};
}

void TlsTransport::add(const TransportPeer& peer) {
  Link link;
  link.peer = peer;
  link.dials = options_.self < peer.id;
  link.backoff = options_.backoff_min;
  const auto made = links_.emplace(peer.id, std::move(link)).first;
  if (running_ && made->second.dials) dial(made->second);
}

void TlsTransport::forget(std::map<NodeId, Link>::iterator at) {
  Link gone = std::move(at->second);
  links_.erase(at);
  if (gone.redial) gone.redial->cancel();
  if (gone.dialling) gone.dialling->close();
  if (!gone.connection) return;
  gone.connection->close();
  log(LogLevel::info, "peer_down",
      {{"peer", gone.peer.id.value}, {"reason", "the ledger no longer has it, or has it otherwise"}});
  if (owner_.on_peer) owner_.on_peer(gone.peer.id, false);
}

Result<void> TlsTransport::set_peers(std::vector<TransportPeer> peers) {
  if (auto good = check(peers); !good) return good;
  tls_->set_pinned(keys_of(peers));
  std::vector<NodeId> changed;
  for (const auto& [id, link] : links_) {
    if (std::find(peers.begin(), peers.end(), link.peer) == peers.end()) changed.push_back(id);
  }
  for (const NodeId& id : changed) {
    if (const auto at = links_.find(id); at != links_.end()) forget(at);
  }
  for (const TransportPeer& peer : peers) {
    if (!links_.contains(peer.id)) add(peer);
  }
  return {};
}

Result<void> TlsTransport::start(TransportHandlers owner) {
  owner_ = std::move(owner);
  running_ = true;
  auto listener = PeerListener::open(
      loop_, *tls_, settings_, metrics_, options_.listen_host, options_.listen_port,
      [this](const std::string& host) -> std::optional<PeerConnection::Handlers> {
        if (!running_) return std::nullopt;
        make_room(host);
        return handlers();
      },
      [this](const std::string& host, std::shared_ptr<PeerConnection> made) {
        accepted_.push_back({host, std::move(made)});
      });
  if (!listener) {
    running_ = false;
    return pass(listener);
  }
  listener_ = std::move(*listener);
  if (options_.on_listening) options_.on_listening(listener_->port());
  log(LogLevel::info, "peer_listening",
      {{"host", options_.listen_host}, {"port", std::to_string(listener_->port())}});
  for (auto& [id, link] : links_) {
    if (link.dials) dial(link);
  }
  return {};
}

void TlsTransport::stop() {
  if (!running_) return;
  running_ = false;
  listener_->close();
  for (auto& [id, link] : links_) {
    if (link.redial) link.redial->cancel();
    if (link.dialling) link.dialling->close();
    if (link.connection) link.connection->close();
    link.dialling = link.connection = nullptr;
  }
  for (const Accepted& waiting : accepted_)
    waiting.connection->close();
  accepted_.clear();
}

bool TlsTransport::send(raft::Message message) {
  const auto found = links_.find(message.to.id);
  if (found != links_.end() && found->second.connection &&
      found->second.connection->push(lane_of(message), encode_message(message, found->second.version)))
    return true;
  ++metrics_.messages_dropped;
  return false;
}

Result<void> TlsTransport::send_app(const NodeId& peer, std::uint8_t kind, Bytes bytes) {
  if (bytes.size() + 2 > options_.frame_bytes_max)
    return fail(Code::malformed, "frame_bytes_max", "a message larger than a frame may be");
  const auto found = links_.find(peer);
  if (found == links_.end() || !found->second.connection) {
    ++metrics_.app_refused;
    return fail(Code::not_found, "peer.down", "node " + peer.value + " is not connected");
  }
  if (found->second.connection->push(Lane::bulk, encode_app(kind, std::move(bytes)))) return {};
  ++metrics_.app_refused;
  return fail(Code::busy, "outgoing_bytes_max", "too much waits to be sent to node " + peer.value);
}

PeerConnection::Handlers TlsTransport::handlers() {
  PeerConnection::Handlers made;
  made.on_hello = [this](PeerConnection& from, const PublicKey& key, const Hello& hello) {
    return greeted(from, key, hello);
  };
  made.on_frame = [this](PeerConnection& from, ByteView frame) { return received(from, frame); };
  made.on_closed = [this](PeerConnection& from, const Error& why) { closed(from, why); };
  return made;
}

void TlsTransport::dial(Link& link) {
  link.dialling = PeerConnection::dial(loop_, *tls_, settings_, handlers(), metrics_, link.peer.host,
                                       link.peer.port, link.peer.key);
}

void TlsTransport::redial_later(Link& link) {
  if (!link.redial) link.redial = std::make_unique<asio::steady_timer>(loop_);
  // Half of it fixed, half of it drawn, so that nodes that lost the same peer do not come back in step.
  const auto half = std::max<std::int64_t>(1, link.backoff.count() / 2);
  std::uniform_int_distribution<std::int64_t> draw(0, half);
  link.redial->expires_after(milliseconds(half + draw(jitter_)));
  link.backoff = std::min(link.backoff * 2, options_.backoff_max);
  link.redial->async_wait([this, id = link.peer.id](const asio::error_code& cancelled) {
    const auto at = links_.find(id);  // by name: the link may have been forgotten with this under way
    if (cancelled || !running_ || at == links_.end()) return;
    if (!at->second.dialling && !at->second.connection) dial(at->second);
  });
}

Link* TlsTransport::link_of(const PeerConnection& connection) {
  for (auto& [id, link] : links_) {
    if (link.connection.get() == &connection || link.dialling.get() == &connection) return &link;
  }
  return nullptr;
}

Result<void> TlsTransport::greeted(PeerConnection& from, const PublicKey& key, const Hello& hello) {
  const auto owns = [&key](const auto& entry) { return entry.second.peer.key == key; };
  const auto found = std::find_if(links_.begin(), links_.end(), owns);
  if (found == links_.end())
    return fail(Code::not_authorised, "peer.forgotten", "the ledger no longer has its key");
  Link& link = found->second;
  const auto version = agree_on(settings_.hello, hello, link.peer.id, link.peer.incarnation);
  if (!version) {
    ++metrics_.hello_refused;
    const auto now = steady_clock::now();
    if (now - link.refusal_logged >= refusal_log_interval) {
      link.refusal_logged = now;
      log(LogLevel::warning, "peer_refused",
          {{"peer", link.peer.id.value}, {"address", from.address()}, {"reason", version.error().message}});
    }
    return pass(version);
  }
  if (const auto waiting = accepted(from); waiting != accepted_.end()) {
    auto connection = std::move(waiting->connection);
    accepted_.erase(waiting);
    up(link, std::move(connection), *version);
  } else if (link.dialling.get() == &from) {
    up(link, std::exchange(link.dialling, nullptr), *version);
  }
  return {};
}

void TlsTransport::up(Link& link, std::shared_ptr<PeerConnection> connection, std::uint16_t version) {
  if (link.connection) {  // the peer began anew before this side saw the end
    link.connection->close();
    link.connection = nullptr;
    if (owner_.on_peer) owner_.on_peer(link.peer.id, false);
    if (!running_) return connection->close();  // the owner stopped at that
  }
  ++metrics_.connections;
  link.connection = std::move(connection);
  link.version = version;
  link.up_at = steady_clock::now();
  link.outage_logged = false;
  log(LogLevel::info, "peer_up",
      {{"peer", link.peer.id.value},
       {"address", link.connection->address()},
       {"protocol", std::to_string(version)}});
  if (owner_.on_peer) owner_.on_peer(link.peer.id, true);
}

Result<void> TlsTransport::received(PeerConnection& from, ByteView frame) {
  const Link* link = link_of(from);
  if (link == nullptr) return fail(Code::io, "peer.replaced", "a newer connection took its place");
  if (frame.front() == static_cast<std::uint8_t>(FrameKind::message)) {
    auto message = decode_message(frame, link->version);
    if (!message) return pass(message);
    // Its own word is all a peer can give; not another's.
    if (message->from.id != link->peer.id)
      return fail(Code::malformed, "peer.from", "it speaks for node " + message->from.id.value);
    if (owner_.on_message) owner_.on_message(std::move(*message));
    return {};
  }
  if (frame.front() == static_cast<std::uint8_t>(FrameKind::app)) {
    auto app = decode_app(frame);
    if (!app) return pass(app);
    if (owner_.on_app) owner_.on_app(link->peer.id, app->kind, std::move(app->bytes));
    return {};
  }
  return fail(Code::malformed, "peer.frame", "a frame of unknown kind");
}

void TlsTransport::closed(PeerConnection& from, const Error& why) {
  if (const auto waiting = accepted(from); waiting != accepted_.end()) {
    log(LogLevel::debug, "peer_not_accepted", {{"address", from.address()}, {"reason", why.message}});
    accepted_.erase(waiting);
    return;
  }
  Link* link = link_of(from);
  if (link == nullptr || !running_) return;
  const bool was_up = link->connection.get() == &from;
  if (was_up || !link->outage_logged) {
    link->outage_logged = true;
    log(LogLevel::warning, was_up ? "peer_down" : "peer_unreachable",
        {{"peer", link->peer.id.value}, {"address", from.address()}, {"reason", why.message}});
  }
  if (was_up) {
    link->connection = nullptr;
    // One that ended at once was refused over there: then the waits go on growing.
    if (steady_clock::now() - link->up_at >= lasting) link->backoff = options_.backoff_min;
    if (owner_.on_peer) owner_.on_peer(link->peer.id, false);
  } else {
    link->dialling = nullptr;
  }
  if (link->dials && running_) redial_later(*link);
}

std::deque<Accepted>::iterator TlsTransport::accepted(const PeerConnection& connection) {
  return std::find_if(accepted_.begin(), accepted_.end(),
                      [&](const Accepted& waiting) { return waiting.connection.get() == &connection; });
}

// A node's handshake takes a moment, a silent stranger's the whole timeout: so the oldest goes, of the same
// host when that has its share, else of all, and never the one that comes.
void TlsTransport::make_room(const std::string& host) {
  const auto same = [&host](const Accepted& waiting) { return waiting.host == host; };
  const auto of_host = static_cast<std::size_t>(std::count_if(accepted_.begin(), accepted_.end(), same));
  auto oldest = accepted_.end();
  if (of_host >= std::max<std::size_t>(options_.handshakes_per_host_max, links_.size())) {
    oldest = std::find_if(accepted_.begin(), accepted_.end(), same);
  } else if (accepted_.size() >= options_.handshakes_max) {
    oldest = accepted_.begin();
  }
  if (oldest == accepted_.end()) return;
  log(LogLevel::debug, "peer_not_accepted",
      {{"address", oldest->connection->address()}, {"reason", "too many wait in their handshake"}});
  oldest->connection->close();
  accepted_.erase(oldest);
}

void TlsTransport::unpinned(const PublicKey& shown) {
  ++metrics_.unpinned_refused;
  const auto now = steady_clock::now();
  if (now - refusal_logged_ < refusal_log_interval) return;
  refusal_logged_ = now;
  log(LogLevel::warning, "peer_refused",
      {{"reason", "its TLS key is not the pinned one"},
       {"key", to_hex(shown.view())},
       {"refused_so_far", std::to_string(metrics_.unpinned_refused)}});
}

}  // namespace

TransportFactory tls_transport(TlsOptions options) {
  return [options = std::move(options)](asio::io_context& loop) -> Result<std::unique_ptr<Transport>> {
    auto made = std::make_unique<TlsTransport>(loop, options);
    if (auto prepared = made->prepare(); !prepared) return pass(prepared);
    return std::unique_ptr<Transport>(std::move(made));
  };
}

}  // namespace anta

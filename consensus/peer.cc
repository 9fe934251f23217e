#include "consensus/peer.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/ssl/stream.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <cstring>
#include <utility>

namespace anta {
namespace {

using asio::ip::tcp;
using std::chrono::steady_clock;

constexpr std::size_t read_buffer_bytes = 64 * 1024;  // holds more than one fragment
constexpr std::size_t write_chunk_bytes = 64 * 1024;  // a heartbeat waits for at most about this
constexpr std::uint64_t urgent_bytes_max = 1u << 20;
// What the kernel may hold unsent: the same wait again. Without it a slow link has megabytes before a
// heartbeat.
constexpr int unsent_bytes_max = 128 * 1024;

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

Error network_error(const char* what, const asio::error_code& code) {
  return Error{Code::io, "peer.network", std::string(what) + ": " + code.message()};
}

class Connection final : public PeerConnection, public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::io_context& loop, tcp::socket socket, TlsContext& tls, const PeerSettings& settings,
             Handlers handlers, TransportMetrics& metrics)
      : settings_(settings),
        handlers_(std::move(handlers)),
        metrics_(metrics),
        stream_(std::move(socket), tls.native()),
        resolver_(loop),
        deadline_(loop),
        queue_(urgent_bytes_max, settings.outgoing_bytes_max),
        reader_(settings.frame_bytes_max) {}

  void begin_dial(const std::string& host, std::uint16_t port, const PublicKey& expected);
  void begin_accepted();

  bool push(Lane lane, OutgoingFrame frame) override;
  void close() override;
  const std::string& address() const override { return address_; }

 private:
  void connect(const tcp::resolver::results_type& found);
  void connected(bool dialled);
  void shaken();
  void arm_deadline(std::chrono::milliseconds timeout);
  void watch_idle();
  void check_idle();
  void read_next();
  void took(std::size_t count);
  Result<void> take(ByteView frame);
  void schedule_write();
  void write_next();
  void end(const Error& why);

  PeerSettings settings_;
  Handlers handlers_;
  TransportMetrics& metrics_;
  asio::ssl::stream<tcp::socket> stream_;
  tcp::resolver resolver_;
  asio::steady_timer deadline_;  // of the handshake, then of silence
  FrameQueue queue_;
  FrameReader reader_;
  PublicKey expected_ = {};
  PublicKey shown_ = {};
  std::string address_ = {};
  bool open_ = true;
  bool shaken_ = false;   // TLS is done: frames may leave
  bool greeted_ = false;  // the other side's hello was good
  bool writing_ = false;  // a write is under way or will be begun this turn
  steady_clock::time_point read_at_ = {};
  steady_clock::time_point wrote_at_ = {};
  Bytes incoming_ = Bytes(read_buffer_bytes);
  std::size_t filled_ = 0;
  Bytes chunk_ = {};  // what is being written
};

void Connection::begin_dial(const std::string& host, std::uint16_t port, const PublicKey& expected) {
  expected_ = expected;
  TlsContext::expect(stream_.native_handle(), &expected_);
  address_ = host + ":" + std::to_string(port);
  arm_deadline(settings_.handshake_timeout);
  asio::error_code code;
  const auto numeric = asio::ip::make_address(host, code);
  if (!code) {
    connect(tcp::resolver::results_type::create(tcp::endpoint(numeric, port), host, std::to_string(port)));
    return;
  }
  resolver_.async_resolve(host, std::to_string(port),
                          [self = shared_from_this()](const asio::error_code& failed, const auto& found) {
                            if (!self->open_) return;
                            if (failed) return self->end(network_error("its name does not resolve", failed));
                            self->connect(found);
                          });
}

void Connection::connect(const tcp::resolver::results_type& found) {
  asio::async_connect(stream_.next_layer(), found,
                      [self = shared_from_this()](const asio::error_code& failed, const tcp::endpoint&) {
                        if (!self->open_) return;
                        if (failed) return self->end(network_error("it does not answer", failed));
                        self->connected(true);
                      });
}

void Connection::begin_accepted() {
  asio::error_code code;
  const auto remote = stream_.next_layer().remote_endpoint(code);
  address_ = code ? "gone" : text_of(remote);
  arm_deadline(settings_.handshake_timeout);
  connected(false);
}

void Connection::connected(bool dialled) {
  asio::error_code ignored;  // these tune; without them the connection works
  stream_.next_layer().set_option(tcp::no_delay(true), ignored);
  using Unsent = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;
  stream_.next_layer().set_option(Unsent(unsent_bytes_max), ignored);
  const auto side = dialled ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
  stream_.async_handshake(side, [self = shared_from_this()](const asio::error_code& failed) {
    if (!self->open_) return;
    if (failed) return self->end(network_error("the TLS handshake failed", failed));
    self->shaken();
  });
}

void Connection::shaken() {
  const auto key = TlsContext::peer_key(stream_.native_handle());
  if (!key) return end(Error{Code::not_authorised, "peer.key", "it showed no Ed25519 key"});
  shown_ = *key;
  shaken_ = true;
  const bool queued = push(Lane::urgent, encode_hello(settings_.hello));
  ANTA_INVARIANT(queued);
  read_next();
}

void Connection::arm_deadline(std::chrono::milliseconds timeout) {
  deadline_.expires_after(timeout);
  deadline_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
    if (cancelled || !self->open_ || self->greeted_) return;
    self->end(Error{Code::io, "peer.handshake_timeout", "its handshake takes too long"});
  });
}

void Connection::watch_idle() {
  deadline_.expires_after(settings_.idle_timeout / 3);
  deadline_.async_wait([self = shared_from_this()](const asio::error_code& cancelled) {
    if (!cancelled && self->open_) self->check_idle();
  });
}

void Connection::check_idle() {
  const auto now = steady_clock::now();
  if (now - read_at_ > settings_.idle_timeout)
    return end(Error{Code::io, "peer.idle_timeout", "it has been silent for too long"});
  // A full urgent lane is traffic enough; then no ping is needed.
  if (now - wrote_at_ >= settings_.idle_timeout / 3) std::ignore = push(Lane::urgent, encode_ping());
  watch_idle();
}

void Connection::read_next() {
  const auto space = asio::buffer(incoming_.data() + filled_, incoming_.size() - filled_);
  stream_.async_read_some(space,
                          [self = shared_from_this()](const asio::error_code& failed, std::size_t count) {
                            if (!self->open_) return;
                            if (failed) return self->end(network_error("the connection ended", failed));
                            self->took(count);
                          });
}

void Connection::took(std::size_t count) {
  read_at_ = steady_clock::now();
  metrics_.bytes_received += count;
  filled_ += count;
  const auto consumed =
      reader_.consume(ByteView(incoming_.data(), filled_), [this](ByteView frame) { return take(frame); });
  if (!open_) return;
  if (!consumed) return end(consumed.error());
  std::memmove(incoming_.data(), incoming_.data() + *consumed, filled_ - *consumed);
  filled_ -= *consumed;
  read_next();
}

Result<void> Connection::take(ByteView frame) {
  if (!open_) return fail(Code::io, "peer.closed", "closed while its frames were read");
  ++metrics_.frames_received;
  if (greeted_) {
    if (frame.front() == static_cast<std::uint8_t>(FrameKind::ping)) return {};
    return handlers_.on_frame(*this, frame);
  }
  const auto hello = decode_hello(frame);
  if (!hello) return pass(hello);
  auto welcome = handlers_.on_hello(*this, shown_, *hello);
  if (!welcome || !open_) return welcome;
  greeted_ = true;
  deadline_.cancel();
  wrote_at_ = read_at_;
  watch_idle();
  return {};
}

bool Connection::push(Lane lane, OutgoingFrame frame) {
  if (!open_ || frame.size > settings_.frame_bytes_max) return false;
  if (!queue_.push(lane, std::move(frame))) return false;
  ++metrics_.frames_sent;
  schedule_write();
  return true;
}

// Begun after this turn, so that everything the turn pushes shares records and system calls.
void Connection::schedule_write() {
  if (writing_ || !shaken_) return;
  writing_ = true;
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->write_next(); });
}

void Connection::write_next() {
  if (!open_) return;
  chunk_.clear();
  queue_.fill(chunk_, write_chunk_bytes);
  writing_ = !chunk_.empty();
  if (!writing_) return;
  metrics_.bytes_sent += chunk_.size();
  asio::async_write(stream_, asio::buffer(chunk_),
                    [self = shared_from_this()](const asio::error_code& failed, std::size_t) {
                      if (!self->open_) return;
                      if (failed) return self->end(network_error("sending failed", failed));
                      self->wrote_at_ = steady_clock::now();
                      self->write_next();
                    });
}

void Connection::close() {
  if (!open_) return;
  open_ = false;
  queue_.clear();
  deadline_.cancel();
  resolver_.cancel();
  asio::error_code ignored;
  stream_.next_layer().close(ignored);  // completes what is under way; frames need no TLS farewell
}

void Connection::end(const Error& why) {
  if (!open_) return;
  if (why.code == Code::malformed) ++metrics_.malformed_refused;
  close();
  handlers_.on_closed(*this, why);
}

class Listener final : public PeerListener {
 public:
  Listener(asio::io_context& loop, TlsContext& tls, PeerSettings settings, TransportMetrics& metrics,
           OnAccept on_accept, OnConnection on_connection)
      : loop_(loop),
        tls_(tls),
        settings_(std::move(settings)),
        metrics_(metrics),
        on_accept_(std::move(on_accept)),
        on_connection_(std::move(on_connection)),
        acceptor_(loop),
        pause_(loop) {}

  asio::error_code listen(const tcp::endpoint& endpoint) {
    asio::error_code code;
    acceptor_.open(endpoint.protocol(), code);
    if (!code) acceptor_.set_option(tcp::acceptor::reuse_address(true), code);
    if (!code) acceptor_.bind(endpoint, code);
    if (!code) acceptor_.listen(tcp::acceptor::max_listen_connections, code);
    return code;
  }

  void accept_next() {
    acceptor_.async_accept([this](const asio::error_code& failed, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (failed) return pause();
      asio::error_code gone;
      const auto remote = socket.remote_endpoint(gone);
      const std::string host = gone ? "" : remote.address().to_string();
      if (auto handlers = on_accept_(host)) {
        auto made = std::make_shared<Connection>(loop_, std::move(socket), tls_, settings_,
                                                 std::move(*handlers), metrics_);
        on_connection_(host, made);
        made->begin_accepted();
      }
      accept_next();
    });
  }

  std::uint16_t port() const override {
    asio::error_code code;
    const auto local = acceptor_.local_endpoint(code);
    return code ? std::uint16_t{0} : local.port();
  }

  void close() override {
    asio::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

 private:
  // Out of descriptors, or the like: asking again at once would only turn in circles.
  void pause() {
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([this](const asio::error_code& cancelled) {
      if (!cancelled && acceptor_.is_open()) accept_next();
    });
  }

  asio::io_context& loop_;
  TlsContext& tls_;
  PeerSettings settings_;
  TransportMetrics& metrics_;
  OnAccept on_accept_;
  OnConnection on_connection_;
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
};

}  // namespace

std::shared_ptr<PeerConnection> PeerConnection::dial(asio::io_context& loop, TlsContext& tls,
                                                     const PeerSettings& settings, Handlers handlers,
                                                     TransportMetrics& metrics, const std::string& host,
                                                     std::uint16_t port, const PublicKey& expected) {
  auto made =
      std::make_shared<Connection>(loop, tcp::socket(loop), tls, settings, std::move(handlers), metrics);
  made->begin_dial(host, port, expected);
  return made;
}

Result<std::unique_ptr<PeerListener>> PeerListener::open(asio::io_context& loop, TlsContext& tls,
                                                         const PeerSettings& settings,
                                                         TransportMetrics& metrics, const std::string& host,
                                                         std::uint16_t port, OnAccept on_accept,
                                                         OnConnection on_connection) {
  auto made = std::make_unique<Listener>(loop, tls, settings, metrics, std::move(on_accept),
                                         std::move(on_connection));
  asio::error_code code;
  auto address = asio::ip::make_address(host, code);
  if (code) {  // a name: once, at start, before the loop turns
    tcp::resolver resolver(loop);
    const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, code);
    if (code || found.empty())
      return fail(Code::io, "peer.listen", "the name " + host + " to listen on does not resolve");
    address = found.begin()->endpoint().address();
  }
  const tcp::endpoint endpoint(address, port);
  code = made->listen(endpoint);
  if (code == asio::error::address_in_use)
    return fail(Code::io, "peer.port_taken", "another program listens on " + text_of(endpoint));
  if (code)
    return fail(Code::io, "peer.listen", "cannot listen on " + text_of(endpoint) + ": " + code.message());
  made->accept_next();
  return std::unique_ptr<PeerListener>(std::move(made));
}

}  // namespace anta

#include "node/http_server.h"

#include <array>
#include <asio.hpp>
#include <asio/ssl.hpp>
#include <atomic>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "node/http_budget.h"
#include "node/http_connection.h"
#include "node/http_limiter.h"

namespace anta {
namespace {

using asio::ip::tcp;
using TlsStream = asio::ssl::stream<tcp::socket&>;
using Clock = std::chrono::steady_clock;

constexpr std::size_t read_bytes = std::size_t{16} << 10;
constexpr std::size_t linger_bytes_max = std::size_t{8} << 20;
constexpr std::uint64_t linger_number = UINT64_MAX;  // of the deadline of lingering

HttpConnectionOptions connection_options(const HttpServerOptions& o) {
  return {.parser = o.parser,
          .header_deadline_ms = o.header_deadline_ms,
          .body_deadline_ms = o.body_deadline_ms,
          .idle_deadline_ms = o.idle_deadline_ms,
          .write_deadline_ms = o.write_deadline_ms};
}

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now().time_since_epoch()).count();
}

Result<asio::ip::address> address_of(const std::string& text) {
  asio::error_code error;
  const asio::ip::address address = asio::ip::make_address(text, error);
  if (error) return fail(Code::malformed, "http.address", "\"" + text + "\" is no IP address to listen on");
  return address;
}

class Session;

}  // namespace

// Everything the HTTP thread owns.
struct HttpServer::Loop {
  Loop(HttpServerOptions o, HttpHandler h, HttpProblem p)
      : options(std::move(o)),
        handler(std::move(h)),
        problem(std::move(p)),
        limiter(options.requests_per_second),
        budget(options.memory_bytes),
        acceptor(io),
        accept_retry(io) {}

  HttpServerOptions options = {};
  HttpHandler handler = {};
  HttpProblem problem = {};
  HttpLimiter limiter;
  HttpBudget budget;  // before io: operations in flight hold sessions, and these their shares
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  tcp::acceptor acceptor;
  asio::steady_timer accept_retry;
  std::unordered_set<std::shared_ptr<Session>> sessions = {};
  std::unordered_map<std::string, std::size_t> open_from = {};  // by address
  std::atomic<std::size_t> open = 0;
  std::atomic<std::uint64_t> handshakes_failed = 0;
  std::atomic<std::uint16_t> port = 0;
  bool draining = false;
  std::thread thread = {};

  Result<void> listen();
  void accept();
  void accepted(tcp::socket socket);
  void forget(const std::shared_ptr<Session>& session, const std::string& remote);
  void drain();
  void take_limits(const HttpServerOptions& other);
};

namespace {

// A connection's socket: asynchronous operations for HttpConnection, kept alive by the operations in flight.
// The same over TCP and over TLS: which of the two carries the bytes is known to on_stream() alone.
class Session final : public HttpSocket, public std::enable_shared_from_this<Session> {
 public:
  Session(HttpServer::Loop& loop, tcp::socket socket, const std::string& remote)
      : loop_(loop),
        remote_(remote),
        socket_(std::move(socket)),
        tls_(loop.options.tls),
        stream_(tls_ ? std::make_unique<TlsStream>(socket_, tls_->native()) : nullptr),
        counted_(tls_ != nullptr),
        timer_(socket_.get_executor()),
        connection_(*this, connection_options(loop.options), hooks()) {}

  void start() {
    if (stream_) deadline(0, loop_.options.header_deadline_ms);  // the connection's own begin with its start
    when_secure([this] { connection_.start(); });
  }
  void turn_away(HttpResponse response) {
    turned_away_ = true;
    deadline(0, loop_.options.linger_ms);
    when_secure([this, said = http_head(response, false) + response.body] { write(said, nullptr); });
  }
  void drain() { connection_.drain(); }
  void set_body_bytes_max(std::size_t bytes) { connection_.set_body_bytes_max(bytes); }

  void read() override {
    on_stream([this](auto& stream) {
      stream.async_read_some(asio::buffer(input_),
                             [self = shared_from_this()](asio::error_code error, std::size_t n) {
                               if (self->closed_) return;
                               if (error) return self->connection_.ended();
                               self->connection_.received({self->input_.data(), n});
                             });
    });
  }

  void write(std::string head, std::shared_ptr<const Bytes> file) override {
    head_ = std::move(head);
    file_ = std::move(file);
    const std::array<asio::const_buffer, 2> parts = {
        asio::buffer(head_), file_ ? asio::buffer(file_->data(), file_->size()) : asio::const_buffer()};
    on_stream([&](auto& stream) {
      asio::async_write(stream, parts, [self = shared_from_this()](asio::error_code error, std::size_t) {
        if (self->closed_) return;
        self->file_.reset();
        if (error) return self->close();
        if (self->turned_away_) return self->linger();
        self->connection_.written();
      });
    });
  }

  void deadline(std::uint64_t number, std::uint32_t ms) override {
    timer_.expires_after(std::chrono::milliseconds(ms));
    timer_.async_wait([self = shared_from_this(), number](asio::error_code error) {
      if (error || self->closed_) return;
      if (!self->lingering_) return self->connection_.expired(number);
      if (number == linger_number) self->close();
    });
  }

  void linger() override {
    if (!lingering_) {
      lingering_ = true;
      end_sending();
      deadline(linger_number, loop_.options.linger_ms);
    }
    // Of the socket also under TLS: what is thrown away need not be decrypted.
    socket_.async_read_some(asio::buffer(input_),
                            [self = shared_from_this()](asio::error_code error, std::size_t n) {
                              if (self->closed_) return;
                              self->discarded_ += n;
                              if (error || self->discarded_ > linger_bytes_max) return self->close();
                              self->linger();
                            });
  }

  void close() override {
    if (closed_) return;
    closed_ = true;
    asio::error_code ignored;
    timer_.cancel();
    if (!lingering_) end_sending();
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
    loop_.forget(shared_from_this(), remote_);
  }

 private:
  HttpConnection::Hooks hooks() {
    HttpConnection::Hooks out;
    out.remote = remote_;
    out.allowed = [this] {
      return std::exchange(counted_, false) || loop_.limiter.allow(remote_, steady_ms());
    };
    out.problem = loop_.problem;
    out.budget = &loop_.budget;
    out.request = [this](HttpRequest request, std::uint64_t number) {
      auto executor = socket_.get_executor();
      std::weak_ptr<Session> weak = shared_from_this();
      loop_.handler(std::move(request), [weak, number, executor](HttpResponse response) {
        asio::dispatch(executor, [weak, number, response = std::move(response)]() mutable {
          const std::shared_ptr<Session> self = weak.lock();
          if (self && !self->closed_) self->connection_.answer(number, std::move(response));
        });
      });
    };
    return out;
  }

  template <typename Use>
  void on_stream(Use use) {
    secure_ ? use(*stream_) : use(socket_);
  }

  // Goes on once the handshake is done, at once where there is none.
  void when_secure(std::function<void()> next) {
    if (!stream_) return next();
    stream_->async_handshake(asio::ssl::stream_base::server,
                             [self = shared_from_this(), next = std::move(next)](asio::error_code error) {
                               if (self->closed_) return;
                               if (error) return self->handshake_failed(error);
                               self->secure_ = true;
                               next();
                             });
  }

  void handshake_failed(const asio::error_code& error) {
    ++loop_.handshakes_failed;
    const bool plain =
        error.category() == asio::error::get_ssl_category() && HttpTls::is_plain_http(error.value());
    if (!plain) return close();
    turned_away_ = true;
    const HttpResponse answer =
        loop_.problem(421, "http.tls_required", "this address speaks HTTPS: write https://");
    write(http_head(answer, false) + answer.body, nullptr);
  }

  // Tells the client that nothing follows. Under TLS by a close_notify: it is sent within this call if the
  // kernel has room for it, and if not the client does not read; nobody waits for the client's own.
  void end_sending() {
    asio::error_code ignored;
    if (secure_) stream_->async_shutdown([self = shared_from_this()](asio::error_code) {});
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }

  HttpServer::Loop& loop_;
  const std::string remote_;
  tcp::socket socket_;
  const std::shared_ptr<const HttpTls> tls_;  // the one it began with; null: plain
  const std::unique_ptr<TlsStream> stream_;   // over the socket; null: plain
  bool counted_ = false;                      // the first request was, when its connection was accepted
  asio::steady_timer timer_;
  HttpConnection connection_;
  std::array<char, read_bytes> input_ = {};
  std::string head_ = {};
  std::shared_ptr<const Bytes> file_ = {};
  std::size_t discarded_ = 0;
  bool secure_ = false;  // TLS carries the bytes
  bool lingering_ = false;
  bool turned_away_ = false;
  bool closed_ = false;
};

}  // namespace

Result<void> HttpServer::Loop::listen() {
  const std::string where = options.address + ":" + std::to_string(options.port);
  const Result<asio::ip::address> address = address_of(options.address);
  if (!address) return pass(address);
  const tcp::endpoint endpoint(*address, options.port);
  asio::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (error == asio::error::address_in_use) {
    return fail(
        Code::io, "http.port_taken",
        "another program listens on " + where + "; stop it or set another http.listen in the configuration");
  }
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(Code::io, "http.listen", "cannot listen on " + where + ": " + error.message());
  port = acceptor.local_endpoint(error).port();
  return {};
}

void HttpServer::Loop::accept() {
  acceptor.async_accept([this](asio::error_code error, tcp::socket socket) {
    if (draining || error == asio::error::operation_aborted) return;
    if (!error) {
      accepted(std::move(socket));
      return accept();
    }
    // Out of descriptors, most likely: wait for some to come back instead of spinning.
    accept_retry.expires_after(std::chrono::milliseconds(50));
    accept_retry.async_wait([this](asio::error_code cancelled) {
      if (!cancelled && !draining) accept();
    });
  });
}

void HttpServer::Loop::accepted(tcp::socket socket) {
  asio::error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  if (error) return;
  socket.set_option(tcp::no_delay(true), error);
  const std::string address = remote.address().to_string();
  const std::size_t each = options.connections_per_address == 0 ? SIZE_MAX : options.connections_per_address;
  const auto known = open_from.find(address);
  const std::size_t before = known == open_from.end() ? 0 : known->second;
  // Some room above the limits to say no in words; beyond it a newcomer is closed without any.
  if (open >= options.connections_max + options.connections_max / 8 + 8) return;
  if (before >= each && before - each >= each / 8 + 8) return;
  // A handshake costs more than most requests: it is counted as its connection's first. Who is past its rate
  // is closed without a word, since a word would take the handshake.
  if (options.tls && !limiter.allow(address, steady_ms())) return;
  auto session = std::make_shared<Session>(*this, std::move(socket), address);
  sessions.insert(session);
  ++open_from[address];
  const bool room = ++open <= options.connections_max;
  if (room && before < each) return session->start();
  HttpResponse full = room ? problem(503, "http.connections_per_address",
                                     "too many connections from this address; close some")
                           : problem(503, "http.connections_max", "too many connections; try again shortly");
  session->turn_away(std::move(full));
}

void HttpServer::Loop::forget(const std::shared_ptr<Session>& session, const std::string& remote) {
  if (sessions.erase(session) > 0) {
    --open;
    if (const auto known = open_from.find(remote); --known->second == 0) open_from.erase(known);
  }
  if (draining && sessions.empty()) io.stop();
}

void HttpServer::Loop::drain() {
  draining = true;
  asio::error_code ignored;
  acceptor.close(ignored);
  accept_retry.cancel();
  const auto all = sessions;
  for (const std::shared_ptr<Session>& session : all)
    session->drain();
  work.reset();
  if (sessions.empty()) io.stop();
}

void HttpServer::Loop::take_limits(const HttpServerOptions& other) {
  options.parser.body_bytes_max = other.parser.body_bytes_max;
  options.connections_max = other.connections_max;
  options.connections_per_address = other.connections_per_address;
  limiter.set_rate(other.requests_per_second);
  budget.set_bytes_max(other.memory_bytes);
  for (const std::shared_ptr<Session>& session : sessions)
    session->set_body_bytes_max(other.parser.body_bytes_max);
}

Result<void> HttpServer::check_address(const std::string& address) {
  if (const auto good = address_of(address); !good) return pass(good);
  return {};
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, HttpHandler handler,
                                                      HttpProblem problem) {
  auto loop = std::make_unique<Loop>(std::move(options), std::move(handler), std::move(problem));
  if (auto listening = loop->listen(); !listening) return pass(listening);
  loop->accept();
  loop->thread = std::thread([io = &loop->io] { io->run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(loop)));
}

HttpServer::HttpServer(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
HttpServer::~HttpServer() { stop(0); }
std::uint16_t HttpServer::port() const { return loop_->port; }
std::size_t HttpServer::connections() const { return loop_->open; }

std::uint64_t HttpServer::handshakes_failed() const { return loop_->handshakes_failed; }

void HttpServer::set_tls(std::shared_ptr<const HttpTls> tls) {
  post([loop = loop_.get(), tls = std::move(tls)] {
    if (loop->options.tls) loop->options.tls = tls;
  });
}

void HttpServer::set_limits(const HttpServerOptions& options) {
  post([loop = loop_.get(), options] { loop->take_limits(options); });
}

void HttpServer::post(std::function<void()> work) { asio::post(loop_->io, std::move(work)); }

void HttpServer::stop(std::uint32_t drain_ms) {
  if (!loop_->thread.joinable()) return;
  asio::steady_timer limit(loop_->io);
  asio::post(loop_->io, [this, drain_ms, &limit] {
    limit.expires_after(std::chrono::milliseconds(drain_ms));
    limit.async_wait([this](asio::error_code) { loop_->io.stop(); });
    loop_->drain();
  });
  loop_->thread.join();
  loop_->sessions.clear();
}

}  // namespace anta

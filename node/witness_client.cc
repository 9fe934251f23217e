#include "node/witness_client.h"

#include <array>
#include <asio.hpp>
#include <asio/ssl.hpp>
#include <thread>
#include <utility>

#include "node/config.h"

namespace anta {
namespace {

using asio::ip::tcp;
using TlsStream = asio::ssl::stream<tcp::socket&>;

}  // namespace

Result<WitnessUrl> parse_witness_url(std::string_view text) {
  const auto bad = [&](const char* why) {
    return fail(Code::malformed, "config.url",
                "\"" + std::string(text) + "\" is no URL such as https://witness.example/anta: " + why);
  };
  WitnessUrl url{.text = std::string(text)};
  std::string_view rest = text;
  for (const auto& [scheme, tls] :
       {std::pair<std::string_view, bool>{"https://", true}, {"http://", false}}) {
    if (!rest.starts_with(scheme)) continue;
    url.tls = tls;
    url.port = tls ? 443 : 80;
    rest.remove_prefix(scheme.size());
    break;
  }
  if (rest.size() == text.size()) return bad("it begins with neither https:// nor http://");
  if (text.find_first_of("?#@\"\\") != std::string_view::npos)
    return bad("it has a query, a fragment or a user");
  for (const char c : text)
    if (c <= ' ' || static_cast<unsigned char>(c) >= 0x7F) return bad("a character of it stands in no URL");
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) url.prefix = rest.substr(slash);
  while (url.prefix.ends_with('/'))
    url.prefix.pop_back();
  const bool has_port = authority.rfind(':') != std::string_view::npos && !authority.ends_with(']');
  const std::string whole = std::string(authority) + (has_port ? "" : ":" + std::to_string(url.port));
  const Result<Endpoint> where = parse_endpoint(whole);
  if (!where || where->port == 0) return bad("its host or port is none");
  url.host = where->host;
  url.port = where->port;
  return url;
}

struct WitnessClient::Loop {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
  asio::ssl::context tls{asio::ssl::context::tls_client};
  std::thread thread = {};
};

namespace {

// One request and its answer; kept alive by the operations in flight.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& io, asio::ssl::context& tls, WitnessUrl url, std::string bytes,
           WitnessClient::Callback callback)
      : resolver_(io),
        socket_(io),
        timer_(io),
        stream_(url.tls ? std::make_unique<TlsStream>(socket_, tls) : nullptr),
        url_(std::move(url)),
        bytes_(std::move(bytes)),
        callback_(std::move(callback)) {}

  void start(std::uint32_t deadline_ms) {
    timer_.expires_after(std::chrono::milliseconds(deadline_ms));
    timer_.async_wait([self = shared_from_this()](asio::error_code error) {
      if (!error) self->failed("no answer came in time");
    });
    asio::error_code no_address;
    const asio::ip::address address = asio::ip::make_address(url_.host, no_address);
    if (!no_address) return connect({tcp::endpoint(address, url_.port)});
    resolver_.async_resolve(
        url_.host, std::to_string(url_.port),
        [self = shared_from_this()](asio::error_code error, const tcp::resolver::results_type& found) {
          if (error) return self->failed("its name is not known: " + error.message());
          std::vector<tcp::endpoint> endpoints;
          for (const auto& entry : found)
            endpoints.push_back(entry.endpoint());
          self->connect(endpoints);
        });
  }

 private:
  void connect(const std::vector<tcp::endpoint>& endpoints) {
    if (!callback_) return;
    asio::async_connect(socket_, endpoints,
                        [self = shared_from_this()](asio::error_code error, const tcp::endpoint&) {
                          if (error) return self->failed("it cannot be reached: " + error.message());
                          self->secure();
                        });
  }

  void secure() {
    if (!callback_) return;
    if (!stream_) return send();
    if (SSL_set_tlsext_host_name(stream_->native_handle(), url_.host.c_str()) != 1)
      return failed("TLS does not take its name");
    stream_->set_verify_mode(asio::ssl::verify_peer);
    stream_->set_verify_callback(asio::ssl::host_name_verification(url_.host));
    stream_->async_handshake(asio::ssl::stream_base::client,
                             [self = shared_from_this()](asio::error_code error) {
                               if (error) return self->failed("TLS failed: " + error.message());
                               self->send();
                             });
  }

  template <typename Use>
  void on_stream(Use use) {
    stream_ ? use(*stream_) : use(socket_);
  }

  void send() {
    if (!callback_) return;
    on_stream([this](auto& stream) {
      asio::async_write(stream, asio::buffer(bytes_),
                        [self = shared_from_this()](asio::error_code error, std::size_t) {
                          if (error) return self->failed("it does not take the request: " + error.message());
                          self->receive();
                        });
    });
  }

  void receive() {
    if (!callback_) return;
    on_stream([this](auto& stream) {
      stream.async_read_some(asio::buffer(input_),
                             [self = shared_from_this()](asio::error_code error, std::size_t n) {
                               self->received({self->input_.data(), n}, static_cast<bool>(error));
                             });
    });
  }

  void received(std::string_view bytes, bool ended) {
    answer_ += bytes;
    if (answer_.size() > WitnessClient::answer_bytes_max) return failed("its answer is too long");
    Result<std::optional<WitnessReply>> reply = parse_witness_reply(answer_, ended);
    if (!reply) return failed(reply.error().message);
    if (!*reply) return receive();
    finish(std::move(**reply));
  }

  void failed(const std::string& why) {
    finish(fail(Code::uncertain, "witness.unreachable", url_.text + ": " + why));
  }

  void finish(Result<WitnessReply> result) {
    if (!callback_) return;
    const WitnessClient::Callback callback = std::exchange(callback_, nullptr);
    asio::error_code ignored;
    timer_.cancel();
    resolver_.cancel();
    socket_.close(ignored);
    callback(std::move(result));
  }

  tcp::resolver resolver_;
  tcp::socket socket_;
  asio::steady_timer timer_;
  const std::unique_ptr<TlsStream> stream_;  // over the socket; null: plain
  const WitnessUrl url_;
  const std::string bytes_;
  WitnessClient::Callback callback_;  // empty once it was called
  std::array<char, 4096> input_ = {};
  std::string answer_ = {};
};

std::string request_text(const WitnessUrl& url, std::string_view path, std::string_view body) {
  const bool v6 = url.host.find(':') != std::string::npos;
  const std::string host = (v6 ? "[" + url.host + "]" : url.host) + ":" + std::to_string(url.port);
  std::string text = "POST " + url.prefix;
  text.append(path).append(" HTTP/1.1\r\nHost: ").append(host);
  text.append("\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ");
  return text.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

}  // namespace

WitnessClient::WitnessClient() : loop_(std::make_unique<Loop>()) {
  asio::error_code none;  // without authorities every https witness is refused, and says so
  loop_->tls.set_default_verify_paths(none);
  loop_->tls.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, none);
  loop_->thread = std::thread([io = &loop_->io] { io->run(); });
}

WitnessClient::~WitnessClient() { stop(); }

void WitnessClient::post(const WitnessUrl& url, std::string_view path, std::string body,
                         std::uint32_t deadline_ms, Callback callback) {
  std::string text = request_text(url, path, body);
  asio::post(loop_->io, [loop = loop_.get(), url, text = std::move(text), deadline_ms,
                         callback = std::move(callback)]() mutable {
    std::make_shared<Exchange>(loop->io, loop->tls, url, std::move(text), std::move(callback))
        ->start(deadline_ms);
  });
}

void WitnessClient::stop() {
  if (!loop_->thread.joinable()) return;
  loop_->io.stop();
  loop_->thread.join();
}

}  // namespace anta

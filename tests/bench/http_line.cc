#include "tests/bench/http_line.h"

#include <array>
#include <asio/connect.hpp>
#include <asio/write.hpp>
#include <charconv>

namespace anta::bench {
namespace {

constexpr std::string_view length_field = "\r\nContent-Length: ";
constexpr std::string_view retry_field = "\r\nRetry-After: ";
constexpr unsigned busy_status = 503;

}  // namespace

HttpLine::HttpLine(asio::io_context& loop, const std::string& host, const std::string& port, std::string path,
                   std::string type)
    : socket_(loop), in_(64 << 10) {
  asio::ip::tcp::resolver resolver(loop);
  asio::connect(socket_, resolver.resolve(host, port));
  socket_.set_option(asio::ip::tcp::no_delay(true));
  prefix_ = "POST " + std::move(path) + " HTTP/1.1\r\nHost: " + host + ":" + port +
            "\r\nContent-Type: " + std::move(type) + std::string(length_field);
}

void HttpLine::post(std::span<const ByteView> parts, Done done) {
  done_ = std::move(done);
  filled_ = 0;
  std::size_t length = 0;
  for (const ByteView part : parts)
    length += part.size();
  head_ = prefix_ + std::to_string(length) + "\r\n\r\n";
  std::vector<asio::const_buffer> out;
  out.reserve(parts.size() + 1);
  out.push_back(asio::buffer(head_));
  for (const ByteView part : parts)
    out.push_back(asio::buffer(part.data(), part.size()));
  asio::async_write(socket_, out, [this](const asio::error_code& error, std::size_t) {
    if (error) return done_(Answer{});
    read();
  });
}

void HttpLine::read() {
  if (filled_ == in_.size()) in_.resize(2 * in_.size());
  socket_.async_read_some(asio::buffer(in_.data() + filled_, in_.size() - filled_),
                          [this](const asio::error_code& error, std::size_t count) {
                            if (error) return done_(Answer{});
                            filled_ += count;
                            Answer answer;
                            if (!whole(answer)) return read();
                            done_(answer);
                          });
}

// Whether an answer is there; nothing follows it, since nothing was asked after it.
bool HttpLine::whole(Answer& answer) const {
  const std::string_view text(in_.data(), filled_);
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  const std::string_view head = text.substr(0, end);
  const std::size_t field = head.find(length_field);
  std::size_t length = 0;
  if (field != std::string_view::npos) {
    const char* digits = head.data() + field + length_field.size();
    std::from_chars(digits, head.data() + head.size(), length);
  }
  if (text.size() < end + 4 + length) return false;
  answer.body = text.substr(end + 4, length);
  std::from_chars(head.data() + sizeof "HTTP/1.1", head.data() + head.size(), answer.status);
  answer.retry_after = answer.status == busy_status && head.find(retry_field) != std::string_view::npos;
  return true;
}

}  // namespace anta::bench

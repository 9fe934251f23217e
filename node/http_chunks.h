// The chunked transfer coding taken apart (RFC 9112 section 7.1), a byte of framing at a time, so that how
// the network cut the bytes cannot change what is read. The caller is HttpParser, on its connection's thread.
//
// Our own and not Beast's: Beast 1.81 aborts on an assertion (and reads on without it) when the last chunk's
// line and the empty line after it arrive in pieces of one byte; its fuzzer's input is in the corpus.
//
// Extensions are skipped, as the RFC wants; trailers are refused, so the last chunk's line is followed by the
// empty line. Nothing is kept but the body: the caller's buffer is consumed as it is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crypto/digest.h"

namespace anta {

class ChunkedBody {
 public:
  struct Limits {
    std::size_t body_bytes_max = 0;
    std::size_t line_max = 0;  // a chunk's size line with its extensions and its line end
  };
  explicit ChunkedBody(Limits limits) : limits_(limits) {}

  enum class State : std::uint8_t { more, done, syntax, line_too_long, body_too_large, trailer };

  // Reads from `text` and appends the chunks' bytes to `body`; returns how much of it was read. What follows
  // the body's end is left. Not after any state but `more`.
  std::size_t feed(std::string_view text, Bytes& body);
  State state() const { return state_; }

 private:
  enum class At : std::uint8_t {
    first_digit,
    digits,
    before_extension,
    extension_name,
    extension,
    line_end,
    data,
    data_cr,
    data_lf,
    last_cr,
    last_lf
  };
  void framing(char c, std::size_t body_bytes);
  void digit(char c, std::size_t body_bytes);
  void line_end(char c);

  Limits limits_ = {};
  State state_ = State::more;
  At at_ = At::first_digit;
  std::size_t left_ = 0;  // of the present chunk
  std::size_t line_ = 0;  // bytes of the present line
};

}  // namespace anta

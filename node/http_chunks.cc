#include "node/http_chunks.h"

#include <algorithm>

#include "crypto/error.h"

namespace anta {
namespace {

// The digit's value, or 16.
std::size_t hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::size_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::size_t>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<std::size_t>(c - 'A') + 10;
  return 16;
}

}  // namespace

std::size_t ChunkedBody::feed(std::string_view text, Bytes& body) {
  ANTA_INVARIANT(state_ == State::more);
  std::size_t used = 0;
  while (used < text.size() && state_ == State::more) {
    if (at_ != At::data) {
      framing(text[used++], body.size());
      continue;
    }
    const std::string_view piece = text.substr(used, left_);
    body.insert(body.end(), piece.begin(), piece.end());
    used += piece.size();
    left_ -= piece.size();
    if (left_ == 0) at_ = At::data_cr;
  }
  return used;
}

void ChunkedBody::framing(char c, std::size_t body_bytes) {
  const auto want = [&](char wanted, At next) {
    if (c != wanted) state_ = State::syntax;
    at_ = next;
  };
  switch (at_) {
    case At::data_cr: return want('\r', At::data_lf);
    case At::data_lf: return want('\n', At::first_digit);
    case At::last_cr:
      if (c != '\r') state_ = State::trailer;
      at_ = At::last_lf;
      return;
    case At::last_lf: state_ = c == '\n' ? State::done : State::syntax; return;
    case At::line_end: return line_end(c);
    case At::data: return;
    default: break;
  }
  if (++line_ + 1 > limits_.line_max) {  // the line feed at least is still to come
    state_ = State::line_too_long;
  } else if (c == '\r' && (at_ == At::digits || at_ == At::extension)) {
    at_ = At::line_end;
  } else if (at_ == At::first_digit || (at_ == At::digits && hex_value(c) < 16)) {
    digit(c, body_bytes);
  } else if (at_ == At::digits || at_ == At::before_extension) {
    // After the digits: white space, but only before the semicolon that begins an extension.
    if (c != ' ' && c != '\t' && c != ';') state_ = State::syntax;
    at_ = c == ';' ? At::extension_name : At::before_extension;
  } else if (static_cast<unsigned char>(c) < 0x20 ? c != '\t' : c == 0x7f) {
    state_ = State::syntax;
  } else if (at_ == At::extension_name && c != ' ' && c != '\t') {
    if (c == ';' || c == '=') state_ = State::syntax;
    at_ = At::extension;
  }
}

void ChunkedBody::digit(char c, std::size_t body_bytes) {
  const std::size_t value = hex_value(c);
  if (value == 16) {
    state_ = State::syntax;
    return;
  }
  at_ = At::digits;
  // No overflow: what is multiplied is within the body's limit, which fits in memory.
  left_ = left_ * 16 + value;
  if (left_ > limits_.body_bytes_max - std::min(limits_.body_bytes_max, body_bytes)) {
    state_ = State::body_too_large;
  }
}

void ChunkedBody::line_end(char c) {
  line_ = 0;
  if (c != '\n') {
    state_ = State::syntax;
  } else {
    at_ = left_ == 0 ? At::last_cr : At::data;
  }
}

}  // namespace anta

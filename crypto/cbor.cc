#include "crypto/cbor.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "crypto/text.h"

namespace anta::cbor {

namespace {

constexpr std::uint8_t major_uint = 0;
constexpr std::uint8_t major_negative = 1;
constexpr std::uint8_t major_bytes = 2;
constexpr std::uint8_t major_text = 3;
constexpr std::uint8_t major_array = 4;
constexpr std::uint8_t major_map = 5;
constexpr std::uint8_t major_tag = 6;
constexpr std::uint8_t major_simple = 7;

constexpr std::uint8_t simple_false = 20;
constexpr std::uint8_t simple_true = 21;
constexpr std::uint8_t simple_null = 22;

bool before(ByteView left, ByteView right) {
  return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end());
}

}  // namespace

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::uint: return "unsigned integer";
    case Kind::negative: return "negative integer";
    case Kind::bytes: return "byte string";
    case Kind::text: return "text";
    case Kind::array: return "array";
    case Kind::map: return "map";
    case Kind::tag: return "tag";
    case Kind::boolean: return "boolean";
    case Kind::null: return "null";
  }
  return "unknown";
}

namespace detail {

Nesting::Order Nesting::key(ByteView encoded, std::size_t begin, std::size_t end) {
  Frame& frame = frames_[depth_ - 1];
  if (frame.key_end != 0) {
    const ByteView last = encoded.subspan(frame.key_begin, frame.key_end - frame.key_begin);
    const ByteView next = encoded.subspan(begin, end - begin);
    if (!before(last, next)) {
      return std::equal(last.begin(), last.end(), next.begin(), next.end()) ? Order::twice
                                                                            : Order::descending;
    }
  }
  frame.key_begin = begin;
  frame.key_end = end;
  return Order::ascending;
}

void Nesting::open(std::uint64_t items, bool is_map) {
  ANTA_INVARIANT(depth_ < depth_max && items > 0);
  frames_[depth_] = Frame{.items_left = items, .is_map = is_map};
  ++depth_;
}

void Nesting::close_item() {
  while (depth_ > 0 && --frames_[depth_ - 1].items_left == 0)
    --depth_;
}

}  // namespace detail

tl::unexpected<Error> Reader::refuse(std::string rule, std::string message) {
  if (!failed_) {
    failed_ = true;
    error_ = Error{Code::malformed, std::move(rule), message + " (byte " + std::to_string(position_) + ")"};
  }
  return failure();
}

bool Reader::give_up(std::string_view rule, std::string message) {
  std::ignore = refuse(std::string(rule), std::move(message));
  return false;
}

// The head at the position, judged on its own and for its place; nothing is consumed (RFC 8949 section 3).
bool Reader::head(Head& next) {
  if (failed_) return false;
  if (started_ && nesting_.depth() == 0) return give_up("cbor.trailing", "something follows the item");
  if (at_end()) return give_up("cbor.truncated", "the input ends where an item is due");
  const std::uint8_t initial = input_[position_];
  const std::uint8_t major = initial >> 5;
  const std::uint8_t minor = initial & 31;
  if (minor == 31) return give_up("cbor.indefinite", "a length is indefinite, or a stray break");
  if (minor >= 28) return give_up("cbor.reserved", "a head uses reserved additional information");
  next.size = minor < 24 ? 1 : 1 + (std::size_t{1} << (minor - 24));
  if (major == major_simple) {
    if (minor > 24) return give_up("cbor.float", "a floating-point number");
    if (minor < simple_false || minor > simple_null) {
      return give_up("cbor.simple", "a simple value other than true, false, null");
    }
    next.kind = minor == simple_null ? Kind::null : Kind::boolean;
    next.argument = minor == simple_true ? 1 : 0;
  } else {
    if (next.size > input_.size() - position_)
      return give_up("cbor.truncated", "the input ends inside a head");
    next.argument = minor;
    if (minor >= 24) {
      next.argument = 0;
      for (std::size_t i = 1; i < next.size; ++i)
        next.argument = next.argument << 8 | input_[position_ + i];
      const bool shortest = minor == 24 ? next.argument >= 24 : next.argument >> (4 * (next.size - 1)) != 0;
      if (!shortest) return give_up("cbor.not_shortest", "a number or length is not in its shortest form");
    }
    next.kind = static_cast<Kind>(major);  // majors 0 to 6 are the first kinds, in order
  }
  if (nesting_.at_key() && next.kind != Kind::uint && next.kind != Kind::negative &&
      next.kind != Kind::text) {
    return give_up("cbor.key_kind", "a map key is of the kind " + std::string(name(next.kind)));
  }
  return true;
}

Result<Kind> Reader::peek() {
  Head next;
  if (!head(next)) return failure();
  return next.kind;
}

bool Reader::expect(Kind kind, Head& next) {
  if (!head(next)) return false;
  if (next.kind == kind) return true;
  return give_up("cbor.kind", std::string(name(kind)) + " is due, here is " + std::string(name(next.kind)));
}

// Takes an item that has no items inside: head and content.
bool Reader::consume(const Head& head, std::size_t content) {
  const std::size_t end = position_ + head.size + content;
  if (nesting_.at_key()) {
    switch (nesting_.key(input_, position_, end)) {
      case detail::Nesting::Order::ascending: break;
      case detail::Nesting::Order::twice: return give_up("cbor.duplicate_key", "a map has a key twice");
      case detail::Nesting::Order::descending:
        return give_up("cbor.key_order", "map keys are not in bytewise order of their encodings");
    }
  }
  started_ = true;
  position_ = end;
  nesting_.close_item();
  return true;
}

// Enters an array, map or tag. Counts are held against what is left before anybody reserves memory by them.
bool Reader::open(const Head& head) {
  const std::size_t left = input_.size() - position_ - head.size;
  const bool is_map = head.kind == Kind::map;
  const std::uint64_t count = head.kind == Kind::tag ? 1 : head.argument;
  if (count > (is_map ? left / 2 : left)) {
    return give_up("cbor.length", std::string(name(head.kind)) + " with more items than bytes are left");
  }
  if (count > 0 && nesting_.depth() == depth_max) return give_up("cbor.depth", "nested too deep");
  started_ = true;
  position_ += head.size;
  if (count == 0) {
    nesting_.close_item();
  } else {
    nesting_.open(is_map ? count * 2 : count, is_map);
  }
  return true;
}

bool Reader::string(Kind kind, ByteView& content) {
  Head next;
  if (!expect(kind, next)) return false;
  if (next.argument > input_.size() - position_ - next.size) {
    return give_up("cbor.length", std::string(name(kind)) + " longer than what is left");
  }
  const auto length = static_cast<std::size_t>(next.argument);
  content = input_.subspan(position_ + next.size, length);
  if (kind == Kind::text && !is_utf8(as_text(content))) return give_up("cbor.utf8", "text is not UTF-8");
  return consume(next, length);
}

bool Reader::skip_key(ByteView encoded) {
  if (failed_ || !nesting_.at_key() || encoded.size() > input_.size() - position_) return false;
  if (encoded[0] != input_[position_]) return false;  // mostly: another length
  if (!std::ranges::equal(encoded, input_.subspan(position_, encoded.size()))) return false;
  return consume(Head{}, encoded.size());
}

Result<std::uint64_t> Reader::uint() {
  Head next;
  if (!expect(Kind::uint, next) || !consume(next, 0)) return failure();
  return next.argument;
}

Result<std::int64_t> Reader::integer() {
  Head next;
  if (!head(next)) return failure();
  if (next.kind != Kind::uint && next.kind != Kind::negative) {
    return refuse("cbor.kind", "integer is due, here is " + std::string(name(next.kind)));
  }
  if (next.argument > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return refuse("cbor.range", "an integer does not fit 64 bits with sign");
  }
  if (!consume(next, 0)) return failure();
  const auto magnitude = static_cast<std::int64_t>(next.argument);
  return next.kind == Kind::negative ? -1 - magnitude : magnitude;
}

Result<ByteView> Reader::bytes() {
  ByteView content;
  if (!string(Kind::bytes, content)) return failure();
  return content;
}

Result<std::string_view> Reader::text() {
  ByteView content;
  if (!string(Kind::text, content)) return failure();
  return as_text(content);
}

Result<std::size_t> Reader::array() {
  Head next;
  if (!expect(Kind::array, next) || !open(next)) return failure();
  return static_cast<std::size_t>(next.argument);
}

Result<std::size_t> Reader::map() {
  Head next;
  if (!expect(Kind::map, next) || !open(next)) return failure();
  return static_cast<std::size_t>(next.argument);
}

Result<std::uint64_t> Reader::tag() {
  Head next;
  if (!expect(Kind::tag, next) || !open(next)) return failure();
  return next.argument;
}

Result<bool> Reader::boolean() {
  Head next;
  if (!expect(Kind::boolean, next) || !consume(next, 0)) return failure();
  return next.argument == 1;
}

Result<void> Reader::null() {
  Head next;
  if (!expect(Kind::null, next) || !consume(next, 0)) return failure();
  return {};
}

Result<ByteView> Reader::item() {
  const std::size_t begin = position_;
  const std::size_t outside = nesting_.depth();
  do {
    Head next;
    if (!head(next)) return failure();
    bool good = false;
    ByteView content;
    switch (next.kind) {
      case Kind::bytes:
      case Kind::text: good = string(next.kind, content); break;
      case Kind::array:
      case Kind::map:
      case Kind::tag: good = open(next); break;
      default: good = consume(next, 0);
    }
    if (!good) return failure();
  } while (nesting_.depth() > outside);
  return input_.subspan(begin, position_ - begin);
}

Result<void> Reader::finish() {
  if (failed_) return failure();
  if (!started_ || (at_end() && nesting_.depth() > 0)) {
    return refuse("cbor.truncated", "the input ends before its item does");
  }
  if (nesting_.depth() > 0) return refuse("cbor.unread", "more items than are due here");
  if (!at_end()) return refuse("cbor.trailing", "something follows the item");
  return {};
}

Result<void> check(ByteView input) {
  Reader in(input);
  if (auto item = in.item(); !item) return pass(item);
  return in.finish();
}

void Writer::head(std::uint8_t major, std::uint64_t argument) {
  const auto initial = static_cast<std::uint8_t>(major << 5);
  if (argument < 24) {
    out_.push_back(static_cast<std::uint8_t>(initial | argument));
    return;
  }
  unsigned log_size = 0;  // the shortest of 1, 2, 4, 8 bytes
  while (log_size < 3 && argument >> (8U << log_size) != 0)
    ++log_size;
  out_.push_back(static_cast<std::uint8_t>(initial | (24 + log_size)));
  for (int shift = (8 << log_size) - 8; shift >= 0; shift -= 8) {
    out_.push_back(static_cast<std::uint8_t>(argument >> shift));
  }
}

void Writer::before_item() { ANTA_INVARIANT(!complete_); }

void Writer::item_done(std::size_t begin) {
  if (nesting_.at_key()) {
    ANTA_INVARIANT(nesting_.key(out_, begin, out_.size()) == detail::Nesting::Order::ascending);
  }
  nesting_.close_item();
  complete_ = nesting_.depth() == 0;
}

void Writer::open(std::uint8_t major, std::uint64_t argument, std::uint64_t items) {
  before_item();
  ANTA_INVARIANT(!nesting_.at_key());
  head(major, argument);
  if (items > 0) {
    nesting_.open(items, major == major_map);
  } else {
    nesting_.close_item();
    complete_ = nesting_.depth() == 0;
  }
}

Writer& Writer::uint(std::uint64_t value) {
  before_item();
  const std::size_t begin = out_.size();
  head(major_uint, value);
  item_done(begin);
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  if (value >= 0) return uint(static_cast<std::uint64_t>(value));
  before_item();
  const std::size_t begin = out_.size();
  head(major_negative, static_cast<std::uint64_t>(-1 - value));
  item_done(begin);
  return *this;
}

Writer& Writer::bytes(ByteView value) {
  before_item();
  ANTA_INVARIANT(!nesting_.at_key());
  const std::size_t begin = out_.size();
  head(major_bytes, value.size());
  out_.insert(out_.end(), value.begin(), value.end());
  item_done(begin);
  return *this;
}

Writer& Writer::text(std::string_view value) {
  before_item();
  const std::size_t begin = out_.size();
  head(major_text, value.size());
  out_.insert(out_.end(), value.begin(), value.end());
  item_done(begin);
  return *this;
}

Writer& Writer::array(std::size_t items) {
  open(major_array, items, items);
  return *this;
}

Writer& Writer::map(std::size_t pairs) {
  open(major_map, pairs, std::uint64_t{pairs} * 2);
  return *this;
}

Writer& Writer::tag(std::uint64_t number) {
  open(major_tag, number, 1);
  return *this;
}

Writer& Writer::simple(std::uint8_t value) {
  before_item();
  ANTA_INVARIANT(!nesting_.at_key());
  const std::size_t begin = out_.size();
  head(major_simple, value);
  item_done(begin);
  return *this;
}

Writer& Writer::boolean(bool value) { return simple(value ? simple_true : simple_false); }

Writer& Writer::null() { return simple(simple_null); }

Writer& Writer::raw(ByteView encoded) {
  before_item();
  ANTA_INVARIANT(!encoded.empty());
  const std::size_t begin = out_.size();
  out_.insert(out_.end(), encoded.begin(), encoded.end());
  item_done(begin);
  return *this;
}

Bytes Writer::take() {
  ANTA_INVARIANT(complete_);
  complete_ = false;
  return std::exchange(out_, {});
}

void MapWriter::add(std::int64_t key, ByteView encoded_value) {
  Writer encoded(9);
  encoded.integer(key);
  pairs_.emplace_back(encoded.take(), to_bytes(encoded_value));
}

void MapWriter::add(std::string_view key, ByteView encoded_value) {
  Writer encoded(key.size() + 9);
  encoded.text(key);
  pairs_.emplace_back(encoded.take(), to_bytes(encoded_value));
}

Result<void> MapWriter::write(Writer& out) && {
  std::sort(pairs_.begin(), pairs_.end(),
            [](const auto& left, const auto& right) { return before(left.first, right.first); });
  const auto twice =
      std::adjacent_find(pairs_.begin(), pairs_.end(),
                         [](const auto& left, const auto& right) { return left.first == right.first; });
  if (twice != pairs_.end()) return fail(Code::malformed, "cbor.duplicate_key", "a map has a key twice");
  out.map(pairs_.size());
  for (const auto& [key, value] : pairs_)
    out.raw(key).raw(value);
  return {};
}

Result<Bytes> MapWriter::take() && {
  Writer out;
  if (auto written = std::move(*this).write(out); !written) return pass(written);
  return out.take();
}

}  // namespace anta::cbor

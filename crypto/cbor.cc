#include "crypto/cbor.h"

#include <algorithm>
#include <limits>

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
  return tl::unexpected<Error>(error_);
}

// The head at the position, judged on its own and for its place; nothing is consumed (RFC 8949 section 3).
Result<Reader::Head> Reader::head() {
  if (failed_) return tl::unexpected<Error>(error_);
  if (started_ && nesting_.depth() == 0) return refuse("cbor.trailing", "something follows the item");
  if (at_end()) return refuse("cbor.truncated", "the input ends where an item is due");
  const std::uint8_t initial = input_[position_];
  const std::uint8_t major = initial >> 5;
  const std::uint8_t minor = initial & 31;
  if (minor == 31) return refuse("cbor.indefinite", "a length is indefinite, or a stray break");
  if (minor >= 28) return refuse("cbor.reserved", "a head uses reserved additional information");
  Head head;
  head.size = minor < 24 ? 1 : 1 + (std::size_t{1} << (minor - 24));
  if (major == major_simple) {
    if (minor > 24) return refuse("cbor.float", "a floating-point number");
    if (minor < simple_false || minor > simple_null) {
      return refuse("cbor.simple", "a simple value other than true, false, null");
    }
    head.kind = minor == simple_null ? Kind::null : Kind::boolean;
    head.argument = minor == simple_true ? 1 : 0;
  } else {
    if (head.size > input_.size() - position_)
      return refuse("cbor.truncated", "the input ends inside a head");
    head.argument = minor;
    if (minor >= 24) {
      head.argument = 0;
      for (std::size_t i = 1; i < head.size; ++i)
        head.argument = head.argument << 8 | input_[position_ + i];
      const bool shortest = minor == 24 ? head.argument >= 24 : head.argument >> (4 * (head.size - 1)) != 0;
      if (!shortest) return refuse("cbor.not_shortest", "a number or length is not in its shortest form");
    }
    head.kind = static_cast<Kind>(major);  // majors 0 to 6 are the first kinds, in order
  }
  if (nesting_.at_key() && head.kind != Kind::uint && head.kind != Kind::negative &&
      head.kind != Kind::text) {
    return refuse("cbor.key_kind", "a map key is of the kind " + std::string(name(head.kind)));
  }
  return head;
}

Result<Kind> Reader::peek() {
  auto next = head();
  if (!next) return pass(next);
  return next->kind;
}

Result<Reader::Head> Reader::expect(Kind kind) {
  auto next = head();
  if (!next) return next;
  if (next->kind != kind) {
    return refuse("cbor.kind", std::string(name(kind)) + " is due, here is " + std::string(name(next->kind)));
  }
  return next;
}

// Takes an item that has no items inside: head and content.
Result<void> Reader::consume(const Head& head, std::size_t content) {
  const std::size_t end = position_ + head.size + content;
  if (nesting_.at_key()) {
    switch (nesting_.key(input_, position_, end)) {
      case detail::Nesting::Order::ascending: break;
      case detail::Nesting::Order::twice: return refuse("cbor.duplicate_key", "a map has a key twice");
      case detail::Nesting::Order::descending:
        return refuse("cbor.key_order", "map keys are not in bytewise order of their encodings");
    }
  }
  started_ = true;
  position_ = end;
  nesting_.close_item();
  return {};
}

// Enters an array, map or tag. Counts are held against what is left before anybody reserves memory by them.
Result<void> Reader::open(const Head& head) {
  const std::size_t left = input_.size() - position_ - head.size;
  const bool is_map = head.kind == Kind::map;
  const std::uint64_t count = head.kind == Kind::tag ? 1 : head.argument;
  if (count > (is_map ? left / 2 : left)) {
    return refuse("cbor.length", std::string(name(head.kind)) + " with more items than bytes are left");
  }
  if (count > 0 && nesting_.depth() == depth_max) return refuse("cbor.depth", "nested too deep");
  started_ = true;
  position_ += head.size;
  if (count == 0) {
    nesting_.close_item();
  } else {
    nesting_.open(is_map ? count * 2 : count, is_map);
  }
  return {};
}

Result<ByteView> Reader::string(Kind kind) {
  auto next = expect(kind);
  if (!next) return pass(next);
  if (next->argument > input_.size() - position_ - next->size) {
    return refuse("cbor.length", std::string(name(kind)) + " longer than what is left");
  }
  const auto length = static_cast<std::size_t>(next->argument);
  const ByteView content = input_.subspan(position_ + next->size, length);
  if (kind == Kind::text && !is_utf8(as_text(content))) return refuse("cbor.utf8", "text is not UTF-8");
  if (auto taken = consume(*next, length); !taken) return pass(taken);
  return content;
}

Result<std::uint64_t> Reader::uint() {
  auto next = expect(Kind::uint);
  if (!next) return pass(next);
  if (auto taken = consume(*next, 0); !taken) return pass(taken);
  return next->argument;
}

Result<std::int64_t> Reader::integer() {
  auto next = head();
  if (!next) return pass(next);
  if (next->kind != Kind::uint && next->kind != Kind::negative) {
    return refuse("cbor.kind", "integer is due, here is " + std::string(name(next->kind)));
  }
  if (next->argument > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return refuse("cbor.range", "an integer does not fit 64 bits with sign");
  }
  if (auto taken = consume(*next, 0); !taken) return pass(taken);
  const auto magnitude = static_cast<std::int64_t>(next->argument);
  return next->kind == Kind::negative ? -1 - magnitude : magnitude;
}

Result<ByteView> Reader::bytes() { return string(Kind::bytes); }

Result<std::string_view> Reader::text() {
  auto content = string(Kind::text);
  if (!content) return pass(content);
  return as_text(*content);
}

Result<std::size_t> Reader::array() {
  auto next = expect(Kind::array);
  if (!next) return pass(next);
  if (auto opened = open(*next); !opened) return pass(opened);
  return static_cast<std::size_t>(next->argument);
}

Result<std::size_t> Reader::map() {
  auto next = expect(Kind::map);
  if (!next) return pass(next);
  if (auto opened = open(*next); !opened) return pass(opened);
  return static_cast<std::size_t>(next->argument);
}

Result<std::uint64_t> Reader::tag() {
  auto next = expect(Kind::tag);
  if (!next) return pass(next);
  if (auto opened = open(*next); !opened) return pass(opened);
  return next->argument;
}

Result<bool> Reader::boolean() {
  auto next = expect(Kind::boolean);
  if (!next) return pass(next);
  if (auto taken = consume(*next, 0); !taken) return pass(taken);
  return next->argument == 1;
}

Result<void> Reader::null() {
  auto next = expect(Kind::null);
  if (!next) return pass(next);
  return consume(*next, 0);
}

Result<ByteView> Reader::item() {
  const std::size_t begin = position_;
  const std::size_t outside = nesting_.depth();
  do {
    auto next = head();
    if (!next) return pass(next);
    Result<void> step = {};
    switch (next->kind) {
      case Kind::bytes:
      case Kind::text:
        if (auto content = string(next->kind); !content) step = pass(content);
        break;
      case Kind::array:
      case Kind::map:
      case Kind::tag: step = open(*next); break;
      default: step = consume(*next, 0);
    }
    if (!step) return pass(step);
  } while (nesting_.depth() > outside);
  return input_.subspan(begin, position_ - begin);
}

Result<void> Reader::finish() {
  if (failed_) return tl::unexpected<Error>(error_);
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

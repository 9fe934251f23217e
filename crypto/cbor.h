// Deterministic CBOR, strict in both directions (RFC 8949 section 4.2.1), without a tree in memory.
//
// The profile: unsigned and negative integers, byte strings, UTF-8 text, arrays, maps with integer or text
// keys in bytewise order of their encodings and none twice, tags, true, false, null. Everything shortest form
// and definite length. Refused, each with its own rule: floats, undefined and other simple values, indefinite
// lengths, longer heads than needed, unordered or duplicate keys, other kinds of key, text that is not UTF-8,
// nesting deeper than depth_max, lengths beyond the input, bytes after the item.
//
// Reader pulls items from bytes that the caller keeps alive; bytes() and text() are views into them. It
// allocates nothing (but an Error's message), checks order and nesting by itself as items go by, and after
// its first error every further read gives that error again. Usual shape:
//
//     cbor::Reader in(bytes);
//     auto pairs = in.map();                     // how many pairs follow
//     for (size_t i = 0; i < *pairs; ++i) {
//       auto key = in.uint();  ...  auto value = in.text();  ...
//     }
//     if (auto end = in.finish(); !end) return pass(end);
//
// Writer appends to its own buffer. Wrong nesting or unordered keys in what it is told to write are a bug of
// ours and abort. Where keys come from data, MapWriter sorts them. Plain values, one thread each.
#pragma once

#include <array>
#include <concepts>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta::cbor {

inline constexpr std::size_t depth_max = 16;  // containers and tags open at once

enum class Kind : std::uint8_t { uint, negative, bytes, text, array, map, tag, boolean, null };

// The kind as a word for a message: "text", "map".
std::string_view name(Kind kind);

namespace detail {
// One open container: what is still to come, and in a map the key before, as offsets into the encoding.
struct Frame {
  std::uint64_t items_left = 0;  // a map's keys and values count one each
  std::size_t key_begin = 0;
  std::size_t key_end = 0;  // 0: no key yet
  bool is_map = false;
};

// Follows nesting and key order; the same for both directions.
class Nesting {
 public:
  std::size_t depth() const { return depth_; }
  bool at_key() const {
    return depth_ > 0 && frames_[depth_ - 1].is_map && frames_[depth_ - 1].items_left % 2 == 0;
  }
  // The key [begin, end) of `encoded` follows its predecessor? Remembers it.
  enum class Order : std::uint8_t { ascending, twice, descending };
  Order key(ByteView encoded, std::size_t begin, std::size_t end);
  void open(std::uint64_t items, bool is_map);  // the caller checked depth
  void close_item();                            // one item is complete; closes what it completes

 private:
  std::array<Frame, depth_max> frames_ = {};
  std::size_t depth_ = 0;
};
}  // namespace detail

class Reader {
 public:
  explicit Reader(ByteView input) : input_(input) {}

  Result<Kind> peek();  // what comes next; consumes nothing
  Result<std::uint64_t> uint();
  Result<std::int64_t> integer();  // either sign, within int64
  Result<ByteView> bytes();
  Result<std::string_view> text();
  Result<std::size_t> array();  // items that follow; at most as many as bytes are left
  Result<std::size_t> map();    // pairs that follow; at most half as many as bytes are left
  Result<std::uint64_t> tag();  // its item follows
  Result<bool> boolean();
  Result<void> null();

  // Takes the next item if it is a map's key of exactly this encoding, the caller's canonical text or
  // integer: for whoever knows which key is due. Otherwise nothing is taken, and reading on says what is
  // there.
  bool skip_key(ByteView encoded);

  // One whole item, checked like everything else, as its encoding.
  Result<ByteView> item();

  // Nothing is open and nothing is left.
  Result<void> finish();

  bool at_end() const { return position_ == input_.size(); }
  std::size_t position() const { return position_; }  // bytes consumed, for messages and spans

  // For callers that refuse what was read well: an error that names the position.
  tl::unexpected<Error> refuse(std::string rule, std::string message);

 private:
  struct Head {
    Kind kind = Kind::null;
    std::uint64_t argument = 0;  // value, length, count or tag number; for booleans 0 or 1
    std::size_t size = 0;        // bytes of the head itself
  };
  // These say false when they failed; error_ says why.
  bool head(Head& next);
  bool expect(Kind kind, Head& next);
  bool string(Kind kind, ByteView& content);
  bool consume(const Head& head, std::size_t content);
  bool open(const Head& head);
  bool give_up(std::string_view rule, std::string message);
  tl::unexpected<Error> failure() const { return tl::unexpected<Error>(error_); }

  ByteView input_;
  std::size_t position_ = 0;
  detail::Nesting nesting_ = {};
  bool started_ = false;  // the one top-level item has begun
  bool failed_ = false;
  Error error_ = {};
};

// The whole input is exactly one item of the profile.
Result<void> check(ByteView input);

class Writer {
 public:
  Writer() = default;
  explicit Writer(std::size_t bytes_expected) { out_.reserve(bytes_expected); }

  Writer& uint(std::uint64_t value);
  Writer& integer(std::int64_t value);
  Writer& bytes(ByteView value);
  Writer& text(std::string_view value);  // the caller knows that it is UTF-8
  Writer& array(std::size_t items);
  Writer& map(std::size_t pairs);
  Writer& tag(std::uint64_t number);
  Writer& boolean(bool value);
  Writer& null();
  Writer& raw(ByteView encoded);  // one item that was encoded (or checked) before

  std::size_t size() const { return out_.size(); }

  // The encoding; exactly one item must be complete. The Writer starts again empty.
  Bytes take();

 private:
  void head(std::uint8_t major, std::uint64_t argument);
  void before_item();
  void item_done(std::size_t begin);
  void open(std::uint8_t major, std::uint64_t argument, std::uint64_t items);
  Writer& simple(std::uint8_t value);

  Bytes out_ = {};
  detail::Nesting nesting_ = {};
  bool complete_ = false;
};

// A map whose keys arrive in any order. A key twice is an error of the data: `malformed`, rule
// cbor.duplicate_key.
class MapWriter {
 public:
  void add(std::int64_t key, ByteView encoded_value);
  void add(std::string_view key, ByteView encoded_value);

  template <std::invocable<Writer&> Fill>
  void add(std::int64_t key, Fill&& fill) {
    Writer value;
    std::forward<Fill>(fill)(value);
    add(key, ByteView(value.take()));
  }
  template <std::invocable<Writer&> Fill>
  void add(std::string_view key, Fill&& fill) {
    Writer value;
    std::forward<Fill>(fill)(value);
    add(key, ByteView(value.take()));
  }

  std::size_t pairs() const { return pairs_.size(); }
  Result<void> write(Writer& out) &&;
  Result<Bytes> take() &&;

 private:
  std::vector<std::pair<Bytes, Bytes>> pairs_ = {};  // encoded key, encoded value
};

}  // namespace anta::cbor

// Fuzz target: the CBOR reader. No input may crash it, and what it accepts has exactly one encoding.
//
// Invariants: check() and the walk by typed verbs agree; an accepted item, written again from the values
// read, is the input byte for byte; no prefix of an accepted item is accepted.
#include <cstddef>
#include <cstdint>

#include "crypto/cbor.h"

namespace {

using anta::ByteView;
using anta::pass;
using anta::Result;
namespace cbor = anta::cbor;

Result<void> copy_item(cbor::Reader& in, cbor::Writer& out);

Result<void> copy_members(cbor::Reader& in, cbor::Writer& out, bool is_map) {
  auto count = is_map ? in.map() : in.array();
  if (!count) return pass(count);
  is_map ? out.map(*count) : out.array(*count);
  for (std::size_t i = 0; i < (is_map ? *count * 2 : *count); ++i) {
    if (auto item = copy_item(in, out); !item) return item;
  }
  return {};
}

// Reads one value with the verb of its kind and hands it to the writer.
template <typename Value, typename Write>
Result<void> copy_value(const Result<Value>& value, Write&& write) {
  if (!value) return pass(value);
  write(*value);
  return {};
}

Result<void> copy_item(cbor::Reader& in, cbor::Writer& out) {
  auto kind = in.peek();
  if (!kind) return pass(kind);
  switch (*kind) {
    case cbor::Kind::uint: return copy_value(in.uint(), [&](std::uint64_t value) { out.uint(value); });
    case cbor::Kind::negative:
      return copy_value(in.integer(), [&](std::int64_t value) { out.integer(value); });
    case cbor::Kind::bytes: return copy_value(in.bytes(), [&](ByteView value) { out.bytes(value); });
    case cbor::Kind::text: return copy_value(in.text(), [&](std::string_view value) { out.text(value); });
    case cbor::Kind::boolean: return copy_value(in.boolean(), [&](bool value) { out.boolean(value); });
    case cbor::Kind::array: return copy_members(in, out, false);
    case cbor::Kind::map: return copy_members(in, out, true);
    case cbor::Kind::null: {
      if (auto read = in.null(); !read) return read;
      out.null();
      return {};
    }
    case cbor::Kind::tag: {
      auto number = in.tag();
      if (!number) return pass(number);
      out.tag(*number);
      return copy_item(in, out);
    }
  }
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  const auto checked = cbor::check(input);
  cbor::Reader in(input);
  cbor::Writer out;
  auto copied = copy_item(in, out);
  if (copied) copied = in.finish();
  if (!copied && copied.error().rule == "cbor.range") return 0;  // beyond int64: well-formed, not read
  ANTA_INVARIANT(copied.has_value() == checked.has_value());
  if (!checked) {
    ANTA_INVARIANT(checked.error() == copied.error());
    return 0;
  }
  ANTA_INVARIANT(out.take() == anta::to_bytes(input));
  ANTA_INVARIANT(!cbor::check(input.first(size - 1)));
  return 0;
}

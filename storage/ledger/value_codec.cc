// Generic CBOR <-> Value: the part of codec.h that knows no schema.
#include <algorithm>

#include "crypto/cbor.h"
#include "crypto/text.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/schema.h"

namespace anta {
namespace {

// Depth is bounded by the reader (cbor::depth_max).
Result<Value> read_value(cbor::Reader& in);

Result<Value> read_list(cbor::Reader& in) {
  const auto count = in.array();
  if (!count) return pass(count);
  ValueList list;
  for (std::size_t i = 0; i < *count; ++i) {
    auto item = read_value(in);
    if (!item) return item;
    list.push_back(std::move(*item));
  }
  return Value{std::move(list)};
}

Result<Value> read_map(cbor::Reader& in) {
  const auto count = in.map();
  if (!count) return pass(count);
  ValueMap map;
  for (std::size_t i = 0; i < *count; ++i) {
    const auto key = in.text();
    if (!key) return pass(key);
    auto value = read_value(in);
    if (!value) return value;
    map.emplace_back(std::string(*key), std::move(*value));
  }
  return Value{std::move(map)};
}

Result<Value> read_value(cbor::Reader& in) {
  const auto kind = in.peek();
  if (!kind) return pass(kind);
  switch (*kind) {
    case cbor::Kind::uint:
    case cbor::Kind::negative: {
      const auto number = in.integer();
      if (!number) return pass(number);
      return Value{*number};
    }
    case cbor::Kind::bytes: {
      const auto bytes = in.bytes();
      if (!bytes) return pass(bytes);
      return Value{to_bytes(*bytes)};
    }
    case cbor::Kind::text: {
      const auto text = in.text();
      if (!text) return pass(text);
      return Value{std::string(*text)};
    }
    case cbor::Kind::boolean: {
      const auto truth = in.boolean();
      if (!truth) return pass(truth);
      return Value{*truth};
    }
    case cbor::Kind::null: {
      if (auto null = in.null(); !null) return pass(null);
      return Value{nullptr};
    }
    case cbor::Kind::array: return read_list(in);
    case cbor::Kind::map: return read_map(in);
    case cbor::Kind::tag: break;
  }
  return in.refuse("value.tag", "a tag has no place in a value");
}

Result<void> write_value(cbor::Writer& out, const Value& value, std::size_t depth);

Result<void> write_text(cbor::Writer& out, const std::string& text) {
  if (!is_utf8(text)) return fail(Code::malformed, "value.utf8", "text is not UTF-8");
  out.text(text);
  return {};
}

// Where cbor::depth_max containers are open already only an empty one has room, as in the reader.
Result<void> check_depth(std::size_t items, std::size_t depth) {
  if (items > 0 && depth >= cbor::depth_max) return fail(Code::malformed, "value.depth", "nested too deep");
  return {};
}

Result<void> write_map(cbor::Writer& out, const ValueMap& map, std::size_t depth) {
  if (auto room = check_depth(map.size(), depth); !room) return room;
  std::vector<const ValueMap::value_type*> sorted;
  sorted.reserve(map.size());
  for (const auto& pair : map)
    sorted.push_back(&pair);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return schema::canonical_less(a->first, b->first); });
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end(),
                                        [](const auto* a, const auto* b) { return a->first == b->first; });
  if (twice != sorted.end()) {
    return fail(Code::malformed, "value.duplicate_key", "the key \"" + (*twice)->first + "\" stands twice");
  }
  out.map(map.size());
  for (const auto* pair : sorted) {
    if (auto key = write_text(out, pair->first); !key) return key;
    if (auto item = write_value(out, pair->second, depth + 1); !item) return item;
  }
  return {};
}

Result<void> write_list(cbor::Writer& out, const ValueList& list, std::size_t depth) {
  if (auto room = check_depth(list.size(), depth); !room) return room;
  out.array(list.size());
  for (const Value& element : list) {
    if (auto item = write_value(out, element, depth + 1); !item) return item;
  }
  return {};
}

Result<void> write_value(cbor::Writer& out, const Value& value, std::size_t depth) {
  if (const auto* list = std::get_if<ValueList>(&value.data)) return write_list(out, *list, depth);
  if (const auto* map = std::get_if<ValueMap>(&value.data)) return write_map(out, *map, depth);
  if (const auto* text = std::get_if<std::string>(&value.data)) return write_text(out, *text);
  if (const auto* number = std::get_if<std::int64_t>(&value.data)) {
    out.integer(*number);
  } else if (const auto* bytes = std::get_if<Bytes>(&value.data)) {
    out.bytes(*bytes);
  } else if (const auto* truth = std::get_if<bool>(&value.data)) {
    out.boolean(*truth);
  } else {
    out.null();
  }
  return {};
}

}  // namespace

Result<Value> decode_value(ByteView bytes) {
  cbor::Reader in(bytes);
  auto value = read_value(in);
  if (!value) return value;
  if (auto end = in.finish(); !end) return pass(end);
  return value;
}

Result<Bytes> encode_value(const Value& value) {
  cbor::Writer out;
  if (auto written = write_value(out, value, 0); !written) return pass(written);
  return out.take();
}

}  // namespace anta

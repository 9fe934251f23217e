// What anta::cbor makes of inputs, for cbor_differential_test.py to hold against python3-cbor2.
//
// Reads one input per line, in hex. Answers one line each: "ok", the input's meaning, and the same item
// encoded again; or "refused" and the rule. Values are read one by one with the typed verbs, never copied as
// a whole.
#include <iostream>
#include <string>

#include "crypto/cbor.h"
#include "crypto/text.h"

namespace anta::cbor {
namespace {

Result<void> retell_members(Reader& in, Writer& out, std::string& said, bool is_map);

// Reads one item and writes it to `out` and, in words, to `said`.
Result<void> retell(Reader& in, Writer& out, std::string& said) {
  auto kind = in.peek();
  if (!kind) return pass(kind);
  switch (*kind) {
    case Kind::uint: {
      auto value = in.uint();
      if (!value) return pass(value);
      out.uint(*value);
      said += std::to_string(*value);
      return {};
    }
    case Kind::negative: {
      auto value = in.integer();
      if (!value) return pass(value);
      out.integer(*value);
      said += std::to_string(*value);
      return {};
    }
    case Kind::bytes: {
      auto value = in.bytes();
      if (!value) return pass(value);
      out.bytes(*value);
      said += "b" + to_hex(*value);
      return {};
    }
    case Kind::text: {
      auto value = in.text();
      if (!value) return pass(value);
      out.text(*value);
      said += "t" + to_hex(as_bytes(*value));
      return {};
    }
    case Kind::tag: {
      auto number = in.tag();
      if (!number) return pass(number);
      out.tag(*number);
      said += "tag" + std::to_string(*number) + "(";
      auto inner = retell(in, out, said);
      said += ")";
      return inner;
    }
    case Kind::boolean: {
      auto value = in.boolean();
      if (!value) return pass(value);
      out.boolean(*value);
      said += *value ? "true" : "false";
      return {};
    }
    case Kind::null: {
      if (auto value = in.null(); !value) return value;
      out.null();
      said += "null";
      return {};
    }
    case Kind::array:
    case Kind::map: return retell_members(in, out, said, *kind == Kind::map);
  }
  return {};
}

Result<void> retell_members(Reader& in, Writer& out, std::string& said, bool is_map) {
  auto count = is_map ? in.map() : in.array();
  if (!count) return pass(count);
  is_map ? out.map(*count) : out.array(*count);
  said += is_map ? "{" : "[";
  for (std::size_t i = 0; i < (is_map ? *count * 2 : *count); ++i) {
    if (auto item = retell(in, out, said); !item) return item;
    said += ",";
  }
  said += is_map ? "}" : "]";
  return {};
}

void answer(const std::string& line) {
  auto input = from_hex(line);
  if (!input) {
    std::cout << "refused " << input.error().rule << "\n";
    return;
  }
  Reader in(*input);
  Writer out;
  std::string said;
  auto done = retell(in, out, said);
  if (done) done = in.finish();
  // integer() has a range that the format has not; everything else must agree with check()
  const bool agrees = done.has_value() == check(*input).has_value();
  if (!agrees && (done || done.error().rule != "cbor.range")) {
    std::cout << "disagree\n";
  } else if (done) {
    std::cout << "ok " << said << " " << to_hex(out.take()) << "\n";
  } else {
    std::cout << "refused " << done.error().rule << "\n";
  }
}

}  // namespace
}  // namespace anta::cbor

int main() {
  for (std::string line; std::getline(std::cin, line);)
    anta::cbor::answer(line);
  return 0;
}

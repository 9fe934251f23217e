#include "tests/ledger/payload_generator.h"

#include <algorithm>
#include <array>

namespace anta {
namespace {

// Texts that views stumble over: typed-looking words, quotes, controls, several scripts, all in NFC.
constexpr std::array<std::string_view, 20> texts = {"Asociación Warmi Anta",
                                                    "ñandú",
                                                    "no",
                                                    "null",
                                                    "007",
                                                    "1.5",
                                                    "-3",
                                                    "~",
                                                    "a: b # c",
                                                    "\"'\\",
                                                    "- x",
                                                    "{}[],&*!|>%@`",
                                                    "línea\nsegunda\tcol",
                                                    " lead",
                                                    "trail ",
                                                    "\xe2\x80\xae turned",
                                                    "\x7f del",
                                                    "\xe2\x80\xa8 separator",
                                                    "Qöri 銅 ☃ 😀",
                                                    "x\xc2\x85y\xef\xbb\xbfz"};

constexpr std::int64_t earliest = -62135596800000;
constexpr std::int64_t latest = 253402300799999;
constexpr std::int64_t integer_max = 9007199254740991;

void drop(ValueMap& map, std::string_view key) {
  std::erase_if(map, [key](const auto& member) { return member.first == key; });
}

}  // namespace

std::uint64_t PayloadGenerator::below(std::uint64_t bound) {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return (z ^ (z >> 31)) % bound;
}

std::string PayloadGenerator::id() {
  static constexpr std::string_view first = "ABCabc019";
  static constexpr std::string_view rest = "ABCabc019._-";
  std::string text(1, first[below(first.size())]);
  for (std::uint64_t left = below(20) == 0 ? 63 : below(12); left > 0; --left)
    text += rest[below(rest.size())];
  return text;
}

// The RUC of a legal entity, with its check digit.
std::string PayloadGenerator::ruc() {
  static constexpr std::array<int, 10> weights = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
  std::string text = "20";
  while (text.size() < 10)
    text += static_cast<char>('0' + below(10));
  int sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i)
    sum += weights[i] * (text[i] - '0');
  const int remainder = 11 - sum % 11;
  return text + static_cast<char>('0' + (remainder >= 10 ? remainder - 10 : remainder));
}

std::string PayloadGenerator::text(std::string_view name) {
  if (name == "country") return "PE";
  if (name == "address") return "nodo-" + id() + ".example:" + std::to_string(1 + below(65'535));
  if (name == "tax_id") return ruc();
  if (name == "ubigeo") return "0304" + std::to_string(10 + below(90));
  if (below(15) == 0) return std::string(name == "note" ? 500 : 200, 'n');
  return std::string(texts[below(texts.size())]);
}

Value PayloadGenerator::integer(std::string_view name) {
  if (name == "device_seq" || name == "pieces") return Value{static_cast<std::int64_t>(below(integer_max))};
  const std::int64_t bound = name == "latitude_e2" ? 9'000 : name == "longitude_e2" ? 18'000 : integer_max;
  const auto magnitude = static_cast<std::int64_t>(below(static_cast<std::uint64_t>(bound) + 1));
  return Value{below(2) == 0 ? magnitude : -magnitude};
}

Value PayloadGenerator::record(const Shape& shape) {
  ValueMap map;
  for (const Shape::Field& field : shape.fields) {
    if (field.optional && !full_ && below(2) == 0) continue;
    map.emplace_back(field.name, value(*field.shape, field.name));
  }
  return Value{std::move(map)};
}

Value PayloadGenerator::value(const Shape& shape, std::string_view name) {
  switch (shape.form) {
    case Form::boolean: return Value{below(2) == 0};
    case Form::integer: return integer(name);
    case Form::grams:
      return Value{static_cast<std::int64_t>(below(below(4) == 0 ? integer_max : 40'000'000))};
    case Form::ppm: return Value{static_cast<std::int64_t>(below(1'000'001))};
    case Form::time:
      if (below(10) == 0) return Value{below(2) == 0 ? earliest : latest};
      return Value{static_cast<std::int64_t>(1'735'707'600'000 + below(2) * below(100'000'000'000) +
                                             1'000 * below(1'000'000))};
    case Form::bytes: {
      Bytes bytes(32);
      std::generate(bytes.begin(), bytes.end(), [this] { return static_cast<std::uint8_t>(below(256)); });
      return Value{std::move(bytes)};
    }
    case Form::text: return Value{text(name)};
    case Form::id: return Value{id()};
    case Form::word: return Value{std::string(shape.words[below(shape.words.size())])};
    case Form::integer_or_text: return below(2) == 0 ? integer(name) : Value{text(name)};
    case Form::list: {
      ValueList list;
      for (std::uint64_t count = 2 + below(2); count > 0; --count)
        list.push_back(value(*shape.element, name));
      return Value{std::move(list)};
    }
    case Form::map: {
      ValueMap map;
      for (std::uint64_t i = 0, count = below(4); i < count; ++i) {
        map.emplace_back(std::to_string(i) + text(name), value(*shape.element, name));
        map.back().first.resize(std::min<std::size_t>(map.back().first.size(), 200));
      }
      return Value{std::move(map)};
    }
    case Form::record: break;
  }
  return record(shape);
}

// Keys and address go with the actions that take them; a witness bears its organisation's id.
void PayloadGenerator::make_lawful_node(ValueMap& map) {
  for (auto& [key, member] : map) {
    if (key == "action" && full_) member.data = std::string("learner");
  }
  const std::string action = std::get<std::string>(Value{map}.find("action")->data);
  const Shape& shape = *payload_shape("node");
  drop(map, "keys");
  drop(map, "address");
  drop(map, "key");
  const auto put = [&](const char* name) { map.emplace_back(name, value(*shape.find(name)->shape, name)); };
  if (action == "learner" || action == "keys") put("keys");
  if (action == "learner" || (action == "keys" && below(2) == 0)) put("address");
  if (action != "witness") return;
  if (below(2) == 0) put("key");
  const Value node = *Value{map}.find("node");
  for (auto& [key, member] : map) {
    if (key == "organisation") member = node;
  }
}

Value PayloadGenerator::payload(std::string_view type, Fields fields) {
  full_ = fields == Fields::full;
  Value made = record(*payload_shape(type));
  auto& map = std::get<ValueMap>(made.data);
  if (type == "party" && std::get<std::string>(made.find("kind")->data) == "person") {
    drop(map, "name");
    drop(map, "tax_id");
  }
  if (type == "node") make_lawful_node(map);
  if (type == "dispatch") {
    for (auto& [key, member] : map) {
      if (key == "waybill") member.data = "T001-" + id();
    }
  }
  if (type == "site" && made.find("ubigeo") == nullptr && made.find("country") == nullptr) {
    map.emplace_back("country", Value{std::string("PE")});
  }
  return made;
}

}  // namespace anta

#include "storage/ledger/schema_types.h"

#include <algorithm>
#include <array>

#include "crypto/text.h"
#include "storage/ledger/spelling.h"

namespace anta::schema {
namespace {

std::shared_ptr<const Shape> plain_shape(Form form) {
  auto shape = std::make_shared<Shape>();
  shape->form = form;
  return shape;
}

Result<std::int64_t> read_integer(cbor::Reader& in, std::int64_t min, std::int64_t max, const Place& at) {
  const auto value = in.integer();
  if (!value) return refuse(at, value.error());
  if (!at.strict()) return *value;
  if (*value < min) return refuse(at, "out_of_range", "below " + std::to_string(min));
  if (*value > max) return refuse(at, "out_of_range", "above " + std::to_string(max));
  return *value;
}

// A number that is a struct with one int64 `value`, between fixed bounds.
template <typename T, std::int64_t low, std::int64_t high, Form form>
class NumberType final : public Type {
 public:
  Result<void> read(cbor::Reader& in, void* to, const Limits&, const Place& at) const override {
    const auto value = read_integer(in, low, high, at);
    if (!value) return pass(value);
    static_cast<T*>(to)->value = *value;
    return {};
  }
  void write(cbor::Writer& out, const void* from) const override {
    out.integer(static_cast<const T*>(from)->value);
  }
  std::shared_ptr<const Shape> shape(Strictness) const override { return plain_shape(form); }
};

class BooleanType final : public Type {
 public:
  Result<void> read(cbor::Reader& in, void* to, const Limits&, const Place& at) const override {
    const auto value = in.boolean();
    if (!value) return refuse(at, value.error());
    *static_cast<bool*>(to) = *value;
    return {};
  }
  void write(cbor::Writer& out, const void* from) const override {
    out.boolean(*static_cast<const bool*>(from));
  }
  std::shared_ptr<const Shape> shape(Strictness) const override { return plain_shape(Form::boolean); }
};

class IntegerType final : public Type {
 public:
  Result<void> read(cbor::Reader& in, void* to, const Limits& limits, const Place& at) const override {
    const auto value = read_integer(in, limits.min, limits.max, at);
    if (!value) return pass(value);
    *static_cast<std::int64_t*>(to) = *value;
    return {};
  }
  void write(cbor::Writer& out, const void* from) const override {
    out.integer(*static_cast<const std::int64_t*>(from));
  }
  std::shared_ptr<const Shape> shape(Strictness) const override { return plain_shape(Form::integer); }
};

class UintType final : public Type {
 public:
  Result<void> read(cbor::Reader& in, void* to, const Limits& limits, const Place& at) const override {
    const auto value = in.uint();
    if (!value) return refuse(at, value.error());
    if (at.strict() && *value > static_cast<std::uint64_t>(limits.max)) {
      return refuse(at, "out_of_range", "above " + std::to_string(limits.max));
    }
    *static_cast<std::uint64_t*>(to) = *value;
    return {};
  }
  void write(cbor::Writer& out, const void* from) const override {
    out.uint(*static_cast<const std::uint64_t*>(from));
  }
  std::shared_ptr<const Shape> shape(Strictness) const override { return plain_shape(Form::integer); }
};

// C0 or C1 (U+0080 to U+009F, which UTF-8 writes as C2 80 to C2 9F): they drive terminals and say nothing.
// Tab, LF, DEL and U+0085 stay: golden statements hold them, and none of them begins an escape sequence.
// Whoever prints escapes them.
bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 && byte != '\n' && byte != '\t') return true;
    if (byte != 0xC2 || i + 1 == text.size()) continue;
    const auto next = static_cast<unsigned char>(text[i + 1]);
    if (next < 0xA0 && next != 0x85) return true;
  }
  return false;
}

Result<std::string> read_text(cbor::Reader& in, const Limits& limits, const Place& at) {
  const auto text = in.text();
  if (!text) return refuse(at, text.error());
  if (!at.strict()) return std::string(*text);
  if (text->size() < limits.text_min) return refuse(at, "empty_text", "is empty");
  if (text->size() > limits.text_max) {
    return refuse(at, "text_too_long", "is longer than " + std::to_string(limits.text_max) + " bytes");
  }
  if (!is_nfc(*text)) return refuse(at, "not_nfc", "text is not in Normalization Form C");
  if (has_control(*text)) {
    return refuse(at, "control_character", "holds a control character");
  }
  if (limits.form != nullptr && !limits.form->accepts(*text)) {
    return refuse(at, "text_form", "is not " + std::string(limits.form->what));
  }
  return std::string(*text);
}

class TextType final : public Type {
 public:
  Result<void> read(cbor::Reader& in, void* to, const Limits& limits, const Place& at) const override {
    auto text = read_text(in, limits, at);
    if (!text) return pass(text);
    *static_cast<std::string*>(to) = std::move(*text);
    return {};
  }
  void write(cbor::Writer& out, const void* from) const override {
    out.text(*static_cast<const std::string*>(from));
  }
  std::shared_ptr<const Shape> shape(Strictness) const override { return plain_shape(Form::text); }
};

// Digest and PublicKey: a struct with 32 bytes `bytes`.
template <typename T>
class Bytes32Type final : public Type {
 public:
  Result<void> read(cbor::Reader& in, void* to, const Limits&, const Place& at) const override {
    const auto bytes = in.bytes();
    if (!bytes) return refuse(at, bytes.error());
    if (bytes->size() != T::size) {
      return refuse(
          at, "bytes_length",
          "is " + std::to_string(bytes->size()) + " bytes long; " + std::to_string(T::size) + " are due");
    }
    std::copy(bytes->begin(), bytes->end(), static_cast<T*>(to)->bytes.begin());
    return {};
  }
  void write(cbor::Writer& out, const void* from) const override {
    out.bytes(static_cast<const T*>(from)->view());
  }
  std::shared_ptr<const Shape> shape(Strictness) const override { return plain_shape(Form::bytes); }
};

class IntegerOrTextType final : public Type {
 public:
  using Either = std::variant<std::int64_t, std::string>;
  Result<void> read(cbor::Reader& in, void* to, const Limits& limits, const Place& at) const override {
    const auto kind = in.peek();
    if (!kind) return refuse(at, kind.error());
    if (*kind == cbor::Kind::text) {
      auto text = read_text(in, limits, at);
      if (!text) return pass(text);
      *static_cast<Either*>(to) = std::move(*text);
      return {};
    }
    const auto value = read_integer(in, limits.min, limits.max, at);
    if (!value) return pass(value);
    *static_cast<Either*>(to) = *value;
    return {};
  }
  void write(cbor::Writer& out, const void* from) const override {
    const auto& either = *static_cast<const Either*>(from);
    if (const auto* number = std::get_if<std::int64_t>(&either)) {
      out.integer(*number);
    } else {
      out.text(std::get<std::string>(either));
    }
  }
  std::shared_ptr<const Shape> shape(Strictness) const override { return plain_shape(Form::integer_or_text); }
};

// state::Flag: [code, leaf] (statements.cddl).
class FlagType final : public Type {
 public:
  Result<void> read(cbor::Reader& in, void* to, const Limits&, const Place& at) const override {
    auto& flag = *static_cast<state::Flag*>(to);
    const auto count = in.array();
    if (!count) return refuse(at, count.error());
    if (*count != 2) return refuse(at, "flag_length", "a flag is a code and a leaf");
    const auto code = in.text();
    if (!code) return refuse(at, code.error());
    const auto leaf = in.uint();
    if (!leaf) return refuse(at, leaf.error());
    flag = state::Flag{std::string(*code), LeafIndex{*leaf}};
    return {};
  }
  void write(cbor::Writer& out, const void* from) const override {
    const auto& flag = *static_cast<const state::Flag*>(from);
    out.array(2).text(flag.code).uint(flag.leaf.value);
  }
  std::shared_ptr<const Shape> shape(Strictness) const override {
    return container_shape(Form::list, plain_shape(Form::integer_or_text));
  }
};

bool is_upper_pair(std::string_view text) {
  return text.size() == 2 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}
bool is_six_digits(std::string_view text) {
  return text.size() == 6 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

template <typename T>
const Type& single() {
  static const T type;
  return type;
}

}  // namespace

const TextForm country_form = {is_upper_pair, "a country of ISO 3166: 2 capital letters"};
const TextForm ubigeo_form = {is_six_digits, "an ubigeo of 6 digits"};

const Type& boolean_type() { return single<BooleanType>(); }
const Type& integer_type() { return single<IntegerType>(); }
const Type& uint_type() { return single<UintType>(); }
const Type& text_type() { return single<TextType>(); }
const Type& digest_type() { return single<Bytes32Type<Digest>>(); }
const Type& key_type() { return single<Bytes32Type<PublicKey>>(); }
const Type& grams_type() { return single<NumberType<Grams, 0, grams_max, Form::grams>>(); }
const Type& ppm_type() { return single<NumberType<Ppm, 0, 1'000'000, Form::ppm>>(); }
const Type& time_type() { return single<NumberType<Millis, time_min, time_max, Form::time>>(); }
const Type& integer_or_text_type() { return single<IntegerOrTextType>(); }
const Type& flag_type() { return single<FlagType>(); }

Result<void> read_id(cbor::Reader& in, std::string& to, const Place& at) {
  const auto text = in.text();
  if (!text) return refuse(at, text.error());
  if (at.strict() && !is_id(*text)) {
    return refuse(at, "not_an_id", "is not an id: 1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first");
  }
  to = *text;
  return {};
}

std::shared_ptr<const Shape> id_shape(std::string_view id_of) {
  auto shape = std::make_shared<Shape>();
  shape->form = Form::id;
  shape->id_of = id_of;
  return shape;
}

Result<std::size_t> read_word(cbor::Reader& in, std::span<const std::string_view> words, const Place& at) {
  const auto text = in.text();
  if (!text) return refuse(at, text.error());
  const auto found = std::find(words.begin(), words.end(), *text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::string all;
  for (const std::string_view known : words)
    all += (all.empty() ? "" : ", ") + std::string(known);
  return refuse(at, "unknown_word", "is none of: " + all + suggestion(*text, words));
}

std::shared_ptr<const Shape> word_shape(std::span<const std::string_view> words) {
  auto shape = std::make_shared<Shape>();
  shape->form = Form::word;
  shape->words.assign(words.begin(), words.end());
  return shape;
}

Result<std::size_t> read_count(cbor::Reader& in, bool map, const Limits& limits, const Place& at) {
  const auto count = map ? in.map() : in.array();
  if (!count) return refuse(at, count.error());
  if (!at.strict()) return *count;
  if (*count < limits.items_min) {
    return refuse(at, "too_few_items", "has fewer than " + std::to_string(limits.items_min) + " items");
  }
  if (*count > items_max) {
    return refuse(at, "too_many_items", "has more than " + std::to_string(items_max) + " items");
  }
  return *count;
}

Result<std::string> read_key(cbor::Reader& in, const Place& at) {
  return read_text(in, Limits{.text_min = 1}, at);
}

std::shared_ptr<const Shape> container_shape(Form form, std::shared_ptr<const Shape> element) {
  auto shape = std::make_shared<Shape>();
  shape->form = form;
  shape->element = std::move(element);
  return shape;
}

}  // namespace anta::schema

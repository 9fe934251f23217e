// The Type of every C++ type that documents are made of: what schema.h's descriptions rest on.
//
// Internal to the codec; included where structs are described. Any thread.
#pragma once

#include <algorithm>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "crypto/signature.h"
#include "storage/ledger/schema.h"
#include "storage/ledger/state/common.h"
#include "storage/ledger/vocabulary.h"

namespace anta::schema {

// The plain ones are in schema_types.cc.
const Type& boolean_type();
const Type& integer_type();
const Type& uint_type();
const Type& text_type();
const Type& digest_type();
const Type& key_type();
const Type& grams_type();
const Type& ppm_type();
const Type& time_type();
const Type& integer_or_text_type();
const Type& flag_type();

// What the templates below share.
Result<void> read_id(cbor::Reader& in, std::string& to, const Place& at);
std::shared_ptr<const Shape> id_shape(std::string_view id_of);
Result<std::size_t> read_word(cbor::Reader& in, std::span<const std::string_view> words, const Place& at);
std::shared_ptr<const Shape> word_shape(std::span<const std::string_view> words);
Result<std::size_t> read_count(cbor::Reader& in, bool map, const Limits& limits, const Place& at);
Result<std::string> read_key(cbor::Reader& in, const Place& at);
std::shared_ptr<const Shape> container_shape(Form form, std::shared_ptr<const Shape> element);

// What an id is a name of, for views.
template <typename Tag>
inline constexpr std::string_view id_of_tag = {};
template <>
inline constexpr std::string_view id_of_tag<PartyIdTag> = "party";
template <>
inline constexpr std::string_view id_of_tag<SiteIdTag> = "site";
template <>
inline constexpr std::string_view id_of_tag<LotIdTag> = "lot";
template <>
inline constexpr std::string_view id_of_tag<DispatchIdTag> = "dispatch";
template <>
inline constexpr std::string_view id_of_tag<ProcessIdTag> = "process";
template <>
inline constexpr std::string_view id_of_tag<AttestationIdTag> = "attestation";
template <>
inline constexpr std::string_view id_of_tag<AccountIdTag> = "account";
template <>
inline constexpr std::string_view id_of_tag<CertificateIdTag> = "certificate";
template <>
inline constexpr std::string_view id_of_tag<NodeIdTag> = "node";

template <typename T>
class IdType final : public Type {};
template <typename Tag>
class IdType<Id<Tag>> final : public Type {
 public:
  Result<void> read(cbor::Reader& in, void* to, const Limits&, const Place& at) const override {
    return read_id(in, static_cast<Id<Tag>*>(to)->value, at);
  }
  void write(cbor::Writer& out, const void* from) const override {
    out.text(static_cast<const Id<Tag>*>(from)->value);
  }
  std::shared_ptr<const Shape> shape(Strictness) const override { return id_shape(id_of_tag<Tag>); }
};

// The words that a statement may use; a state record may use all.
template <typename E>
constexpr std::span<const std::string_view> words_of(Strictness) {
  return Words<E>::list;
}
template <>
constexpr std::span<const std::string_view> words_of<CocModel>(Strictness strictness) {
  const std::span<const std::string_view> all = Words<CocModel>::list;
  return strictness == Strictness::statement ? all.first(static_cast<std::size_t>(CocModel::none)) : all;
}

template <typename E>
class WordType final : public Type {
 public:
  Result<void> read(cbor::Reader& in, void* to, const Limits&, const Place& at) const override {
    const auto index = read_word(in, words_of<E>(at.strictness), at);
    if (!index) return pass(index);
    *static_cast<E*>(to) = static_cast<E>(*index);
    return {};
  }
  void write(cbor::Writer& out, const void* from) const override {
    out.text(word(*static_cast<const E*>(from)));
  }
  std::shared_ptr<const Shape> shape(Strictness strictness) const override {
    return word_shape(words_of<E>(strictness));
  }
};

template <typename T>
class OptionalType final : public Type {
 public:
  Result<void> read(cbor::Reader& in, void* to, const Limits& limits, const Place& at) const override {
    // Moved in: for clang a struct nested in the one that holds it has no default constructor there yet.
    return type_of<T>().read(in, &static_cast<std::optional<T>*>(to)->emplace(T{}), limits, at);
  }
  void write(cbor::Writer& out, const void* from) const override {
    type_of<T>().write(out, &**static_cast<const std::optional<T>*>(from));
  }
  std::shared_ptr<const Shape> shape(Strictness strictness) const override {
    return type_of<T>().shape(strictness);
  }
  bool optional() const override { return true; }
  bool present(const void* from) const override {
    return static_cast<const std::optional<T>*>(from)->has_value();
  }
};

template <typename T>
class ListType final : public Type {
 public:
  Result<void> read(cbor::Reader& in, void* to, const Limits& limits, const Place& at) const override {
    auto& list = *static_cast<std::vector<T>*>(to);
    const auto count = read_count(in, false, limits, at);
    if (!count) return pass(count);
    for (std::size_t i = 0; i < *count; ++i) {  // grows as items really come
      if (auto item = type_of<T>().read(in, &list.emplace_back(), limits, at.item(i)); !item) return item;
    }
    return {};
  }
  void write(cbor::Writer& out, const void* from) const override {
    const auto& list = *static_cast<const std::vector<T>*>(from);
    out.array(list.size());
    for (const T& item : list)
      type_of<T>().write(out, &item);
  }
  std::shared_ptr<const Shape> shape(Strictness strictness) const override {
    return container_shape(Form::list, type_of<T>().shape(strictness));
  }
};

// Keys are data; decoded they stand in canonical order, and may be given in any.
template <typename T>
class MapType final : public Type {
 public:
  using Pair = std::pair<std::string, T>;
  Result<void> read(cbor::Reader& in, void* to, const Limits& limits, const Place& at) const override {
    auto& map = *static_cast<std::vector<Pair>*>(to);
    const auto count = read_count(in, true, limits, at);
    if (!count) return pass(count);
    for (std::size_t i = 0; i < *count; ++i) {
      auto key = read_key(in, at);
      if (!key) return pass(key);
      Pair& pair = map.emplace_back(std::move(*key), T{});
      auto value = type_of<T>().read(in, &pair.second, limits, at.field(pair.first));
      if (!value) return value;
    }
    return {};
  }
  void write(cbor::Writer& out, const void* from) const override {
    const auto& map = *static_cast<const std::vector<Pair>*>(from);
    std::vector<const Pair*> sorted;
    sorted.reserve(map.size());
    for (const Pair& pair : map)
      sorted.push_back(&pair);
    std::sort(sorted.begin(), sorted.end(),
              [](const Pair* a, const Pair* b) { return canonical_less(a->first, b->first); });
    out.map(map.size());
    for (const Pair* pair : sorted)
      type_of<T>().write(out.text(pair->first), &pair->second);
  }
  std::shared_ptr<const Shape> shape(Strictness strictness) const override {
    return container_shape(Form::map, type_of<T>().shape(strictness));
  }
};

template <typename T>
class StructType final : public Type {
 public:
  Result<void> read(cbor::Reader& in, void* to, const Limits&, const Place& at) const override {
    return schema_of<T>().read(in, to, at);
  }
  void write(cbor::Writer& out, const void* from) const override { schema_of<T>().write(out, from); }
  std::shared_ptr<const Shape> shape(Strictness strictness) const override {
    return schema_of<T>().shape(strictness);
  }
};

// --- Which Type belongs to which C++ type. ---

template <typename T>
struct TypeFor {
  static const Type& get() {
    static const StructType<T> type;
    return type;
  }
};
template <typename E>
  requires std::is_enum_v<E>
struct TypeFor<E> {
  static const Type& get() {
    static const WordType<E> type;
    return type;
  }
};
template <typename Tag>
struct TypeFor<Id<Tag>> {
  static const Type& get() {
    static const IdType<Id<Tag>> type;
    return type;
  }
};
template <typename T>
struct TypeFor<std::optional<T>> {
  static const Type& get() {
    static const OptionalType<T> type;
    return type;
  }
};
template <typename T>
struct TypeFor<std::vector<T>> {
  static const Type& get() {
    static const ListType<T> type;
    return type;
  }
};
template <typename T>
struct TypeFor<std::vector<std::pair<std::string, T>>> {
  static const Type& get() {
    static const MapType<T> type;
    return type;
  }
};
#define ANTA_PLAIN_TYPE(T, function)                \
  template <>                                       \
  struct TypeFor<T> {                               \
    static const Type& get() { return function(); } \
  };
ANTA_PLAIN_TYPE(bool, boolean_type)
ANTA_PLAIN_TYPE(std::int64_t, integer_type)
ANTA_PLAIN_TYPE(std::uint64_t, uint_type)
ANTA_PLAIN_TYPE(std::string, text_type)
ANTA_PLAIN_TYPE(Digest, digest_type)
ANTA_PLAIN_TYPE(PublicKey, key_type)
ANTA_PLAIN_TYPE(Grams, grams_type)
ANTA_PLAIN_TYPE(Ppm, ppm_type)
ANTA_PLAIN_TYPE(Millis, time_type)
ANTA_PLAIN_TYPE(state::Flag, flag_type)
#undef ANTA_PLAIN_TYPE
template <>
struct TypeFor<std::variant<std::int64_t, std::string>> {
  static const Type& get() { return integer_or_text_type(); }
};

template <typename T>
const Type& type_of() {
  return TypeFor<T>::get();
}

}  // namespace anta::schema

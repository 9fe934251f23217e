// How a document's structs are described once, and read, written and shaped from that one description.
//
// Internal to the codec. For each struct there is one function
//
//     void describe(Schema& schema, const payload::Take& take) {
//       schema.add("lot", take.lot).add("dry_g", take.dry_g).add("cu_g", take.cu_g);
//     }
//
// in schema_*.cc. A Schema is made of it once per type; it holds each field's name, offset, type and limits,
// sorted in the order of deterministic CBOR (RFC 8949 4.2.1), so decoding merges the keys as they come with
// the fields that are known, directly into the struct: no tree, no copies, no second pass. Which C++ type is
// which CBOR item: Id and text are text, enums their words, Digest and PublicKey 32 bytes, optional an absent
// key, vector an array, vector<pair<Text, T>> a map, structs a map.
//
// Two strictnesses: what others send is held against every limit; the state's records, which only we write,
// against their types alone (a list in the state may grow beyond what one statement may carry). Any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/cbor.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/shape.h"

namespace anta::schema {

inline constexpr std::size_t items_max = 256;              // of a list or map
inline constexpr std::size_t text_bytes_max = 200;         // unless a field says otherwise
inline constexpr std::size_t fields_max = 64;              // of one struct; a bound on our own descriptions
inline constexpr std::int64_t integer_max = grams_max;     // exact in any JSON reader
inline constexpr std::int64_t time_min = -62135596800000;  // 0001-01-01T00:00:00Z: what RFC 3339 can write
inline constexpr std::int64_t time_max = 253402300799999;  // 9999-12-31T23:59:59.999Z

enum class Strictness : std::uint8_t { statement, record };

// Where in a document something stands, as a chain on the stack; becomes text only for a message.
struct Place {
  const Place* up = nullptr;
  std::string_view name = {};  // of a field or a map's key; empty: an item of a list
  std::size_t index = 0;
  Strictness strictness = Strictness::statement;

  Place field(std::string_view field_name) const { return {this, field_name, 0, strictness}; }
  Place item(std::size_t i) const { return {this, {}, i, strictness}; }
  bool strict() const { return strictness == Strictness::statement; }
  std::string path() const;  // "lots[2].measurement.wet_g"; empty at the top
};

// Code::malformed with the path before the message, where there is one.
tl::unexpected<Error> refuse(const Place& at, std::string rule, const std::string& message);
// The same for what the CBOR reader refused.
tl::unexpected<Error> refuse(const Place& at, const Error& error);

// The order of text keys in deterministic CBOR: shorter first, then bytewise.
bool canonical_less(std::string_view left, std::string_view right);

// What a text must look like beyond its length.
struct TextForm {
  bool (*accepts)(std::string_view) = nullptr;
  std::string_view what = {};  // "6 digits": as in "is not 6 digits"
};
extern const TextForm country_form;
extern const TextForm ubigeo_form;

struct Limits {
  std::size_t items_min = 0;
  std::size_t text_min = 0;
  std::size_t text_max = text_bytes_max;
  std::int64_t min = -integer_max;  // of a plain integer
  std::int64_t max = integer_max;
  const TextForm* form = nullptr;
};
inline constexpr Limits at_least_one = {.items_min = 1};
inline constexpr Limits at_least_two = {.items_min = 2};
inline constexpr Limits not_empty = {.text_min = 1};

class Type {
 public:
  virtual ~Type() = default;
  virtual Result<void> read(cbor::Reader& in, void* to, const Limits& limits, const Place& at) const = 0;
  virtual void write(cbor::Writer& out, const void* from) const = 0;
  virtual std::shared_ptr<const Shape> shape(Strictness strictness) const = 0;
  virtual bool optional() const { return false; }
  virtual bool present(const void*) const { return true; }
};

// The one Type of a C++ type; defined in schema_types.h.
template <typename T>
const Type& type_of();

class Schema {
 public:
  // `member` is a member of the sample that describe() was given.
  template <typename M>
  Schema& add(std::string_view name, const M& member, const Limits& limits = {}) {
    return add(
        Field{name, offset_of(&member), sizeof(M), alignof(M), &type_of<M>(), limits, fields_.size(), {}});
  }
  // Checks what no single field can say; called after all fields are read, of statements only.
  using Check = Result<void> (*)(const void* object, const Place& at);
  Schema& check(Check whole);

  template <typename T>
  static Schema make() {
    const T sample = {};
    Schema schema(&sample);
    describe(schema, sample);
    schema.settle(sizeof(T), alignof(T));
    return schema;
  }

  Result<void> read(cbor::Reader& in, void* to, const Place& at) const;
  void write(cbor::Writer& out, const void* from) const;
  std::shared_ptr<const Shape> shape(Strictness strictness) const;

 private:
  struct Field {
    std::string_view name = {};
    std::size_t offset = 0;
    std::size_t size = 0;
    std::size_t alignment = 1;
    const Type* type = nullptr;
    Limits limits = {};
    std::size_t place = 0;  // in the order of description
    Bytes key = {};         // the name as CBOR, once settled
  };
  explicit Schema(const void* sample) : sample_(static_cast<const char*>(sample)) {}
  std::size_t offset_of(const void* member) const {
    return static_cast<std::size_t>(static_cast<const char*>(member) - sample_);
  }
  Schema& add(const Field& field);
  void settle(std::size_t size, std::size_t alignment);
  bool is_next(cbor::Reader& in, std::size_t& next) const;
  Result<void> seek(std::string_view key, std::size_t& next, const Place& at) const;
  tl::unexpected<Error> unknown(std::string_view key, const Place& at) const;

  const char* sample_ = nullptr;
  std::vector<Field> fields_ = {};  // in canonical order once settled
  Check check_ = nullptr;
};

template <typename T>
const Schema& schema_of() {
  static const Schema schema = Schema::make<T>();
  return schema;
}

}  // namespace anta::schema

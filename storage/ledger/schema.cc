#include "storage/ledger/schema.h"

#include <algorithm>

#include "storage/ledger/schema_types.h"
#include "storage/ledger/spelling.h"

namespace anta::schema {
namespace {

constexpr std::size_t quoted_bytes_max = 64;

// Text of a stranger, for a message: cut at a character's border.
std::string quoted(std::string_view text) {
  if (text.size() <= quoted_bytes_max) return "\"" + std::string(text) + "\"";
  std::size_t end = quoted_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;
  return "\"" + std::string(text.substr(0, end)) + "...\"";
}

}  // namespace

std::string Place::path() const {
  if (up == nullptr) return {};
  std::string before = up->path();
  if (name.empty()) return before + "[" + std::to_string(index) + "]";
  return before.empty() ? std::string(name) : before + "." + std::string(name);
}

tl::unexpected<Error> refuse(const Place& at, std::string rule, const std::string& message) {
  const std::string path = at.path();
  return fail(Code::malformed, std::move(rule), path.empty() ? message : path + ": " + message);
}

tl::unexpected<Error> refuse(const Place& at, const Error& error) {
  return refuse(at, error.rule, error.message);
}

// Text keys sort by their heads first, and a head grows with the length (RFC 8949 4.2.1).
bool canonical_less(std::string_view left, std::string_view right) {
  return left.size() != right.size() ? left.size() < right.size() : left < right;
}

Schema& Schema::add(const Field& field) {
  fields_.push_back(field);
  return *this;
}

Schema& Schema::check(Check whole) {
  check_ = whole;
  return *this;
}

// A hole between the members that were described is a member that was not (one as small as the padding passes
// here, and is found by tests/ledger/schema_test.cc).
void Schema::settle(std::size_t size, std::size_t alignment) {
  ANTA_INVARIANT(!fields_.empty() && fields_.size() <= fields_max);
  const auto up = [](std::size_t offset, std::size_t to) { return (offset + to - 1) / to * to; };
  std::sort(fields_.begin(), fields_.end(),
            [](const Field& a, const Field& b) { return a.offset < b.offset; });
  std::size_t end = 0;
  for (const Field& field : fields_) {
    ANTA_INVARIANT(field.offset == up(end, field.alignment));
    end = field.offset + field.size;
  }
  ANTA_INVARIANT(up(end, alignment) == size);
  std::sort(fields_.begin(), fields_.end(),
            [](const Field& a, const Field& b) { return canonical_less(a.name, b.name); });
  const auto twice = std::adjacent_find(fields_.begin(), fields_.end(),
                                        [](const Field& a, const Field& b) { return a.name == b.name; });
  ANTA_INVARIANT(twice == fields_.end());
  for (Field& field : fields_)
    field.key = cbor::Writer().text(field.name).take();
  sample_ = nullptr;
}

tl::unexpected<Error> Schema::unknown(std::string_view key, const Place& at) const {
  std::vector<std::string_view> names;
  for (const Field& field : fields_)
    names.push_back(field.name);
  return refuse(at, "unknown_field", "unknown field " + quoted(key) + suggestion(key, names));
}

// Takes the next key if it is a field's from `next` on that only absent ones come before, and moves `next`
// there. Nearly every key is; what is not, seek() has words for.
bool Schema::is_next(cbor::Reader& in, std::size_t& next) const {
  for (std::size_t i = next; i < fields_.size(); ++i) {
    if (in.skip_key(fields_[i].key)) {
      next = i;
      return true;
    }
    if (!fields_[i].type->optional()) return false;
  }
  return false;
}

// Moves `next` to the field called `key`; what it passes is absent. An empty key: to the end.
Result<void> Schema::seek(std::string_view key, std::size_t& next, const Place& at) const {
  const bool to_end = key.empty();
  for (; next < fields_.size() && (to_end || canonical_less(fields_[next].name, key)); ++next) {
    if (fields_[next].type->optional()) continue;
    const bool known = to_end || std::any_of(fields_.begin(), fields_.end(),
                                             [key](const Field& f) { return f.name == key; });
    if (!known) return unknown(key, at);
    return refuse(at, "missing_field", "field \"" + std::string(fields_[next].name) + "\" is missing");
  }
  if (!to_end && (next == fields_.size() || fields_[next].name != key)) return unknown(key, at);
  return {};
}

Result<void> Schema::read(cbor::Reader& in, void* to, const Place& at) const {
  const auto pairs = in.map();
  if (!pairs) return refuse(at, pairs.error());
  std::size_t next = 0;
  for (std::size_t i = 0; i < *pairs; ++i) {
    if (!is_next(in, next)) {
      const auto key = in.text();
      if (!key) return refuse(at, key.error());
      if (key->empty()) return unknown(*key, at);
      if (auto found = seek(*key, next, at); !found) return found;
    }
    const Field& field = fields_[next];
    auto value =
        field.type->read(in, static_cast<char*>(to) + field.offset, field.limits, at.field(field.name));
    if (!value) return value;
    ++next;
  }
  if (auto complete = seek({}, next, at); !complete) return complete;
  if (check_ != nullptr && at.strict()) return check_(to, at);
  return {};
}

void Schema::write(cbor::Writer& out, const void* from) const {
  const auto member = [from](const Field& field) { return static_cast<const char*>(from) + field.offset; };
  const auto present = std::count_if(fields_.begin(), fields_.end(), [&member](const Field& field) {
    return field.type->present(member(field));
  });
  out.map(static_cast<std::size_t>(present));
  for (const Field& field : fields_) {
    if (field.type->present(member(field))) field.type->write(out.raw(field.key), member(field));
  }
}

std::shared_ptr<const Shape> Schema::shape(Strictness strictness) const {
  auto shape = std::make_shared<Shape>();
  shape->form = Form::record;
  shape->fields.resize(fields_.size());
  for (const Field& field : fields_) {
    shape->fields[field.place] =
        Shape::Field{std::string(field.name), field.type->optional(), field.type->shape(strictness)};
  }
  return shape;
}

}  // namespace anta::schema

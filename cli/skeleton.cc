#include "cli/skeleton.h"

#include <array>

#include "crypto/secret.h"
#include "node/views/time_text.h"
#include "storage/ledger/codec.h"

namespace anta {
namespace {

struct Writer {
  std::string type = {};
  std::string now = {};
  std::string out = {};
};

// A sample that shows the form, and what it means where that is not plain from the name.
std::pair<std::string, std::string> sample_of(const Shape& shape, const std::string& name,
                                              const Writer& writer) {
  switch (shape.form) {
    case Form::boolean: return {"true", ""};
    case Form::grams: return {"0", "grams"};
    case Form::ppm: return {"0", "millionths: 1 % is 10000"};
    case Form::time: return {writer.now, ""};
    case Form::bytes: return {"\"\"", "hex"};
    case Form::text: return {"\"\"", ""};
    case Form::id:
      return {name == "id" ? random_id() : "\"\"",
              name == "id" ? "random: counters leak volume" : std::string(shape.id_of)};
    case Form::word: {
      std::string words;
      for (const auto w : shape.words)
        words += (words.empty() ? "" : " | ") + std::string(w);
      return {std::string(shape.words.empty() ? "" : shape.words.front()), words};
    }
    case Form::list: return {"[]", ""};
    case Form::map: return {"{}", ""};
    case Form::integer:
    case Form::integer_or_text: return {"0", ""};
    case Form::record: return {"", ""};
  }
  return {"", ""};
}

void write_fields(Writer& writer, const Shape& record, const std::string& indent, bool commented);

void write_field(Writer& writer, const Shape::Field& field, const std::string& indent, bool commented) {
  const bool off = commented || field.optional;
  const std::string lead = (off ? "# " : "  ") + indent;
  const Shape& shape = *field.shape;
  if (shape.form == Form::record) {
    writer.out += lead + field.name + ":\n";
    write_fields(writer, shape, indent + "  ", off);
    return;
  }
  if (shape.form == Form::list && shape.element && shape.element->form == Form::record && !off) {
    writer.out += lead + field.name + ":\n";
    const std::size_t begin = writer.out.size();
    write_fields(writer, *shape.element, indent + "    ", off);
    const std::size_t dash = writer.out.find_first_not_of(' ', begin);
    if (dash != std::string::npos && dash >= begin + 2) writer.out[dash - 2] = '-';
    return;
  }
  const auto [sample, note] = sample_of(shape, field.name, writer);
  writer.out += lead + field.name + ": " + sample + (note.empty() ? "" : "  # " + note) + "\n";
}

void write_fields(Writer& writer, const Shape& record, const std::string& indent, bool commented) {
  for (const Shape::Field& field : record.fields) {
    if (!field.optional) write_field(writer, field, indent, commented);
  }
  for (const Shape::Field& field : record.fields) {
    if (field.optional) write_field(writer, field, indent, commented);
  }
}

}  // namespace

std::string random_id() {
  static constexpr std::string_view letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";  // 32, without 0 O 1 I
  std::array<std::uint8_t, 12> bytes{};
  random_bytes(bytes);
  std::string id;
  for (const std::uint8_t byte : bytes)
    id += letters[byte % letters.size()];
  return id;
}

Result<std::string> document_skeleton(std::string_view type, const std::optional<std::string>& as,
                                      Millis now) {
  const Shape* shape = payload_shape(type);
  if (!shape) return fail(Code::malformed, "there is no statement type '" + std::string(type) + "'");
  Writer writer{std::string(type), views::time_to_text(Millis{now.value / 1000 * 1000}), {}};
  writer.out = "# Fill in, take the comment sign from what applies, then: anta sign FILE --key KEY\n";
  writer.out += as ? "as: " + *as + "\n" : "# as: PARTY\n";
  writer.out += "type: " + std::string(type) + "\npayload:\n";
  write_fields(writer, *shape, "", false);
  return writer.out;
}

}  // namespace anta

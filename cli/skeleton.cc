#include "cli/skeleton.h"

#include <array>

#include "cli/terminal.h"
#include "crypto/secret.h"
#include "node/views/shape_view.h"
#include "node/views/time_text.h"
#include "storage/ledger/codec.h"

namespace anta {
namespace {

struct SkeletonWriter {
  std::string type = {};
  std::string now = {};
  std::string out = {};
};

// A sample that shows the form, and what it means where that is not plain from the name.
std::pair<std::string, std::string> sample_of(const Shape& shape, const std::string& name,
                                              const SkeletonWriter& writer) {
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

const Value* member(const Value* record, const std::string& name) {
  return record && std::holds_alternative<ValueMap>(record->data) ? record->find(name) : nullptr;
}

// One value of a field as YAML, without the line's end.
std::string scalar(const Shape& shape, const Value& value) {
  std::string text = views::to_yaml(shape, value);
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

void write_fields(SkeletonWriter& writer, const Shape& record, const std::string& indent, bool commented,
                  const Value* known);

// A list's record: its first line begins with a dash.
void write_element(SkeletonWriter& writer, const Shape& record, const std::string& indent,
                   const Value* known) {
  const std::size_t begin = writer.out.size();
  write_fields(writer, record, indent + "    ", false, known);
  const std::size_t dash = writer.out.find_first_not_of(' ', begin);
  if (dash != std::string::npos && dash >= begin + 2) writer.out[dash - 2] = '-';
}

void write_field(SkeletonWriter& writer, const Shape::Field& field, const std::string& indent, bool commented,
                 const Value* known) {
  const bool off = commented || (field.optional && !known);
  const std::string lead = (off ? "# " : "  ") + indent;
  const Shape& shape = *field.shape;
  if (shape.form == Form::record) {
    writer.out += lead + field.name + ":\n";
    write_fields(writer, shape, indent + "  ", off, known);
    return;
  }
  const ValueList* items = known ? std::get_if<ValueList>(&known->data) : nullptr;
  if (shape.form == Form::list && shape.element && shape.element->form == Form::record && !off) {
    writer.out += lead + field.name + ":\n";
    if (!items) return write_element(writer, *shape.element, indent, nullptr);
    for (const Value& item : *items)
      write_element(writer, *shape.element, indent, &item);
    return;
  }
  if (known) {
    writer.out += lead + field.name + ": " + scalar(shape, *known) + "\n";
    return;
  }
  const auto [sample, note] = sample_of(shape, field.name, writer);
  writer.out += lead + field.name + ": " + sample + (note.empty() ? "" : "  # " + note) + "\n";
}

void write_fields(SkeletonWriter& writer, const Shape& record, const std::string& indent, bool commented,
                  const Value* known) {
  for (const bool optional : {false, true}) {
    for (const Shape::Field& field : record.fields) {
      const Value* value = member(known, field.name);
      // Fields that are known come with those that have to be there: a comment never parts them.
      if ((field.optional && !value) == optional) write_field(writer, field, indent, commented, value);
    }
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

Result<std::string> document_skeleton(std::string_view type, const std::optional<std::string>& as, Millis now,
                                      const Known& known) {
  const Shape* shape = payload_shape(type);
  if (!shape) return fail(Code::malformed, "there is no statement type '" + std::string(type) + "'");
  SkeletonWriter writer{std::string(type), views::time_to_text(Millis{now.value / 1000 * 1000}), {}};
  writer.out = "# Fill in, take the comment sign from what applies, then: anta sign FILE --key KEY\n";
  for (const std::string& remark : known.remarks)
    writer.out += "# " + for_terminal(remark) + "\n";
  writer.out += as ? "as: " + *as + "\n" : "# as: PARTY\n";
  writer.out += "type: " + std::string(type) + "\npayload:\n";
  const Value fields{known.fields};
  write_fields(writer, *shape, "", false, &fields);
  return writer.out;
}

}  // namespace anta

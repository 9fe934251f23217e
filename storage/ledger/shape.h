// What a value means to a person: which integers are times, which bytes are digests, which fields exist.
//
// Made from the same field lists as the codec (codec.h). Views use a shape to print a time as RFC 3339 and to
// read it back.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace anta {

enum class Form : std::uint8_t {
  boolean,
  integer,
  grams,
  ppm,
  time,
  bytes,
  text,
  id,
  word,
  list,
  map,
  record,
  integer_or_text
};

struct Shape {
  struct Field {
    std::string name = {};
    bool optional = false;
    std::shared_ptr<const Shape> shape = {};
  };
  Form form = Form::record;
  std::vector<Field> fields = {};             // of a record
  std::shared_ptr<const Shape> element = {};  // of a list, or of a map's values
  std::vector<std::string_view> words = {};   // of a word
  std::string_view id_of = {};                // of an id: "party", "lot", ... empty for others

  const Field* find(std::string_view name) const;
};

}  // namespace anta

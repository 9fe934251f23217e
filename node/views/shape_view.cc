#include "node/views/shape_view.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "crypto/text.h"
#include "node/views/time_text.h"
#include "storage/ledger/spelling.h"

namespace anta::views {
namespace {

using Json = nlohmann::ordered_json;

tl::unexpected<Error> at(const TreeNode& node, const std::string& path, const std::string& message) {
  return node.refuse("view.field", path.empty() ? message : path + ": " + message);
}

// An error below, with the path of where it happened.
tl::unexpected<Error> below(const TreeNode& node, const std::string& path, const Error& error) {
  const std::size_t place = error.message.find(": ");
  const bool has_place = node.mark.line > 0 && place != std::string::npos;
  return at(node, path, has_place ? error.message.substr(place + 2) : error.message);
}

Result<Value> read(const Shape& shape, const TreeNode& node, const std::string& path);

Result<Value> read_record(const Shape& shape, const TreeNode& node, const std::string& path) {
  const auto entries = node.map();
  if (!entries) return below(node, path, entries.error());
  std::vector<std::string_view> names;
  for (const Shape::Field& field : shape.fields)
    names.push_back(field.name);
  ValueMap map;
  for (const TreeEntry& entry : **entries) {
    const Shape::Field* field = shape.find(entry.key);
    if (!field) {
      return refuse_at(entry.mark, "view.unknown_key",
                       (path.empty() ? "" : path + ": ") + "unknown field \"" + entry.key.substr(0, 64) +
                           "\"" + suggestion(entry.key, names));
    }
    auto value = read(*field->shape, entry.value, path.empty() ? entry.key : path + "." + entry.key);
    if (!value) return value;
    map.emplace_back(entry.key, std::move(*value));
  }
  return Value{std::move(map)};
}

Result<Value> read_list(const Shape& shape, const TreeNode& node, const std::string& path) {
  const auto items = node.list();
  if (!items) return below(node, path, items.error());
  ValueList list;
  for (std::size_t i = 0; i < (*items)->size(); ++i) {
    auto value = read(*shape.element, (**items)[i], path + "[" + std::to_string(i) + "]");
    if (!value) return value;
    list.push_back(std::move(*value));
  }
  return Value{std::move(list)};
}

Result<Value> read_map(const Shape& shape, const TreeNode& node, const std::string& path) {
  const auto entries = node.map();
  if (!entries) return below(node, path, entries.error());
  ValueMap map;
  for (const TreeEntry& entry : **entries) {
    auto value = read(*shape.element, entry.value, path + "." + entry.key);
    if (!value) return value;
    map.emplace_back(entry.key, std::move(*value));
  }
  return Value{std::move(map)};
}

Result<Value> read_time(const TreeNode& node, const std::string& path) {
  const auto text = node.text();
  if (!text) return below(node, path, text.error());
  if (const auto time = time_from_text(*text)) return Value{time->value};
  return below(node, path, time_from_text(*text).error());
}

Result<Value> read_bytes(const TreeNode& node, const std::string& path) {
  const auto text = node.text();
  if (!text) return below(node, path, text.error());
  auto bytes = from_hex(*text);
  if (!bytes) return at(node, path, bytes.error().message);
  return Value{std::move(*bytes)};
}

// A plain scalar that reads as a whole number is one; everything else is text.
Result<Value> read_integer_or_text(const TreeNode& node, const std::string& path) {
  if (node.kind != TreeNode::Kind::text) {
    if (const auto number = node.integer()) return Value{*number};
  }
  auto text = node.text();
  if (!text) return below(node, path, text.error());
  return Value{std::move(*text)};
}

Result<Value> read(const Shape& shape, const TreeNode& node, const std::string& path) {
  switch (shape.form) {
    case Form::record: return read_record(shape, node, path);
    case Form::list: return read_list(shape, node, path);
    case Form::map: return read_map(shape, node, path);
    case Form::time: return read_time(node, path);
    case Form::bytes: return read_bytes(node, path);
    case Form::integer_or_text: return read_integer_or_text(node, path);
    case Form::boolean: {
      const auto yes = node.boolean();
      if (!yes) return below(node, path, yes.error());
      return Value{*yes};
    }
    case Form::integer:
    case Form::grams:
    case Form::ppm: {
      const auto number = node.integer();
      if (!number) return below(node, path, number.error());
      return Value{*number};
    }
    case Form::text:
    case Form::id:
    case Form::word: {
      auto text = node.text();
      if (!text) return below(node, path, text.error());
      return Value{std::move(*text)};
    }
  }
  return at(node, path, "unknown form");
}

Json json_of(const Shape* shape, const Value& value);

Json json_of_list(const Shape* shape, const ValueList& list) {
  const Shape* element = shape && shape->form == Form::list ? shape->element.get() : nullptr;
  Json json = Json::array();
  for (const Value& item : list)
    json.push_back(json_of(element, item));
  return json;
}

Json json_of_map(const Shape* shape, const ValueMap& map) {
  Json json = Json::object();
  const auto put = [&](const std::string& key, const Value& value, const Shape* of) {
    json[key] = json_of(of, value);
  };
  if (!shape || shape->form != Form::record) {
    const Shape* element = shape && shape->form == Form::map ? shape->element.get() : nullptr;
    for (const auto& [key, value] : map)
      put(key, value, element);
    return json;
  }
  for (const Shape::Field& field : shape->fields) {
    for (const auto& [key, value] : map) {
      if (key == field.name) put(key, value, field.shape.get());
    }
  }
  for (const auto& [key, value] : map) {
    if (!shape->find(key)) put(key, value, nullptr);
  }
  return json;
}

Json json_of(const Shape* shape, const Value& value) {
  if (const auto* yes = std::get_if<bool>(&value.data)) return Json(*yes);
  if (const auto* number = std::get_if<std::int64_t>(&value.data)) {
    return shape && shape->form == Form::time ? Json(time_to_text(Millis{*number})) : Json(*number);
  }
  if (const auto* bytes = std::get_if<Bytes>(&value.data)) return Json(to_hex(*bytes));
  if (const auto* text = std::get_if<std::string>(&value.data)) return Json(*text);
  if (const auto* list = std::get_if<ValueList>(&value.data)) return json_of_list(shape, *list);
  if (const auto* map = std::get_if<ValueMap>(&value.data)) return json_of_map(shape, *map);
  return Json(nullptr);
}

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// One scalar of YAML: text always in double quotes with JSON's escapes, which YAML shares, so that nothing is
// typed by its looks. DEL stands raw in JSON but may not in YAML.
std::string yaml_scalar(const Json& json) {
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  for (std::size_t at = text.find('\x7f'); at != std::string::npos; at = text.find('\x7f', at))
    text.replace(at, 1, "\\u007f");
  return text;
}

bool is_plain_key(const std::string& key) {
  return !key.empty() &&
         std::all_of(key.begin(), key.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }) &&
         key != "null" && key != "true" && key != "false" && key != "y" && key != "n" && key != "yes" &&
         key != "no" && key != "on" && key != "off";
}

void yaml_lines(const Json& json, const std::string& indent, bool in_item, std::string& out) {
  bool first = in_item;
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      out += (first ? "" : indent) + (is_plain_key(key) ? key : yaml_scalar(Json(key))) + ":";
      first = false;
      if (value.is_structured() && !value.empty()) {
        out += "\n";
        yaml_lines(value, indent + "  ", false, out);
      } else {
        out += " " + yaml_scalar(value) + "\n";
      }
    }
    return;
  }
  for (const auto& value : json) {
    out += (first ? "" : indent) + "- ";
    first = false;
    if (value.is_structured() && !value.empty()) {
      yaml_lines(value, indent + "  ", true, out);
    } else {
      out += yaml_scalar(value) + "\n";
    }
  }
}

std::string yaml_of(const Json& json) {
  if (!json.is_structured() || json.empty()) return yaml_scalar(json) + "\n";
  std::string out;
  yaml_lines(json, "", false, out);
  return out;
}

// The deepest node along "lots[2].measurement.wet_g" that exists.
const TreeNode& node_at(const TreeNode& root, std::string_view path) {
  const TreeNode* node = &root;
  std::size_t at = 0;
  while (at < path.size()) {
    if (path[at] == '[') {
      std::size_t index = 0;
      const auto [end, error] = std::from_chars(path.data() + at + 1, path.data() + path.size(), index);
      if (error != std::errc() || index >= node->items.size()) return *node;
      node = &node->items[index];
      at = static_cast<std::size_t>(end - path.data()) + 1;
      continue;
    }
    if (path[at] == '.') ++at;
    const std::size_t end = std::min(path.find_first_of(".[", at), path.size());
    const TreeNode* next = node->find(path.substr(at, end - at));
    if (!next) return *node;
    node = next;
    at = end;
  }
  return *node;
}

}  // namespace

Result<Value> value_from_tree(const Shape& shape, const TreeNode& node) { return read(shape, node, ""); }

Error placed(const TreeNode& root, const Error& error) {
  const std::size_t colon = error.message.find(": ");
  const TreeNode& node =
      colon == std::string::npos ? root : node_at(root, std::string_view(error.message).substr(0, colon));
  Error out = refuse_at(node.mark, error.rule, error.message).value();
  out.code = error.code;
  return out;
}

std::string to_json(const Shape& shape, const Value& value) { return dumped(json_of(&shape, value)); }
std::string to_yaml(const Shape& shape, const Value& value) { return yaml_of(json_of(&shape, value)); }
std::string to_json(const Value& value) { return dumped(json_of(nullptr, value)); }
std::string to_yaml(const Value& value) { return yaml_of(json_of(nullptr, value)); }

}  // namespace anta::views

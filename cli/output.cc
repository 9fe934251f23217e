#include <algorithm>
#include <iostream>

#include "cli/command.h"
#include "cli/terminal.h"
#include "node/views/shape_view.h"

namespace anta {
namespace {

std::string cell(const Value& value);

// A record inside a list, by what names it: its first two words or numbers ("L-001", "crp eligible").
std::string brief(const ValueMap& map) {
  std::string text;
  int told = 0;
  for (const auto& [key, item] : map) {
    const bool scalar = std::holds_alternative<std::string>(item.data);
    if (!scalar || told == 2) break;
    text += (told == 0 ? "" : " ") + for_terminal(std::get<std::string>(item.data));
    ++told;
  }
  return told > 0 ? text : cell(Value{map});
}

// A flag is a pair of its code and the leaf that raised it: "grade_unusual@17".
bool is_flag(const ValueList& list) {
  return list.size() == 2 && std::holds_alternative<std::string>(list[0].data) &&
         std::holds_alternative<std::int64_t>(list[1].data);
}

std::string joined(const ValueList& list, const char* between) {
  std::string text;
  for (const Value& item : list) {
    const auto* map = std::get_if<ValueMap>(&item.data);
    text += (text.empty() ? "" : between) + (map ? brief(*map) : cell(item));
  }
  return text;
}

// A value in one cell: scalars as they are, lists and maps in short. JSON and YAML have everything.
std::string cell(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data))
    return text->empty() ? "-" : for_terminal(*text);
  if (std::holds_alternative<std::nullptr_t>(value.data)) return "-";
  if (const auto* list = std::get_if<ValueList>(&value.data)) {
    if (list->empty()) return "-";
    return joined(*list, is_flag(*list) ? "@" : ", ");
  }
  if (const auto* map = std::get_if<ValueMap>(&value.data)) {
    std::string text;
    for (const auto& [key, item] : *map)
      text += (text.empty() ? "" : " ") + for_terminal(key) + "=" + cell(item);
    return text.empty() ? "-" : text;
  }
  std::string text = views::to_json(value);
  while (!text.empty() && text.back() == '\n')
    text.pop_back();
  return text;
}

// Characters on the screen, not bytes: continuation bytes of UTF-8 take no room.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t to) {
  return text + std::string(to > width(text) ? to - width(text) : 0, ' ');
}

// A list of maps as columns: those of any row, in order of first sight.
void print_rows(const ValueList& rows, const std::string& indent) {
  std::vector<std::string> columns;
  for (const Value& row : rows) {
    for (const auto& [key, value] : std::get<ValueMap>(row.data)) {
      if (std::find(columns.begin(), columns.end(), key) == columns.end()) columns.push_back(key);
    }
  }
  std::vector<std::vector<std::string>> table = {columns};
  for (std::string& title : table.front())
    title = for_terminal(title);
  for (const Value& row : rows) {
    std::vector<std::string> cells;
    for (const std::string& column : columns) {
      const Value* value = row.find(column);
      cells.push_back(value ? cell(*value) : "-");
    }
    table.push_back(std::move(cells));
  }
  for (const auto& cells : table) {
    std::string line = indent;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      std::size_t widest = 0;
      for (const auto& other : table)
        widest = std::max(widest, width(other[c]));
      line += c + 1 < columns.size() ? padded(cells[c], widest + 2) : cells[c];
    }
    std::cout << line << "\n";
  }
}

bool is_table(const ValueList& list) {
  return !list.empty() && std::all_of(list.begin(), list.end(), [](const Value& v) {
    return std::holds_alternative<ValueMap>(v.data);
  });
}

// Members below each other; a list of records gets a table of its own under its name.
void print_pairs(const ValueMap& map) {
  std::size_t widest = 0;
  for (const auto& [key, value] : map)
    widest = std::max(widest, width(key));
  for (const auto& [key, value] : map) {
    const auto* list = std::get_if<ValueList>(&value.data);
    if (list && is_table(*list)) {
      std::cout << for_terminal(key) << "\n";
      print_rows(*list, "  ");
    } else {
      std::cout << padded(for_terminal(key), widest + 2) << cell(value) << "\n";
    }
  }
}

}  // namespace

Value narrowed(const Value& items, const std::string& columns) {
  ValueList rows;
  for (const Value& item : std::get<ValueList>(items.data)) {
    ValueMap row;
    std::size_t begin = 0;
    while (begin < columns.size()) {
      const std::size_t end = std::min(columns.find(' ', begin), columns.size());
      const std::string name = columns.substr(begin, end - begin);
      if (const Value* value = item.find(name)) row.emplace_back(name, *value);
      begin = end + 1;
    }
    rows.push_back(Value{std::move(row)});
  }
  return Value{std::move(rows)};
}

std::optional<std::string> Invocation::option(const std::string& name) const {
  const auto found = options.find(name);
  if (found == options.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Invocation::all(const std::string& name) const {
  const auto found = options.find(name);
  return found == options.end() ? std::vector<std::string>{} : found->second;
}

std::string Invocation::argument(const std::string& name) const {
  const auto values = arguments(name);
  ANTA_INVARIANT(!values.empty());
  return values.front();
}

std::vector<std::string> Invocation::arguments(const std::string& name) const {
  const auto found = positionals.find(name);
  return found == positionals.end() ? std::vector<std::string>{} : found->second;
}

void Invocation::out(const Value& value) const {
  if (format == OutputFormat::json) {
    std::cout << views::to_json(value);
  } else if (format == OutputFormat::yaml) {
    std::cout << views::to_yaml(value);
  } else if (const auto* map = std::get_if<ValueMap>(&value.data)) {
    print_pairs(*map);
  } else if (const auto* list = std::get_if<ValueList>(&value.data); list && is_table(*list)) {
    print_rows(*list, "");
  } else if (list) {
    for (const Value& item : *list)
      std::cout << cell(item) << "\n";
  } else {
    std::cout << cell(value) << "\n";
  }
  std::cout.flush();
}

void Invocation::say(const std::string& line) const { std::cerr << for_terminal(line) << "\n"; }

}  // namespace anta

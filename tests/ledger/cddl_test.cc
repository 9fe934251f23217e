// statements.cddl and the code say the same: fields, optional ones, and words, of every payload and record.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include "storage/ledger/backup_order.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/lead_order.h"
#include "storage/ledger/view.h"

namespace anta {
namespace {

// Rule name -> its text, comments and line breaks gone.
std::map<std::string, std::string> read_rules() {
  std::ifstream file(ANTA_SOURCE_DIR "/storage/ledger/statements.cddl");
  std::map<std::string, std::string> rules;
  std::string line;
  std::string name;
  while (std::getline(file, line)) {
    line = line.substr(0, line.find(';'));
    const std::size_t equals = line.find(" = ");
    const std::size_t padded = line.find("  ");
    if (!line.empty() && line[0] != ' ' && equals != std::string::npos) {
      name = line.substr(0, std::min({line.find(' '), equals, padded}));
      line = line.substr(equals + 3);
    }
    if (!name.empty()) rules[name] += " " + line;
  }
  return rules;
}

struct Member {
  bool optional = false;
  std::string type = {};
};

// The members between the outermost brackets of a rule.
std::map<std::string, Member> members(const std::map<std::string, std::string>& rules,
                                      const std::string& rule) {
  const std::string& text = rules.at(rule);
  const std::size_t begin = text.find_first_of("{(") + 1;
  std::map<std::string, Member> found;
  std::string part;
  int depth = 0;
  bool quoted = false;
  const auto end_part = [&] {
    std::istringstream words(part);
    std::string first;
    words >> first;
    Member member{first == "?", {}};
    if (member.optional) words >> first;
    if (!first.empty() && first.back() == ':') {
      std::getline(words, member.type);
      found[first.substr(0, first.size() - 1)] = member;
    } else if (!first.empty()) {  // a group: common, stamp
      found.merge(members(rules, first));
    }
    part.clear();
  };
  for (std::size_t at = begin; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '{' || c == '[' || c == '(')) ++depth;
    if (!quoted && (c == '}' || c == ']' || c == ')') && depth-- == 0) break;
    if (!quoted && c == ',' && depth == 0) {
      end_part();
    } else {
      part += c;
    }
  }
  end_part();
  return found;
}

// The quoted words of a type, where the names in it are followed.
std::set<std::string> words_of(const std::map<std::string, std::string>& rules, const std::string& type) {
  std::set<std::string> words;
  std::istringstream in(type);
  std::string token;
  while (in >> token) {
    if (token.front() == '"') {
      words.insert(token.substr(1, token.find('"', 1) - 1));
    } else if (rules.contains(token) && rules.at(token).find('"') != std::string::npos) {
      words.merge(words_of(rules, rules.at(token)));
    }
  }
  return words;
}

void expect_same(const std::map<std::string, std::string>& rules, const std::string& rule,
                 const Shape& shape) {
  ASSERT_TRUE(rules.contains(rule)) << rule;
  const auto documented = members(rules, rule);
  EXPECT_EQ(documented.size(), shape.fields.size()) << rule;
  for (const Shape::Field& field : shape.fields) {
    ASSERT_TRUE(documented.contains(field.name)) << rule << "." << field.name;
    const Member& member = documented.at(field.name);
    EXPECT_EQ(member.optional, field.optional) << rule << "." << field.name;
    if (field.shape->form != Form::word) continue;
    const std::set<std::string> words(field.shape->words.begin(), field.shape->words.end());
    EXPECT_EQ(words_of(rules, member.type), words) << rule << "." << field.name;
  }
}

TEST(Cddl, NamesTheFieldsOfEveryPayload) {
  // Goal: the published format and the codec agree, type by type.
  const auto rules = read_rules();
  for (const std::string_view type : statement_types())
    expect_same(rules, std::string(type), *payload_shape(type));
  expect_same(rules, "measurement", *payload_shape("lot")->find("measurement")->shape);
  expect_same(rules, "take", *payload_shape("blend")->find("inputs")->shape->element);
  expect_same(rules, "make", *payload_shape("process")->find("outputs")->shape->element);
  expect_same(rules, "node-keys", *payload_shape("node")->find("keys")->shape);
  expect_same(rules, "genesis", *genesis_shape());
  expect_same(rules, "lead-order", *lead_order_shape());
  expect_same(rules, "backup-order", *backup_order_shape());
}

TEST(Cddl, NamesTheFieldsOfEveryRecord) {
  // Goal: the same for the state, kind by kind.
  const auto rules = read_rules();
  static const std::set<std::string_view> taken = {"waybill", "ticket", "container_seal"};
  for (const std::string_view kind : Words<Kind>::list) {
    const std::string rule = "state-" + std::string(taken.contains(kind) ? "taken" : kind);
    expect_same(rules, rule, *record_shape(kind));
  }
  expect_same(rules, "figures", *record_shape("lot")->find("accepted")->shape);
  expect_same(rules, "interval", *record_shape("account")->find("period")->shape);
  expect_same(rules, "node-change", *record_shape("proposal")->find("node")->shape);
  expect_same(rules, "parameter-change", *record_shape("proposal")->find("parameter")->shape);
}

}  // namespace
}  // namespace anta

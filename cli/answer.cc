#include "cli/answer.h"

#include "crypto/text.h"
#include "node/views/json_tree.h"
#include "node/views/tree.h"
#include "storage/ledger/law.h"

namespace anta {
namespace {

std::string text_at(const Value& value, std::string_view key) {
  const Value* found = value.find(key);
  const auto* text = found ? std::get_if<std::string>(&found->data) : nullptr;
  return text ? *text : "";
}

std::vector<std::string> texts_at(const Value& value, std::string_view key) {
  std::vector<std::string> texts;
  const Value* found = value.find(key);
  const auto* list = found ? std::get_if<ValueList>(&found->data) : nullptr;
  if (!list) return texts;
  for (const Value& item : *list) {
    if (const auto* text = std::get_if<std::string>(&item.data)) texts.push_back(*text);
  }
  return texts;
}

Result<Value> parse(ByteView body) {
  const auto tree = views::parse_json(as_text(body));
  if (!tree) return pass(tree);
  return views::value_from_tree(*tree);
}

std::string not_understood(const HttpAnswer& http) {
  return http.node + " answered " + std::to_string(http.status) +
         " with something that is no answer of a node";
}

Code code_for(int status) {
  switch (status) {
    case 400:
    case 413:
    case 421: return Code::malformed;  // 421: the address is another's
    case 401:
    case 403: return Code::not_authorised;
    case 404:
    case 410: return Code::not_found;
    case 422: return Code::rule_violated;
    case 429:
    case 503: return Code::busy;
    case 504: return Code::uncertain;
    default: return Code::io;
  }
}

void take_accepted(const Value& value, Answer& answer) {
  answer.kind = Answer::Kind::accepted;
  if (const Value* leaf = value.find("leaf")) {
    if (const auto* number = std::get_if<std::int64_t>(&leaf->data)) answer.leaf = *number;
  }
  if (const Value* cosigned = value.find("cosigned")) {
    if (const auto* yes = std::get_if<bool>(&cosigned->data)) answer.cosigned = *yes;
  }
  answer.missing = texts_at(value, "missing");
  answer.flags = texts_at(value, "flags");
}

Answer::Kind kind_for(int status) {
  if (status == 422) return Answer::Kind::rejected;
  if (status == 400 || status == 401 || status == 403 || status == 413) return Answer::Kind::refused;
  return Answer::Kind::undecided;
}

// An item of a sequence has no status of its own. Above the size limit it is too_large, which no law says.
Answer::Kind kind_for_code(const std::string& code) {
  return rejection_is_recorded(code) && code != "too_large" ? Answer::Kind::rejected : Answer::Kind::refused;
}

void take_decided(const HttpAnswer& http, const Value& value, Answer& answer) {
  answer.digest = text_at(value, "digest");
  const std::string outcome = text_at(value, "outcome");
  const bool good = http.status == 200 || http.status == 201;
  if (good && outcome == "accepted") return take_accepted(value, answer);
  if (good && outcome != "rejected") return;
  answer.kind = good ? Answer::Kind::rejected : kind_for(http.status);
  answer.code = text_at(value, "code");
  answer.message = text_at(value, "detail");
}

}  // namespace

tl::unexpected<Error> unintelligible(std::string message) {
  return tl::unexpected(Error{Code::uncertain, "answer", std::move(message)});
}

Answer read_answer(const Result<HttpAnswer>& http, const Digest& statement) {
  Answer answer;
  if (!http) {
    answer.code = http.error().rule.empty() ? std::string(name(http.error().code)) : http.error().rule;
    answer.message = http.error().message;
    return answer;
  }
  answer.body = as_text(http->body);
  const auto value = parse(http->body);
  if (value) take_decided(*http, *value, answer);
  const bool of_another = answer.is_final() && answer.digest != hex(statement);
  if (of_another || (answer.code.empty() && answer.kind != Answer::Kind::accepted)) {
    answer.kind = Answer::Kind::undecided;
    answer.code = "uncertain";
    answer.message = not_understood(*http);
  }
  return answer;
}

Result<std::vector<Answer>> read_tried(const Result<HttpAnswer>& http, std::span<const Digest> statements) {
  const auto body = json_body(http);
  if (!body) return pass(body);
  const Value* found = body->find("items");
  const auto* items = found ? std::get_if<ValueList>(&found->data) : nullptr;
  if (!items || items->size() != statements.size()) return unintelligible(not_understood(*http));
  std::vector<Answer> answers;
  for (std::size_t n = 0; n < items->size(); ++n) {
    const Value& item = (*items)[n];
    Answer answer{
        .code = text_at(item, "code"), .message = text_at(item, "detail"), .digest = text_at(item, "digest")};
    const std::string outcome = text_at(item, "outcome");
    if (outcome == "accepted") take_accepted(item, answer);
    if (outcome == "rejected") answer.kind = kind_for_code(answer.code);
    const bool told = outcome == "accepted" || (outcome == "rejected" && !answer.code.empty());
    if (!told || answer.digest != hex(statements[n])) return unintelligible(not_understood(*http));
    answers.push_back(std::move(answer));
  }
  return answers;
}

Value answer_value(const Answer& answer, const std::string& label) {
  ValueMap map;
  map.emplace_back("statement", Value{label});
  const bool accepted = answer.kind == Answer::Kind::accepted;
  const char* undecided = answer.kind == Answer::Kind::undecided ? "undecided" : "rejected";
  map.emplace_back("outcome", Value{std::string(accepted ? "accepted" : undecided)});
  if (!answer.code.empty()) map.emplace_back("code", Value{answer.code});
  if (accepted) {
    map.emplace_back("leaf", Value{answer.leaf});
    map.emplace_back("cosigned", Value{answer.cosigned});
  }
  ValueList flags;
  for (const std::string& flag : answer.flags)
    flags.push_back(Value{flag});
  if (!flags.empty()) map.emplace_back("flags", Value{std::move(flags)});
  map.emplace_back("digest", Value{answer.digest});
  return Value{std::move(map)};
}

Error error_of(const HttpAnswer& http) {
  const auto value = parse(http.body);
  Error error{code_for(http.status), value ? text_at(*value, "code") : "",
              value ? text_at(*value, "detail") : ""};
  if (error.message.empty()) error.message = http.node + " answered " + std::to_string(http.status);
  return error;
}

Result<Value> json_body(const Result<HttpAnswer>& http) {
  if (!http) return pass(http);
  if (http->status < 200 || http->status > 299) return tl::unexpected(error_of(*http));
  auto value = parse(http->body);
  if (!value) return unintelligible(not_understood(*http));
  return value;
}

bool take_page(const Value& page, ValueList& all, std::string& cursor) {
  if (const Value* found = page.find("items")) {
    if (const auto* items = std::get_if<ValueList>(&found->data)) {
      for (const Value& item : *items)
        all.push_back(item);
    }
  }
  const Value* next = page.find("next");
  const auto* text = next ? std::get_if<std::string>(&next->data) : nullptr;
  if (text == nullptr || *text <= cursor) return false;  // a node that does not go on is not asked for ever
  cursor = *text;
  return true;
}

}  // namespace anta

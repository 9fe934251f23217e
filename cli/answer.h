// What a node said about a submitted statement, whatever the HTTP status it came with.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/http_client.h"
#include "storage/ledger/value.h"

namespace anta {

struct Answer {
  enum class Kind { accepted, rejected, refused, undecided };
  Kind kind = Kind::undecided;  // refused: finally, but without a record (malformed, bad_signature, ...)
  std::string code = {};        // the rule, when not accepted
  std::string message = {};
  std::string digest = {};
  std::int64_t leaf = -1;
  bool cosigned = false;
  std::vector<std::string> missing = {};  // organisations whose cosignature is still awaited
  std::vector<std::string> flags = {};
  std::string body = {};  // the answer as it came

  bool is_final() const { return kind != Kind::undecided; }
  // Refused without a record, by what may be otherwise tomorrow: the key is registered, or the time has come.
  bool may_be_sent_again() const {
    return kind == Kind::refused && (code == "unknown_key" || code == "event_in_future");
  }
};

// From the answer to POST /v1/statements with that one statement; an unreachable node gives undecided, and so
// does whoever answers something about another statement, or about none (a proxy).
Answer read_answer(const Result<HttpAnswer>& http, const Digest& statement);

// From the answer to a dry run of these statements as one sequence: one for each, in order. An error where
// nothing is known of any: the node was not reached, refused the request as a whole, or answers about others.
Result<std::vector<Answer>> read_tried(const Result<HttpAnswer>& http, std::span<const Digest> statements);

// As data for --output.
Value answer_value(const Answer& answer, const std::string& label);

// A node that answers, but not what was asked: nobody knows more than before, like when it is silent.
tl::unexpected<Error> unintelligible(std::string message);

// A problem document (RFC 9457), or any other answer than 2xx, as an error for the user.
Error error_of(const HttpAnswer& http);

// The JSON body of a 2xx answer as a value. `uncertain`, rule "answer": it can not be understood, so nothing
// is known of what was asked.
Result<Value> json_body(const Result<HttpAnswer>& http);

// Adds the items of a list by id to `all`; true, with the cursor of the next page, unless this was the last.
// Ids ascend: a node whose cursor does not is not asked again.
bool take_page(const Value& page, ValueList& all, std::string& cursor);

}  // namespace anta

// Payloads, statements and state records as JSON and YAML, for both programs.
//
// payload -> view -> payload is the identity. The names of fields are those of
// storage/ledger/statements.cddl. Errors are Code::malformed; from YAML with line and column, always with the
// field's path. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/error.h"
#include "node/views/tree.h"
#include "storage/ledger/codec.h"

namespace anta::views {

Result<payload::Payload> payload_from_tree(std::string_view type, const TreeNode& node);
Result<payload::Payload> payload_from_yaml(std::string_view type, std::string_view text);
Result<payload::Payload> payload_from_json(std::string_view type, std::string_view text);
std::string payload_to_yaml(const payload::Payload& payload);
std::string payload_to_json(const payload::Payload& payload);

// What `anta sign` reads: documents {as?, type, payload}. `as` is the party that is to sign.
struct UnsignedStatement {
  std::optional<PartyId> as = {};
  payload::Payload payload = {};
  Mark mark = {};
};
inline constexpr std::size_t unsigned_statements_max = 10'000;  // of one text

// Several YAML documents.
Result<std::vector<UnsignedStatement>> unsigned_from_yaml(std::string_view text);
// One JSON object, or an array of them.
Result<std::vector<UnsignedStatement>> unsigned_from_json(std::string_view text);
// One document that unsigned_from_yaml reads back.
std::string unsigned_to_yaml(const UnsignedStatement& statement);

// {digest, type, issuer, subject, signed_at, kid, payload} of a signed statement, for reading.
Value statement_value(const SignedStatement& statement);
std::string statement_to_json(const SignedStatement& statement);

// A record of the state (kind word of view.h, bytes as stored) for the HTTP API. not_found: no such kind;
// corrupt: the bytes are no record.
Result<std::string> record_to_json(std::string_view kind, ByteView bytes);
// The same as a Value whose times and bytes are text already, to be put into a larger answer.
Result<Value> record_value(std::string_view kind, ByteView bytes);
// The fields by which a list of such records may be filtered; none for kinds that are not listed.
std::vector<std::string_view> list_filters(std::string_view kind);

}  // namespace anta::views

// Route of proofs about single records of the state.
#include "crypto/merkle.h"
#include "crypto/text.h"
#include "node/http_route.h"
#include "node/state_evidence.h"
#include "node/values.h"
#include "storage/ledger/policy_proof.h"
#include "storage/ledger/state_proof.h"

namespace anta {
namespace {

constexpr const char* policy_proof_type = "application/vnd.anta.policy-proof+cbor";

Value hashes(const std::vector<Digest>& list) {
  ValueList items;
  for (const Digest& hash : list)
    items.push_back(text(hex(hash)));
  return Value{std::move(items)};
}

// The seal that closes the reader's moment, with its way to the tree's root.
Result<Value> seal_value(const LedgerReader& reader) {
  const Result<SealRecord> seal = reader.seal(reader.applied().height);
  if (!seal) return pass(seal);
  const auto path = inclusion_proof(seal->leaf.value, reader.applied().leaves.value, reader.nodes());
  if (!path) return pass(path);
  return Value{ValueMap{
      {"leaf", number(seal->leaf.value)}, {"bytes", text(to_hex(seal->bytes))}, {"path", hashes(*path)}}};
}

Result<Value> state_proof(const LedgerReader& reader, const StateKey& key) {
  const auto seal = seal_value(reader);
  if (!seal) return seal;
  const Result<SharedBytes> record = reader.record(key.kind, key.id);
  if (!record) return pass(record);
  const auto proofs = reader.prove({key});
  if (!proofs) return pass(proofs);
  const StateProof& proof = proofs->at(0);
  Value terminal;
  if (!*record && proof.terminal) {
    terminal = Value{ValueMap{{"key", text(hex(proof.terminal->key))},
                              {"value_hash", text(hex(proof.terminal->value_hash))}}};
  }
  return Value{ValueMap{{"size", number(reader.applied().leaves.value)},
                        {"root", text(hex(reader.applied().tree_root))},
                        {"seal", *seal},
                        {"kind", text(std::string(word(key.kind)))},
                        {"id", text(key.id)},
                        {"record", *record ? text(to_hex(**record)) : Value{}},
                        {"terminal", std::move(terminal)},
                        {"siblings", hashes(proof.siblings)}}};
}

void answer(const ApiServices& services, const HttpRequest& request, HttpReply reply) {
  const auto kind = from_word<Kind>(request.value("kind").value_or(""));
  const auto id = request.value("id");
  if (!kind || !id || id->empty()) {
    return reply(
        problem({Code::malformed, "state_key",
                 "?kind= is a word of the state's kinds (lot, attestation, ...), ?id= the record's id"}));
  }
  const StateKey key{*kind, std::string(*id)};
  if (request.value("at_leaf")) {
    return with_reader_beside(services, request, std::move(reply),
                              [request, key](const LedgerReader& reader, const MayGoOn&) {
                                return value_response(request, state_proof(reader, key));
                              });
  }
  answer_beside(services, std::move(reply), [&services, request, key](const MayGoOn&) {
    const auto finished = services.finished();
    if (!finished) return not_finished(services);
    const Result<LedgerReader> then = as_of(services, *finished);
    if (!then) return no_checkpoint(services, then.error());
    Result<Value> value = state_proof(*then, key);
    if (value) std::get<ValueMap>(value->data).emplace_back("checkpoint", text(finished->note));
    return value_response(request, value);
  });
}

// Who cosigns and how many it takes, as of the finished checkpoint, proven under it.
void policy(const ApiServices& services, const HttpRequest& request, HttpReply reply) {
  answer_beside(services, std::move(reply), [&services, request](const MayGoOn& may_go_on) {
    const auto finished = services.finished();
    if (!finished) return not_finished(services);
    const Result<LedgerReader> then = as_of(services, *finished);
    if (!then) return no_checkpoint(services, then.error());
    Result<ProvenState> state = prove_state(*then, policy_keys(*then->view()), may_go_on);
    if (!state) return problem(state.error());
    const PolicyProof proof{.note = finished->note, .state = std::move(*state)};
    return file_response(request, policy_proof_type,
                         std::make_shared<const Bytes>(encode_policy_proof(proof)));
  });
}

}  // namespace

std::vector<Route> state_proof_routes(ApiServices& services) {
  return {
      {.method = "GET",
       .path = "/v1/proofs/state",
       .summary =
           "One record of the state (?kind=, ?id=), or its absence, proven under the seal of the newest "
           "finished checkpoint, or of ?at_leaf",
       .query = {"kind", "id", "at_leaf"},
       .answers = {200, 304, 400, 404, 410, 500, 503},
       .handle = [&services](const HttpRequest& request, const Captures&,
                             HttpReply reply) { answer(services, request, std::move(reply)); }},
      {.method = "GET",
       .path = "/v1/network/policy",
       .summary = "The policy in force as of the newest finished checkpoint: its note, and the nodes' and "
                  "witnesses' records proven under it",
       .query = {},
       .produces = {policy_proof_type},
       .answers = {200, 304, 404, 500, 503},
       .handle = [&services](const HttpRequest& request, const Captures&, HttpReply reply) {
         policy(services, request, std::move(reply));
       }}};
}

}  // namespace anta

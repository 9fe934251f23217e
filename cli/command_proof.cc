#include "cli/command_proof.h"

#include <iostream>

#include "cli/answer.h"
#include "cli/checked_note.h"
#include "cli/http_client.h"
#include "cli/node_option.h"
#include "cli/text_file.h"
#include "crypto/merkle.h"
#include "crypto/note.h"
#include "crypto/text.h"
#include "crypto/tlog_proof.h"

namespace anta {
namespace {

// The leaf that a statement is; a rejected one is none.
Result<std::uint64_t> leaf_of(HttpClient& client, const Digest& digest) {
  const auto statement = json_body(client.get("/v1/statements/" + hex(digest)));
  if (!statement) return pass(statement);
  const Value* leaf = statement->find("leaf");
  const auto* number = leaf ? std::get_if<std::int64_t>(&leaf->data) : nullptr;
  if (number == nullptr || *number < 0)
    return fail(Code::not_found, "no_leaf", "that statement was not accepted: it is no leaf of the tree");
  return static_cast<std::uint64_t>(*number);
}

Result<std::vector<Digest>> path_of(HttpClient& client, std::uint64_t leaf, std::uint64_t size) {
  const auto proof = json_body(
      client.get("/v1/proofs/inclusion?leaf=" + std::to_string(leaf) + "&size=" + std::to_string(size)));
  if (!proof) return pass(proof);
  const Value* path = proof->find("path");
  const auto* items = path ? std::get_if<ValueList>(&path->data) : nullptr;
  if (items == nullptr) return unintelligible("the node sent no path");
  std::vector<Digest> hashes;
  for (const Value& item : *items) {
    const auto* text = std::get_if<std::string>(&item.data);
    const auto hash = digest_from_hex(text ? *text : std::string());
    if (!hash) return unintelligible("a hash of the node's path cannot be read");
    hashes.push_back(*hash);
  }
  return hashes;
}

Result<std::string> note_of(HttpClient& client) {
  const auto answer = client.get("/checkpoint");
  if (!answer) return pass(answer);
  if (answer->status != 200) return tl::unexpected(error_of(*answer));
  return std::string(as_text(answer->body));
}

// Held against the checkpoint before it is handed out.
Result<TlogProof> proof_of(HttpClient& client, const Digest& digest, std::uint64_t leaf,
                           const std::string& note, const Checkpoint& checkpoint) {
  if (leaf >= checkpoint.size) {
    return fail(Code::uncertain, "not_cosigned",
                "the statement is leaf " + std::to_string(leaf) + ", the newest checkpoint covers " +
                    std::to_string(checkpoint.size));
  }
  auto path = path_of(client, leaf, checkpoint.size);
  if (!path) return pass(path);
  if (!verify_inclusion(leaf_hash(digest.view()), leaf, checkpoint.size, *path, checkpoint.root))
    return unintelligible("the node's path does not lead to its checkpoint");
  return TlogProof{.index = leaf, .path = std::move(*path), .note = note};
}

}  // namespace

Result<Exit> export_tlog_proof(Invocation& invocation, const Digest& statement) {
  const auto trust = trust_of(invocation);
  if (!trust) return pass(trust);
  auto client = client_for(invocation);
  if (!client) return pass(client);
  const auto leaf = leaf_of(**client, statement);
  if (!leaf) return pass(leaf);
  const auto note = note_of(**client);
  if (!note) return pass(note);
  const auto checkpoint = checkpoint_of(invocation, *trust, *note);
  if (!checkpoint)
    return tell_check(invocation, invocation.in("the node's checkpoint", "el punto de control del nodo"),
                      checkpoint.error());
  const auto proof = proof_of(**client, statement, *leaf, *note, *checkpoint);
  if (!proof) return pass(proof);
  const std::string text = encode_tlog_proof(*proof);
  if (const auto out = invocation.option("--out")) {
    if (auto written = write_file(*out, as_bytes(text)); !written) return pass(written);
    invocation.say(invocation.in("wrote " + *out + ": leaf " + std::to_string(proof->index),
                                 "se escribió " + *out + ": hoja " + std::to_string(proof->index)));
  } else {
    std::cout << text << std::flush;
  }
  return Exit::ok;
}

}  // namespace anta

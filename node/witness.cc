#include "node/witness.h"

#include <algorithm>
#include <utility>

#include "crypto/merkle.h"
#include "crypto/note.h"
#include "node/http_problem.h"
#include "node/witness_request.h"

namespace anta {
namespace {

constexpr std::string_view note_type = "text/plain; charset=utf-8";

HttpResponse malformed(const Error& error) { return problem(400, "malformed", error.message); }

// The note with the signatures of logs of the policy alone; one of such a key that does not verify spoils it.
Result<Note> signed_by_logs(const Policy& policy, const Note& note, const std::string& origin) {
  Note trusted{.text = note.text, .signatures = {}};
  for (const NoteSignature& signature : note.signatures) {
    for (const Policy::Log& log : policy.logs) {
      if (log.key.name != origin || !is_by(signature, log.key)) continue;
      if (auto good = verify_note_line(log.key, note.text, signature); !good) return pass(good);
      trusted.signatures.push_back(signature);
      break;
    }
  }
  if (!trusted.signatures.empty()) return trusted;
  return fail(Code::not_authorised,
              "no key that this witness trusts for " + origin + " signed the checkpoint");
}

HttpResponse conflict(std::uint64_t size) {
  return {.status = 409, .content_type = std::string(witness_size_type), .body = std::to_string(size) + "\n"};
}

HttpResponse not_shown(const std::string& why) { return problem(422, "consistency", why); }

}  // namespace

Witness::Witness(std::string name, const SigningKey& key, Policy policy, WitnessMemory memory,
                 std::unique_ptr<WitnessNotes> notes, WitnessPorts ports)
    : name_(std::move(name)),
      key_(key),
      policy_(std::move(policy)),
      memory_(std::move(memory)),
      notes_(std::move(notes)),
      ports_(std::move(ports)) {
  for (const auto& [origin, promised] : memory_.known())
    notes_->bring_back(promised);
}

HttpResponse Witness::add_checkpoint(std::string_view body) {
  const Result<WitnessRequest> request = parse_witness_request(body);
  if (!request) return malformed(request.error());
  const Result<Note> note = parse_note(request->note);
  if (!note) return malformed(note.error());
  const Result<Checkpoint> checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return malformed(checkpoint.error());
  const bool known = std::any_of(policy_.logs.begin(), policy_.logs.end(),
                                 [&](const Policy::Log& log) { return log.key.name == checkpoint->origin; });
  if (!known)
    return problem(404, "unknown_origin", "this witness does not know the log " + checkpoint->origin);
  Result<Note> trusted = signed_by_logs(policy_, *note, checkpoint->origin);
  if (!trusted) return problem(403, "untrusted_log", trusted.error().message);
  if (request->old_size > checkpoint->size)
    return problem(400, "malformed", "the old size is above the checkpoint's");
  return extend(*checkpoint, request->old_size, request->proof, std::move(*trusted));
}

HttpResponse Witness::extend(const Checkpoint& checkpoint, std::uint64_t old_size,
                             std::span<const Digest> proof, Note note) {
  const Checkpoint last =
      memory_.last(checkpoint.origin).value_or(Checkpoint{.origin = checkpoint.origin, .root = empty_root()});
  if (old_size != last.size) return conflict(last.size);
  if (checkpoint.size == 0 && checkpoint.root != empty_root())
    return not_shown("a tree without leaves has one root, and this is another");
  if (old_size == 0 && !proof.empty()) return not_shown("nothing is to be proven from size 0 on");
  if (old_size > 0) {
    if (auto shown = verify_consistency(old_size, checkpoint.size, proof, last.root, checkpoint.root); !shown)
      return not_shown("it does not extend the tree of " + std::to_string(last.size) +
                       " leaves that this witness cosigned: " + shown.error().message);
  }
  return sign(checkpoint, std::move(note));
}

HttpResponse Witness::sign(const Checkpoint& checkpoint, Note note) {
  if (auto durable = memory_.remember(checkpoint); !durable) {
    if (ports_.failed) ports_.failed(durable.error());
    return problem(durable.error());
  }
  if (ports_.remembered) ports_.remembered(checkpoint);
  const std::uint64_t now = std::max<std::uint64_t>(ports_.unix_seconds(), 1);
  note.signatures.push_back(sign_cosignature(note.text, name_, key_, now));
  std::string line = encode_signature_line(note.signatures.back());
  notes_->show(checkpoint, encode_note(note), now);
  return {.status = 200, .content_type = std::string(note_type), .body = std::move(line)};
}

void Witness::keep_shown() {
  if (auto kept = notes_->keep(); !kept && ports_.not_kept) ports_.not_kept(kept.error());
}

HttpResponse Witness::latest(std::string_view hash) const {
  const std::shared_ptr<const std::string> note = notes_->find(hash);
  if (note == nullptr)
    return problem(404, "not_found", "this witness has cosigned no log whose origin has this hash");
  return {.status = 200,
          .content_type = std::string(note_type),
          .headers = {{"Cache-Control", "no-cache"}},
          .body = *note};
}

}  // namespace anta

// A witness (C2SP tlog-witness): it keeps no ledger, sees that each tree extends the last one that it signed,
// and cosigns.
//
// add_checkpoint answers one request:
//     200  the cosignature line: (size, root) is durable, and whoever asks again is held to it
//     400  malformed, or an old size above the checkpoint's
//     403  no log that it trusts signed it, or such a signature does not verify
//     404  an origin that it does not know
//     409  the old size is not that of the checkpoint that it cosigned last, which the body names
//     422  the tree is not shown to extend that one
//     500  it could not be made durable; then `failed` is called too
//
// Order of effects, and what a crash between two of them means:
//   1. looked at       against what is remembered. crash: nothing has happened.
//   2. remembered      (witness_state.h) crash: the next request must name this size; nobody holds a
//                      signature, and asking again at this size gives one.
//   3. signed, shown   (witness_notes.h) crash: as above; what is shown after a restart is older.
//   4. sent            crash: as above, or it was sent.
//   5. kept            by keep_shown, so that no log waits for it. crash: as above.
// Requests are answered one after the other, so two at once are in one order.
//
// Which logs it trusts is a C2SP policy's `log` lines: each is a key of an origin, and all nodes of a ledger
// have one origin. The policy's witnesses and quorum say nothing here.
//
// latest: any thread, at once. All else belongs to one thread at a time, and blocks on the disk.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "crypto/keys.h"
#include "crypto/policy.h"
#include "node/http_message.h"
#include "node/witness_notes.h"
#include "node/witness_state.h"

namespace anta {

struct WitnessPorts {
  std::function<std::uint64_t()> unix_seconds = {};
  // Called between 2 and 3, with what is about to be signed.
  std::function<void(const Checkpoint&)> remembered = {};
  std::function<void(const Error&)> failed = {};
  // What is shown could not be kept for the next run: no promise depends on it.
  std::function<void(const Error&)> not_kept = {};
};

class Witness {
 public:
  // It cosigns under `name` with `key`, which outlives it.
  Witness(std::string name, const SigningKey& key, Policy policy, WitnessMemory memory,
          std::unique_ptr<WitnessNotes> notes, WitnessPorts ports);

  HttpResponse add_checkpoint(std::string_view body);

  // To be called once the answer is on its way: brings what is shown to the disk, at most once a minute.
  void keep_shown();

  // The checkpoint that it cosigned last for the origin of this hash: 200, or 404 where it never did.
  HttpResponse latest(std::string_view hash) const;

  void set_policy(Policy policy) { policy_ = std::move(policy); }

 private:
  HttpResponse extend(const Checkpoint& checkpoint, std::uint64_t old_size, std::span<const Digest> proof,
                      Note note);
  HttpResponse sign(const Checkpoint& checkpoint, Note note);

  std::string name_;
  const SigningKey& key_;
  Policy policy_;
  WitnessMemory memory_;
  std::unique_ptr<WitnessNotes> notes_;
  WitnessPorts ports_;
};

}  // namespace anta

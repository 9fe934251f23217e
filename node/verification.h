// Decoding and signature checks, once per node and statement, in parallel, before apply needs them.
//
// A few threads decode statements and check signatures as soon as the bytes arrive: at admission on the
// receiving node, when an append arrives on a follower. What they find is kept, bounded, by digest: the
// decoded statement, and for one key whether its signature verifies under it. Which key a statement needs is
// decided at apply from the state (law.h: authenticate), where check() answers from what is kept, waits for a
// check that is under way, or does it then and there. A key that is unknown on arrival leaves nothing but
// the decoded statement; "unknown" is never kept (consensus.md section 3).
//
// Any thread. The one verdict function is libsodium's (crypto/signature.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/ledger/state/party.h"
#include "storage/ledger/statement.h"
#include "storage/ledger/view.h"

namespace anta {

using SharedStatement = std::shared_ptr<const SignedStatement>;

struct VerificationOptions {
  unsigned threads = 2;                 // the caller gives min(cores, 2)
  std::size_t entries_max = 32'768;     // statements kept
  std::uint64_t bytes_max = 16u << 20;  // of them, as encoded
  std::size_t jobs_max = 16'384;        // waiting; more are left for apply to do
};

struct VerificationFigures {
  std::uint64_t checked = 0;   // Ed25519 verifications done
  std::uint64_t answered = 0;  // check() answered from what was kept
  std::size_t kept = 0;
};

class Verification {
 public:
  // The state's record of the key under a kid; nothing when it has none. Called on the verifiers' threads.
  // Found ones are remembered until key_changed.
  using KeyLookup = std::function<std::optional<state::Key>(const Digest& kid)>;

  Verification(VerificationOptions options, KeyLookup lookup);
  ~Verification();
  Verification(const Verification&) = delete;
  Verification& operator=(const Verification&) = delete;

  // What arrived in a block: decode and check ahead of apply. Never blocks; when too much waits, the rest is
  // left to apply.
  void prefetch(std::shared_ptr<const Bytes> block);

  // What a client sent: decode and check each, then call `done` on a verifier's thread with one result per
  // item, in order. A decoded statement whose key the state does not have, or not (no more) for this
  // statement, is a statement, with `known` false. `checked`: its signature was verified for this call, and
  // not answered from what is kept.
  struct Arrived {
    std::shared_ptr<const Bytes> bytes = {};
    Digest digest = {};  // SHA-256(*bytes)
  };
  struct Admitted {
    SharedStatement statement = {};  // its `bytes` are the very ones that arrived, unless it was kept before
    bool known = false;
    bool checked = false;
  };
  using Done = std::function<void(std::vector<Result<Admitted>>)>;
  // busy: too many wait.
  Result<void> admit(std::vector<Arrived> items, Done done);

  // The statement decoded, from what is kept or now. `digest` is SHA-256(bytes); `bytes` need not outlive the
  // call.
  Result<SharedStatement> decoded(ByteView bytes, const Digest& digest);

  // libsodium's answer, once.
  bool check(const SignedStatement& statement, const PublicKey& key);

  // A block with a statement about this key was applied, and readers of the state see it.
  void key_changed(const Digest& kid);

  // Whether the statement with this digest is kept: nothing is left to do ahead of apply.
  bool knows(const Digest& digest) const;

  // Another number of threads (at least one); those too many end after what they are doing, which is waited
  // for. From one thread at a time, and not from a verifier's.
  void set_threads(unsigned threads);

  VerificationFigures figures() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anta

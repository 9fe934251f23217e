// The part of `anta export` that writes one statement's inclusion proof (crypto/tlog_proof.h).
#pragma once

#include <string_view>

#include "cli/command.h"
#include "crypto/checkpoint.h"
#include "crypto/digest.h"
#include "storage/ledger/verify.h"

namespace anta {

// `statement`: its SHA-256. The proof was held against the node's checkpoint, and that against the
// policy where one is given. not_found for a rejected statement; uncertain while no checkpoint covers it.
Result<Exit> export_tlog_proof(Invocation& invocation, const Digest& statement);

// What a note says, checked by the policy; without one it is taken as it stands, and that is said. Errors are
// about the note alone (checked_note.h: tell_check).
Result<Checkpoint> checkpoint_of(const Invocation& invocation, const Trust& trust, std::string_view note);

}  // namespace anta

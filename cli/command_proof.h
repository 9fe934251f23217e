// The part of `anta export` that writes one statement's inclusion proof (crypto/tlog_proof.h).
#pragma once

#include <string_view>

#include "cli/command.h"
#include "crypto/checkpoint.h"
#include "crypto/digest.h"

namespace anta {

// `statement`: its SHA-256. The proof was held against the node's checkpoint, and that against the
// policy where one is given. not_found for a rejected statement; uncertain while no checkpoint covers it.
Result<Exit> export_tlog_proof(Invocation& invocation, const Digest& statement);

// What a note says, checked by --policy; without one it is taken as it stands, and that is said.
Result<Checkpoint> checkpoint_of(const Invocation& invocation, std::string_view note);

}  // namespace anta

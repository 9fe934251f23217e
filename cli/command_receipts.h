// The part of `anta export` that gathers COSE Receipts of one statement (crypto/cose_receipt.h).
#pragma once

#include "cli/command.h"
#include "crypto/digest.h"

namespace anta {

// `statement`: its SHA-256. Each node of --node is asked for its own organisation's receipt; what
// comes is written as a transparent statement, once it was held against the policy where one is given.
// uncertain while no node has a receipt; a node that does not answer is named and left out.
Result<Exit> export_receipts(Invocation& invocation, const Digest& statement);

}  // namespace anta

// A checkpoint's note against a verifier's files: the part that auditing, exporting and comparing share.
#pragma once

#include <string_view>

#include "cli/command.h"
#include "crypto/policy.h"
#include "storage/ledger/verify.h"

namespace anta {

// Signed, with its quorum and no older than the assertions allow. The error's code is for the exit: malformed
// and bad_signature say no, uncertain that it cannot be told (quorum, age, clock).
Result<PolicyVerdict> checked_note(const Trust& trust, std::string_view note, Millis now);

// What a no of such a check ends with: refused where it is a no, undecided where it is none.
Exit exit_for_check(const Error& error);

// The same of what a node sent, in a command without a report: a no is told with its cause and next step, and
// what it ends with; what cannot be told stays an error. `what` begins the sentence.
Result<Exit> tell_check(const Invocation& invocation, const std::string& what, const Error& error);

Option policy_option();
Option assertions_option();
Result<Trust> trust_of(const Invocation& invocation);  // without --policy: one without a policy

}  // namespace anta

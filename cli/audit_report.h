// What an audit found, as data and in words: of a ledger's public files (command_audit.cc) and of a backup
// (command_backup.cc).
#pragma once

#include "cli/audit.h"
#include "cli/command.h"
#include "crypto/policy.h"

namespace anta {

ValueMap audit_report(const PolicyVerdict& note, const AuditResult& result, double seconds);

// The finding with its cause and next step, and what the program ends with; ok where there is none.
Exit tell_finding(const Invocation& invocation, const AuditResult& result);

// The checkpoint, or the file that holds it, says no, or nothing, before any leaf was looked at. `what`
// begins the sentence.
Exit refuse_audit(const Invocation& invocation, const std::string& what, const Error& error);

// "--policy FILE says whose cosignatures count ...": there is none.
tl::unexpected<Error> needs_policy(const Invocation& invocation);

}  // namespace anta

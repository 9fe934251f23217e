// Sending one statement and telling what became of it: what `submit` and the commands of the network share.
//
// Blocking, one thread.
#pragma once

#include <string>

#include "cli/answer.h"
#include "cli/command.h"
#include "cli/outbox.h"
#include "crypto/keys.h"
#include "storage/ledger/payload.h"

namespace anta {

// Says on stderr what an answer that is no plain acceptance means and what to do next. `file` holds the
// statement.
void tell_answer(const Invocation& invocation, const std::string& label, const std::string& file,
                 const Answer& answer);

// The exit code of an answer that is not final.
Exit exit_of_open(const Answer& answer, const Result<HttpAnswer>& http);

struct Sent {
  Answer answer = {};
  Exit exit = Exit::ok;
};

// Signs the payload, keeps it in the outbox before it leaves, sends it alone (waits until it is committed)
// and keeps its outcome. What stays undecided remains in the outbox, whose next submission sends the same
// bytes.
Result<Sent> send_kept(const Invocation& invocation, HttpClient& client, Outbox& outbox,
                       const payload::Payload& payload, const PartyId& signer, const SigningKey& key);

}  // namespace anta

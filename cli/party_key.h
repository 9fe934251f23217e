// A party's signing key on disk: sealed with a passphrase, or (for a service that starts unattended) plain in
// a file of mode 0600.
//
// The passphrase comes from a file or a descriptor, never from a prompt or an argument. Blocking (Argon2id
// takes a fraction of a second).
#pragma once

#include <string>

#include "cli/command.h"
#include "crypto/keys.h"

namespace anta {

// --passphrase-file, --passphrase-fd: what every command that uses a key takes.
std::vector<Option> passphrase_options();

// Who signs what only an organisation with a voting node may say, and which nodes are told.
std::vector<Option> voter_options();

// Reads a key file of either kind.
Result<SigningKey> load_key(const std::string& path, const Invocation& invocation);

// Writes a new key file; sealed unless --no-passphrase. An existing file stays as it is.
Result<void> save_key(const std::string& path, const Secret32& seed, const Invocation& invocation);

}  // namespace anta

// The two files of a verifier: a C2SP policy, and (beside it or named) Anta's own assertions in YAML.
#pragma once

#include <optional>
#include <string>

#include "storage/ledger/verify.h"

namespace anta {

// `assertions` absent: "<policy without its ending>.assertions.yaml" is read if it exists. An unknown
// assertion is an error.
Result<Trust> read_trust(const std::string& policy, const std::optional<std::string>& assertions);
Result<Assertions> parse_assertions(std::string_view yaml);

}  // namespace anta

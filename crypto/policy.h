// Who must have signed (C2SP tlog-policy): the trust a verifier brings along, as text.
//
//     log <verifier key, type 01> [<url>]
//     witness <name> <verifier key, type 04> [<url>]
//     group <name> all|any|<k> <member>...        members stand on earlier lines
//     quorum <name>|none                          exactly one
//
// A checkpoint is good when a listed log signed it and the quorum's cosigners did. Signatures of unknown keys
// are ignored; one by a known key that fails makes the whole note bad. Parsing is strict: duplicate keys and
// names, a member twice in a group or in two groups, forward references and unknown words are refused with
// their line number. Members stand before their groups, so a policy is a list that one pass evaluates. Pure,
// any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/checkpoint.h"
#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/note.h"

namespace anta {

inline constexpr std::size_t policy_bytes_max = std::size_t{64} << 10;
inline constexpr std::size_t policy_lines_max = 1024;

struct Policy {
  struct Log {
    VerifierKey key = {};
    std::string url = {};

    bool operator==(const Log&) const = default;
  };
  // A witness, or a group: `threshold` of `members`, which are positions of earlier elements.
  struct Element {
    std::string name = {};
    std::optional<VerifierKey> witness = {};
    std::string url = {};
    std::size_t threshold = 0;
    std::vector<std::size_t> members = {};

    bool operator==(const Element&) const = default;
  };

  std::vector<Log> logs = {};
  std::vector<Element> elements = {};
  std::optional<std::size_t> quorum = {};  // position of an element; empty: `quorum none`

  bool operator==(const Policy&) const = default;
};

Result<Policy> parse_policy(std::string_view text);

// The text of a policy, one line per log and element in order; parses to the same policy.
std::string encode_policy(const Policy& policy);

// The flat policy of one ledger: its log keys, its cosigners under `group cosigners k`, that group as quorum.
// A witness's name is its key name. Keys must be of the right types; k of 1..n.
Result<Policy> quorum_policy(const std::vector<VerifierKey>& logs, const std::vector<VerifierKey>& cosigners,
                             std::size_t k);

struct VerifiedCosigner {
  std::string name = {};  // as the policy calls it
  VerifierKey key = {};
  std::uint64_t time_seconds = 0;

  bool operator==(const VerifiedCosigner&) const = default;
};

struct PolicyVerdict {
  Checkpoint checkpoint = {};
  std::vector<VerifierKey> logs = {};            // the policy's logs that signed, at least one
  std::vector<VerifiedCosigner> cosigners = {};  // the policy's witnesses that cosigned, in the note's order
  std::vector<std::string> missing = {};         // the policy's names of those that did not
  bool quorum_met = false;
  // The newest time at which cosignatures not older than it meet the quorum: for a flat k-of-n policy the
  // k-th newest. What freshness is measured by, since no single clock moves it. 0 when the quorum is not met,
  // or is `none`.
  std::uint64_t quorum_time_seconds = 0;
};

// Parses, verifies and counts. An unmet quorum is a verdict; an error is a note that is malformed, of another
// log than those listed (policy.no_log), with a bad signature by a known key, or `uncertain`: signed with a
// key of a listed log's that is not listed (policy.log_key), which says nothing about the note. `now_seconds`
// bounds cosignatures from the future.
Result<PolicyVerdict> check_note(const Policy& policy, std::string_view note, std::uint64_t now_seconds);

// Whether these elements, by position, are enough: groups follow from their members. `quorum none` always is.
bool quorum_met(const Policy& policy, const std::vector<bool>& signed_by);

}  // namespace anta

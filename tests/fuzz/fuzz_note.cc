// Fuzz target: signed notes, checkpoints, verifier keys, policies and tlog-proofs. No input may crash them,
// and each accepted text has one spelling.
//
// The first byte chooses: 'n' note (with its checkpoint, judged under a fixed policy), 'p' policy, 'k'
// verifier key, 'l' signature line, 't' tlog-proof; anything else tries all. Invariants: what parses prints
// back as it was (a policy: to a text that parses equal); a verdict's parts agree with each other.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crypto/policy.h"
#include "crypto/tlog_proof.h"

namespace {

using namespace anta;

// Two of two cosigners whose keys nobody holds outside this program; parsed once.
const Policy& fixed_policy() {
  static const Policy policy = [] {
    const SigningKey log{Secret32(std::array<std::uint8_t, 32>{1})};
    const SigningKey one{Secret32(std::array<std::uint8_t, 32>{2})};
    const SigningKey two{Secret32(std::array<std::uint8_t, 32>{3})};
    auto made = quorum_policy({{"ledger.example", KeyType::ed25519, log.public_key()}},
                              {{"one.example", KeyType::cosignature, one.public_key()},
                               {"two.example", KeyType::cosignature, two.public_key()}},
                              2);
    ANTA_INVARIANT(made.has_value());
    return *made;
  }();
  return policy;
}

void note(std::string_view text) {
  auto parsed = parse_note(text);
  if (!parsed) return;
  ANTA_INVARIANT(encode_note(*parsed) == text);
  ANTA_INVARIANT(!parsed->signatures.empty() && parsed->signatures.size() <= note_signatures_max);
  if (auto checkpoint = parse_checkpoint(parsed->text)) {
    ANTA_INVARIANT(encode_checkpoint(*checkpoint) == parsed->text);
  }
  auto verdict = check_note(fixed_policy(), text, 1754000000);
  if (verdict) {
    ANTA_INVARIANT(!verdict->logs.empty());
    ANTA_INVARIANT(verdict->cosigners.size() + verdict->missing.size() == 2);
    ANTA_INVARIANT(verdict->quorum_met == verdict->missing.empty());
    ANTA_INVARIANT((verdict->quorum_time_seconds != 0) == verdict->quorum_met);
  }
}

void policy(std::string_view text) {
  auto parsed = parse_policy(text);
  if (!parsed) return;
  auto again = parse_policy(encode_policy(*parsed));
  ANTA_INVARIANT(again && *again == *parsed);
}

void key(std::string_view text) {
  auto parsed = parse_verifier_key(text);
  ANTA_INVARIANT(!parsed || encode_verifier_key(*parsed) == text);
}

void line(std::string_view text) {
  auto parsed = parse_signature_line(text);
  ANTA_INVARIANT(!parsed || encode_signature_line(*parsed) == text);
}

// Opaque extra data are read over, so only what is kept comes back.
void proof(std::string_view text) {
  const auto parsed = parse_tlog_proof(text);
  if (!parsed) return;
  const auto again = parse_tlog_proof(encode_tlog_proof(*parsed));
  ANTA_INVARIANT(again && *again == *parsed && parsed->path.size() <= 64);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = as_text(ByteView(data, size));
  const char chosen = text.empty() ? '\0' : text.front();
  const bool prefixed = chosen == 'n' || chosen == 'p' || chosen == 'k' || chosen == 'l' || chosen == 't';
  if (prefixed) text.remove_prefix(1);
  if (!prefixed || chosen == 'n') note(text);
  if (!prefixed || chosen == 'p') policy(text);
  if (!prefixed || chosen == 'k') key(text);
  if (!prefixed || chosen == 'l') line(text);
  if (!prefixed || chosen == 't') proof(text);
  return 0;
}

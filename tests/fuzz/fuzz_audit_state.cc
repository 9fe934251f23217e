// The state file of an audit: what decodes encodes to the same bytes, and a replay takes it, or refuses it
// for its roots. Roots that a mutation never meets are corrected, so that what lies behind them is reached.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "cli/audit_state.h"
#include "crypto/error.h"

namespace anta {
namespace {

std::optional<Replay::Saved> decoded(ByteView bytes) {
  std::size_t at = 0;
  return decode_audit_state(
      [&](std::span<std::uint8_t> into) {
        ANTA_INVARIANT(into.size() <= bytes.size() - at);  // no length is believed beyond the file
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), into.size(), into.begin());
        at += into.size();
        return true;
      },
      bytes.size());
}

Replay::Fetch nothing() {
  return [](LeafIndex) { return Result<SharedBytes>(fail(Code::not_found, "fetch", "nothing is there")); };
}

void restored(Replay::Saved saved) {
  Replay first(nothing());
  if (first.restore(saved)) return;
  const Replay::Saved as_it_is = first.saved();
  saved.state_root = as_it_is.state_root;
  saved.tree_root = as_it_is.tree_root;
  Replay second(nothing());
  const auto taken = second.restore(saved);
  ANTA_INVARIANT(taken.has_value() == (saved.entries.size() >= 2));
}

}  // namespace
}  // namespace anta

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const anta::ByteView bytes(data, size);
  auto saved = anta::decoded(bytes);
  if (!saved) return 0;
  anta::Bytes again;
  const bool written = anta::encode_audit_state(*saved, [&](anta::ByteView more) {
    again.insert(again.end(), more.begin(), more.end());
    return true;
  });
  ANTA_INVARIANT(written && std::ranges::equal(bytes, again));
  anta::restored(std::move(*saved));
  return 0;
}

// Fuzz target: the node's own messages from its peers. No body may crash a decoder, and each that is taken
// encodes to the bytes it came as.
//
// The first byte is the kind (node/peer_wire.h); what is of no kind is nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "node/peer_wire.h"

namespace {

using namespace anta;

template <typename T>
void same(const Result<T>& decoded, Bytes (*encode)(const T&), ByteView bytes) {
  if (!decoded) return;
  const Bytes again = encode(*decoded);
  ANTA_INVARIANT(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()));
}

void entries(ByteView bytes) {
  const auto answer = decode_log_entries(bytes);
  same(answer, encode_log_entries, bytes);
  if (!answer) return;
  ANTA_INVARIANT(answer->entries.size() <= log_entries_max);
  ANTA_INVARIANT(answer->entries.empty() || answer->entries.back().index == answer->to);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView body(data + 1, size - 1);
  switch (static_cast<PeerKind>(data[0])) {
    case PeerKind::forward: same(decode_forward(body), encode_forward, body); break;
    case PeerKind::forward_refused: same(decode_forward_refused(body), encode_forward_refused, body); break;
    case PeerKind::checkpoint_open: same(decode_checkpoint_open(body), encode_checkpoint_open, body); break;
    case PeerKind::checkpoint_cosigned:
      same(decode_checkpoint_cosigned(body), encode_checkpoint_cosigned, body);
      break;
    case PeerKind::log_fetch: same(decode_log_fetch(body), encode_log_fetch, body); break;
    case PeerKind::log_entries: entries(body); break;
    case PeerKind::lead_forward: same(decode_lead_forward(body), encode_lead_forward, body); break;
    case PeerKind::lead_refused: same(decode_lead_refused(body), encode_lead_refused, body); break;
    case PeerKind::state_roots: same(decode_state_roots(body), encode_state_roots, body); break;
    case PeerKind::join_ask: same(decode_join_ask(body), encode_join_ask, body); break;
    case PeerKind::mark_ask: same(decode_mark_ask(body), encode_mark_ask, body); break;
    case PeerKind::mark_offer: same(decode_mark_offer(body), encode_mark_offer, body); break;
    case PeerKind::join_offer: same(decode_join_offer(body), encode_join_offer, body); break;
    case PeerKind::checkpoint_finished: break;  // a note: fuzz_note
  }
  return 0;
}

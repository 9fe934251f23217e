#include "node/state_evidence.h"

#include <utility>

#include "crypto/merkle.h"

namespace anta {

Result<ProvenState> prove_state(const LedgerReader& reader, const std::vector<StateKey>& keys,
                                const MayGoOn& may_go_on) {
  ProvenState state;
  const Result<SealRecord> seal = reader.seal(reader.applied().height);
  if (!seal) return pass(seal);
  Result<std::vector<Digest>> path =
      inclusion_proof(seal->leaf.value, reader.applied().leaves.value, reader.nodes());
  if (!path) return pass(path);
  state.leaf = seal->leaf;
  state.seal = seal->bytes;
  state.path = std::move(*path);
  Result<std::vector<StateProof>> proofs = reader.prove(keys);
  if (!proofs) return pass(proofs);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!may_go_on())
      return fail(Code::busy, "deadline", "the proof took too long to put together; ask again");
    Result<SharedBytes> record = reader.record(keys[i].kind, keys[i].id);
    if (!record) return pass(record);
    state.records.push_back({keys[i], std::move(*record), std::move((*proofs)[i])});
  }
  return state;
}

}  // namespace anta

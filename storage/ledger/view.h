// What the law may read: the state, and nothing else (proofs.md section 2).
//
// The state is a map from (kind, id) to a record in deterministic CBOR (state.h). It is the content of the
// state tree: whatever judge can read can be proven. A view is read-only and belongs to one thread at a time.
// Besides the state, a view resolves a statement's digest to its bytes; that needs no trust, since the bytes
// hash to the digest and whether they were accepted is read from the state (`by`).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "crypto/digest.h"
#include "storage/ledger/decoded_records.h"
#include "storage/ledger/vocabulary.h"

namespace anta {

// Kinds of state records. The words are hashed into state keys: never rename one; new kinds go to the end.
// clang-format off
enum class Kind : std::uint8_t { party, key, role, site, lot, dispatch, attestation, accreditation, formalisation, account, certificate,
  waybill, ticket, container_seal, device, relation, parameter, rejected, node, origination, process, countersign,
  document, proposal, network };
ANTA_WORDS(Kind, network, "party", "key", "role", "site", "lot", "dispatch", "attestation", "accreditation", "formalisation", "account",
  "certificate", "waybill", "ticket", "container_seal", "device", "relation", "parameter", "rejected", "node", "origination",
  "process", "countersign", "document", "proposal", "network")
// clang-format on

struct StateKey {
  Kind kind = Kind::party;
  std::string id = {};
  auto operator<=>(const StateKey&) const = default;
};

// A key that owns nothing, to look things up by.
struct StateKeyView {
  Kind kind = Kind::party;
  std::string_view id = {};
  constexpr StateKeyView(Kind k, std::string_view i) : kind(k), id(i) {}
  StateKeyView(const StateKey& key) : kind(key.kind), id(key.id) {}  // NOLINT: a key is a view of itself
  auto operator<=>(const StateKeyView&) const = default;
};
struct StateKeyLess {
  using is_transparent = void;
  bool operator()(const StateKeyView& a, const StateKeyView& b) const { return a < b; }
};

// For tables in memory. Statements choose the ids, so the hash is keyed (crypto/keyed_hash.h).
struct StateKeyHash {
  using is_transparent = void;
  std::size_t operator()(const StateKeyView& key) const;
};
struct StateKeyEqual {
  using is_transparent = void;
  bool operator()(const StateKeyView& a, const StateKeyView& b) const { return a == b; }
};

// The key's place in the state tree: SHA-256(kind word || 0x00 || id).
Digest tree_key(const StateKey& key);

using SharedBytes = std::shared_ptr<const Bytes>;
using StateMap = std::map<StateKey, SharedBytes, StateKeyLess>;

// A view whose storage fails answers "absent" and remembers that it failed: whoever called the law asks
// `failed()` before it uses the answer. So the law itself has no storage errors.
class LedgerView {
 public:
  virtual ~LedgerView() = default;

  // The record under the key, or null. The bytes stay valid while the pointer is held.
  virtual SharedBytes read(Kind kind, std::string_view id) const = 0;

  // The bytes of the statement with this digest if it is at hand, else null.
  virtual SharedBytes statement(const Digest& digest) const = 0;

  virtual bool failed() const { return false; }

  // Where records decoded from this view's bytes are kept; null: nowhere, since it reads them anew each time.
  virtual DecodedRecords* decoded() const { return nullptr; }
};

// A map in memory: for tests, the simulator, dry runs and the replay of an audit.
class MemoryView final : public LedgerView {
 public:
  SharedBytes read(Kind kind, std::string_view id) const override;
  SharedBytes statement(const Digest& digest) const override;

  void write(const StateKey& key, SharedBytes value);                // null removes
  void remember(const Digest& digest, SharedBytes statement_bytes);  // SHA-256 of the bytes
  const StateMap& records() const { return records_; }
  DecodedRecords* decoded() const override { return &decoded_; }

 private:
  mutable DecodedRecords decoded_ = {};
  StateMap records_ = {};
  std::map<Digest, SharedBytes> statements_ = {};
};

// A view with changes laid over it: the block in the making over the state before it. Where reads are
// remembered, what was asked for once is not searched for below again (up to remembered_max records of
// remembered_bytes_max in all: a block's statements ask for the same ones); then nothing below may change
// while the overlay is in use.
class Overlay final : public LedgerView {
 public:
  enum class Reads : bool { asked_again, remembered };
  static constexpr std::size_t remembered_max = 8192;
  static constexpr std::size_t remembered_bytes_max = std::size_t{8} << 20;
  explicit Overlay(const LedgerView& below, Reads reads = Reads::asked_again)
      : below_(below), reads_(reads) {}

  SharedBytes read(Kind kind, std::string_view id) const override;
  SharedBytes statement(const Digest& digest) const override;
  bool failed() const override { return below_.failed(); }
  DecodedRecords* decoded() const override { return below_.decoded(); }

  void write(const StateKey& key, SharedBytes value);                // null removes
  void remember(const Digest& digest, SharedBytes statement_bytes);  // SHA-256 of the bytes
  const StateMap& changes() const { return changes_; }               // null value: removed

 private:
  const LedgerView& below_;
  Reads reads_ = Reads::asked_again;
  StateMap changes_ = {};
  // Where reads are remembered: these, and every change.
  mutable std::unordered_map<StateKey, SharedBytes, StateKeyHash, StateKeyEqual> known_ = {};
  mutable std::size_t remembered_bytes_ = 0;  // of records that were read, in known_
  std::map<Digest, SharedBytes> statements_ = {};
};

}  // namespace anta

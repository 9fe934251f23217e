// A whole ledger in memory for the verifier's tests: what a World accepted, as leaves of a tree whose
// checkpoint is signed by a log key and cosigned by three organisations, and certificate files over it.
//
// Leaves are laid as a node lays them (proofs.md section 1): the genesis, its seal, then per block the
// accepted statements and a seal. The newest seal has the root of the world's present state (and of what
// `alter` lays over it); earlier ones have whatever the world had when they were laid. `force` puts a
// statement into the tree that the law would refuse, which is what a network looks like whose organisations
// all cosign a lie. One ledger per world, one thread; the world outlives it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/keys.h"
#include "crypto/merkle.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/verify.h"
#include "tests/ledger/law_fixture.h"

namespace anta::test {

class LedgerBuilder {
 public:
  // `name`: what tells this network from others; it is part of its origin and of its nodes' keys.
  explicit LedgerBuilder(World& world, const std::string& name = "test");

  // Lays whatever the world accepted since the last call, in blocks of at most three statements.
  void settle();

  // Settles, then lays this statement in a block of its own, signed rightly but judged by nobody.
  LeafIndex force(const std::string& as, const payload::Payload& payload);
  LeafIndex force_bytes(Bytes statement);

  // A block in which everything was rejected: a seal alone.
  void empty_block() { lay_seal(size(), 0); }

  struct Laid {
    LeafIndex leaf = {};
    std::shared_ptr<const Bytes> bytes = {};
    std::string type = {};
    std::string subject = {};
  };
  const std::vector<Laid>& statements() const { return laid_; }
  // The first statement of the type about the subject; a failed expectation if there is none.
  LeafIndex leaf_of(std::string_view type, std::string_view subject) const;

  std::uint64_t size() const { return range_.size(); }
  Digest root() const { return range_.root(); }
  const Genesis& genesis() const { return genesis_; }

  // A minute after the world's last event. Cosignatures are made then, and one and two seconds later.
  std::uint64_t checkpoint_seconds() const;
  std::string note(std::size_t cosigners = 3) const;

  // Every statement laid so far that `wanted` admits, as evidence or authority.
  using Wanted = std::function<bool(const Laid&)>;
  CertificateFile file(const std::string& certificate, const Wanted& wanted = nullptr) const;
  std::vector<Digest> path(LeafIndex leaf) const;

  // What the newest seal proves about these records, or about every record of the world.
  ProvenState state(const std::vector<StateKey>& keys) const;
  ProvenState state() const;
  // The file with everything in it: all statements, the whole state.
  CertificateFile proven_file(const std::string& certificate) const;
  // From the next seal on the state says this of the record (null: absent), whatever the world says.
  void alter(const StateKey& key, SharedBytes record) { altered_[key] = std::move(record); }
  // How the tree of `size` leaves is extended by the present one.
  EarlierTree earlier(std::uint64_t size) const;

  // This ledger's log key and three cosigners, of which all must have signed. No assertions, and no state is
  // demanded: most tests are about the evidence.
  Trust trust() const;

 private:
  void lay_seal(std::uint64_t first_leaf, std::uint64_t accepted);
  void lay(ByteView document);
  void lay_statement(Bytes statement);
  StateMap records() const;
  NodeSource nodes() const;

  World& world_;
  StateMap altered_ = {};
  Bytes newest_seal_ = {};
  Genesis genesis_ = {};
  std::vector<NodeKeys> keys_ = {};
  std::size_t taken_ = 0;  // entries of the world's log that were looked at
  std::uint64_t height_ = 0;
  CompactRange range_ = {};
  std::vector<std::vector<Digest>> levels_ = {};
  std::vector<Laid> laid_ = {};
};

// Verified a second after the checkpoint's newest cosignature.
Report verify_now(const LedgerBuilder& ledger, const CertificateFile& file, const Trust& trust);
Report verify_now(const LedgerBuilder& ledger, const CertificateFile& file);

}  // namespace anta::test

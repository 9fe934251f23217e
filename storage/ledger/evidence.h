// The evidence of a certificate, replayed: inclusion proofs, signatures and the law, from the genesis on.
//
// Internal to verify_certificate, on its thread. After replay the view holds the part of the ledger's state
// that the evidence makes; the first statement that does not hold ends it with that statement's leaf and the
// code of what is wrong.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crypto/checkpoint.h"
#include "crypto/digest.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/law.h"
#include "storage/ledger/state.h"
#include "storage/ledger/view.h"

namespace anta {

struct ReplayedStatement {
  LeafIndex leaf = {};
  Digest digest = {};
  std::string type = {};
  Digest key = {};  // kid of the key that signed it
  Millis event_time = {};
  std::vector<StateKey> subjects = {};
  std::vector<std::string> flags = {};
  std::int64_t revokes_after_days = 0;  // standing_parameter, as the law had it when it judged this
};

struct ReplayFailure {
  std::string code = {};
  std::string message = {};
  std::optional<LeafIndex> leaf = {};
};

// A failure's code: the error's rule where it has one.
std::string code_of(const Error& error);

class Evidence {
 public:
  // `check` decides signatures: the law's, but for a fuzz target, and for the node, whose ledger has checked
  // the statements that it hands out.
  explicit Evidence(SignatureCheck check = verify_signature) : check_(std::move(check)) {}

  // Replays in leaf order, each statement after its inclusion path was checked against `tree`; then
  // finds every disclosure's commitment among the statements. `cosigned`: the checkpoint's newest
  // cosignature; block times are not in the file, so it alone bounds the events. A failure `newer` says that
  // this release cannot judge the statement; every other one says that the file is no good.
  // A state in the file must have passed check_present_state: its list of amendments says from when each
  // held, which turns on the block's time. Without the list an amendment holds from its statement's event on.
  std::optional<ReplayFailure> replay(const CertificateFile& file, const Checkpoint& tree, Millis cosigned);

  // After the replay, and after check_present_state: what is proven takes the place of what the statements
  // made, for the kinds that a report reads. A failure `state_contradicts`: the state lacks what the evidence
  // made, and no state loses such a record. `law_differs`: the law was amended otherwise than the evidence
  // tells, so the replay held it to other numbers.
  std::optional<ReplayFailure> lay_over(const ProvenState& state);

  // Of a refreshed file, after lay_over: the law was amended after the tree that the evidence is of. What is
  // asked of a later moment than the evidence is asked of the proven records.
  bool amended_later() const { return amended_later_; }

  const MemoryView& view() const { return view_; }
  const Genesis& genesis() const { return genesis_; }
  const Digest& genesis_digest() const { return genesis_digest_; }
  const std::vector<ReplayedStatement>& statements() const { return statements_; }

  // The statement at a leaf, if the evidence has it.
  const ReplayedStatement* at(LeafIndex leaf) const;
  // The statement with a digest; the first one about a thing, which made it.
  const ReplayedStatement* by(const Digest& digest) const;
  const ReplayedStatement* first_about(Kind kind, const std::string& id) const;

  // A record as the statements alone made it, where lay_over has put the state's in its place.
  template <typename Record>
  std::optional<Record> as_replayed(Kind kind, const std::string& id) const {
    const auto found = replaced_.find(StateKey{kind, id});
    if (found == replaced_.end()) return std::nullopt;
    Result<Record> record = state::decode_record<Record>(*found->second);
    return record ? std::optional(std::move(*record)) : std::nullopt;
  }

  // Where the certified lot lay when its certificate was issued. It may have moved since.
  std::optional<SiteId> site_of_issue(const CertificateId& certificate) const;

 private:
  std::optional<ReplayFailure> begin(const CertificateFile& file, const Checkpoint& checkpoint);
  std::optional<ReplayFailure> step(const ProvenStatement& proven, const Checkpoint& checkpoint);
  std::optional<ReplayFailure> judge_next(const SignedStatement& statement, LeafIndex leaf);
  std::optional<Millis> before_an_amendment() const;
  void read_amendments(const ProvenState& state);
  std::optional<ReplayFailure> check_law(const ProvenState& state);
  std::optional<ReplayFailure> check_standing(const ProvenState& state) const;
  std::optional<ReplayFailure> check_amended_from(const SignedStatement& statement, LeafIndex leaf,
                                                  Millis from);

  SignatureCheck check_;
  Millis cosigned_ = {};
  std::uint64_t tree_size_ = 0;
  bool amended_later_ = false;
  std::map<LeafIndex, Millis> amended_from_ = {};  // as the state lists the law's amendments
  MemoryView view_ = {};
  Genesis genesis_ = {};
  Digest genesis_digest_ = {};
  Millis latest_ =
      {};  // the newest event time so far: stands for the block time that seals alone would prove
  std::vector<ReplayedStatement> statements_ = {};
  std::map<Digest, std::size_t> by_digest_ = {};  // positions in statements_
  std::map<StateKey, std::size_t> first_ = {};
  std::map<CertificateId, SiteId> issue_sites_ = {};
  std::map<StateKey, SharedBytes> replaced_ = {};  // lots, as_replayed
  std::set<Digest> commitments_ = {};
};

}  // namespace anta

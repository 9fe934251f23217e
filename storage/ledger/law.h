// The law: what a statement must satisfy to be accepted, and what it then changes (ledger.md section 6).
//
// Pure functions of (view, statement, moment). The node calls them at apply, where their answer is final, and
// before proposing for dry runs; the simulator, the fuzzers and an audit call the same functions. Order of
// calls for one statement of a block: authenticate, then judge. Errors of the law carry
// Code::rule_violated and the rule's word (ledger.md 6.8); what admission may answer finally is
// malformed, bad_signature, unknown_key and event_in_future (those leave no record).
// One thread at a time per view. Source: ledger.md sections 5 and 6.
#pragma once

#include <functional>
#include <string_view>

#include "crypto/error.h"
#include "storage/ledger/effects.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/state/party.h"
#include "storage/ledger/statement.h"
#include "storage/ledger/view.h"

namespace anta {

inline constexpr std::int64_t law_version_known = 1;

// Where a statement stands while it is judged.
struct Moment {
  Millis block_time = {};  // the block's time: the only "now" the law knows
  LeafIndex leaf = {};     // the leaf it becomes if accepted; flags carry it

  // The view holds only a part of the ledger: the evidence of a certificate, replayed by its verifier. What
  // needs all of it (an account's balance) or the block's time (the age of an event) is then left to the
  // cosigners. A node never sets it.
  bool partial = false;
};

// "The signature of this statement verifies under this key": libsodium's answer, or a cache of it.
using SignatureCheck = std::function<bool(const SignedStatement&, const PublicKey&)>;
bool verify_signature(const SignedStatement& statement, const PublicKey& key);

// Whether the key, as its record is now, may sign this statement: its party's, active, and not said to have
// been in other hands when the event happened.
bool key_signs_for(const state::Key& key, const SignedStatement& statement);

// Which key signed, and is it valid for this statement as the view knows it. Rules: bad_signature,
// unknown_key.
Result<PublicKey> authenticate(const LedgerView& view, const SignedStatement& statement,
                               const SignatureCheck& check = verify_signature);

// The verdict on an authenticated statement. Effects, or rule_violated with the first code that hits.
Result<Effects> judge(const LedgerView& view, const SignedStatement& statement, Moment moment);

// Whether a statement may stand in the log at all, as far as this view shows: a person's name in clear may
// not, for nothing takes it out again (malformed, rule `personal_data`). judge refuses it too, without a
// record; a node asks before it proposes.
Result<void> may_enter(const LedgerView& view, const SignedStatement& statement);

// Whether the law in force at a block's time is one that this release has. Where it is not, nothing may be
// judged: a node that goes on by the old law forks. not_found with rule `law_version` names the version.
// `known` is another than this release's where one process runs nodes of several (tests/sim/level_b).
Result<void> law_known(const LedgerView& view, Millis block_time, std::int64_t known = law_version_known);

// Whether a rejection by this rule is final for the statement's digest (kind `rejected`), or leaves no
// record.
bool rejection_is_recorded(std::string_view rule);

// The record of a final rejection, for the state.
StateChange rejection_record(const SignedStatement& statement, std::string_view rule, Moment moment);

// One statement of a block, on top of those before it: authenticated, judged, and its effects laid over the
// view, or the record of its rejection where it leaves one. Answers the effects without their changes, or the
// rejection. Apply, replay and dry run all decide so; what was decided before is theirs to know, and so is a
// view that failed.
Result<Effects> decide(Overlay& overlay, const SignedStatement& statement, Moment moment,
                       const SignatureCheck& check = verify_signature);

// The state that a network begins with: registrar, parameters (all of them, resolved), schemes, nodes.
Result<Effects> genesis_effects(const Genesis& genesis);

}  // namespace anta

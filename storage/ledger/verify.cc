#include "storage/ledger/verify.h"

#include <algorithm>
#include <limits>
#include <set>

#include "crypto/merkle.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/evidence.h"
#include "storage/ledger/present_state.h"
#include "storage/ledger/report_facts.h"
#include "storage/ledger/summary_check.h"

namespace anta {
namespace {

using Reason = Report::Reason;

Report refuse(Report report, std::string code, std::string message, std::optional<LeafIndex> leaf = {}) {
  report.verdict = CertificateVerdict::not_valid;
  report.reasons.push_back(Reason{std::move(code), std::move(message), leaf});
  return report;
}

Report undecided(Report report, std::string code, std::string message, std::optional<LeafIndex> leaf = {}) {
  report.verdict = CertificateVerdict::cannot_evaluate;
  report.reasons.push_back(Reason{std::move(code), std::move(message), leaf});
  return report;
}

void take_note(Report& report, const PolicyVerdict& verdict) {
  report.origin = verdict.checkpoint.origin;
  report.size = verdict.checkpoint.size;
  report.root = verdict.checkpoint.root;
  report.checkpoint_seconds = verdict.quorum_time_seconds;
  for (const VerifiedCosigner& cosigner : verdict.cosigners) {
    report.cosigners.push_back({cosigner.name, cosigner.time_seconds});
  }
  report.missing_cosigners = verdict.missing;
}

// The newest clock that stands behind the checkpoint.
Millis newest_cosignature(const Report& report) {
  std::uint64_t newest = 0;
  for (const Report::Cosigner& cosigner : report.cosigners)
    newest = std::max(newest, cosigner.time_seconds);
  return Millis{static_cast<std::int64_t>(newest) * 1000};
}

// An assertion that a file meets or not. The codes are part of the interface: `unmet` is the reason of a no,
// `checked` says in a report that it was asked for.
struct Demand {
  const char* unmet;
  const char* checked;
  bool (*is_made)(const Assertions& wanted);
  // What is wrong, or nothing. Asked only where the demand is made.
  std::optional<std::string> (*wrong)(const Assertions& wanted, const Digest& genesis,
                                      const Report::Claim& claim);
};

using Wrong = std::optional<std::string>;
using Claim = Report::Claim;

template <typename T>
bool holds(const std::vector<T>& list, const T& one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

Wrong wrong_genesis(const Assertions& wanted, const Digest& genesis, const Claim&) {
  return *wanted.genesis == genesis ? Wrong{} : "the genesis is not the policy's";
}

Wrong wrong_scheme(const Assertions& wanted, const Digest&, const Claim& claim) {
  const bool met = std::any_of(claim.schemes.begin(), claim.schemes.end(),
                               [&](const SchemeId& scheme) { return holds(wanted.schemes, scheme); });
  return met ? Wrong{} : "none of the claimed schemes is accepted by the policy";
}

Wrong wrong_issuer(const Assertions& wanted, const Digest&, const Claim& claim) {
  if (holds(wanted.issuers, claim.holder)) return {};
  return "issued by " + claim.holder.value + ", whom the policy does not accept";
}

Wrong wrong_model(const Assertions& wanted, const Digest&, const Claim& claim) {
  if (holds(wanted.models, claim.coc_model)) return {};
  return "the model " + std::string(word(claim.coc_model)) + " is not accepted by the policy";
}

Wrong wrong_certificate(const Assertions& wanted, const Digest&, const Claim& claim) {
  if (*wanted.certificate == claim.certificate) return {};
  return "the file is about certificate " + claim.certificate.value + ", not about " +
         wanted.certificate->value;
}

Wrong wrong_buyer(const Assertions& wanted, const Digest&, const Claim& claim) {
  if (wanted.buyer == claim.buyer) return {};
  return claim.buyer ? "issued to " + claim.buyer->value + ", not to " + wanted.buyer->value
                     : "a bearer certificate, not one for " + wanted.buyer->value;
}

// All of Assertions but max_age_seconds and require_state, which are no answer where they are not met. An
// empty list asks for nothing.
constexpr Demand demands[] = {
    {"other_network", "checked.genesis", [](const Assertions& a) { return a.genesis.has_value(); },
     wrong_genesis},
    {"policy_scheme", "checked.policy_scheme", [](const Assertions& a) { return !a.schemes.empty(); },
     wrong_scheme},
    {"policy_issuer", "checked.policy_issuer", [](const Assertions& a) { return !a.issuers.empty(); },
     wrong_issuer},
    {"policy_model", "checked.policy_model", [](const Assertions& a) { return !a.models.empty(); },
     wrong_model},
    {"policy_certificate", "checked.policy_certificate",
     [](const Assertions& a) { return a.certificate.has_value(); }, wrong_certificate},
    {"policy_buyer", "checked.policy_buyer", [](const Assertions& a) { return a.buyer.has_value(); },
     wrong_buyer},
};

// An assertion that the file does not meet is a no; one that cannot be checked is no answer.
void check_assertions(const Assertions& wanted, const Digest& genesis, Report& report) {
  for (const Demand& demand : demands) {
    if (!demand.is_made(wanted)) continue;
    if (auto wrong = demand.wrong(wanted, genesis, *report.claim))
      report.reasons.push_back(Reason{demand.unmet, std::move(*wrong), {}});
  }
}

void check_certificate(Millis now, Report& report) {
  const Report::Claim& claim = *report.claim;
  const auto no = [&](const char* code, std::string message) {
    report.reasons.push_back(Reason{code, std::move(message), {}});
  };
  if (claim.state == "superseded" || claim.state == "void" || claim.state == "withdrawn") {
    no("certificate_not_live", "the certificate is " + claim.state);
  }
  if (claim.valid_until <= now)
    no("certificate_expired", "the certificate was valid until an earlier moment");
}

// What was asked for of any file, met or not, and what should have been.
void list_assertions(const Assertions& wanted, Report& report) {
  if (wanted.max_age_seconds) report.checked.push_back("checked.freshness");
  for (const Demand& demand : demands) {
    if (demand.is_made(wanted)) report.checked.push_back(demand.checked);
  }
  if (!wanted.genesis) report.not_checked.push_back("not_checked.genesis");
  if (!wanted.max_age_seconds) report.not_checked.push_back("not_checked.freshness");
}

// What needs the whole ledger, or more than any file of this format can show.
void list_beyond_a_file(Report& report) {
  for (const char* code :
       {"not_checked.unique_identifiers", "not_checked.capacity", "not_checked.account_history",
        "not_checked.other_uses_of_lots", "not_checked.recording_times"})
    report.not_checked.push_back(code);
}

// What unset assertions leave open, and what one file of this format can never show.
void list_checks(const Assertions& wanted, bool state_proven, Report& report) {
  report.checked = {"checked.quorum",   "checked.inclusion", "checked.signatures", "checked.masses",
                    "checked.quantity", "checked.models",    "checked.scope",      "checked.accreditation"};
  report.checked.push_back(state_proven ? "checked.present_state" : "checked.statuses_told");
  if (!state_proven) report.not_checked.push_back("not_checked.present_state");
  list_beyond_a_file(report);
  list_assertions(wanted, report);
}

// The tree that the evidence's paths lead to: the checkpoint's, or one that the checkpoint's extends.
Result<Checkpoint> proven_tree(const CertificateFile& file, const Checkpoint& checkpoint) {
  if (!file.earlier) return checkpoint;
  const EarlierTree& earlier = *file.earlier;
  if (earlier.size == 0 || earlier.size >= checkpoint.size)
    return fail(Code::malformed, "proof.sizes",
                "the earlier tree is empty, or not smaller than the checkpoint's");
  const auto extends =
      verify_consistency(earlier.size, checkpoint.size, earlier.path, earlier.root, checkpoint.root);
  if (!extends) return pass(extends);
  return Checkpoint{checkpoint.origin, earlier.size, earlier.root};
}

std::string list_of(const std::vector<StateKey>& keys) {
  constexpr std::size_t named = 3;
  std::string list;
  for (std::size_t i = 0; i < std::min(named, keys.size()); ++i)
    list += (i > 0 ? ", " : "") + std::string(word(keys[i].kind)) + " " + keys[i].id;
  return keys.size() > named ? list + " and " + std::to_string(keys.size() - named) + " more" : list;
}

// What the evidence and the state come to; nothing when there is more to decide.
std::optional<Report> replay_file(const CertificateFile& file, const Checkpoint& checkpoint,
                                  Evidence& evidence, const Report& report) {
  const Result<Checkpoint> tree = proven_tree(file, checkpoint);
  if (!tree) return refuse(report, "consistency", tree.error().message);
  std::optional<ReplayFailure> failure;
  if (file.state) failure = check_present_state(*file.state, checkpoint);
  if (!failure) failure = evidence.replay(file, *tree, newest_cosignature(report));
  if (failure && failure->code == "newer") {
    return undecided(report, "newer", "this release cannot judge all of the evidence: " + failure->message,
                     failure->leaf);
  }
  if (!failure && file.state) failure = evidence.lay_over(*file.state);
  if (failure) return refuse(report, failure->code, failure->message, failure->leaf);
  return std::nullopt;
}

// The last word, when everything that was said held.
Report conclude(const CertificateFile& file, const Rested& rested, const Trust& trust, Millis now,
                Report report) {
  if (is_stale(trust.assertions, report.checkpoint_seconds, now)) {
    return undecided(std::move(report), "stale", stale_message);
  }
  const std::vector<StateKey> missing = unproven(rested.records, file.state);
  if (!missing.empty() && (file.state || trust.assertions.require_state)) {
    return undecided(std::move(report), "state_not_proven",
                     "how these stand at the checkpoint is not proven: " + list_of(missing));
  }
  if (file.state && !rested.untold.empty()) {
    return undecided(std::move(report), "evidence_incomplete",
                     "the state shows more than the file tells: " + rested.untold.front());
  }
  const bool flagged =
      std::any_of(report.flags.begin(), report.flags.end(), [](const auto& f) { return f.moves_verdict; });
  report.verdict = flagged ? CertificateVerdict::valid_with_flags : CertificateVerdict::valid;
  return report;
}

// Steps after the checkpoint is trusted: replay, state, facts, verdict.
Report judge_evidence(const CertificateFile& file, const Checkpoint& checkpoint, const Trust& trust,
                      Millis now, Report report) {
  Evidence evidence;
  if (auto ended = replay_file(file, checkpoint, evidence, report)) return std::move(*ended);
  report.genesis = evidence.genesis_digest();
  report.statements = evidence.statements().size();
  const Millis checkpoint_time{static_cast<std::int64_t>(report.checkpoint_seconds) * 1000};
  Rested rested;
  if (!describe(evidence, file.subject, checkpoint_time, report, rested)) {
    return refuse(std::move(report), "certificate_missing",
                  "the evidence holds no certificate " + file.subject.value);
  }
  check_assertions(trust.assertions, evidence.genesis_digest(), report);
  check_certificate(now, report);
  list_checks(trust.assertions, unproven(rested.records, file.state).empty(), report);
  if (!report.reasons.empty()) {
    report.verdict = CertificateVerdict::not_valid;
    return report;
  }
  return conclude(file, rested, trust, now, std::move(report));
}

// A summary: as far as it goes, and never a yes.
Report judge_summary(const CertificateFile& file, const Checkpoint& checkpoint, const Trust& trust,
                     Millis now, Report report) {
  const auto failure = check_summary(file, checkpoint, report);
  if (failure) {
    const bool unknown = failure->code == "newer" || failure->code == "state_not_proven";
    return unknown ? undecided(std::move(report), failure->code, failure->message, failure->leaf)
                   : refuse(std::move(report), failure->code, failure->message, failure->leaf);
  }
  check_assertions(trust.assertions, report.genesis, report);
  check_certificate(now, report);
  report.checked = {"checked.quorum", "checked.present_state", "checked.summary"};
  report.not_checked = {"not_checked.sources", "not_checked.districts"};
  list_beyond_a_file(report);
  list_assertions(trust.assertions, report);
  if (!report.reasons.empty()) {
    report.verdict = CertificateVerdict::not_valid;
    return report;
  }
  if (is_stale(trust.assertions, report.checkpoint_seconds, now)) {
    return undecided(std::move(report), "stale", stale_message);
  }
  const std::string sources = std::to_string(file.summary->sources());
  return undecided(std::move(report), "sources_summarised",
                   "the file sums up its " + sources + " sources and does not hold their evidence");
}

bool is_yes(CertificateVerdict verdict) {
  return verdict == CertificateVerdict::valid || verdict == CertificateVerdict::valid_with_flags;
}

}  // namespace

bool is_stale(const Assertions& wanted, std::uint64_t quorum_seconds, Millis now) {
  if (!wanted.max_age_seconds || now.value < 0) return false;
  const std::uint64_t now_seconds = static_cast<std::uint64_t>(now.value) / 1000;
  const std::int64_t age_max = std::max(*wanted.max_age_seconds, std::int64_t{0});
  return now_seconds > quorum_seconds && now_seconds - quorum_seconds > static_cast<std::uint64_t>(age_max);
}

Report verify_with_sources(ByteView summary, ByteView whole, const Trust& trust, Millis now) {
  Report short_one = verify_certificate(summary, trust, now);
  const bool summarised =
      short_one.reasons.size() == 1 && short_one.reasons.front().code == "sources_summarised";
  if (!summarised) return short_one;
  Report report = verify_certificate(whole, trust, now);
  if (!is_yes(report.verdict)) return report;
  if (report.claim->certificate != short_one.claim->certificate || report.genesis != short_one.genesis) {
    return refuse(std::move(report), "sources_other",
                  "the sources are of another certificate than " + short_one.claim->certificate.value);
  }
  if (report.size < short_one.size) {
    return undecided(std::move(report), "sources_older",
                     "the sources are of an older checkpoint than the summary, which may know more");
  }
  if (report.size == short_one.size &&
      (report.root != short_one.root || report.sources != short_one.sources)) {
    return refuse(std::move(report), "summary_contradicts",
                  "the sources are not those that the summary of the same checkpoint tells of");
  }
  return report;
}

Report verify_certificate(ByteView file, const Trust& trust, Millis now) {
  Report report;
  const Result<CertificateFile> decoded = decode_certificate_file(file);
  if (!decoded) {
    const bool newer =
        decoded.error().rule == "certificate.newer" || decoded.error().rule == "certificate.format";
    return newer ? undecided(std::move(report), decoded.error().rule, decoded.error().message)
                 : refuse(std::move(report), "file_malformed", decoded.error().message);
  }
  if (!trust.policy)
    return undecided(std::move(report), "no_policy", "a policy names whom to trust; none was given");
  const std::uint64_t now_seconds = now.value < 0 ? 0 : static_cast<std::uint64_t>(now.value / 1000);
  const Result<PolicyVerdict> note = check_note(*trust.policy, decoded->note, now_seconds);
  if (!note && note.error().rule == "note.time_future") {
    return undecided(std::move(report), "clock", note.error().message);
  }
  if (!note && note.error().code == Code::uncertain)
    return undecided(std::move(report), note.error().rule, note.error().message);
  if (!note) return refuse(std::move(report), code_of(note.error()), note.error().message);
  take_note(report, *note);
  if (!note->quorum_met || !trust.policy->quorum) {
    return undecided(std::move(report), "no_quorum",
                     "the checkpoint lacks the cosignatures that the policy demands");
  }
  if (decoded->summary) return judge_summary(*decoded, note->checkpoint, trust, now, std::move(report));
  return judge_evidence(*decoded, note->checkpoint, trust, now, std::move(report));
}

}  // namespace anta

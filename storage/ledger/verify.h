// verify_certificate: a certificate file, a policy and a moment -> a report. Offline, without trusting any
// node.
//
// Pure: no network, no clock but the `now` it is given, no storage. The node, the command line and the tests
// call the same function; any thread. The order is that of proofs.md section 6: bounds, policy, note
// signatures, quorum, time, inclusion; then the evidence is replayed from the genesis through the law itself
// (authenticate, judge), so that what the file claims is recomputed and not believed; then what the state
// proves to be so at the checkpoint takes its place. What needs the whole ledger is listed under not_checked.
// What this release or this clock cannot judge is no answer and no no.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "crypto/policy.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/source_summary.h"
#include "storage/ledger/vocabulary.h"

namespace anta {

// valid and valid_with_flags are a yes; not_valid is a no; cannot_evaluate says that a check could not be
// made, and is never a pass. The words are part of the interface.
enum class CertificateVerdict : std::uint8_t { valid, valid_with_flags, not_valid, cannot_evaluate };
ANTA_WORDS(CertificateVerdict, cannot_evaluate, "valid", "valid_with_flags", "not_valid", "cannot_evaluate")

// What the verifier demands beyond a well-signed checkpoint: Anta's own assertions (a YAML file beside the
// C2SP policy).
struct Assertions {
  std::optional<Digest> genesis = {};                // the network's identity
  std::optional<std::int64_t> max_age_seconds = {};  // of the quorum's cosignature time, against now
  std::vector<SchemeId> schemes = {};                // at least one of these must be claimed; empty: any
  std::vector<PartyId> issuers = {};                 // who may have issued the certificate; empty: anyone
  std::vector<CocModel> models = {};                 // acceptable chain-of-custody models; empty: any
  std::optional<CertificateId> certificate = {};     // the one the file must be about
  std::optional<PartyId> buyer = {};                 // whom it must be made out to; a bearer's is not
  bool require_state = true;                         // present state must be proven, not told
};

// Whether the checkpoint's quorum, at this time of its cosignatures, is longer ago than max_age_seconds:
// older than it, not just as old. Never where none is asked for, nor for a quorum that is ahead of `now` (by
// how much it may be is check_note's affair).
bool is_stale(const Assertions& wanted, std::uint64_t quorum_seconds, Millis now);
inline constexpr const char* stale_message = "the checkpoint is older than the policy's max_age";

struct Trust {
  std::optional<Policy> policy = {};  // none: cannot_evaluate
  Assertions assertions = {};
};

struct Report {
  // Why the verdict is what it is: a stable code, and a sentence. leaf is the statement that shows it, if one
  // does.
  struct Reason {
    std::string code = {};
    std::string message = {};
    std::optional<LeafIndex> leaf = {};
  };
  struct Cosigner {
    std::string name = {};
    std::uint64_t time_seconds = 0;
  };
  struct Claim {
    CertificateId certificate = {};
    LotId lot = {};
    Material material = Material::concentrate;
    Grams dry_g = {};
    Grams cu_g = {};
    CocModel coc_model = CocModel::none;
    std::vector<SchemeId> schemes = {};
    PartyId holder = {};
    std::optional<PartyId> buyer = {};  // none: bearer
    Millis issued = {};
    Millis valid_until = {};
    std::string state = {};  // live, consumed, superseded, void, withdrawn
  };
  struct ChainLot {
    LotId lot = {};
    unsigned depth = 0;  // 0: the certified lot; sources are deeper
    Material material = Material::ore_sulphide;
    PartyId maker = {};
    SiteId site = {};
    std::string ubigeo = {};
    Grams dry_g = {};  // accepted figures
    Grams cu_g = {};
    CocModel coc_model = CocModel::none;
    std::vector<SchemeId> eligible = {};
    std::string state = {};
    struct Source {
      LotId lot = {};
      Grams dry_g = {};  // drawn
      Grams cu_g = {};
    };
    std::vector<Source> sources = {};
    bool origin = false;  // registered at a mine
  };
  struct AttestationLine {
    AttestationId id = {};
    SchemeId scheme = {};
    std::string criteria = {};
    AttestationKind kind = AttestationKind::site_production;
    PartyId body = {};
    PartyId subject = {};
    std::vector<SiteId> sites = {};
    std::string at_event = {};  // in_force, suspended, ...
    std::string at_checkpoint = {};
  };
  struct FormalisationLine {
    PartyId party = {};
    std::string at_event = {};
    std::string at_checkpoint = {};
  };
  struct FlagLine {
    std::string code = {};
    std::string on = {};  // "lot L-1", "process B-1", ...
    LeafIndex leaf = {};
    std::optional<Digest> statement = {};
    bool moves_verdict = false;
  };

  CertificateVerdict verdict = CertificateVerdict::cannot_evaluate;
  std::vector<Reason> reasons = {};
  std::string origin = {};
  Digest genesis = {};
  std::uint64_t size = 0;
  Digest root = {};
  std::uint64_t checkpoint_seconds = 0;  // the quorum's cosignature time
  std::vector<Cosigner> cosigners = {};
  std::vector<std::string> missing_cosigners = {};
  std::optional<Claim> claim = {};
  std::vector<ChainLot> chain = {};  // of a summary: without its sources
  // The sources of the chain by district: as replayed, or, of a summary, with the districts as the node tells
  // them (sources_told).
  std::optional<SourceSummary> sources = {};
  bool sources_told = false;
  std::vector<AttestationLine> attestations = {};
  std::vector<FormalisationLine> formalisations = {};
  std::vector<FlagLine> flags = {};
  std::size_t statements = 0;                 // verified signatures
  std::vector<std::string> claimed = {};      // codes of the catalogue: what the certificate says
  std::vector<std::string> not_claimed = {};  // and what it does not
  std::vector<std::string> checked = {};      // codes of what was checked here
  std::vector<std::string> not_checked = {};  // and of what was not, with whose word it is
};

// A summary (certificate_file.h, field 9) is at best cannot_evaluate, reason sources_summarised: what the
// state proves of it held, and the evidence behind it was not there to be replayed.
Report verify_certificate(ByteView file, const Trust& trust, Millis now);

// A summary with the whole file that it stands for: the report of the whole. not_valid also where the two are
// about different certificates (sources_other), or of one checkpoint and not of the same sources
// (summary_contradicts). Of different checkpoints the whole's own figures count.
Report verify_with_sources(ByteView summary, ByteView whole, const Trust& trust, Millis now);

}  // namespace anta

// Files that hold a part of their ledger: the law is asked of what is there, and leaves the rest to the
// cosigners.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "storage/ledger/evidence.h"
#include "tests/fuzz/relaid.h"
#include "tests/ledger/law_chain.h"
#include "tests/ledger/ledger_builder.h"
#include "tests/ledger/report_words.h"

namespace anta::test {
namespace {

// Goal: a receipt lawfully taken back stays lawful in a file that holds a part of its account's credits.
TEST(PartialLedger, ReceiptCorrectedWhileOthersPaid) {
  World w;
  w.must("smelter", account(w, "A"));
  payload::Lot early = w.lot("L-1");  // extracted before its mine was attested: books no credit
  early.extracted_from = Millis{t0 - day};
  w.must("miner", early);
  w.must("miner", w.dispatch("D-L-1", {"L-1"}));
  w.now += day;
  w.must("plant", w.receipt("D-L-1", {"L-1"}));
  w.must("plant", w.flotation("B-K-1", {"L-1"}, "K-1"));
  concentrate(w, "L-2", "K-2");
  concentrate(w, "L-3", "K-3");
  sell(w, "K-1");
  sell(w, "K-3");
  w.must("smelter", smelting(w, "S-1", "K-1", "A-1"));
  sell(w, "K-2");
  const Digest receipt = w.last_digest;
  payload::Certificate p = w.certificate("C-1", "A-1", CocModel::mass_balance);
  p.dry_g = Grams{846774};
  p.cu_g = Grams{840000};
  w.must("smelter", p);
  payload::Correction correction;
  correction.common = w.common();
  correction.of = receipt;
  w.must("smelter", correction);
  LedgerBuilder ledger(w);
  ledger.settle();
  // Without K-3, whose credit paid: the account of the file was never rich enough.
  const CertificateFile file = ledger.file("C-1", [](const LedgerBuilder::Laid& laid) {
    return !laid.subject.ends_with("L-3") && !laid.subject.ends_with("K-3");
  });
  const Report report = verify_now(ledger, file);
  EXPECT_EQ(report.verdict, CertificateVerdict::valid)
      << (report.reasons.empty() ? "" : report.reasons[0].code + ": " + report.reasons[0].message);
}

// Goal: any part of a rich ledger is refused or reported, never a crash: the law meets views with every gap.
TEST(HostileParts, AnySubset) {
  World w;
  w.must("smelter", account(w, "A"));
  concentrate(w, "L-1", "K-1");
  const payload::Take all = w.all_of("K-1");
  const std::int64_t half_cu = all.cu_g.value / 2;
  const std::int64_t half_dry = all.dry_g.value / 2;
  w.must("plant",
         splitting(w, "K-1",
                   {{LotId{"K-1a"}, Grams{half_dry}, Grams{half_cu}},
                    {LotId{"K-1b"}, Grams{all.dry_g.value - half_dry}, Grams{all.cu_g.value - half_cu}}}));
  w.must("plant", w.certificate("C-1", "K-1a", CocModel::segregated, "smelter"));
  sell(w, "K-1a");
  w.must("smelter", smelting(w, "B-2", "K-1a", "A-1"));
  payload::Certificate p = w.certificate("C-2", "A-1", CocModel::mass_balance, "buyer");
  p.cu_g = Grams{400000};
  p.dry_g = Grams{403225};
  w.must("smelter", p);
  payload::AttestationStatus revoked = w.attestation_status("att-mine", AttestationChange::revoked);
  revoked.void_from = Millis{t0};
  w.must("body", revoked);
  w.must("smelter", certificate_status(w, "C-2", CertificateChange::superseded));
  LedgerBuilder ledger(w);
  ledger.settle();
  std::mt19937_64 random(20261123);
  std::map<std::string, int> seen;
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t sparsity = 5 + random() % 60;  // one in so many is left out
    const CertificateFile file =
        ledger.file(round % 2 == 0 ? "C-1" : "C-2", [&](const auto&) { return random() % sparsity != 0; });
    const Report report = verify_now(ledger, file);
    EXPECT_NE(report.verdict, CertificateVerdict::cannot_evaluate);
    EXPECT_EQ(report.verdict == CertificateVerdict::not_valid, !report.reasons.empty());
    ++seen[report.reasons.empty() ? "held" : report.reasons[0].code];
  }
  for (const char* code : {"held", "unknown_key", "unknown_reference", "certificate_not_live"})
    EXPECT_GT(seen[code], 0) << code;
}

// Goal: the fuzz target's seed, laid again as the target does it, gets behind the proofs and the signatures:
// the law accepts all of it. With ANTA_GOLDEN_WRITE set the seed is written anew.
TEST(FuzzCertificate, TheSeedReachesTheLaw) {
  const std::string path = ANTA_SOURCE_DIR "/tests/fuzz/corpus/certificate/judged";
  if (std::getenv("ANTA_GOLDEN_WRITE") != nullptr) {
    World w;
    certify_anode(w);
    LedgerBuilder ledger(w);
    ledger.settle();
    CertificateFile file = ledger.file("C-2");
    for (auto* list : {&file.evidence, &file.authority}) {
      for (ProvenStatement& proven : *list)
        proven.path.clear();  // the target makes its own
    }
    file.genesis_path.clear();
    const Bytes bytes = encode_certificate_file(file);
    std::ofstream(path, std::ios::binary) << as_text(bytes);
  }
  std::ifstream stream(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  const auto file = decode_certificate_file(as_bytes(bytes));
  ASSERT_TRUE(file) << file.error().message;
  const auto genesis = decode_genesis(*file->genesis);
  ASSERT_TRUE(genesis) << genesis.error().message;
  const Relaid laid = relaid(*file, genesis->origin);
  Evidence evidence;
  const auto failure = evidence.replay(laid.file, laid.checkpoint, Millis{1'764'000'000'000});
  ASSERT_FALSE(failure) << failure->code << ": " << failure->message;
  EXPECT_EQ(evidence.statements().size(), file->evidence.size() + file->authority.size());
  EXPECT_GT(evidence.statements().size(), 20u);
  EXPECT_TRUE(state::find<state::Certificate>(evidence.view(), file->subject.value).has_value());
}

}  // namespace
}  // namespace anta::test

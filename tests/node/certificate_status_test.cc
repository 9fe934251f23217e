// What was recorded about the things of a certificate after it was issued is in its file.
#include <gtest/gtest.h>

#include "storage/ledger/codec.h"
#include "tests/node/certificate_rig.h"

namespace anta::test {
namespace {

World dated_certificate() {
  World world = rich_world();
  concentrate(world, "L-1", "K-1");
  auto certificate = world.certificate("C-1", "K-1", CocModel::segregated, "smelter");
  certificate.valid_until = Millis{1'900'000'000'000};
  world.must("plant", certificate);
  world.now += hour;
  return world;
}

std::string attestation_of(const World& world, const std::string& subject) {
  for (const auto& [key, bytes] : world.view.records()) {
    if (key.kind != Kind::attestation) continue;
    const auto attestation = state::decode_record<state::Attestation>(*bytes);
    if (attestation && attestation->subject.value == subject) return attestation->id.value;
  }
  ADD_FAILURE() << "nothing attests " << subject;
  return {};
}

bool holds(const CertificateFile& file, const Digest& digest) {
  const auto is_it = [&](const ProvenStatement& proven) { return sha256(*proven.statement) == digest; };
  return std::any_of(file.authority.begin(), file.authority.end(), is_it) ||
         std::any_of(file.evidence.begin(), file.evidence.end(), is_it);
}

// One status statement about the chain of C-1, by whoever may say it.
struct Change {
  const char* name;
  void (*record)(World&);
};

const Change changes[] = {
    {"formalisation", [](World& w) { w.formalise("miner", FormalisationStatus::suspendido, w.now); }},
    {"role_revoke",
     [](World& w) {
       payload::RoleRevoke p;
       p.common = w.common();
       p.party = PartyId{"miner"};
       p.role = Role::producer;
       p.from = Millis{w.now};
       w.must("registrar", p);
     }},
    {"key_revoke",
     [](World& w) {
       payload::KeyRevoke p;
       p.common = w.common();
       p.party = PartyId{"miner"};
       p.key = w.key("miner").public_key();
       p.reason = "lost";
       w.must("registrar", p);
     }},
    {"accreditation",
     [](World& w) {
       payload::Accreditation p;
       p.common = w.common();
       p.body = PartyId{"body"};
       p.scheme = SchemeId{"crp"};
       p.from = Millis{w.now};
       p.until = Millis{w.now + 10 * day};
       p.status = AccreditationStatus::suspended;
       w.must("owner", p);
     }},
    {"attestation_status",
     [](World& w) {
       w.must("body", w.attestation_status(attestation_of(w, "miner"), AttestationChange::suspended));
     }},
    {"certificate_status",
     [](World& w) { w.must("plant", certificate_status(w, "C-1", CertificateChange::superseded)); }},
    {"party_update",
     [](World& w) {
       payload::PartyUpdate p;
       p.common = w.common();
       p.party = PartyId{"plant"};
       p.name = "Renamed";
       w.must("registrar", p);
     }},
};

class CertificateStatusTravels : public ::testing::TestWithParam<Change> {};

TEST_P(CertificateStatusTravels, IntoTheNextFile) {
  // Goal: whatever kind of status is recorded about the chain, the buyer's next file has its statement, and
  // the file before had not.
  World world = dated_certificate();
  const CertificateRig before(world);
  const auto older = before.assemble("C-1");
  ASSERT_TRUE(older) << older.error().message;
  GetParam().record(world);
  const Digest status = world.last_digest;
  const CertificateRig rig(world);
  const auto file = rig.assemble("C-1");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_FALSE(holds(*decode_certificate_file(*older), status));
  EXPECT_TRUE(holds(*decode_certificate_file(*file), status));
  EXPECT_NE(rig.verify(*file).verdict, CertificateVerdict::cannot_evaluate) << in_words(rig.verify(*file));
}

INSTANTIATE_TEST_SUITE_P(EveryKind, CertificateStatusTravels, ::testing::ValuesIn(changes),
                         [](const auto& each) { return std::string(each.param.name); });

// Goal: a file of before and the patch of after say together what a new file says, whatever was recorded in
// between; the file alone, under its old checkpoint, says what was so then.
class RefreshedStatus : public testing::TestWithParam<Change> {};

TEST_P(RefreshedStatus, APatchShowsWhatWasRecordedSince) {
  World world = dated_certificate();
  CertificateRig rig(world);
  const auto before = rig.assemble("C-1");
  ASSERT_TRUE(before) << before.error().message;
  const TreeSize evidence{rig.finished.checkpoint.size};
  const std::size_t known = world.log.size();
  GetParam().record(world);
  for (std::size_t i = known; i < world.log.size(); ++i)
    rig.ledger.apply({world.log[i].bytes}, world.log[i].moment.block_time);
  rig.seal(0);
  const auto then = rig.ledger.ledger->reader_of(TreeSize{rig.finished.checkpoint.size});
  ASSERT_TRUE(then);
  const auto bytes = assemble_patch(*then, rig.finished, CertificateId{"C-1"}, evidence, [] { return true; });
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_LE(bytes->size(), 2500u + 1000u * rig.state_keys(*bytes));
  CertificateFile file = *decode_certificate_file(*before);
  ASSERT_TRUE(apply_patch(*decode_certificate_patch(*bytes), file));
  const Report patched = rig.verify(encode_certificate_file(file));
  const Report whole = rig.verify(*rig.assemble("C-1"));
  EXPECT_EQ(patched.size, rig.finished.checkpoint.size);
  EXPECT_EQ(patched.verdict, whole.verdict) << in_words(patched) << " / " << in_words(whole);
  ASSERT_TRUE(patched.claim);
  EXPECT_EQ(patched.claim->state, whole.claim->state);
  ASSERT_EQ(patched.attestations.size(), whole.attestations.size());
  for (std::size_t i = 0; i < whole.attestations.size(); ++i)
    EXPECT_EQ(patched.attestations[i].at_checkpoint, whole.attestations[i].at_checkpoint);
  for (std::size_t i = 0; i < whole.formalisations.size(); ++i)
    EXPECT_EQ(patched.formalisations[i].at_checkpoint, whole.formalisations[i].at_checkpoint);
  EXPECT_TRUE(is_yes(rig.verify(*before)));
}

INSTANTIATE_TEST_SUITE_P(All, RefreshedStatus, testing::ValuesIn(changes),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(RefreshedStatus, OfATreeThatDoesNotHoldIt) {
  // Goal: a patch for a tree before the certificate, of no leaves, or beyond the checkpoint is refused.
  World world = dated_certificate();
  CertificateRig rig(world);
  const auto then = rig.ledger.ledger->reader_of(TreeSize{rig.finished.checkpoint.size});
  ASSERT_TRUE(then);
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{2}, rig.finished.checkpoint.size + 1}) {
    const auto patch =
        assemble_patch(*then, rig.finished, CertificateId{"C-1"}, TreeSize{size}, [] { return true; });
    ASSERT_FALSE(patch);
    EXPECT_EQ(patch.error().rule, "from") << size;
  }
}

}  // namespace
}  // namespace anta::test

// What was recorded about the things of a certificate after it was issued is in its file.
#include <gtest/gtest.h>

#include "storage/ledger/codec.h"
#include "tests/node/certificate_rig.h"

namespace anta::test {
namespace {

World certified() {
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
  World world = certified();
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
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace anta::test

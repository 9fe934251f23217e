// The law that a certificate's chain was judged by: the file carries every amendment, and the state proves
// that it left none out.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "storage/ledger/evidence.h"
#include "storage/ledger/standing.h"
#include "tests/ledger/law_network.h"
#include "tests/node/certificate_rig.h"

namespace anta::test {
namespace {

void certify(World& world) {
  auto certificate = world.certificate("C-1", "K-1", CocModel::segregated, "smelter");
  certificate.valid_until = Millis{1'900'000'000'000};
  world.must("plant", certificate);
}

// Proposed by one organisation and decided by the vote of another.
void amend(World& world, const std::string& id, const std::string& parameter, std::int64_t value) {
  world.must("smelter", amendment(world, id, parameter, value));
  world.must("owner", vote(world, id));
}

// A lot that only an amended law accepts, and the certificate on what was made of it.
World amended() {
  World world = rich_world();
  join(world, "n-lab", "lab");                                                // whose vote decides below
  world.must("plant", amendment(world, "P-none", "transit_flag_hours", 48));  // comes to nothing
  world.must("smelter", amendment(world, "P-wet", "moisture_max_ppm", 400'000));
  world.must("lab", vote(world, "P-wet"));
  world.must("owner", vote(world, "P-wet"));
  world.deliver("L-1", measured(20 * tonne, 350'000, 50'000));
  world.now += hour;
  world.must("plant", world.flotation("B-1", {"L-1"}, "K-1"));
  certify(world);
  return world;
}

TEST(CertificateLaw, AnAmendedLawComesAlong) {
  // Goal: a lot that was lawful under a parameter that was voted on verifies offline, with the proposal, its
  // votes and the nodes behind them in the file; without a vote it is not lawful.
  World world = amended();
  CertificateRig rig(world);
  const auto bytes = rig.assemble("C-1");
  ASSERT_TRUE(bytes) << bytes.error().message;
  const Report report = rig.verify(*bytes);
  EXPECT_TRUE(is_yes(report)) << in_words(report);
  const auto file = decode_certificate_file(*bytes);
  ASSERT_TRUE(file);
  std::map<std::string, int> types;
  for (std::size_t i = 0; i < file->authority.size(); ++i) {
    const auto statement = decode_statement(file->authority[i].statement);
    ++types[statement->type];
    EXPECT_NE(statement->header.subject, "P-none");
    if (statement->type != "vote") continue;
    CertificateFile without = *file;
    without.authority.erase(without.authority.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_EQ(rig.verify(encode_certificate_file(without)).verdict, CertificateVerdict::not_valid);
  }
  EXPECT_EQ(types["parameter-proposal"], 1);
  EXPECT_EQ(types["node"], 2);  // joined, promoted
  EXPECT_GE(types["vote"], 4);
}

// The file without what amends the law in it.
CertificateFile of_the_older_law(CertificateFile file) {
  std::erase_if(file.authority, [](const ProvenStatement& proven) {
    const std::string type = decode_statement(proven.statement)->type;
    return type == "vote" || type == "parameter-proposal" || type == "node";
  });
  return file;
}

std::string first_code(const Report& report) { return report.reasons.empty() ? "" : report.reasons[0].code; }

bool is_about(const ProvenRecord& proven, std::string_view parameter) {
  return proven.key.kind == Kind::parameter && proven.key.id == parameter;
}

TEST(CertificateLaw, AnAmendmentThatIsLeftOut) {
  // Goal: a node that leaves out a stricter law, under which all of the chain still holds, or one of two, is
  // found by the state's list of amendments; without the list's proof there is no answer.
  World world = rich_world();
  for (const auto& [id, ppm] : {std::pair{"P-1", 200'000}, std::pair{"P-2", 250'000}}) {
    world.must("smelter", amendment(world, id, "moisture_max_ppm", ppm));
    world.must("owner", vote(world, id));
  }
  concentrate(world, "L-1", "K-1");
  world.must("plant", world.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
  CertificateRig rig(world);
  const auto file = decode_certificate_file(*rig.assemble("C-1"));
  ASSERT_TRUE(file);
  EXPECT_TRUE(is_yes(rig.verify(encode_certificate_file(*file))));
  const Report report = rig.verify(encode_certificate_file(of_the_older_law(*file)));
  EXPECT_EQ(report.verdict, CertificateVerdict::not_valid);
  EXPECT_EQ(first_code(report), "law_differs") << in_words(report);
  CertificateFile half = *file;
  std::erase_if(half.authority, [](const ProvenStatement& proven) {
    const auto statement = decode_statement(proven.statement);
    const auto* ballot = std::get_if<payload::Vote>(&statement->payload);
    return statement->header.subject == "P-2" || (ballot != nullptr && ballot->proposal.value == "P-2");
  });
  EXPECT_EQ(first_code(rig.verify(encode_certificate_file(half))), "law_differs");
  CertificateFile unproven = of_the_older_law(*file);
  std::erase_if(unproven.state->records,
                [](const ProvenRecord& r) { return is_about(r, state::amendments_record_id); });
  const Report silent = rig.verify(encode_certificate_file(unproven));
  EXPECT_EQ(silent.verdict, CertificateVerdict::cannot_evaluate);
  EXPECT_EQ(first_code(silent), "state_not_proven") << in_words(silent);
}

TEST(CertificateLaw, AnEventAheadOfItsBlockAroundAStricterLaw) {
  // Goal: recorded by the law before, with an event a minute after the stricter one begins (a device's clock
  // that is ahead): what the ledger accepted verifies (it was refused for ever).
  World world = rich_world();
  payload::ParameterProposal lighter = amendment(world, "P-1", "payload_max_g", 15 * tonne);
  const std::int64_t from = world.now + 2 * hour;
  lighter.effective_from = Millis{from};
  world.must("smelter", lighter);
  world.must("owner", vote(world, "P-1"));
  world.must("miner", world.lot("L-1"));
  world.now = from + 60'000;
  world.lag = -300'000;
  world.must("miner", world.dispatch("D-1", {"L-1"}));  // 20 t
  world.lag = 0;
  world.now += day;
  world.must("plant", world.receipt("D-1", {"L-1"}));
  world.must("plant", world.flotation("B-1", {"L-1"}, "K-1"));
  certify(world);
  CertificateRig rig(world);
  const auto bytes = rig.assemble("C-1");
  ASSERT_TRUE(bytes) << bytes.error().message;
  const Report report = rig.verify(*bytes);
  EXPECT_TRUE(is_yes(report)) << in_words(report);
}

TEST(CertificateLaw, AnAmendmentThatIsTakenForAnother) {
  // Goal: the list of a law that was never amended (its absence), or of other bytes, under the file's own
  // amendment.
  World world = amended();
  CertificateRig rig(world);
  const auto file = decode_certificate_file(*rig.assemble("C-1"));
  ASSERT_TRUE(file);
  const auto with = [&](const std::function<void(ProvenRecord&)>& change) {
    CertificateFile lying = *file;
    for (ProvenRecord& record : lying.state->records)
      if (is_about(record, state::amendments_record_id)) change(record);
    return first_code(rig.verify(encode_certificate_file(lying)));
  };
  EXPECT_EQ(with([](ProvenRecord&) {}), "");
  EXPECT_EQ(with([](ProvenRecord& record) { record.record = nullptr; }), "state_proof.present");
  EXPECT_EQ(with([](ProvenRecord& record) {
              auto list = *state::decode_record<state::Parameter>(*record.record);
              list.entries.clear();
              record.record = std::make_shared<const Bytes>(state::encode_record(list));
            }),
            "state_proof.mismatch");
}

// A file of the tree of `then` leaves, brought under the rig's checkpoint.
Bytes refreshed(const CertificateRig& rig, const Bytes& earlier, std::uint64_t then) {
  auto file = decode_certificate_file(earlier);
  const auto reader = rig.ledger.ledger->reader_of(TreeSize{rig.finished.checkpoint.size});
  const auto bytes =
      assemble_patch(*reader, rig.finished, CertificateId{"C-1"}, TreeSize{then}, [] { return true; });
  EXPECT_TRUE(bytes) << bytes.error().message;
  const auto patch = decode_certificate_patch(*bytes);
  EXPECT_TRUE(apply_patch(*patch, *file));
  return encode_certificate_file(*file);
}

TEST(CertificateLaw, AnAmendmentAfterTheEvidence) {
  // Goal: a file that is brought up to date after the law was amended stays one: what it was judged by is as
  // it was, and a suspension runs out by the law of the checkpoint, which is proven too.
  World world = rich_world();
  concentrate(world, "L-1", "K-1");
  certify(world);
  const std::uint64_t then = CertificateRig(world).finished.checkpoint.size;
  amend(world, "P-1", std::string(standing_parameter), 7);
  CertificateRig rig(world);
  rig.seal(then);
  const auto earlier = rig.assemble("C-1");
  ASSERT_TRUE(earlier) << earlier.error().message;
  ASSERT_TRUE(is_yes(rig.verify(*earlier)));
  rig.seal(0);
  auto file = decode_certificate_file(refreshed(rig, *earlier, then));
  ASSERT_TRUE(file);
  const Report report = rig.verify(encode_certificate_file(*file));
  EXPECT_TRUE(is_yes(report)) << in_words(report);
  const auto erased = std::erase_if(file->state->records,
                                    [](const ProvenRecord& r) { return is_about(r, standing_parameter); });
  EXPECT_EQ(erased, 1u);
  EXPECT_EQ(first_code(rig.verify(encode_certificate_file(*file))), "state_not_proven");
  // A new file of that checkpoint carries the amendment, and needs no more than the list.
  EXPECT_TRUE(is_yes(rig.verify(*rig.assemble("C-1"))));
}

TEST(CertificateLaw, AnAmendmentDoesNotUnrelyWhatWasCounted) {
  // Goal: an attestation that was in force by the law of its day was relied on. A later law, by which its
  // lifted suspension had run out, flags the certificate; it does not make the attestation uncounted.
  for (const char* attestation : {"att-mill", "att-mine"}) {
    World world = rich_world();
    const auto change = [&](AttestationChange to) {
      world.must("body", world.attestation_status(attestation, to));
    };
    change(AttestationChange::suspended);
    world.now += 30 * day;
    change(AttestationChange::reinstated);
    world.now += 10 * day;
    concentrate(world, "L-1", "K-1");
    certify(world);
    const std::uint64_t then = CertificateRig(world).finished.checkpoint.size;
    amend(world, "P-1", std::string(standing_parameter), 7);
    CertificateRig rig(world);
    rig.seal(then);
    const auto earlier = rig.assemble("C-1");
    ASSERT_TRUE(earlier) << earlier.error().message;
    EXPECT_EQ(rig.verify(*earlier).verdict, CertificateVerdict::valid) << attestation;
    rig.seal(0);
    const auto flagged = [&](const Bytes& file) {
      const Report report = rig.verify(file);
      EXPECT_EQ(report.verdict, CertificateVerdict::valid_with_flags) << attestation << in_words(report);
      return std::any_of(report.flags.begin(), report.flags.end(), [&](const auto& flag) {
        return flag.code == "upstream_revoked" && flag.on == std::string("attestation ") + attestation;
      });
    };
    EXPECT_TRUE(flagged(refreshed(rig, *earlier, then))) << attestation;
    EXPECT_TRUE(flagged(*rig.assemble("C-1"))) << attestation;
  }
}

// A window's upper end rises from F on; what raises its lower end above the old upper one is signed before F
// and recorded after it. Everything that is certified came before.
World raised_late() {
  World world = rich_world();
  concentrate(world, "L-1", "K-1");
  certify(world);
  auto high = amendment(world, "P-high", "grade_ore_max_ppm", 400'000);
  high.effective_from.value += 10 * day;
  world.must("smelter", high);
  world.must("owner", vote(world, "P-high"));
  world.now += 5 * day;
  world.lag = 6 * day;
  amend(world, "P-low", "grade_ore_min_ppm", 300'000);
  return world;
}

TEST(CertificateLaw, AnAmendmentRecordedAfterAnotherTookEffect) {
  // Goal: the replay does not know the block's time and so not the window's other end: what the ledger took
  // stands, from the moment that the state lists.
  World world = raised_late();
  CertificateRig rig(world);
  const auto bytes = rig.assemble("C-1");
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_TRUE(is_yes(rig.verify(*bytes))) << in_words(rig.verify(*bytes));
  const auto file = decode_certificate_file(*bytes);
  ASSERT_TRUE(file);
  CertificateFile told = *file;
  told.state.reset();
  Trust trust = rig.trust();
  trust.assertions.require_state = false;
  const Report report = verify_certificate(encode_certificate_file(told), trust, CertificateRig::verified_at);
  EXPECT_TRUE(is_yes(report)) << in_words(report);
  Evidence evidence;
  ASSERT_FALSE(evidence.replay(*file, rig.finished.checkpoint, CertificateRig::verified_at));
  const auto list = std::find_if(file->state->records.begin(), file->state->records.end(),
                                 [](const auto& r) { return is_about(r, state::amendments_record_id); });
  const auto listed = *state::decode_record<state::Parameter>(*list->record);
  const auto made = state::find<state::Parameter>(evidence.view(), state::amendments_record_id);
  ASSERT_EQ(made->entries.size(), 2u);
  EXPECT_EQ(made->entries[1].effective_from, listed.entries[1].effective_from);
  EXPECT_EQ(made->entries[1].effective_from.value, world.block_time());
}

TEST(CertificateLaw, AStatementAfterALateAmendmentIsJudgedByIt) {
  // Goal: two laws of one parameter, the first from F on, the second signed before F and recorded after it:
  // the second is in force for what is recorded then, though it happened before.
  World world = rich_world();
  auto strict = amendment(world, "P-strict", "moisture_max_ppm", 20'000);
  strict.effective_from.value += 10 * day;
  world.must("smelter", strict);
  world.must("owner", vote(world, "P-strict"));
  world.now += 5 * day;
  world.lag = 6 * day;
  amend(world, "P-wet", "moisture_max_ppm", 400'000);
  world.now += hour;
  world.deliver("L-1", measured(20 * tonne, 350'000, 50'000));
  world.now += 20 * day;
  world.lag = 0;
  world.must("plant", world.flotation("B-1", {"L-1"}, "K-1"));
  certify(world);
  CertificateRig rig(world);
  const auto bytes = rig.assemble("C-1");
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_TRUE(is_yes(rig.verify(*bytes))) << in_words(rig.verify(*bytes));
}

TEST(CertificateLaw, AMomentThatTheEvidenceDoesNotAllow) {
  // Goal: a quorum may cosign any list; an amendment that holds from before its proposal, from long before
  // what was replayed, or from a block after the checkpoint's cosignatures is another law.
  World world = raised_late();
  CertificateRig rig(world);
  const auto file = decode_certificate_file(*rig.assemble("C-1"));
  ASSERT_TRUE(file);
  const auto with = [&](std::size_t entry, std::int64_t from) {
    CertificateFile lying = *file;
    for (ProvenRecord& record : lying.state->records) {
      if (!is_about(record, state::amendments_record_id)) continue;
      auto list = *state::decode_record<state::Parameter>(*record.record);
      list.entries[entry].effective_from = Millis{from};
      record.record = std::make_shared<const Bytes>(state::encode_record(list));
    }
    Evidence evidence;
    auto failure = evidence.replay(lying, rig.finished.checkpoint, CertificateRig::verified_at);
    if (!failure) failure = evidence.lay_over(*lying.state);
    return failure ? failure->code : "";
  };
  const std::int64_t from = world.now + 6 * day;
  EXPECT_EQ(with(1, from), "");
  EXPECT_EQ(with(1, world.now), "");  // its own moment, which some block's time allows
  EXPECT_EQ(with(1, world.now - 1), "law_differs");
  EXPECT_EQ(with(1, CertificateRig::verified_at.value + 60 * second), "");
  EXPECT_EQ(with(1, CertificateRig::verified_at.value + 60 * second + 1), "law_differs");
  EXPECT_EQ(with(0, from + day), "");  // the first one recorded only then
  EXPECT_EQ(with(0, from + day + 1), "law_differs");
}

}  // namespace
}  // namespace anta::test

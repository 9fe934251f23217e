#include "node/witness.h"

#include <fstream>
#include <optional>

#include "crypto/private_file.h"
#include "node/identity.h"
#include "tests/node/witness_rig.h"

namespace anta::test {
namespace {

constexpr std::uint64_t now = 1'800'000'000;

struct WitnessAlone {
  WitnessAlone() { start(); }
  void start() {
    witness.reset();
    EXPECT_TRUE(prepare_data_directory(home.config.data, DataDirectory::make));
    Result<WitnessMemory> memory = WitnessMemory::open(home.config.data, home.config.seed);
    ASSERT_TRUE(memory) << memory.error().message;
    WitnessPorts ports;
    ports.unix_seconds = [this] { return clock; };
    ports.remembered = [this](const Checkpoint& c) { remembered.push_back(c.size); };
    ports.failed = [this](const Error&) { ++failures; };
    identity.emplace(std::move(*load_witness_identity(home.config)));
    ports.not_kept = [this](const Error&) { ++failures; };
    witness.emplace(identity->name, identity->key, home.policy, std::move(*memory),
                    std::make_unique<WitnessNotes>(home.config.data, home.verifier()), std::move(ports));
  }
  HttpResponse ask(const std::string& body) {
    HttpResponse answer = witness->add_checkpoint(body);
    witness->keep_shown();
    return answer;
  }
  unsigned status(const std::string& body) { return ask(body).status; }
  // The time of the cosignature that an answer is, 0 when it is none.
  std::uint64_t time_in(const HttpResponse& answer, const std::string& note) const {
    const auto line = parse_signature_line(answer.body);
    const auto parsed = parse_note(note);
    if (!line || !parsed) return 0;
    const auto time = verify_cosignature(home.verifier(), parsed->text, *line, now);
    return time ? *time : 0;
  }

  GrownLog log{40};
  WitnessHome home{log};
  std::vector<std::uint64_t> remembered = {};
  std::uint64_t clock = now;
  int failures = 0;
  std::optional<WitnessIdentity> identity = {};
  std::optional<Witness> witness = {};
};

TEST(Witness, CosignsWhatExtendsWhatItSaw) {
  // Goal: from nothing, over odd sizes and powers of two, and the same size again; each answer is one line
  // that verifies under the witness's key and the clock's time.
  WitnessAlone rig;
  std::uint64_t from = 0;
  for (const std::uint64_t to : {1, 1, 7, 8, 16, 31, 32, 32, 40}) {
    const HttpResponse answer = rig.ask(rig.log.body(from, to));
    EXPECT_EQ(answer.status, 200u) << to << answer.body;
    EXPECT_EQ(rig.time_in(answer, rig.log.note(to)), now) << to;
    from = to;
  }
}

TEST(Witness, ShowsWhatItCosignedLast) {
  // Goal: C2SP tlog-witness, Monitor Retrieval: by the hash of the origin, with the log's signature and its
  // own and no stranger's; 404 before the first; a refused request changes nothing.
  WitnessAlone rig;
  const std::string hash = origin_hash(rig.log.origin);
  EXPECT_EQ(rig.witness->latest(hash).status, 404u);
  Note signed_twice = *parse_note(rig.log.note(9));
  signed_twice.signatures.push_back(sign_note_line(signed_twice.text, "stranger.example", key_of(9)));
  const std::string note = encode_note(signed_twice);
  EXPECT_EQ(rig.status(encode_witness_request({.old_size = 0, .proof = {}, .note = note})), 200u);
  EXPECT_EQ(rig.status(rig.log.body(3, 20)), 409u);
  const HttpResponse shown = rig.witness->latest(hash);
  EXPECT_EQ(shown.status, 200u);
  const auto parsed = parse_note(shown.body);
  ASSERT_TRUE(parsed) << shown.body;
  EXPECT_EQ(parsed->text, signed_twice.text);
  ASSERT_EQ(parsed->signatures.size(), 2u);
  EXPECT_TRUE(verify_note_line(rig.log.verifier(), parsed->text, parsed->signatures[0]));
  EXPECT_TRUE(verify_cosignature(rig.home.verifier(), parsed->text, parsed->signatures[1], now));
  EXPECT_EQ(rig.witness->latest(origin_hash("other.example/x")).status, 404u);
}

TEST(Witness, ShowsItAfterARestart) {
  // Goal: what was kept is shown again, at most a minute older than what was promised; a file that is
  // damaged, of another witness, or of more than was promised is not shown, and none of them stops it.
  WitnessAlone rig;
  const std::string hash = origin_hash(rig.log.origin);
  EXPECT_EQ(rig.status(rig.log.body(0, 9)), 200u);
  rig.clock += WitnessNotes::kept_every_seconds - 1;
  EXPECT_EQ(rig.status(rig.log.body(9, 20)), 200u);
  const std::string newest = rig.witness->latest(hash).body;
  EXPECT_EQ(parse_checkpoint(parse_note(newest)->text)->size, 20u);
  rig.start();
  EXPECT_EQ(parse_checkpoint(parse_note(rig.witness->latest(hash).body)->text)->size, 9u);
  rig.clock += 1;
  EXPECT_EQ(rig.status(rig.log.body(20, 31)), 200u);
  rig.start();
  EXPECT_EQ(parse_checkpoint(parse_note(rig.witness->latest(hash).body)->text)->size, 31u);
  EXPECT_EQ(rig.failures, 0);
  const std::filesystem::path file = rig.home.config.data / (hash + ".checkpoint");
  Note other = *parse_note(rig.log.note(31));
  other.signatures.push_back(sign_cosignature(other.text, "w1/anta", key_of(9), now));
  Note later = *parse_note(rig.log.note(40));
  const WitnessIdentity& self = *rig.identity;
  later.signatures.push_back(sign_cosignature(later.text, self.name, self.key, now));
  for (const std::string& bad :
       {newest.substr(0, 40), std::string(), encode_note(other), encode_note(later)}) {
    ASSERT_TRUE(write_private_file(file, as_bytes(bad), Replace::yes));
    rig.start();
    EXPECT_EQ(rig.witness->latest(hash).status, 404u) << bad;
  }
  EXPECT_EQ(rig.status(rig.log.body(31, 31)), 200u);
  EXPECT_EQ(rig.witness->latest(hash).status, 200u);
}

TEST(Witness, AnOldSizeThatIsNotItsOwnIs409WithItsOwn) {
  // Goal: body and type of the answer that a log goes on from, at the start and later; nothing is signed.
  WitnessAlone rig;
  HttpResponse answer = rig.ask(rig.log.body(5, 9));
  EXPECT_EQ(answer.status, 409u);
  EXPECT_EQ(answer.body, "0\n");
  EXPECT_EQ(answer.content_type, "text/x.tlog.size");
  EXPECT_EQ(rig.status(rig.log.body(0, 9)), 200u);
  for (const std::uint64_t wrong : {0, 5, 12}) {
    answer = rig.ask(rig.log.body(wrong, 20));
    EXPECT_EQ(answer.status, 409u) << wrong;
    EXPECT_EQ(answer.body, "9\n") << wrong;
  }
  EXPECT_EQ(rig.remembered, std::vector<std::uint64_t>{9});
}

TEST(Witness, ATreeThatIsNotShownToExtendIs422) {
  // Goal: another history, the proof of another size, a hash too many, one too few, the same size with
  // another root, a proof from nothing, and an empty tree with a root: all refused, and the memory stays.
  WitnessAlone rig;
  const GrownLog other(40, 1);
  EXPECT_EQ(rig.status(rig.log.body(0, 9)), 200u);
  const auto refused = [&](std::uint64_t from, std::vector<Digest> proof, const std::string& note) {
    return rig.status(encode_witness_request({.old_size = from, .proof = std::move(proof), .note = note}));
  };
  EXPECT_EQ(rig.status(other.body(9, 20)), 422u);
  EXPECT_EQ(refused(9, rig.log.proof(8, 20), rig.log.note(20)), 422u);
  std::vector<Digest> proof = rig.log.proof(9, 20);
  proof.push_back(Digest{});
  EXPECT_EQ(refused(9, proof, rig.log.note(20)), 422u);
  proof.resize(proof.size() - 2);
  EXPECT_EQ(refused(9, proof, rig.log.note(20)), 422u);
  EXPECT_EQ(refused(9, {}, other.note(9)), 422u);
  EXPECT_EQ(refused(9, {Digest{}}, rig.log.note(9)), 422u);
  EXPECT_EQ(rig.remembered, std::vector<std::uint64_t>{9});
  WitnessAlone fresh;
  EXPECT_EQ(fresh.status(encode_witness_request({.proof = {Digest{}}, .note = fresh.log.note(3)})), 422u);
  const Checkpoint empty{.origin = fresh.log.origin, .size = 0, .root = fresh.log.at(1).root};
  EXPECT_EQ(fresh.status(encode_witness_request({.note = fresh.log.note_of(empty)})), 422u);
  EXPECT_EQ(fresh.status(fresh.log.body(0, 0)), 200u);  // the empty tree itself
}

TEST(Witness, UnknownLogsAndUntrustedKeys) {
  // Goal: 404 for an origin that is not in the policy, 403 without a signature that it trusts: another key,
  // the right key under another text, and a cosigner's key; unknown signatures beside a good one do no harm.
  WitnessAlone rig;
  const GrownLog stranger(5, 0, "anta.example/other-00000000");
  EXPECT_EQ(rig.status(stranger.body(0, 5)), 404u);
  const std::string text = encode_checkpoint(rig.log.at(5));
  const auto signed_by = [&](std::vector<NoteSignature> lines) {
    return rig.status(
        encode_witness_request({.note = encode_note({.text = text, .signatures = std::move(lines)})}));
  };
  const SigningKey wrong = key_of(9);
  const NoteSignature good = sign_note_line(text, rig.log.origin, rig.log.key);
  const NoteSignature unknown = sign_note_line(text, rig.log.origin, wrong);
  NoteSignature forged = good;
  forged.blob[5] ^= 1;
  EXPECT_EQ(signed_by({unknown}), 403u);
  EXPECT_EQ(signed_by({forged}), 403u);
  EXPECT_EQ(signed_by({sign_note_line(text, "someone.else", rig.log.key)}), 403u);
  EXPECT_EQ(signed_by({sign_cosignature(text, rig.log.origin, rig.log.key, now)}), 403u);
  EXPECT_EQ(signed_by({unknown, good}), 200u);
}

TEST(Witness, AnyKeyOfTheOriginMaySign) {
  // Goal: all nodes of a ledger have log keys of one origin: what one leader opened another may go on from.
  WitnessAlone rig;
  VerifierKey second = rig.log.verifier();
  second.key = key_of(2).public_key();
  rig.witness->set_policy(*quorum_policy({rig.log.verifier(), second}, {rig.home.verifier()}, 1));
  EXPECT_EQ(rig.status(rig.log.body(0, 5)), 200u);
  rig.log.key = key_of(2);
  EXPECT_EQ(rig.status(rig.log.body(5, 9)), 200u);
}

TEST(Witness, MalformedBodiesAre400) {
  // Goal: wrong size lines, proof lines, line ends and notes, and an old size above the checkpoint's; none of
  // them is remembered.
  WitnessAlone rig;
  const std::string note = rig.log.note(5);
  std::string long_proof = "old 0\n";
  for (std::size_t i = 0; i <= witness_proof_max; ++i)
    long_proof += "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
  const std::vector<std::string> bodies = {"",
                                           "\n",
                                           "old\n\n" + note,
                                           "old 0",
                                           "old 0\n",
                                           "old 0\n" + note,
                                           "old 00\n\n" + note,
                                           "old +1\n\n" + note,
                                           "old -1\n\n" + note,
                                           "old 18446744073709551616\n\n" + note,
                                           "old  0\n\n" + note,
                                           "old 0\r\n\r\n" + note,
                                           "size 0\n\n" + note,
                                           "old 0\nAAAA\n\n" + note,
                                           "old 0\n!\n\n" + note,
                                           long_proof + "\n" + note,
                                           "old 0\n\n",
                                           "old 0\n\n" + note.substr(0, note.size() - 1),
                                           "old 0\n\n" + note + "\n",
                                           "old 0\n\nanta\n",
                                           "old 0\n\n" + std::string(note_bytes_max + 1, 'x'),
                                           rig.log.body(9, 9).replace(4, 1, "10")};
  for (const std::string& body : bodies)
    EXPECT_EQ(rig.status(body), 400u) << body.substr(0, 60);
  EXPECT_TRUE(rig.remembered.empty());
}

TEST(Witness, RemembersBeforeItAnswersAndAcrossARestart) {
  // Goal: killed between the write and the answer: the next run refuses what forgets that size, and goes on
  // from it. The seam runs when the file is as a crash would leave it.
  WitnessAlone rig;
  const std::filesystem::path file = rig.home.config.data / "witness.state";
  std::string crashed_with;
  WitnessPorts ports;
  ports.unix_seconds = [] { return now; };
  ports.remembered = [&](const Checkpoint&) {
    std::ifstream in(file, std::ios::binary);
    crashed_with = std::string(std::istreambuf_iterator<char>(in), {});
  };
  rig.witness.reset();
  {
    Witness doomed("w1/anta", rig.identity->key, rig.home.policy,
                   std::move(*WitnessMemory::open(rig.home.config.data, rig.home.config.seed)),
                   std::make_unique<WitnessNotes>(rig.home.config.data, rig.home.verifier()), ports);
    EXPECT_EQ(doomed.add_checkpoint(rig.log.body(0, 9)).status, 200u);
  }
  write_whole(file.string(), as_bytes(crashed_with));
  std::filesystem::permissions(file,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  rig.start();
  EXPECT_EQ(rig.ask(GrownLog(40, 1).body(0, 20)).body, "9\n");
  EXPECT_EQ(rig.status(rig.log.body(9, 20)), 200u);
}

TEST(Witness, WithoutItsMemoryItDoesNotBeginAnew) {
  // Goal: wiped although the seed has been used: refused with the next step; so are a torn file, a changed
  // byte and a second process. A directory that is another's is refused too.
  WitnessAlone rig;
  EXPECT_EQ(rig.status(rig.log.body(0, 9)), 200u);
  const auto refusal = [&] {
    const auto opened = WitnessMemory::open(rig.home.config.data, rig.home.config.seed);
    return opened ? std::string("opened") : opened.error().rule;
  };
  EXPECT_EQ(refusal(), "store.running");
  rig.witness.reset();
  const std::filesystem::path file = rig.home.config.data / "witness.state";
  std::ifstream in(file, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  const auto with = [&](const std::string& bytes) {
    write_whole(file.string(), as_bytes(bytes));
    std::filesystem::permissions(file,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return refusal();
  };
  EXPECT_EQ(with(whole), "opened");
  EXPECT_EQ(with(""), "store.damaged");
  for (std::size_t i = 0; i < whole.size(); i += 7) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ 1);
    EXPECT_EQ(with(bytes), "store.damaged") << i;
    EXPECT_EQ(with(whole.substr(0, i)), "store.damaged") << i;
  }
  std::filesystem::remove(file);
  EXPECT_EQ(refusal(), "store.missing");
  const auto missing = WitnessMemory::open(rig.home.config.data, rig.home.config.seed);
  EXPECT_NE(missing.error().message.find("antad --witness --init"), std::string::npos);
  std::filesystem::remove_all(rig.home.config.data);
  EXPECT_EQ(refusal(), "store.missing");
}

TEST(Witness, AFullDiskSignsNothing) {
  // Goal: what could not be made durable is not signed, and the process is told to end.
  WitnessAlone rig;
  EXPECT_EQ(rig.status(rig.log.body(0, 9)), 200u);
  std::filesystem::remove_all(rig.home.config.data);  // no file can be written there
  EXPECT_EQ(rig.status(rig.log.body(9, 20)), 500u);
  EXPECT_EQ(rig.failures, 1);
  EXPECT_EQ(rig.remembered, std::vector<std::uint64_t>{9});
}

TEST(Witness, ItsMemoryIsPerOrigin) {
  // Goal: two ledgers do not see each other's sizes.
  WitnessAlone rig;
  GrownLog second(9, 3, "anta.example/second-00000000");
  second.key = key_of(3);
  rig.witness->set_policy(*quorum_policy({rig.log.verifier(), second.verifier()}, {rig.home.verifier()}, 1));
  EXPECT_EQ(rig.status(rig.log.body(0, 20)), 200u);
  EXPECT_EQ(rig.status(second.body(0, 5)), 200u);
  rig.start();
  rig.witness->set_policy(*quorum_policy({rig.log.verifier(), second.verifier()}, {rig.home.verifier()}, 1));
  EXPECT_EQ(rig.status(second.body(5, 9)), 200u);
  EXPECT_EQ(rig.ask(rig.log.body(0, 5)).body, "20\n");
}

TEST(WitnessConfig, SaysWhatIsWrong) {
  // Goal: a typo, a missing key, a policy without the log, one with another key for this witness, and one
  // that does not list it, which is a warning.
  WitnessAlone rig;
  const auto complaint = [&](const std::string& text) {
    const auto parsed = parse_witness_config(text, rig.home.directory.path());
    return parsed ? std::string() : parsed.error().message;
  };
  EXPECT_NE(complaint("witnes: w1\n").find("\"witness\""), std::string::npos);
  EXPECT_NE(complaint("witness: w1\ndata: d\nseed: s\n").find("\"policy\" is missing"), std::string::npos);
  EXPECT_NE(complaint("witness: \"w 1\"\npolicy: p\ndata: d\nseed: s\n").find("is no id"), std::string::npos);
  EXPECT_NE(complaint("witness: w1\npolicy: p\ndata: d\nseed: s\nhttp: {listen: \"0.0.0.0:1\"}\n")
                .find("not loopback"),
            std::string::npos);
  const auto with_policy = [&](const std::string& policy) {
    write_whole(rig.home.directory.path() + "/policy.txt", as_bytes(policy));
    return load_witness_identity(rig.home.config);
  };
  EXPECT_NE(with_policy("quorum none\n").error().message.find("names no log"), std::string::npos);
  const VerifierKey other{.name = "w1/anta", .type = KeyType::cosignature, .key = key_of(5).public_key()};
  const VerifierKey else_named{
      .name = "w2/anta", .type = KeyType::cosignature, .key = key_of(5).public_key()};
  EXPECT_EQ(with_policy(encode_policy(*quorum_policy({rig.log.verifier()}, {other}, 1))).error().rule,
            "config.seed");
  EXPECT_TRUE(with_policy(encode_policy(*quorum_policy({rig.log.verifier()}, {else_named}, 1)))->warning);
  EXPECT_FALSE(with_policy(encode_policy(rig.home.policy))->warning);
}

}  // namespace
}  // namespace anta::test

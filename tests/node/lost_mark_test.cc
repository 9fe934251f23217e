// Three real nodes, of which one came back without the memory of what it signed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "crypto/checkpoint.h"
#include "node/checkpoint_file.h"
#include "node/cosigning_mark.h"
#include "storage/ledger/cosigners.h"
#include "storage/log_store.h"
#include "tests/node/governed.h"

namespace anta::test {
namespace {

namespace fs = std::filesystem;

// The number behind `key=` of the newest line of this event in a node's log; 0: there is none.
std::uint64_t logged(const std::string& file, const std::string& event, const std::string& key) {
  const Bytes bytes = read_whole(file);
  const std::string text(as_text(bytes));
  const std::size_t line = text.rfind("event=" + event + " ");
  const std::size_t at = line == std::string::npos ? line : text.find(key + "=", line);
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + key.size() + 1));
}

// n3's database as it was, under the watermark as it is: what a restored copy comes to.
void put_back(const fs::path& copy, const fs::path& database) {
  fs::rename(database / "watermark", copy / "watermark");
  fs::remove_all(database);
  fs::rename(copy, database);
}

// The mark in a stopped node's log; with `put` that one takes its place first.
std::uint64_t mark_of(const Config& config, const std::optional<CheckpointMark>& put = {}) {
  DatabaseOptions options;
  options.directory = (config.data / "db").string();
  options.network = sha256(read_whole(config.network));
  options.node = config.node;
  auto database = Database::open(options);
  EXPECT_TRUE(database);
  auto log = LogStore::open(**database);
  EXPECT_TRUE(log);
  const LogStore::Restored found = (*log)->recover();
  if (put) {
    const LogStore::LogWrite write{.cosigning_mark = encode_mark(*put), .must_sync = true};
    EXPECT_TRUE((*log)->write({&write, 1}));
    return put->size;
  }
  return found.cosigning_mark ? decode_mark(*found.cosigning_mark)->size : 0;
}

TEST(LostMark, AFinishedNoteWhoseMarkWasLostIsMarkedAtTheStart) {
  // Goal: n3 kept a note that the others and a witness finished without it, and was killed before its mark of
  // it was durable. Its start marks it, when there is a replica to do so (it asked one that was not made
  // yet).
  World world = certified();
  const SigningKey& witness = world.key("observatorio");
  world.genesis.witnesses = std::vector<GenesisWitness>{{NodeId{"observatorio"}, witness.public_key()}};
  Trio trio(world.genesis);
  ASSERT_TRUE(trio.ready(0) && trio.ready(1) && trio.ready(2));
  const auto served = [&]() -> std::optional<Checkpoint> {
    const auto note = parse_note(trio.get(2, "/checkpoint", "*/*").body);
    if (!note) return std::nullopt;
    const auto checkpoint = parse_checkpoint(note->text);
    return checkpoint ? std::optional(*checkpoint) : std::nullopt;
  };
  std::optional<Checkpoint> early;
  ASSERT_TRUE(trio.until([&] { return (early = served()).has_value(); }));
  trio.play(world, {0, 1, 2});
  ASSERT_TRUE(trio.until([&] {  // all of it, by all three
    const auto now = served();
    return now && now->size > early->size &&
           trio.get(2, "/v1/ledger?fresh=1").body.find(hex(now->root)) != std::string::npos;
  }));
  for (std::size_t i = 0; i < 3; ++i)
    trio.stop(i);
  const Config& config = trio.members[2].config;
  const fs::path file = checkpoint_note_file(config.data);
  Note note = *parse_note(as_text(read_whole(file)));
  const std::uint64_t size = parse_checkpoint(note.text)->size;
  const std::string own = cosigner_name(trio.genesis.nodes[2].organisation);
  ASSERT_EQ(std::erase_if(note.signatures, [&](const auto& line) { return line.name == own; }), 1u);
  note.signatures.push_back(sign_cosignature(note.text, "observatorio/anta", witness, 1'700'000'000));
  write_whole(file, as_bytes(encode_note(note)));
  const CheckpointMark lost{.size = early->size, .root = early->root};
  ASSERT_EQ(mark_of(config, lost), lost.size);
  ASSERT_TRUE(trio.until([&] {
    trio.start(2);
    trio.get(2, "/v1/status");
    trio.stop(2);
    return mark_of(config) == size;
  }));
}

TEST(LostMark, AnOlderCopySignsNothingUntilItHasHeard) {
  // Goal: n3 signed up to a size and comes back from an older copy. Alone it signs nothing and says why, over
  // a restart too; with the others it hears what it signed, goes on at or beyond that, and all three cosign.
  Governed net;
  Trio& trio = net.trio;
  ASSERT_TRUE(net.certifies(2));
  const fs::path database = trio.members[2].config.data / "db";
  const fs::path copy = trio.home.path() + "/copy";
  trio.stop(2);
  fs::copy(database, copy, fs::copy_options::recursive);
  trio.start(2);
  ASSERT_TRUE(trio.ready(2));
  net.let_operate();
  ASSERT_TRUE(net.certifies(0) && net.certifies(2));  // all three have signed
  const std::uint64_t signed_size = net.number(2, "size");
  for (std::size_t i = 0; i < 3; ++i)
    trio.stop(i);
  put_back(copy, database);
  const std::string log = trio.home.path() + "/n3/antad.log";

  for (int starts = 0; starts < 2; ++starts) {
    trio.start(2);
    EXPECT_TRUE(net.says(2, "/v1/status", R"("cosigning":{"mark":"unknown","waits_for":)"));
    EXPECT_NE(trio.get(2, "/metrics").body.find("\nanta_cosigning_mark_known 0\n"), std::string::npos);
    if (starts == 0) trio.stop(2);
  }
  EXPECT_EQ(logged(log, "cosigning_resumed", "size"), 0u);
  trio.start(0);
  trio.start(1);
  EXPECT_TRUE(net.says(2, "/v1/status", R"("cosigning":{"mark":"known"})"));
  EXPECT_GE(logged(log, "cosigning_resumed", "size"), signed_size);
  EXPECT_TRUE(trio.ready(0) && trio.ready(1) && trio.ready(2));
  payload::RoleGrant role;
  role.common = net.world.common();
  role.party = PartyId{"plant"};
  role.role = Role::trader;
  role.from = Millis{net.world.now};
  EXPECT_EQ(trio.post(0, net.world.sign("registrar", role)).status, 201u);
  EXPECT_TRUE(net.certifies(0) && net.certifies(2));  // k of three is three: n3 cosigned it
}

}  // namespace
}  // namespace anta::test

// Three real nodes, of which one came back without the memory of what it signed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

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

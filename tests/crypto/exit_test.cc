#include "crypto/exit.h"

#include <gtest/gtest.h>

#include <set>

namespace anta {
namespace {

struct Row {
  Code code = {};
  Exit exit = {};
};

constexpr Row rows[] = {
    {Code::malformed, Exit::usage},
    {Code::bad_signature, Exit::rejected},
    {Code::not_authorised, Exit::not_allowed},
    {Code::rule_violated, Exit::rejected},
    {Code::not_found, Exit::not_found},
    {Code::not_leader, Exit::undecided},
    {Code::busy, Exit::undecided},
    {Code::uncertain, Exit::undecided},
    {Code::corrupt, Exit::storage},
    {Code::io, Exit::storage},
};

}  // namespace

TEST(Exit, NumbersArePromised) {
  // Goal: scripts compare with these numbers (README.md).
  EXPECT_EQ(static_cast<int>(Exit::ok), 0);
  EXPECT_EQ(static_cast<int>(Exit::internal), 1);
  EXPECT_EQ(static_cast<int>(Exit::usage), 2);
  EXPECT_EQ(static_cast<int>(Exit::refused), 3);
  EXPECT_EQ(static_cast<int>(Exit::not_found), 4);
  EXPECT_EQ(static_cast<int>(Exit::not_allowed), 5);
  EXPECT_EQ(static_cast<int>(Exit::undecided), 6);
  EXPECT_EQ(static_cast<int>(Exit::rejected), 7);
  EXPECT_EQ(static_cast<int>(Exit::storage), 8);
}

TEST(Exit, EveryCodeHasItsExit) {
  // Goal: the table names every code there is, and a number that is no code is internal.
  std::set<Code> named;
  for (const Row& row : rows) {
    EXPECT_EQ(exit_for({row.code, "some.rule", ""}), row.exit) << name(row.code);
    EXPECT_EQ(exit_for({row.code, "", ""}), row.exit) << name(row.code);
    named.insert(row.code);
  }
  for (int number = 0; number <= 255; ++number) {
    const auto code = static_cast<Code>(number);
    EXPECT_EQ(named.contains(code), name(code) != "unknown") << number;
    if (named.contains(code)) continue;
    EXPECT_EQ(exit_for({code, "", ""}), Exit::internal) << number;
  }
}

TEST(Exit, AddressesTheStoreAndCertificatesHaveTheirOwn) {
  // Goal: a taken port is the configuration's, every refusal of a store is storage, and a node's certificate
  // that does not verify is refused, whatever the code.
  for (const Row& row : rows) {
    for (const char* rule : {"store.missing", "store.in_use", "store.other_node", "store.damaged"})
      EXPECT_EQ(exit_for({row.code, rule, ""}), Exit::storage) << name(row.code) << rule;
    for (const char* rule : {"http.port_taken", "peer.port_taken"})
      EXPECT_EQ(exit_for({row.code, rule, ""}), Exit::usage) << name(row.code) << rule;
    EXPECT_EQ(exit_for({row.code, "tls.untrusted", ""}), Exit::refused) << name(row.code);
    for (const char* rule : {"stored.else", "http.port", "restore.x", "tls.handshake", "tls.ca"})
      EXPECT_EQ(exit_for({row.code, rule, ""}), row.exit) << name(row.code) << rule;
  }
}

}  // namespace anta

#include "crypto/sealed.h"

#include <gtest/gtest.h>

#include "tests/crypto/outcome.h"
#include "tests/crypto/temporary_directory.h"

namespace anta {
namespace {

using test::outcome;
using test::with;

constexpr SealCost cheap{.operations = 1, .memory_kib = seal_memory_kib_min};

std::string sealed(std::string_view passphrase = "correct horse") {
  return std::string(as_text(*seal_seed(test::seed(42), passphrase, cheap)));
}

TEST(Sealed, OpensWithItsPassphraseOnly) {
  // Goal: the seed comes back; another passphrase, also a longer or shorter one, opens nothing.
  const std::string file = sealed();
  auto opened = open_sealed(as_bytes(file), "correct horse");
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE(same_secret(*opened, test::seed(42)));
  for (std::string_view wrong : {"correct hors", "correct horse ", "Correct horse", "x"}) {
    auto refused = open_sealed(as_bytes(file), wrong);
    EXPECT_EQ(outcome(refused), "sealed.open") << wrong;
    EXPECT_EQ(refused.error().code, Code::not_authorised);
  }
}

TEST(Sealed, EveryFlippedByteIsRefused) {
  // Goal: no byte of the file, header and line ends included, can change unnoticed.
  const std::string file = sealed();
  for (std::size_t i = 0; i < file.size(); ++i) {
    std::string changed = file;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(open_sealed(as_bytes(changed), "correct horse")) << i << ": " << file.substr(i, 10);
  }
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_EQ(outcome(open_sealed(as_bytes(file).first(size), "correct horse")), "sealed.format") << size;
  }
  EXPECT_EQ(outcome(open_sealed(as_bytes(file + "\n"), "correct horse")), "sealed.format");
}

TEST(Sealed, TwoFilesOfOneSeedShareNothing) {
  // Goal: salt and nonce are fresh, so equal seeds and passphrases cannot be recognised.
  const std::string one = sealed();
  const std::string two = sealed();
  for (std::string_view label : {"\nsalt ", "\nnonce ", "\nbox "}) {
    EXPECT_NE(one.substr(one.find(label), 24), two.substr(two.find(label), 24)) << label;
  }
}

TEST(Sealed, CostIsBoundedBeforeMemoryIsTaken) {
  // Goal: a file that asks for more than the bounds is refused by name, not by running out of memory.
  const std::string file = sealed();
  EXPECT_EQ(outcome(open_sealed(as_bytes(with(file, "argon2id 1 8", "argon2id 1 1048577")), "x")),
            "sealed.cost");
  EXPECT_EQ(outcome(open_sealed(as_bytes(with(file, "argon2id 1 8", "argon2id 17 8")), "x")), "sealed.cost");
  EXPECT_EQ(outcome(open_sealed(as_bytes(with(file, "argon2id 1 8", "argon2id 0 8")), "x")), "sealed.cost");
  EXPECT_EQ(outcome(open_sealed(as_bytes(with(file, "argon2id 1 8", "argon2id 1 7")), "x")), "sealed.cost");
  EXPECT_EQ(outcome(open_sealed(as_bytes(with(file, "argon2id 1 8", "argon2id 01 8")), "x")),
            "sealed.format");
  EXPECT_EQ(outcome(seal_seed(test::seed(1), "x", {.operations = 99, .memory_kib = 8})), "sealed.cost");
}

TEST(Sealed, OtherVersionsAndPassphrasesWithoutContentAreRefused) {
  // Goal: a later format is named as unknown; an empty or overlong passphrase neither seals nor opens.
  EXPECT_EQ(outcome(open_sealed(as_bytes(with(sealed(), "key v1", "key v2")), "x")), "sealed.format");
  EXPECT_EQ(outcome(seal_seed(test::seed(1), "", cheap)), "sealed.passphrase");
  EXPECT_EQ(outcome(seal_seed(test::seed(1), std::string(passphrase_bytes_max + 1, 'x'), cheap)),
            "sealed.passphrase");
  EXPECT_EQ(outcome(open_sealed(as_bytes(sealed()), "")), "sealed.passphrase");
}

TEST(Sealed, SeedFilesGoBothWays) {
  // Goal: what is written is read; anything but 64 digits and LF is refused.
  test::TemporaryDirectory directory;
  const auto path = directory.path() / "node.seed";
  ASSERT_TRUE(write_seed_file(path, test::seed(0xA5)));
  auto file = read_private_file(path);
  ASSERT_TRUE(file);
  std::string digits;
  for (int i = 0; i < 32; ++i)
    digits += "a5";
  EXPECT_EQ(as_text(*file), digits + "\n");
  auto read = read_seed_file(path);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(same_secret(*read, test::seed(0xA5)));
  for (const std::string& bad : {digits, digits.substr(2) + "\n", std::string("\n"), std::string()}) {
    ASSERT_TRUE(write_private_file(path, as_bytes(bad), Replace::yes));
    EXPECT_EQ(outcome(read_seed_file(path)), "seed.format") << bad;
  }
  ASSERT_TRUE(write_private_file(path, as_bytes(digits + "a5\n"), Replace::yes));
  EXPECT_EQ(outcome(read_seed_file(path)), "file.too_large");
}

}  // namespace
}  // namespace anta

// Golden bytes: for every statement type golden/<type>.hex, the signed statement, and golden/<type>.yaml, its
// payload as a person reads it. Written once; a change in either is a change of the format. Where no single
// statement has all the fields of its type there is another: golden/<type>.<what>.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "crypto/text.h"
#include "node/views/statement_view.h"
#include "storage/ledger/codec.h"
#include "tests/ledger/payload_generator.h"

namespace anta {
namespace {

SigningKey golden_key() {
  std::array<std::uint8_t, 32> seed = {};
  for (std::size_t i = 0; i < seed.size(); ++i)
    seed[i] = static_cast<std::uint8_t>(i);
  return SigningKey(Secret32(seed));
}
constexpr std::int64_t golden_iat = 1'756'382'400;
constexpr std::array<std::uint8_t, 16> golden_cti = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
                                                     0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f};

// Names of files without their endings, and the type of one.
std::vector<std::string> golden_names() {
  std::vector<std::string> names = {"node.witness"};
  for (const std::string_view type : statement_types())
    names.emplace_back(type);
  return names;
}
std::string type_of(const std::string& name) { return name.substr(0, name.find('.')); }

std::string golden(std::string_view type, std::string_view ending) {
  return std::string(ANTA_SOURCE_DIR) + "/tests/ledger/golden/" + std::string(type) + std::string(ending);
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// For a new type: ANTA_GOLDEN_WRITE=1 writes what is missing, and only that, to be read and committed.
void write_missing(const std::string& name) {
  if (std::getenv("ANTA_GOLDEN_WRITE") == nullptr || !contents(golden(name, ".hex")).empty()) return;
  const std::string type = type_of(name);
  PayloadGenerator random(2026);
  const std::string by_hand = contents(golden(name, ".yaml"));
  const auto payload =
      !by_hand.empty()
          ? views::payload_from_yaml(type, by_hand)
          : decode_payload(type, *encode_value(random.payload(type, PayloadGenerator::Fields::full)));
  if (by_hand.empty()) std::ofstream(golden(name, ".yaml")) << views::payload_to_yaml(*payload);
  const auto bytes = sign_statement(*payload, PartyId{"apu-ccollpa"}, golden_key(), golden_iat, golden_cti);
  std::ofstream(golden(name, ".hex")) << to_hex(*bytes) << "\n";
}

TEST(Golden, EveryTypeBothDirections) {
  // Goal: the YAML signs to the committed bytes; the bytes decode to the committed YAML.
  for (const std::string& name : golden_names()) {
    write_missing(name);
    const std::string type = type_of(name);
    const std::string yaml = contents(golden(name, ".yaml"));
    std::string hex_text = contents(golden(name, ".hex"));
    ASSERT_FALSE(hex_text.empty()) << type;
    ASSERT_EQ(hex_text.back(), '\n');
    hex_text.pop_back();
    const auto payload = views::payload_from_yaml(type, yaml);
    ASSERT_TRUE(payload.has_value()) << type << ": " << payload.error().message;
    const auto bytes = sign_statement(*payload, PartyId{"apu-ccollpa"}, golden_key(), golden_iat, golden_cti);
    ASSERT_TRUE(bytes.has_value()) << type;
    EXPECT_EQ(to_hex(*bytes), hex_text) << type;
    const auto statement = decode_statement(std::make_shared<const Bytes>(*from_hex(hex_text)));
    ASSERT_TRUE(statement.has_value()) << type << ": " << statement.error().message;
    EXPECT_EQ(statement->type, type);
    EXPECT_EQ(views::payload_to_yaml(statement->payload), yaml) << type;
  }
}

TEST(Golden, EveryFieldIsThere) {
  // Goal: the golden payloads hold every optional field, so that each is pinned.
  std::map<std::string, std::set<std::string>> held;
  for (const std::string& name : golden_names()) {
    const std::string hex_text = contents(golden(name, ".hex"));
    const auto statement =
        decode_statement(std::make_shared<const Bytes>(*from_hex(hex_text.substr(0, hex_text.size() - 1))));
    ASSERT_TRUE(statement.has_value());
    const auto value = decode_value(encode_payload(statement->payload));
    for (const auto& [field, ignored] : std::get<ValueMap>(value->data))
      held[type_of(name)].insert(field);
  }
  for (const std::string_view type : statement_types()) {
    for (const Shape::Field& field : payload_shape(type)->fields)
      EXPECT_TRUE(held[std::string(type)].contains(std::string(field.name))) << type << "." << field.name;
  }
}

}  // namespace
}  // namespace anta

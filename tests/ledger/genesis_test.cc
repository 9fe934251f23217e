#include "storage/ledger/genesis.h"

#include <gtest/gtest.h>

#include "crypto/text.h"

namespace anta {
namespace {

PublicKey key(std::uint8_t fill) {
  PublicKey made;
  made.bytes.fill(fill);
  return made;
}

Genesis sample_genesis() {
  Genesis genesis;
  genesis.network = {"anta-sur"};
  genesis.origin = "anta.example/sur";
  genesis.created = Millis{1'735'689'600'000};
  genesis.registrar = {{"registro-anta"}, key(1)};
  genesis.nodes = {{{"nasca-sur"}, {"nasca-sur"}, {key(2), key(3), key(4)}, "127.0.0.1:7101"},
                   {{"bahia-sur"}, {"bahia-sur"}, {key(5), key(6), key(7)}, "[::1]:7102"}};
  genesis.witnesses = {{{{"puerto-ilo"}, key(8)}}};
  genesis.schemes = {{{"crp"}, {"marco-cobre"}}};
  genesis.parameters = {{"unformalised_origin", std::string("not_eligible")},
                        {"event_age_max_days", std::int64_t{3650}}};
  return genesis;
}

Genesis bound() {
  Genesis genesis = sample_genesis();
  bind_origin(genesis);
  return genesis;
}

// What a genesis with one change, bound afterwards, is refused for.
Error refusal(void (*change)(Genesis&)) {
  Genesis genesis = sample_genesis();
  change(genesis);
  bind_origin(genesis);
  const auto decoded = decode_genesis(encode_genesis(genesis));
  EXPECT_FALSE(decoded.has_value());
  return decoded ? Error{} : decoded.error();
}

TEST(Genesis, RoundTripsAndIsBoundToItsOrigin) {
  // Goal: a bound genesis decodes to itself; its identity does not depend on the order of its parameters.
  const Genesis genesis = bound();
  EXPECT_TRUE(origin_is_bound(genesis));
  EXPECT_EQ(genesis.origin.substr(0, 17), "anta.example/sur-");
  EXPECT_EQ(genesis.origin.size(), 25U);
  const Bytes bytes = encode_genesis(genesis);
  const auto again = decode_genesis(bytes);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(encode_genesis(*again), bytes);
  EXPECT_EQ(again->nodes[1].address, "[::1]:7102");
  EXPECT_EQ(again->parameters.size(), 2U);
  Genesis swapped = genesis;
  std::swap(swapped.parameters[0], swapped.parameters[1]);
  EXPECT_EQ(encode_genesis(swapped), bytes);
}

TEST(Genesis, TheDigitsAreOfTheHashWithZerosInTheirPlace) {
  // Goal: the binding is the published construction, and any change breaks it.
  const Genesis genesis = bound();
  Genesis zeros = genesis;
  zeros.origin = "anta.example/sur-00000000";
  EXPECT_EQ(genesis.origin.substr(17), hex(sha256(encode_genesis(zeros))).substr(0, 8));
  Genesis changed = genesis;
  changed.nodes[0].address = "127.0.0.1:7103";
  EXPECT_FALSE(origin_is_bound(changed));
  EXPECT_EQ(decode_genesis(encode_genesis(changed)).error().rule, "origin");
  EXPECT_EQ(decode_genesis(encode_genesis(sample_genesis())).error().rule, "origin");
  Genesis short_name = genesis;
  short_name.origin = "-1234567";
  EXPECT_FALSE(origin_is_bound(short_name));
}

TEST(Genesis, RefusesWhatContradictsItself) {
  // Goal: ids, organisations and keys that stand twice, addresses, parameters and formats, each by its path.
  EXPECT_EQ(refusal([](Genesis& g) { g.nodes[1].id = g.nodes[0].id; }).message,
            "nodes[1].id: the id stands twice");
  EXPECT_EQ(refusal([](Genesis& g) { g.nodes[1].organisation = {"nasca-sur"}; }).message,
            "nodes[1].organisation: the organisation stands twice");
  EXPECT_EQ(refusal([](Genesis& g) { g.nodes[1].keys.tls = key(2); }).message,
            "nodes[1].keys: a key stands twice");
  EXPECT_EQ(refusal([](Genesis& g) { g.nodes[0].keys.log = key(1); }).message,
            "nodes[0].keys: a key stands twice");
  EXPECT_EQ(refusal([](Genesis& g) { (*g.witnesses)[0].id = {"bahia-sur"}; }).message,
            "witnesses[0].id: the id stands twice");
  const auto of_a_node = [](Genesis& g) {
    g.nodes[0].organisation = {"otra"};
    (*g.witnesses)[0].id = {"otra"};
  };
  EXPECT_EQ(refusal(of_a_node).message, "witnesses[0].id: the organisation stands twice");
  EXPECT_EQ(refusal([](Genesis& g) { g.schemes.push_back(g.schemes[0]); }).message,
            "schemes[1].id: the id stands twice");
  EXPECT_EQ(refusal([](Genesis& g) { g.nodes[0].address = "127.0.0.1"; }).message,
            "nodes[0].address: is not host:port");
  EXPECT_EQ(refusal([](Genesis& g) { g.nodes[0].address = "host:70000"; }).rule, "address");
  EXPECT_EQ(refusal([](Genesis& g) { g.nodes.clear(); }).rule, "too_few_items");
  EXPECT_EQ(refusal([](Genesis& g) { g.format = 2; }).message, "format: above 1");
  EXPECT_EQ(refusal([](Genesis& g) { g.origin = "has space"; }).rule, "origin");
}

TEST(Genesis, ChecksItsParameters) {
  // Goal: unknown names get the nearest one; values out of bounds and windows upside down are refused.
  EXPECT_EQ(refusal([](Genesis& g) { g.parameters = {{"event_age_max_day", std::int64_t{1}}}; }).message,
            "parameters: parameter \"event_age_max_day\" is unknown; did you mean \"event_age_max_days\"?");
  EXPECT_EQ(refusal([](Genesis& g) { g.parameters = {{"event_age_max_days", std::int64_t{0}}}; }).rule,
            "parameter_value");
  EXPECT_EQ(
      refusal([](Genesis& g) { g.parameters = {{"grade_ore_min_ppm", std::int64_t{250'001}}}; }).message,
      "parameters.grade_ore_min_ppm: is above grade_ore_max_ppm");
  Genesis equal = sample_genesis();
  equal.parameters = {{"grade_ore_min_ppm", std::int64_t{250'000}}};
  bind_origin(equal);
  EXPECT_TRUE(decode_genesis(encode_genesis(equal)).has_value());
}

TEST(Genesis, AnyFlippedByteIsRefused) {
  // Goal: since the origin binds the bytes, no single changed byte passes.
  const Bytes good = encode_genesis(bound());
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    bad[at] ^= 1;
    EXPECT_FALSE(decode_genesis(bad).has_value()) << at;
  }
  EXPECT_EQ(decode_genesis(Bytes(genesis_bytes_max + 1)).error().rule, "genesis_bytes_max");
}

// With the log's line a note holds 16 signatures.
void fill(Genesis& genesis, std::size_t nodes, std::size_t witnesses) {
  genesis.nodes.clear();
  genesis.witnesses.reset();
  std::uint8_t next = 10;
  for (std::size_t i = 0; i < nodes; ++i) {
    const std::string id = "node-" + std::to_string(i);
    const PublicKey log = key(next++);
    const PublicKey cosigner = key(next++);
    genesis.nodes.push_back({{id}, {id}, {log, cosigner, key(next++)}, "127.0.0.1:7101"});
  }
  if (witnesses > 0) genesis.witnesses.emplace();
  for (std::size_t i = 0; i < witnesses; ++i)
    genesis.witnesses->push_back({{"witness-" + std::to_string(i)}, key(next++)});
  bind_origin(genesis);
}

TEST(Genesis, HasNoMoreCosignersThanANoteHasRoomFor) {
  // Goal: 15 nodes, or nodes and witnesses, are taken; one more is refused where it stands, with the limit.
  for (const auto& [nodes, witnesses] : {std::pair<std::size_t, std::size_t>{15, 0}, {12, 3}, {1, 14}}) {
    Genesis genesis = sample_genesis();
    fill(genesis, nodes, witnesses);
    const auto decoded = decode_genesis(encode_genesis(genesis));
    EXPECT_TRUE(decoded) << decoded.error().message;
  }
  EXPECT_EQ(genesis_cosigners_max + 1, note_signatures_max);
  for (const auto& [nodes, witnesses] : {std::pair<std::size_t, std::size_t>{16, 0}, {12, 4}, {1, 15}}) {
    Genesis genesis = sample_genesis();
    fill(genesis, nodes, witnesses);
    const auto decoded = decode_genesis(encode_genesis(genesis));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().rule, "cosigners_max");
    EXPECT_NE(decoded.error().message.find("at most 15"), std::string::npos) << decoded.error().message;
  }
}

}  // namespace
}  // namespace anta

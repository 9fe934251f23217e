#include "node/views/genesis_view.h"

#include <gtest/gtest.h>

namespace anta::views {
namespace {

std::string key(char digit) { return std::string(64, digit); }

std::string network(const std::string& origin) {
  return "format: 1\nnetwork: anta-sur\norigin: " + origin +
         "\ncreated: 2025-01-01T00:00:00Z\nregistrar: {id: registro-anta, key: \"" + key('1') +
         "\"}\nnodes:\n  - {id: nasca-sur, organisation: nasca-sur, address: \"127.0.0.1:7101\", keys: {log: "
         "\"" +
         key('2') + "\", cosigner: \"" + key('3') + "\", tls: \"" + key('4') +
         "\"}}\nschemes: [{id: crp, owner: marco-cobre}]\nparameters: {event_age_max_days: 3650, "
         "unformalised_origin: not_eligible}\n";
}

TEST(GenesisView, BindsABareOriginAndReadsBack) {
  // Goal: network.yaml with a bare name becomes a bound genesis whose YAML reads back to the same bytes.
  const auto genesis = genesis_from_yaml(network("anta.example/sur"), OriginText::bind);
  ASSERT_TRUE(genesis.has_value()) << genesis.error().message;
  EXPECT_TRUE(origin_is_bound(*genesis));
  EXPECT_EQ(genesis->created.value, 1'735'689'600'000);
  EXPECT_EQ(genesis->parameters.size(), 2U);
  const auto again = genesis_from_yaml(genesis_to_yaml(*genesis), OriginText::given);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(encode_genesis(*again), encode_genesis(*genesis));
  Genesis by_hand = *genesis;
  by_hand.origin = "anta.example/sur";
  bind_origin(by_hand);
  EXPECT_EQ(by_hand.origin, genesis->origin);
}

TEST(GenesisView, RefusesWithThePlace) {
  // Goal: a bare origin where a bound one is due, an unknown parameter and an unknown field.
  const auto bare = genesis_from_yaml(network("anta.example/sur"), OriginText::given);
  EXPECT_EQ(bare.error().rule, "origin");
  EXPECT_TRUE(bare.error().message.starts_with("line 3, column 9: origin: ")) << bare.error().message;
  std::string text = network("anta.example/sur");
  text.replace(text.find("event_age_max_days"), 18, "event_age_max_day_");
  const auto parameter = genesis_from_yaml(text, OriginText::bind);
  EXPECT_EQ(parameter.error().rule, "unknown_parameter");
  EXPECT_TRUE(parameter.error().message.starts_with("line 9, column 13: parameters: "))
      << parameter.error().message;
  const auto field = genesis_from_yaml(network("a.example/b") + "witneses: []\n", OriginText::bind);
  EXPECT_EQ(field.error().message,
            "line 10, column 1: unknown field \"witneses\"; did you mean \"witnesses\"?");
}

}  // namespace
}  // namespace anta::views

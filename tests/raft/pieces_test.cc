// The small pure pieces: quorum arithmetic, configurations, the term table, the tail, the journal.
#include <gtest/gtest.h>

#include "consensus/raft/journal.h"
#include "consensus/raft/membership.h"
#include "consensus/raft/quorum.h"
#include "crypto/text.h"
#include "tests/raft/cluster.h"

namespace anta::raft::test {
namespace {

TEST(Quorum, TakesTheMajoritysValue) {
  // Goal: the highest value that more than half have reached, for odd and even sizes.
  auto of = [](std::vector<std::uint64_t> values) {
    std::vector<Standing> standings;
    for (std::uint64_t value : values)
      standings.push_back({true, false, value});
    return quorum_value(standings);
  };
  EXPECT_EQ(of({}), 0u);
  EXPECT_EQ(of({7}), 7u);
  EXPECT_EQ(of({7, 3}), 3u);
  EXPECT_EQ(of({9, 2, 5}), 5u);
  EXPECT_EQ(of({9, 8, 2, 1}), 2u);
  EXPECT_EQ(of({9, 8, 7, 1, 0}), 7u);
}

TEST(Quorum, AJointConfigurationNeedsBothSidesAndNoLearner) {
  // Goal: a majority of one side is not enough; learners count on neither.
  const Standing both{true, true, 5};
  const Standing in{true, false, 9};
  const Standing out{false, true, 2};
  const Standing learner{false, false, 100};
  EXPECT_EQ(quorum_value(std::vector<Standing>{in, in, both, out, out, learner}), 2u);
  EXPECT_EQ(quorum_value(std::vector<Standing>{in, in, both, both, out, learner}), 5u);
}

TEST(Quorum, AgreesWithCountingByHand) {
  // Goal: against the definition, over every pattern of 0/1 on two overlapping sides of up to five.
  for (unsigned sides = 0; sides < 1u << 10; sides += 7) {
    for (unsigned values = 0; values < 32; ++values) {
      std::vector<Standing> standings;
      unsigned in = 0, in_yes = 0, out = 0, out_yes = 0;
      for (unsigned i = 0; i < 5; ++i) {
        const bool incoming = sides >> i & 1, outgoing = sides >> (i + 5) & 1, yes = values >> i & 1;
        standings.push_back({incoming, outgoing, yes});
        in += incoming, in_yes += incoming && yes, out += outgoing, out_yes += outgoing && yes;
      }
      const bool expected = in > 0 && in_yes * 2 > in && (out == 0 || out_yes * 2 > out);
      EXPECT_EQ(quorum_value(standings) == 1, expected) << sides << " " << values;
    }
  }
}

TEST(Configuration, FollowsOnlyByOneStep) {
  // Goal: a step towards something names the statement that asked for it, the step out of a joint
  // configuration names none and goes nowhere else; anything else is no leader's.
  const Member a{NodeId{"a"}, 1}, b{NodeId{"b"}, 1}, c{NodeId{"c"}, 1}, d{NodeId{"d"}, 1};
  const Digest asked = sha256(as_bytes("asked"));
  const Configuration now{.voters = {a, b}, .outgoing = {}, .learners = {c}};
  const Configuration joint{.voters = {a, b, c}, .outgoing = {a, b}, .learners = {}};
  const Configuration after{.voters = {a, b, c}, .outgoing = {}, .learners = {}};
  EXPECT_TRUE(follows(now, {joint, asked}));
  EXPECT_FALSE(follows(now, {joint, {}}));
  EXPECT_FALSE(follows(now, {after, asked}));
  EXPECT_FALSE(follows(now, {now, asked}));
  EXPECT_TRUE(follows(now, {{.voters = {a, b}, .outgoing = {}, .learners = {c, d}}, asked}));
  EXPECT_FALSE(follows(now, {{.voters = {a, b}, .outgoing = {}, .learners = {c, d}}, {}}));
  EXPECT_FALSE(follows(now, {{.voters = {a, d}, .outgoing = {a, b}, .learners = {c}}, asked}));
  EXPECT_TRUE(follows(joint, {after, {}}));
  EXPECT_FALSE(follows(joint, {after, asked}));
  EXPECT_FALSE(follows(joint, {now, {}}));
  EXPECT_FALSE(follows(joint, {joint, asked}));
}

TEST(Configuration, GoesTowardsWhatIsWantedStepByStep) {
  // Goal: whatever is wanted is reached by steps that first_step allows, each about one node: the new come as
  // learners and are promoted before others leave, so that somebody is always left; a node that was wiped
  // leaves before it comes back.
  const Member a{NodeId{"a"}, 1}, b{NodeId{"b"}, 1}, c{NodeId{"c"}, 1}, d{NodeId{"d"}, 1};
  const Member again{NodeId{"b"}, 2};
  const auto walk = [](Configuration now, const Configuration& wanted) {
    std::string steps;
    for (auto next = next_changes(now, wanted); !next.empty(); next = next_changes(now, wanted)) {
      const Result<Configuration> step = first_step(now, next.front().configuration);
      if (!step || steps.size() > 100) return steps + "!";
      steps += (steps.empty() ? "" : " ") + next.front().node.value + (step->joint() ? "*" : "");
      EXPECT_TRUE(!step->joint() || next_changes(*step, wanted).empty());
      now = step->joint() ? left(*step) : *step;
    }
    Configuration ordered = wanted;
    ordered.order();
    EXPECT_EQ(now, ordered);
    return steps;
  };
  EXPECT_EQ(walk({{a, b, c}, {}, {}}, {{c, b, a}, {}, {}}), "");
  EXPECT_EQ(walk({{a, b, c}, {}, {}}, {{a, b, c}, {}, {d}}), "d");
  EXPECT_EQ(walk({{a, b, c}, {}, {}}, {{a, b, d}, {}, {}}), "d d* c*");
  EXPECT_EQ(walk({{a}, {}, {}}, {{b, c}, {}, {}}), "b c b* c* a*");
  EXPECT_EQ(walk({{a, b, c}, {}, {}}, {{a, again, c}, {}, {}}), "b* b b*");
  EXPECT_EQ(walk({{a}, {}, {b}}, {{a, again}, {}, {}}), "b b b*");
  EXPECT_EQ(walk({{a}, {}, {b, c}}, {{a, b}, {}, {d}}), "d b* c");
}

TEST(Configuration, OffersWhatElseMayBeDone) {
  // Goal: a learner that is not ready keeps neither another from its promotion nor a voter from leaving.
  const Member a{NodeId{"a"}, 1}, b{NodeId{"b"}, 1}, c{NodeId{"c"}, 1}, d{NodeId{"d"}, 1}, e{NodeId{"e"}, 1};
  std::string offered;
  for (const NextChange& change : next_changes({{a, b, c}, {}, {d, e}}, {{a, b, d, e}, {}, {}}))
    offered += change.node.value + std::to_string(change.configuration.voters.size());
  EXPECT_EQ(offered, "d4e4c2");
}

TEST(Configuration, HasOneEncoding) {
  // Goal: golden bytes, both directions; whatever differs from the one encoding is refused.
  const Member a{NodeId{"a"}, 1}, b{NodeId{"b"}, 2}, c{NodeId{"c"}, 1};
  ConfigurationRecord record{{.voters = {b, a}, .outgoing = {a}, .learners = {c}}, {}};
  record.statement.bytes[31] = 7;
  const Bytes bytes = encode_configuration(record);
  EXPECT_EQ(to_hex(bytes),
            "a466766f746572738282616101826162"
            "02686c6561726e6572738182616301"
            "686f7574676f696e678182616101"
            "6973746174656d656e745820"
            "0000000000000000000000000000000000000000000000000000000000000007");
  const auto again = decode_configuration(bytes);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->configuration.voters, (std::vector<Member>{a, b}));
  EXPECT_EQ(again->configuration.outgoing, (std::vector<Member>{a}));
  EXPECT_EQ(again->configuration.learners, (std::vector<Member>{c}));
  EXPECT_EQ(again->statement, record.statement);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_configuration(ByteView(bytes).first(size))) << size;
  const auto refused = [&](Configuration configuration) {
    return !decode_configuration(encode_configuration({std::move(configuration), {}}));
  };
  EXPECT_TRUE(refused({.voters = {}, .outgoing = {}, .learners = {c}}));
  EXPECT_TRUE(refused({.voters = {a}, .outgoing = {}, .learners = {a}}));
  EXPECT_TRUE(refused({.voters = {a, {NodeId{"b"}, 0}}, .outgoing = {}, .learners = {}}));
  EXPECT_TRUE(refused({.voters = {{NodeId{"no id!"}, 1}}, .outgoing = {}, .learners = {}}));
  EXPECT_TRUE(refused({.voters = {a, a}, .outgoing = {}, .learners = {}}));
}

TEST(Configuration, TheFirstStepKeepsToTheRules) {
  // Goal: learners come and go in one entry, voters by way of a joint one; nobody votes who was no learner.
  const Member a{NodeId{"a"}, 1}, b{NodeId{"b"}, 1}, c{NodeId{"c"}, 1}, d{NodeId{"d"}, 1}, d2{NodeId{"d"}, 2};
  const Configuration now{.voters = {a, b, c}, .outgoing = {}, .learners = {d}};
  const auto step = [&](std::vector<Member> voters, std::vector<Member> learners) {
    return first_step(now, {.voters = std::move(voters), .outgoing = {}, .learners = std::move(learners)});
  };
  EXPECT_EQ(*step({a, b, c}, {}), (Configuration{.voters = {a, b, c}, .outgoing = {}, .learners = {}}));
  EXPECT_EQ(*step({a, b, d}, {}),
            (Configuration{.voters = {a, b, d}, .outgoing = {a, b, c}, .learners = {}}));
  EXPECT_EQ(left(*step({a, b, d}, {})), (Configuration{.voters = {a, b, d}, .outgoing = {}, .learners = {}}));
  EXPECT_FALSE(step({a, b, c}, {d}));                    // nothing changes
  EXPECT_FALSE(step({}, {d}));                           // nobody votes
  EXPECT_FALSE(step({a, b}, {c, d}));                    // a voter cannot become a learner
  EXPECT_FALSE(step({a, b, c, d2}, {}));                 // another incarnation than the learner's
  EXPECT_FALSE(step({a, b, c, {NodeId{"e"}, 1}}, {d}));  // no learner before
  Configuration many{}, more{};
  for (int i = 0; i < 40; ++i)
    many.voters.push_back({NodeId{"n" + std::to_string(i)}, 1});
  more.voters = {many.voters[0]};
  for (int i = 0; i < 25; ++i)
    more.learners.push_back({NodeId{"m" + std::to_string(i)}, 1});
  EXPECT_FALSE(first_step(many, more));  // 65 members while it is joint
  more.learners.pop_back();
  EXPECT_TRUE(first_step(many, more));
  EXPECT_FALSE(first_step({.voters = {a}, .outgoing = {a, b}, .learners = {}},
                          {.voters = {a}, .outgoing = {}, .learners = {b}}));  // a change is open
}

TEST(Membership, RollsBackAndForgets) {
  // Goal: a truncated configuration is as if it had never been; of the committed ones the newest two are
  // kept.
  const auto voters = [](std::initializer_list<const char*> names) {
    Configuration configuration;
    for (const char* name : names)
      configuration.voters.push_back({NodeId{name}, 1});
    return configuration;
  };
  Membership membership({{LogIndex{}, voters({"a", "b", "c"})}});
  membership.take(LogIndex{5}, voters({"a", "b"}));
  membership.take(LogIndex{9}, voters({"a"}));
  EXPECT_TRUE(membership.truncate(LogIndex{9}));
  EXPECT_EQ(membership.index(), LogIndex{5});
  membership.take(LogIndex{10}, voters({"b"}));
  EXPECT_TRUE(membership.may_campaign({NodeId{"a"}, 1}, LogIndex{9}));   // by the one at 5
  EXPECT_FALSE(membership.may_campaign({NodeId{"c"}, 1}, LogIndex{9}));  // 5 is committed
  EXPECT_TRUE(membership.may_campaign({NodeId{"c"}, 1}, LogIndex{4}));
  EXPECT_FALSE(membership.may_campaign({NodeId{"c"}, 2}, LogIndex{4}));  // another incarnation
  EXPECT_FALSE(membership.may_campaign({NodeId{"a"}, 1}, LogIndex{10}));
  membership.committed(LogIndex{10});
  EXPECT_EQ(membership.placed().size(), 2u);
  EXPECT_EQ(membership.departed(), (std::vector<Member>{{NodeId{"a"}, 1}}));
  EXPECT_FALSE(membership.truncate(LogIndex{5}));  // nothing would be left
  Membership twice({{LogIndex{}, {{{NodeId{"a"}, 1}, {NodeId{"b"}, 1}}, {}, {}}},
                    {LogIndex{3}, {{{NodeId{"a"}, 2}, {NodeId{"b"}, 1}}, {}, {}}},
                    {LogIndex{5}, {{{NodeId{"b"}, 1}}, {}, {}}}});
  EXPECT_EQ(twice.departed(), (std::vector<Member>{{NodeId{"a"}, 2}}));  // the newer of two incarnations
  EXPECT_EQ(membership.index(), LogIndex{10});
}

TEST(Configuration, ValidAndInvalid) {
  // Goal: what a configuration entry of a hostile peer could break is refused.
  const Member a{NodeId{"a"}, 1}, b{NodeId{"b"}, 1}, b2{NodeId{"b"}, 2};
  EXPECT_TRUE((Configuration{{a, b}, {a}, {}}.valid()));
  EXPECT_FALSE((Configuration{{}, {a}, {}}.valid()));
  EXPECT_FALSE((Configuration{{a, a}, {}, {}}.valid()));
  EXPECT_FALSE((Configuration{{a}, {}, {a}}.valid()));
  EXPECT_FALSE((Configuration{{a, b}, {b2}, {}}.valid()));
  EXPECT_TRUE((Configuration{{a}, {b}, {}}.is_voter(b.id)));
  EXPECT_TRUE((Configuration{{a}, {}, {b}}.is_learner(b.id)));
}

TEST(Terms, AnswersLikeTheListItStandsFor) {
  // Goal: every question equals the naive answer on the written-out list, before and after a truncation.
  std::vector<std::uint64_t> list = {1, 1, 1, 3, 3, 4, 7, 7, 7, 7};
  Terms terms;
  for (std::uint64_t term : list)
    terms.append(Term{term});
  for (std::size_t cut = list.size() + 1; cut >= 1; --cut) {
    terms.truncate(LogIndex{cut});
    list.resize(std::min(list.size(), cut - 1));
    EXPECT_EQ(terms.last().value, list.size());
    for (std::uint64_t i = 0; i <= list.size() + 1; ++i) {
      EXPECT_EQ(terms.at(LogIndex{i}).value, i >= 1 && i <= list.size() ? list[i - 1] : 0);
      for (std::uint64_t t = 0; t <= 8; ++t) {
        std::uint64_t expected = std::min<std::uint64_t>(i, list.size());
        while (expected > 0 && list[expected - 1] > t)
          --expected;
        EXPECT_EQ(terms.last_at_or_below(LogIndex{i}, Term{t}).value, expected) << i << " " << t;
      }
    }
  }
  EXPECT_TRUE(terms.runs().empty());
}

TEST(Tail, EvictsOnlyWhatIsDurableAndCommitted) {
  // Goal: bytes are bounded, uncommitted entries stay, and the hash before the first entry stays known.
  const auto log = sample_log({1, 1, 1, 1});
  Tail tail(log);
  EXPECT_EQ(tail.bytes_after(LogIndex{2}), log[2].size() + log[3].size());
  tail.evict(1, LogIndex{2});
  EXPECT_EQ(tail.first(), LogIndex{3});
  EXPECT_EQ(tail.hash_at(LogIndex{2}), log[1].hash);
  EXPECT_EQ(tail.hash_at(LogIndex{1}), std::nullopt);
  EXPECT_EQ(tail.bytes(), log[2].size() + log[3].size());
  tail.truncate(LogIndex{2});
  EXPECT_EQ(tail.end(), LogIndex{2});
  EXPECT_EQ(tail.hash_at(LogIndex{1}), std::nullopt);
  tail.append(log[1]);
  EXPECT_EQ(tail.find(LogIndex{2})->hash, log[1].hash);
  EXPECT_EQ(tail.bytes(), log[1].size());
}

TEST(Journal, TokensCoverWhatTheyWroteAndNoMore) {
  // Goal: rule 13 at its root, with two truncations between a write and its report.
  const auto log = sample_log({1, 1, 1});
  Journal journal({}, {}, {}, Term{});
  for (const LogEntry& entry : log)
    journal.append(entry);
  EXPECT_EQ(journal.take_batch(HardState{Term{1}, {}, {}}, 0)->entries.size(), 3u);
  journal.truncate(LogIndex{3});
  journal.append(sample_entry(LogIndex{3}, Term{2}, &log[1]));
  EXPECT_EQ(journal.take_batch({}, 5)->truncate_from, LogIndex{3});
  journal.truncate(LogIndex{2});
  journal.append(sample_entry(LogIndex{2}, Term{3}, &log[0]));
  journal.take_batch({}, 6);
  EXPECT_FALSE(journal.take_batch({}, 7).has_value());
  bool stale = false;
  EXPECT_EQ(journal.oldest_unpersisted(), 0u);
  EXPECT_TRUE(journal.persisted(Token{1}, stale));
  EXPECT_TRUE(stale);
  EXPECT_EQ(journal.persisted(), LogIndex{1});
  EXPECT_EQ(journal.durable_term(), Term{1});
  EXPECT_FALSE(journal.persisted(Token{1}, stale));
  EXPECT_TRUE(journal.persisted(Token{3}, stale));  // two at once: group commit
  EXPECT_EQ(journal.persisted(), LogIndex{2});
  EXPECT_FALSE(journal.persisted(Token{4}, stale));
}

}  // namespace
}  // namespace anta::raft::test

#include "node/witness_feed.h"

#include <deque>

#include "storage/ledger/cosigners.h"
#include "tests/node/manual_executor.h"
#include "tests/node/witness_rig.h"

namespace anta::test {
namespace {

// A feed whose requests the test answers.
struct FeedRig {
  struct Asked {
    std::string url = {};
    WitnessRequest request = {};
    WitnessClient::Callback callback = {};
  };

  FeedRig() {
    WitnessFeedPorts ports;
    ports.post = [this](const WitnessUrl& url, const std::string& body, WitnessClient::Callback callback) {
      asked.push_back({url.text, *parse_witness_request(body), std::move(callback)});
    };
    ports.consistency = [this](std::uint64_t from, std::uint64_t to) -> Result<std::vector<Digest>> {
      return log.proof(from, to);
    };
    ports.cosigned = [this](const NodeId& witness, const CheckpointCosigned& answer) {
      cosigned.emplace_back(witness.value, answer.size);
    };
    ports.log = [this](LogLevel, std::string_view event, std::initializer_list<LogField> fields) {
      said.emplace_back(event);
      for (const LogField& field : fields)
        said.back() += " " + std::string(field.name) + "=" + field.value;
    };
    WitnessUrls urls = {{"w1", *parse_witness_url("http://127.0.0.1:1")}};
    feed = std::make_unique<WitnessFeed>(WitnessFeedOptions{}, std::move(ports), urls, executor);
  }

  void open(std::uint64_t size) {
    feed->on_open({.checkpoint = log.at(size), .note = log.note(size), .witnesses = {{NodeId{"w1"}, key}}});
    executor.run();
  }
  // Answers the oldest request.
  void answer(Result<WitnessReply> reply) {
    ASSERT_FALSE(asked.empty());
    const Asked first = std::move(asked.front());
    asked.pop_front();
    first.callback(std::move(reply));
    executor.run();
  }
  void answer_size(std::uint64_t size) {
    answer(WitnessReply{409, std::string(witness_size_type), std::to_string(size) + "\n"});
  }
  void answer_signed() {
    ASSERT_FALSE(asked.empty());
    const auto note = parse_note(asked.front().request.note);
    const auto other = sign_cosignature(note->text, "w2/anta", key_of(7), 5);
    const auto line = sign_cosignature(note->text, "w1/anta", key_of(8), 5);
    answer(WitnessReply{200, "text/plain", encode_signature_line(other) + encode_signature_line(line)});
  }

  ManualExecutor executor = {};
  GrownLog log{40};
  PublicKey key = key_of(8).public_key();
  std::deque<Asked> asked = {};
  std::vector<std::pair<std::string, std::uint64_t>> cosigned = {};
  std::vector<std::string> said = {};
  std::unique_ptr<WitnessFeed> feed = {};
};

TEST(WitnessFeed, GoesOnFromTheSizeThatTheWitnessNames) {
  // Goal: the first request knows nothing; a 409's size is what the next proves from; afterwards the size is
  // known, and an idle ledger's same size needs no proof.
  FeedRig rig;
  rig.open(20);
  ASSERT_EQ(rig.asked.size(), 1u);
  EXPECT_EQ(rig.asked[0].url, "http://127.0.0.1:1");
  EXPECT_EQ(rig.asked[0].request, (WitnessRequest{.old_size = 0, .note = rig.log.note(20)}));
  rig.answer_size(9);
  ASSERT_EQ(rig.asked.size(), 1u);
  EXPECT_EQ(rig.asked[0].request.old_size, 9u);
  EXPECT_EQ(rig.asked[0].request.proof, rig.log.proof(9, 20));
  rig.answer_signed();
  rig.open(25);
  EXPECT_EQ(rig.asked.at(0).request.proof, rig.log.proof(20, 25));
  rig.answer_signed();
  rig.open(25);
  EXPECT_EQ(rig.asked.at(0).request.old_size, 25u);
  EXPECT_TRUE(rig.asked[0].request.proof.empty());
  rig.answer_signed();
  EXPECT_EQ(rig.cosigned,
            (std::vector<std::pair<std::string, std::uint64_t>>{{"w1", 20}, {"w1", 25}, {"w1", 25}}));
  EXPECT_EQ(rig.feed->figures().cosignatures, 3u);
  EXPECT_EQ(rig.feed->figures().failures, 0u);
}

TEST(WitnessFeed, OneRequestAtATimeAndOnlyTheNewestWaits) {
  // Goal: three open while the witness is asked; when it answers the last of them is sent, and no other.
  FeedRig rig;
  for (const std::uint64_t size : {5, 9, 12, 20})
    rig.open(size);
  EXPECT_EQ(rig.asked.size(), 1u);
  rig.answer_signed();
  ASSERT_EQ(rig.asked.size(), 1u);
  EXPECT_EQ(rig.asked[0].request.note, rig.log.note(20));
  rig.answer_signed();
  EXPECT_TRUE(rig.asked.empty());
}

TEST(WitnessFeed, AWitnessThatIsAheadIsAskedAgainWithWhatIsLarger) {
  // Goal: another leader brought it further: nothing is sent that it would refuse, until there is more.
  FeedRig rig;
  rig.open(9);
  rig.answer_size(20);
  EXPECT_TRUE(rig.asked.empty());
  rig.open(12);
  EXPECT_TRUE(rig.asked.empty());
  rig.open(25);
  EXPECT_EQ(rig.asked.at(0).request.old_size, 20u);
}

TEST(WitnessFeed, AWitnessThatIsAheadOfARestoredNodeIsSaid) {
  // Goal: once, with both sizes, however often it is asked; again only after it had cosigned in between.
  FeedRig rig;
  rig.open(9);
  rig.answer_size(30);
  rig.open(12);
  rig.open(31);
  rig.answer_size(35);
  ASSERT_EQ(rig.said.size(), 1u);
  EXPECT_TRUE(rig.said[0].starts_with("witness_ahead witness=w1 its_size=30 size=9")) << rig.said[0];
  rig.open(36);
  rig.answer_signed();
  rig.open(37);
  rig.answer_size(40);
  EXPECT_EQ(rig.said.size(), 2u);
}

TEST(WitnessFeed, AWitnessThatWasOnceAheadIsNotGivenUp) {
  // Goal: the ledger was restored, and so was the witness, or it was given a new key by vote, or stands at
  // another URL: it is asked, though what stood there before had named a larger size. (It was not asked until
  // the ledger had outgrown that size, and nothing said so.)
  FeedRig same;
  same.open(9);
  same.answer_size(30);
  for (int round = 0; round < 6; ++round) {  // still ahead: a question in five seconds, and no failure
    same.open(12);
    EXPECT_TRUE(same.asked.empty());
    same.executor.advance(5'000);
    same.open(12);
    ASSERT_EQ(same.asked.size(), 1u);
    EXPECT_EQ(same.asked[0].request.old_size, 0u);
    same.answer_size(30);
  }
  EXPECT_EQ(same.feed->figures().failures, 0u);
  EXPECT_EQ(same.said.size(), 1u);
  same.executor.advance(5'000);
  same.open(12);
  same.answer_size(9);  // it was restored, too
  ASSERT_EQ(same.asked.size(), 1u);
  EXPECT_EQ(same.asked[0].request.proof, same.log.proof(9, 12));
  same.answer_signed();
  EXPECT_EQ(same.cosigned.size(), 1u);

  FeedRig keyed;
  keyed.open(9);
  keyed.answer_size(30);
  keyed.key = key_of(7).public_key();
  keyed.open(12);
  ASSERT_EQ(keyed.asked.size(), 1u);
  EXPECT_EQ(keyed.asked[0].request.old_size, 0u);

  FeedRig moved;
  moved.open(9);
  moved.answer_size(30);
  moved.feed->set_urls({{"w1", *parse_witness_url("http://127.0.0.1:2")}});
  moved.open(12);
  ASSERT_EQ(moved.asked.size(), 1u);
  EXPECT_EQ(moved.asked[0].request.old_size, 0u);
}

TEST(WitnessFeed, WhatTheOldWitnessSaidIsNotTheNewOnes) {
  // Goal: the answer that was under way when key or URL changed tells nothing of who stands there now.
  FeedRig rig;
  rig.open(9);
  rig.feed->set_urls({{"w1", *parse_witness_url("http://127.0.0.1:2")}});
  rig.answer_size(30);
  rig.open(12);
  ASSERT_EQ(rig.asked.size(), 1u);
  EXPECT_EQ(rig.asked[0].url, "http://127.0.0.1:2");
  EXPECT_EQ(rig.asked[0].request.old_size, 0u);
  rig.key = key_of(7).public_key();
  rig.open(13);  // waits
  rig.answer_signed();
  EXPECT_TRUE(rig.cosigned.empty());  // under the key of before
  ASSERT_EQ(rig.asked.size(), 1u);
  EXPECT_EQ(rig.asked[0].request.old_size, 0u);
  EXPECT_EQ(rig.asked[0].request.note, rig.log.note(13));
}

TEST(WitnessFeed, WhoDoesNotAnswerIsLeftAloneForAWhile) {
  // Goal: waits double up to five seconds; what is open then is sent, what is stale is not; an answer ends
  // it.
  FeedRig rig;
  const auto dead = [] { return Result<WitnessReply>(fail(Code::uncertain, "witness.unreachable", "gone")); };
  rig.open(5);
  rig.answer(dead());
  rig.open(6);
  EXPECT_TRUE(rig.asked.empty());
  rig.executor.advance(100);
  ASSERT_EQ(rig.asked.size(), 1u);
  EXPECT_EQ(rig.asked[0].request.note, rig.log.note(6));
  for (const std::int64_t wait : {200, 400, 800}) {
    rig.answer(dead());
    rig.open(7);
    rig.executor.advance(wait - 1);
    EXPECT_TRUE(rig.asked.empty()) << wait;
    rig.executor.advance(1);
    EXPECT_EQ(rig.asked.size(), 1u) << wait;
  }
  rig.answer(dead());
  rig.open(8);
  rig.executor.advance(1'600);
  EXPECT_TRUE(rig.asked.empty());  // waited longer than a checkpoint is open
  rig.open(9);
  ASSERT_EQ(rig.asked.size(), 1u);
  rig.answer_signed();
  rig.open(12);
  EXPECT_EQ(rig.asked.size(), 1u);
  EXPECT_EQ(rig.feed->figures().failures, 5u);
}

TEST(WitnessFeed, NonsenseIsAFailureAndNotALoop) {
  // Goal: a 409 without a size, with the size that was said, with sizes without end; a 200 without its line;
  // other statuses: each counts as a failure and nothing goes to the checkpointer.
  const std::vector<WitnessReply> nonsense = {
      {409, "text/x.tlog.size", "x\n"}, {409, "text/x.tlog.size", "7"},
      {409, "text/plain", "7\n"},       {409, "text/x.tlog.size", "0\n"},
      {200, "text/plain", ""},          {200, "text/plain", "hello"},
      {422, "text/plain", "no\nno"},    {500, "", ""}};
  for (const WitnessReply& reply : nonsense) {
    FeedRig rig;
    rig.open(20);
    rig.answer(reply);
    EXPECT_TRUE(rig.asked.empty()) << reply.status << reply.body;
    EXPECT_EQ(rig.feed->figures().failures, 1u) << reply.status << reply.body;
    EXPECT_TRUE(rig.cosigned.empty());
  }
  FeedRig rig;
  rig.open(20);
  std::uint64_t requests = 0;
  for (std::uint64_t size = 1; !rig.asked.empty() && requests < 20; ++requests)
    rig.answer_size(size++);
  EXPECT_EQ(requests, 4u);
  EXPECT_EQ(rig.feed->figures().failures, 1u);
}

TEST(WitnessFeed, UrlsMayChangeAndWitnessesWithoutOneAreNotAsked) {
  // Goal: a reload's URL is used at once, also after failures.
  FeedRig rig;
  rig.open(5);
  rig.answer(fail(Code::uncertain, "witness.unreachable", "gone"));
  rig.feed->set_urls({{"w1", *parse_witness_url("http://127.0.0.1:2")}});
  rig.open(6);
  ASSERT_EQ(rig.asked.size(), 1u);
  EXPECT_EQ(rig.asked[0].url, "http://127.0.0.1:2");
  rig.answer_signed();
  rig.feed->set_urls({});
  rig.open(7);
  EXPECT_TRUE(rig.asked.empty());
}

}  // namespace
}  // namespace anta::test

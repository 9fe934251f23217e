#include "node/queries.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "storage/ledger/state.h"
#include "tests/node/ledger_rig.h"

namespace anta::test {
namespace {

// A ledger whose records are put there by hand, many at once.
struct QueryRig {
  QueryRig() : ledger(rich_world().genesis) {}

  template <typename T>
  void add(const T& record) {
    block.changes.push_back({{state::KindOf<T>::kind, record.id.value},
                             std::make_shared<const Bytes>(state::encode_record(record))});
  }
  LedgerReader apply() {
    block.index = ledger.ledger->applied()->index.next();
    block.block_time = ledger.ledger->applied()->block_time;
    EXPECT_TRUE(ledger.ledger->apply(block));
    block = {};
    return LedgerRig::take(ledger.ledger->reader());
  }

  LedgerRig ledger;
  AppliedBlock block = {};
};

std::size_t items(const Value& page) { return std::get<ValueList>(page.find("items")->data).size(); }

std::optional<std::string> next(const Value& page) {
  const auto* cursor = std::get_if<std::string>(&page.find("next")->data);
  return cursor ? std::optional(*cursor) : std::nullopt;
}

std::string numbered(const std::string& prefix, std::size_t number) {
  const std::string digits = std::to_string(number);
  return prefix + std::string(5 - digits.size(), '0') + digits;
}

TEST(Queries, TheInboxDoesNotScanTheWholeLedgerForOnePage) {
  // Goal: a page looks at scanned_max records and says where to go on although it found nothing; the pages
  // together find what waits, and the last says that it is the last.
  QueryRig rig;
  state::Dispatch dispatch;
  dispatch.sender = PartyId{"miner"};
  dispatch.to = PartyId{"elsewhere"};
  const std::size_t count = queries::scanned_max + 3;
  for (std::size_t i = 0; i < count; ++i) {
    dispatch.id = DispatchId{numbered("D-", i)};
    if (i + 1 == count) dispatch.to = PartyId{"plant"};
    rig.add(dispatch);
  }
  const LedgerReader reader = rig.apply();
  for (const bool as_list : {false, true}) {
    const auto ask = [&](const queries::Page& page) {
      return LedgerRig::take(as_list ? queries::list(reader, Kind::dispatch, {{"to", "plant"}}, page)
                                     : queries::inbox(reader, PartyId{"plant"}, page));
    };
    const Value first = ask({});
    EXPECT_EQ(items(first), 0u);
    EXPECT_EQ(next(first), numbered("D-", queries::scanned_max - 1));
    const Value second = ask({.cursor = *next(first)});
    EXPECT_EQ(items(second), 1u);
    EXPECT_EQ(next(second), std::nullopt);
  }
}

TEST(Queries, ListsOfASiteReadWhatItNames) {
  // Goal: attestations and accounts of a site are found on the first page among more than a page may look at,
  // in order of id, with a cursor and with further filters.
  QueryRig rig;
  state::Site site;
  site.id = SiteId{"mine"};
  site.attestations = {AttestationId{"z-2"}, AttestationId{"z-1"}};
  site.accounts = {AccountId{"z-acc"}};
  rig.add(site);
  state::Attestation attestation;
  state::Account account;
  for (std::size_t i = 0; i < queries::scanned_max; ++i) {
    attestation.id = AttestationId{numbered("a-", i)};
    account.id = AccountId{numbered("a-", i)};
    rig.add(attestation);
    rig.add(account);
  }
  attestation.sites = {site.id};
  attestation.scheme = SchemeId{"coppermark"};
  for (const char* id : {"z-1", "z-2"}) {
    attestation.id = AttestationId{id};
    rig.add(attestation);
    attestation.scheme = SchemeId{"other"};
  }
  account.id = AccountId{"z-acc"};
  account.site = site.id;
  rig.add(account);
  const LedgerReader reader = rig.apply();
  const auto count = [&](Kind kind, const queries::Filters& filters, const queries::Page& page = {}) {
    return items(LedgerRig::take(queries::list(reader, kind, filters, page)));
  };
  EXPECT_EQ(count(Kind::attestation, {{"site", "mine"}}), 2u);
  EXPECT_EQ(count(Kind::attestation, {{"scheme", "other"}, {"site", "mine"}}), 1u);
  EXPECT_EQ(count(Kind::attestation, {{"site", "mine"}}, {.cursor = "z-1"}), 1u);
  EXPECT_EQ(count(Kind::attestation, {{"site", "nowhere"}}), 0u);
  EXPECT_EQ(count(Kind::account, {{"site", "mine"}}), 1u);
  const Value first =
      LedgerRig::take(queries::list(reader, Kind::attestation, {{"site", "mine"}}, {.limit = 1}));
  EXPECT_EQ(next(first), "z-1");
}

TEST(Queries, AVoidedCertificateStaysInItsLotsList) {
  // Goal: who checks a lot sees claims that were taken back, though the lot's record names the live ones
  // only.
  World world = rich_world();
  concentrate(world, "L-1", "K-1");
  world.must("plant", world.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
  world.must("plant", certificate_status(world, "C-1", CertificateChange::voided));
  LedgerRig ledger(world.genesis);
  ledger.replay(world);
  const LedgerReader reader = LedgerRig::take(ledger.ledger->reader());
  EXPECT_EQ(items(LedgerRig::take(queries::list(reader, Kind::certificate, {{"lot", "K-1"}}, {}))), 1u);
}

TEST(Queries, AnImpactThatReachesTooFarIsRefusedAndAbortsNothing) {
  // Goal: wherever the budget of reads ends inside the law, the answer is impact_reads_max; the node aborted
  // when the law missed a record that another one names.
  World world = rich_world();
  for (const char* lot : {"L-1", "L-2", "L-3"})
    world.deliver(lot);
  concentrate(world, "L-4", "K-1");
  world.must("plant", world.certificate("C-1", "K-1", CocModel::segregated, "smelter"));
  LedgerRig ledger(world.genesis);
  ledger.replay(world);
  const LedgerReader reader = LedgerRig::take(ledger.ledger->reader());
  for (const char* change : {"revoked", "suspended"}) {
    queries::ProposedStatus status{.status = change, .from = Millis{world.now}};
    if (std::string_view(change) == "revoked") status.void_from = Millis{t0};
    std::size_t refused = 0;
    std::size_t reads = 0;
    for (bool whole = false; !whole; ++reads) {
      const auto answer = queries::impact(reader, AttestationId{"att-mine"}, status, reads);
      whole = answer.has_value();
      if (whole) continue;
      ASSERT_EQ(answer.error().rule, "impact_reads_max") << answer.error().message;
      ++refused;
      ASSERT_LT(refused, 500u);
    }
    EXPECT_GE(refused, 5u) << change;
  }
}

TEST(Queries, PagesEndAtTheirBytesToo) {
  // Goal: a list and a history stop at the page's bytes, one item at least, and the cursor loses nothing.
  World world = rich_world();
  world.deliver("L-1");
  LedgerRig ledger(world.genesis);
  ledger.replay(world);
  const LedgerReader reader = LedgerRig::take(ledger.ledger->reader());
  for (const bool histories : {false, true}) {
    const auto ask = [&](const queries::Page& page) {
      return LedgerRig::take(histories ? queries::history(reader, {Kind::party, "miner"}, page)
                                       : queries::list(reader, Kind::party, {}, page));
    };
    const std::size_t all = items(ask({}));
    EXPECT_EQ(next(ask({})), std::nullopt);
    ASSERT_GE(all, 3u);
    std::size_t seen = 0;
    queries::Page page{.bytes = 1};
    for (std::optional<std::string> at = ""; at; ++seen) {
      page.cursor = *at;
      const Value one = ask(page);
      EXPECT_EQ(items(one), 1u);
      at = next(one);
    }
    EXPECT_EQ(seen, all);
  }
}

TEST(Queries, AGraphThatIsCutSaysSo) {
  // Goal: a lot made of more than graph_lots_max lots is answered with those, and `complete` is false.
  QueryRig rig;
  state::Lot root;
  root.id = LotId{"root"};
  state::Lot lot;
  for (std::size_t i = 0; i < queries::graph_lots_max; ++i) {
    lot.id = LotId{numbered("L-", i)};
    rig.add(lot);
    root.sources.push_back({.lot = lot.id});
  }
  rig.add(root);
  lot.id = LotId{"short"};
  lot.sources = {{.lot = LotId{"L-00000"}}};
  rig.add(lot);
  const LedgerReader reader = rig.apply();
  const auto graph = [&](const char* id) { return LedgerRig::take(queries::graph(reader, LotId{id})); };
  EXPECT_EQ(std::get<ValueList>(graph("root").find("lots")->data).size(), queries::graph_lots_max);
  EXPECT_FALSE(std::get<bool>(graph("root").find("complete")->data));
  EXPECT_TRUE(std::get<bool>(graph("short").find("complete")->data));
}

TEST(Queries, AGraphStopsAtItsBytesThoughMoreIsWaiting) {
  // Goal: lots that were queued before the bytes were spent are not all read and told for that (they were).
  QueryRig rig;
  constexpr std::size_t children = 200;
  state::Lot root;
  root.id = LotId{"root"};
  state::Lot wide;
  for (std::size_t i = 0; i < 1'024; ++i)
    wide.sources.push_back({.lot = LotId{numbered("M-", i)}});
  for (std::size_t i = 0; i < children; ++i) {
    wide.id = LotId{numbered("K-", i)};
    rig.add(wide);
    root.sources.push_back({.lot = wide.id});
  }
  rig.add(root);
  const LedgerReader reader = rig.apply();
  const Value graph = LedgerRig::take(queries::graph(reader, root.id));
  EXPECT_FALSE(std::get<bool>(graph.find("complete")->data));
  const std::size_t told = std::get<ValueList>(graph.find("lots")->data).size();
  EXPECT_GE(told, 20u);
  EXPECT_LT(told, children);
}

}  // namespace
}  // namespace anta::test

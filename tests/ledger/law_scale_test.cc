// What one statement may cost: the law reads and writes in proportion to what the statement is about.
#include <map>
#include <random>

#include "storage/ledger/lineage.h"
#include "storage/ledger/origination.h"
#include "storage/ledger/schema.h"
#include "tests/ledger/law_chain.h"
#include "tests/ledger/law_registry.h"

namespace anta::test {
namespace {

// A view that counts how often each lot is read.
class CountingView final : public LedgerView {
 public:
  explicit CountingView(const LedgerView& below) : below_(below) {}
  SharedBytes read(Kind kind, std::string_view id) const override {
    if (kind == Kind::lot) ++reads[std::string(id)];
    return below_.read(kind, id);
  }
  SharedBytes statement(const Digest& digest) const override { return below_.statement(digest); }

  mutable std::map<std::string, int> reads = {};

 private:
  const LedgerView& below_;
};

std::string numbered(const std::string& name, int i) { return name + "-" + std::to_string(i); }

// L-1 at the mill, split into so many equal children "<name>-0"...
void split_delivered(World& w, const std::string& name, int parts) {
  w.deliver("L-1");
  std::vector<payload::Child> children;
  for (int i = 0; i < parts; ++i)
    children.push_back({LotId{numbered(name, i)}, Grams{40000}, Grams{2000}});
  w.must("plant", splitting(w, "L-1", children));
}

// All of "<from>-i" in equal parts to "<to>-i".
payload::Process passing(const World& w, const std::string& from, int inputs, const std::string& to,
                         int outputs) {
  payload::Process p;
  p.common = w.common();
  p.id = ProcessId{"B-" + to};
  p.site = SiteId{"mill"};
  p.process = ProcessKind::flotation;
  std::int64_t dry = 0;
  for (int i = 0; i < inputs; ++i) {
    p.inputs.push_back(w.all_of(numbered(from, i)));
    dry += p.inputs.back().dry_g.value;
  }
  for (int i = 0; i < outputs; ++i) {
    p.outputs.push_back(
        {LotId{numbered(to, i)}, Material::ore_sulphide, "bulk", measured(dry / outputs, 0, 50000)});
  }
  return p;
}

std::string process_of(World& w, int inputs, int outputs) {
  split_delivered(w, "P", inputs);
  return w.submit("plant", passing(w, "P", inputs, "Q", outputs));
}

const LawTable links(__FILE__, {
                                   {"out_of_scope", inside, standard, "a_process_of_1024_links",
                                    [](World& w) { return process_of(w, 32, 32); }},
                                   {"out_of_scope", outside, standard, "a_process_of_1025_links",
                                    [](World& w) { return process_of(w, 41, 25); }},
                                   {"out_of_scope", inside, standard, "many_lots_into_four",
                                    [](World& w) { return process_of(w, 256, 4); }},
                               });

// Goal: a walk over two square batches reads each lot at most twice, and visits each lot once.
TEST(LawScale, AWalkReadsEachLotAtMostTwice) {
  World w;
  EXPECT_EQ(process_of(w, 32, 32), "accepted");
  w.must("plant", passing(w, "Q", 32, "R", 32));
  const CountingView view(w.view);
  std::map<std::string, int> visits;
  walk_descendants(
      view, {LotId{"L-1"}}, [](const state::Lot&) { return true; },
      [&](const state::Lot& lot) { ++visits[lot.id.value]; });
  EXPECT_EQ(visits.size(), 96u);
  for (const auto& [id, count] : visits)
    EXPECT_EQ(count, 1) << id;
  EXPECT_EQ(view.reads.size(), 97u);
  for (const auto& [id, count] : view.reads)
    EXPECT_LE(count, 2) << id;
}

// Goal: roots that descend from each other are no descendants, and pruning keeps what is below unread.
TEST(LawScale, AWalkStopsWhereItIsTold) {
  World w;
  EXPECT_EQ(process_of(w, 2, 2), "accepted");
  w.must("plant", passing(w, "Q", 2, "R", 2));
  const CountingView view(w.view);
  std::vector<std::string> visited;
  walk_descendants(
      view, {LotId{"L-1"}, LotId{"P-0"}}, [](const state::Lot& lot) { return lot.id.value.front() != 'Q'; },
      [&](const state::Lot& lot) { visited.push_back(lot.id.value); });
  std::sort(visited.begin(), visited.end());
  EXPECT_EQ(visited, (std::vector<std::string>{"P-1", "Q-0", "Q-1"}));
  EXPECT_FALSE(view.reads.contains("R-0"));
}

// How many lots the law reads to judge a status of att-mine.
std::size_t lots_read(World& w, std::int64_t effective_from) {
  payload::AttestationStatus p = w.attestation_status("att-mine", AttestationChange::suspended);
  p.effective_from = Millis{effective_from};
  const auto statement = decode_statement(std::make_shared<const Bytes>(w.sign("body", p)));
  EXPECT_TRUE(statement.has_value());
  const CountingView view(w.view);
  EXPECT_TRUE(judge(view, *statement, {Millis{w.block_time()}, LeafIndex{1}}).has_value());
  return view.reads.size();
}

// Goal: a status reads the newest lot to know that none is late, and stops at the first that is.
TEST(LawScale, AStatusDoesNotReadTheHistoryOfItsSite) {
  World w;
  const std::int64_t first = w.now;
  for (int i = 0; i < 40; ++i) {
    w.must("miner", w.lot(numbered("L", i), measured(tonne, 30000, 50000)));
    w.now += hour;
  }
  EXPECT_EQ(lots_read(w, w.now), 1u);
  EXPECT_EQ(lots_read(w, first), 1u);
}

// Goal: a lot that was recorded late is found behind lots of earlier events.
TEST(LawScale, ALotOfALaterEventIsFoundBehindEarlierOnes) {
  World w;
  w.must("miner", w.lot("L-late", measured(tonne, 30000, 50000)));
  const std::int64_t later = w.now;
  w.now -= hour;
  w.lag = hour;
  for (int i = 0; i < 5; ++i)
    w.must("miner", w.lot(numbered("L", i), measured(tonne, 30000, 50000)));
  w.now = later;
  w.lag = 0;
  payload::AttestationStatus p = w.attestation_status("att-mine", AttestationChange::suspended);
  p.effective_from = Millis{later};
  w.must("body", p);
  EXPECT_TRUE(w.flagged("status_recorded_late"));
  std::vector<std::string> found;
  walk_site_since(w.view, w.get<state::Site>("mine"), Millis{later}, [&](const state::Lot& lot) {
    found.push_back(lot.id.value);
    return true;
  });
  EXPECT_EQ(found, std::vector<std::string>{"L-late"});
}

// --- the capacity rule ---

using Entries = std::vector<state::Origination::Entry>;

std::int64_t naive_heaviest(const Entries& entries, std::int64_t event, std::int64_t window) {
  std::int64_t heaviest = 0;
  for (const auto& first : entries) {
    const std::int64_t begin = first.event_time.value;
    if (event < begin || event >= begin + window) continue;
    std::int64_t sum = 0;
    for (const auto& entry : entries) {
      const std::int64_t at = entry.event_time.value;
      if (at >= begin && at < begin + window) sum += entry.dry_g.value;
    }
    heaviest = std::max(heaviest, sum);
  }
  return heaviest;
}

// Goal: the sum in one pass is that of every window taken by itself, over random entries and events.
TEST(LawScale, TheHeaviestWindowIsTheNaiveOne) {
  std::mt19937_64 random(11);
  const auto below = [&](std::int64_t n) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
  };
  int heavy = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::int64_t window = 1 + below(40);
    Entries entries;
    for (std::int64_t n = below(30); n > 0; --n)
      entries.push_back({Millis{below(120) - 60}, Grams{below(1000)}});
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.event_time < b.event_time; });
    const std::int64_t event = below(140) - 70;
    const std::int64_t due = naive_heaviest(entries, event, window);
    ASSERT_EQ(heaviest_sum(entries, Millis{event}, window), due) << "round " << round;
    heavy += due > 0;
  }
  EXPECT_GT(heavy, 1000);
}

// Goal: no sum wraps: many of the largest lots answer the largest number.
TEST(LawScale, TheHeaviestWindowDoesNotOverflow) {
  Entries entries(3000, {Millis{0}, Grams{grams_max}});
  EXPECT_EQ(heaviest_sum(entries, Millis{0}, 1), std::numeric_limits<std::int64_t>::max());
  entries.resize(2);
  EXPECT_EQ(heaviest_sum(entries, Millis{0}, 1), 2 * grams_max);
  EXPECT_EQ(heaviest_sum(entries, Millis{1}, 1), 0);
}

// The records that hold the miner's originations at `at`, filled up to one event time.
void fill_record(World& w, std::int64_t at) {
  const std::int64_t bucket = at / (30 * day);
  const std::string id = "miner/" + std::to_string(bucket);
  const auto put = [&](const std::string& name, const state::Origination& record) {
    w.view.write({Kind::origination, name}, std::make_shared<const Bytes>(state::encode_record(record)));
  };
  state::Origination record;
  record.parts.emplace();
  std::int64_t event = bucket * 30 * day;
  for (std::size_t i = 0; i < origination_parts_max; ++i) {
    const Millis from{i == 0 ? schema::time_min : event};
    const bool last = i + 1 == origination_parts_max;
    state::Origination part;
    for (std::size_t k = last ? 1 : 0; k < origination_entries_max; ++k)
      part.entries.push_back({Millis{event++}, Grams{1}});
    record.parts->push_back({from, Grams{static_cast<std::int64_t>(part.entries.size())}});
    put(id + "/" + std::to_string(from.value), part);
  }
  put(id, record);
}

// Goal: a record takes so many event times; a lot at a time that it has already still goes in.
TEST(LawScale, ARecordOfOriginationsHasAnEnd) {
  World w;
  fill_record(w, w.now);
  w.must("miner", w.lot("L-1", measured(tonne, 30000, 50000)));
  w.must("miner", w.lot("L-2", measured(tonne, 30000, 50000)));
  ++w.now;
  EXPECT_EQ(w.submit("miner", w.lot("L-3", measured(tonne, 30000, 50000))), "capacity_exceeded");
  w.now += 30 * day;
  w.must("miner", w.lot("L-3", measured(tonne, 30000, 50000)));
}

}  // namespace
}  // namespace anta::test

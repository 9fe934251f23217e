#include "storage/ledger/view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "crypto/text.h"
#include "storage/ledger/state.h"

namespace anta {
namespace {

SharedBytes bytes(std::uint8_t fill) { return std::make_shared<const Bytes>(Bytes(3, fill)); }

TEST(View, ATreeKeyIsTheHashOfKindZeroAndId) {
  // Goal: the key's place in the state tree, by its definition (proofs.md section 2).
  const StateKey key{Kind::container_seal, "X-1"};
  EXPECT_EQ(tree_key(key), sha256(as_bytes(std::string("container_seal\0X-1", 18))));
  EXPECT_NE(tree_key(key), tree_key({Kind::ticket, "X-1"}));
}

TEST(View, MemoryKeepsReplacesAndRemoves) {
  // Goal: a write is read back under its kind and id only; null removes; statements are found by digest.
  MemoryView view;
  view.write({Kind::lot, "L"}, bytes(1));
  EXPECT_EQ(*view.read(Kind::lot, "L"), *bytes(1));
  EXPECT_EQ(view.read(Kind::site, "L"), nullptr);
  view.write({Kind::lot, "L"}, bytes(2));
  EXPECT_EQ(*view.read(Kind::lot, "L"), *bytes(2));
  view.write({Kind::lot, "L"}, nullptr);
  EXPECT_EQ(view.read(Kind::lot, "L"), nullptr);
  EXPECT_TRUE(view.records().empty());
  view.remember(sha256(*bytes(9)), bytes(9));
  EXPECT_EQ(*view.statement(sha256(*bytes(9))), *bytes(9));
  EXPECT_EQ(view.statement(Digest{}), nullptr);
}

TEST(View, AnOverlayHidesButDoesNotTouchWhatIsBelow) {
  // Goal: changes are seen above, removed records stay below, changes() lists removals as null.
  MemoryView below;
  below.write({Kind::lot, "A"}, bytes(1));
  below.write({Kind::lot, "B"}, bytes(2));
  below.remember(sha256(*bytes(7)), bytes(7));
  Overlay overlay(below);
  overlay.write({Kind::lot, "A"}, nullptr);
  overlay.write({Kind::lot, "C"}, bytes(3));
  overlay.remember(sha256(*bytes(8)), bytes(8));
  EXPECT_EQ(overlay.read(Kind::lot, "A"), nullptr);
  EXPECT_EQ(*overlay.read(Kind::lot, "B"), *bytes(2));
  EXPECT_EQ(*overlay.read(Kind::lot, "C"), *bytes(3));
  EXPECT_EQ(*below.read(Kind::lot, "A"), *bytes(1));
  EXPECT_EQ(below.read(Kind::lot, "C"), nullptr);
  EXPECT_NE(overlay.statement(sha256(*bytes(7))), nullptr);
  EXPECT_NE(overlay.statement(sha256(*bytes(8))), nullptr);
  EXPECT_EQ(below.statement(sha256(*bytes(8))), nullptr);
  ASSERT_EQ(overlay.changes().size(), 2U);
  EXPECT_EQ(overlay.changes().begin()->second, nullptr);
}

// Counts what it is asked.
class AskedView final : public LedgerView {
 public:
  SharedBytes read(Kind, std::string_view id) const override {
    ++asked;
    return id == "A" ? bytes(1) : nullptr;
  }
  SharedBytes statement(const Digest&) const override { return nullptr; }
  mutable std::size_t asked = 0;
};

TEST(View, AnOverlayThatRemembersAsksOnceUpToItsLimit) {
  // Goal: what is there and what is not is asked for below once; a change is seen whatever was read before;
  // past remembered_max it asks again, and still knows every change.
  const AskedView below;
  Overlay overlay(below, Overlay::Reads::remembered);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(*overlay.read(Kind::lot, "A"), *bytes(1));
    EXPECT_EQ(overlay.read(Kind::lot, "B"), nullptr);
  }
  EXPECT_EQ(below.asked, 2U);
  overlay.write({Kind::lot, "A"}, nullptr);
  overlay.write({Kind::lot, "B"}, bytes(2));
  EXPECT_EQ(overlay.read(Kind::lot, "A"), nullptr);
  EXPECT_EQ(*overlay.read(Kind::lot, "B"), *bytes(2));
  EXPECT_EQ(below.asked, 2U);
  EXPECT_EQ(overlay.changes().size(), 2U);
  for (std::size_t i = 0; i < Overlay::remembered_max; ++i)
    EXPECT_EQ(overlay.read(Kind::site, std::to_string(i)), nullptr);
  const std::size_t asked = below.asked;
  EXPECT_EQ(overlay.read(Kind::site, "another"), nullptr);
  EXPECT_EQ(overlay.read(Kind::site, "another"), nullptr);
  EXPECT_EQ(below.asked, asked + 2);
  overlay.write({Kind::site, "another"}, bytes(3));
  EXPECT_EQ(*overlay.read(Kind::site, "another"), *bytes(3));
}

// Makes a large record each time, and knows which are still held.
class LargeView final : public LedgerView {
 public:
  SharedBytes read(Kind, std::string_view) const override {
    auto made = std::make_shared<const Bytes>(std::size_t{1} << 20);
    given.push_back(made);
    return made;
  }
  SharedBytes statement(const Digest&) const override { return nullptr; }
  mutable std::vector<std::weak_ptr<const Bytes>> given = {};
};

TEST(View, AnOverlayRemembersLargeRecordsWithinItsBytes) {
  // Goal: a statement that walks over many large records makes no block hold them all.
  const LargeView below;
  Overlay overlay(below, Overlay::Reads::remembered);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(overlay.read(Kind::origination, std::to_string(i))->size(), std::size_t{1} << 20);
  const auto held = std::ranges::count_if(below.given, [](const auto& one) { return !one.expired(); });
  EXPECT_EQ(static_cast<std::size_t>(held), Overlay::remembered_bytes_max >> 20);
}

TEST(DecodedRecords, KeepsWhatWasDecodedOrWrittenWithinItsBytes) {
  // Goal: a record is decoded once under its bytes, not at all when it was kept, again as another type; and
  // what is kept stays below the limit however much comes.
  DecodedRecords records;
  int decoded = 0;
  const auto decode = [&](const Bytes& of) {
    ++decoded;
    return of.size();
  };
  const SharedBytes first = bytes(1);
  EXPECT_EQ(*records.of<std::size_t>(first, decode), 3U);
  EXPECT_EQ(*records.of<std::size_t>(first, decode), 3U);
  EXPECT_EQ(decoded, 1);
  EXPECT_EQ(*records.of<int>(first, [](const Bytes&) { return 7; }), 7);
  const SharedBytes second = bytes(2);
  records.keep(second, std::make_shared<const std::size_t>(9));
  EXPECT_EQ(*records.of<std::size_t>(second, decode), 9U);
  EXPECT_EQ(decoded, 1);
  std::vector<std::weak_ptr<const Bytes>> many;
  for (int i = 0; i < 100; ++i) {
    const auto large = std::make_shared<const Bytes>(std::size_t{100} << 10);
    records.keep(large, std::make_shared<const std::size_t>(1));
    many.push_back(large);
  }
  const auto alive = std::count_if(many.begin(), many.end(), [](const auto& one) { return !one.expired(); });
  EXPECT_GE(alive, 5);
  EXPECT_LE(alive * (std::ptrdiff_t{400} << 10), static_cast<std::ptrdiff_t>(DecodedRecords::bytes_max));
  EXPECT_FALSE(many.back().expired());
}

TEST(View, FindDecodesTheRecordOfItsKind) {
  // Goal: find<T> gives the record written under the type's kind, or nothing.
  MemoryView view;
  view.write({Kind::device, "apu/scale"},
             std::make_shared<const Bytes>(state::encode_record(state::Device{.last_seq = 41})));
  EXPECT_EQ(state::find<state::Device>(view, "apu/scale")->last_seq, 41U);
  EXPECT_FALSE(state::find<state::Device>(view, "apu/other").has_value());
}

}  // namespace
}  // namespace anta

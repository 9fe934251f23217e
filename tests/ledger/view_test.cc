#include "storage/ledger/view.h"

#include <gtest/gtest.h>

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

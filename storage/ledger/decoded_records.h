// Records of the state that were decoded or written lately, by the very bytes that they are stored as.
//
// The law asks for the same records statement after statement: parameters, sites, attestations, the lots of a
// delivery; and for what a statement before this one wrote. A view that gives out the same shared bytes as
// long as a record stands keeps these beside (LedgerView::decoded). Bytes never change, so nothing here is
// ever out of date. One place for each address, so that a new record takes an old one's place and nothing is
// searched for; bounded in places, which double while they fill, and in bytes. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "crypto/digest.h"

namespace anta {

class DecodedRecords {
 public:
  static constexpr std::size_t bytes_max = std::size_t{8} << 20;
  static constexpr unsigned places_log2_min = 6;
  static constexpr unsigned places_log2_max = 12;

  // What `decode` makes of the bytes, never null; a T is asked for under the same bytes each time.
  template <typename T, typename Decode>
  std::shared_ptr<const T> of(const std::shared_ptr<const Bytes>& bytes, Decode&& decode) {
    if (!places_.empty()) {
      const Kept& kept = places_[place_of(bytes.get())];
      if (kept.bytes == bytes && kept.type == &tag<T>) return std::static_pointer_cast<const T>(kept.record);
    }
    auto record = std::make_shared<const T>(decode(*bytes));
    keep(bytes, record);
    return record;
  }

  // `record` is what the bytes decode to: whoever encoded it need not have it decoded again.
  template <typename T>
  void keep(const std::shared_ptr<const Bytes>& bytes, std::shared_ptr<const T> record) {
    // The decoded form is about three times as large, and the bytes live as long as it does.
    const std::size_t size = bytes->size() * 4 + sizeof(T);
    if (size > bytes_max / 4) return;
    if (count_ >= places_.size() / 2 && places_log2_ < places_log2_max) spread();
    for (; bytes_ + size > bytes_max; hand_ = (hand_ + 1) % places_.size())
      clear(places_[hand_]);
    put({&tag<T>, size, bytes, std::move(record)});
  }

 private:
  template <typename T>
  static constexpr char tag = 0;

  struct Kept {
    const char* type = nullptr;
    std::size_t size = 0;
    std::shared_ptr<const Bytes> bytes = {};  // so that no other bytes ever have this address
    std::shared_ptr<const void> record = {};
  };

  // Addresses are multiples of a few bytes and lie close together: Fibonacci hashing spreads them.
  std::size_t place_of(const Bytes* bytes) const {
    const auto address = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(bytes));
    return static_cast<std::size_t>((address * 0x9E3779B97F4A7C15U) >> (64 - places_log2_));
  }

  void put(Kept kept) {
    Kept& place = places_[place_of(kept.bytes.get())];
    clear(place);
    bytes_ += kept.size;
    ++count_;
    place = std::move(kept);
  }

  void clear(Kept& place) {
    if (!place.bytes) return;
    bytes_ -= place.size;
    --count_;
    place = {};
  }

  void spread() {
    places_log2_ = places_.empty() ? places_log2_min : places_log2_ + 1;
    const std::vector<Kept> before =
        std::exchange(places_, std::vector<Kept>(std::size_t{1} << places_log2_));
    bytes_ = count_ = hand_ = 0;
    for (const Kept& kept : before) {
      if (kept.bytes) put(kept);
    }
  }

  std::vector<Kept> places_ = {};  // none before the first record
  unsigned places_log2_ = 0;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::size_t hand_ = 0;  // goes around and makes room
};

}  // namespace anta

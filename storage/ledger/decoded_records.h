// Records of the state that were decoded lately, by the very bytes that they were decoded from.
//
// The law asks for the same records statement after statement: parameters, sites, attestations, the lots of a
// delivery. A view that gives out the same shared bytes as long as a record stands keeps these beside
// (LedgerView::decoded). Bytes never change, so nothing here is ever out of date. Bounded; one thread.
#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "crypto/digest.h"
#include "storage/ledger/generation_cache.h"

namespace anta {

class DecodedRecords {
 public:
  static constexpr std::size_t bytes_max = std::size_t{2} << 20;

  // What `decode` makes of the bytes, never null; a T is asked for under the same bytes each time.
  template <typename T, typename Decode>
  std::shared_ptr<const T> of(const std::shared_ptr<const Bytes>& bytes, Decode&& decode) {
    if (const Kept* kept = records_.find(bytes.get()); kept != nullptr && kept->type == &tag<T>)
      return std::static_pointer_cast<const T>(kept->record);
    auto record = std::make_shared<const T>(decode(*bytes));
    // The decoded form is about three times as large, and the bytes live as long as it does.
    records_.put(bytes.get(), Kept{&tag<T>, bytes, record}, bytes->size() * 4 + sizeof(T));
    return record;
  }

 private:
  template <typename T>
  static constexpr char tag = 0;

  struct Kept {
    const char* type = nullptr;
    std::shared_ptr<const Bytes> bytes = {};  // so that no other bytes ever have this address
    std::shared_ptr<const void> record = {};
  };
  GenerationCache<const Bytes*, Kept, std::hash<const Bytes*>, std::equal_to<>> records_{bytes_max};
};

}  // namespace anta

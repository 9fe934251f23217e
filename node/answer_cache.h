// Finished answers of the HTTP interface, so that whoever asks for the same is given the same bytes.
//
// An answer is kept under a name, whole: type, fields, ETag, body. What it was made from decides how long it
// is right: tiles, bundles, seals and the bytes of statements never change and are kept without a moment; a
// certificate file, the checkpoint, a statement's proof are right as of one moment (a note, a tree's size),
// and are found as of that moment alone. Only answers of status 200 may be kept.
//
// This asks nobody who may read what: a route decides that, and what its checkpoint lets it give, before it
// looks here (http_route.h: kept_or_made).
//
// Bounded in bytes, by shelf, so that who walks through all tiles pushes out tiles only. Shelves keep what
// was asked for last (generation_cache.h); what is larger than half of its shelf is not kept. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "crypto/guarded.h"
#include "node/http_message.h"
#include "storage/ledger/generation_cache.h"

namespace anta {

class AnswerCache {
 public:
  using Answer = std::shared_ptr<const HttpResponse>;

  enum class Shelf : std::uint8_t { tree, certificate, patch, statement };
  static constexpr std::size_t shelves = 4;

  struct Figures {
    std::uint64_t hits = 0;    // answers that were found
    std::uint64_t misses = 0;  // answers that had to be made, kept afterwards or not
    std::uint64_t bytes = 0;   // held now
  };

  explicit AnswerCache(std::size_t bytes_max);

  // The answer of this name as of this moment; null: none.
  Answer find(Shelf shelf, std::string_view name, std::string_view as_of);
  // Replaces what was kept under the name. Of two makers of one name the last wins: both are right, each as
  // of its moment.
  void keep(Shelf shelf, std::string_view name, std::string_view as_of, Answer answer);

  // Another bound, from now on; what is kept goes, unless it is the same. 0: nothing is kept.
  void set_bytes_max(std::size_t bytes);

  Figures figures() const;

 private:
  struct Kept {
    std::string as_of = {};
    Answer answer = {};
    std::shared_ptr<const void> counted = {};  // takes its bytes off `bytes_` when it goes
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const;  // clients choose the names
  };
  using Names = GenerationCache<std::string, Kept, Hash, std::equal_to<>>;
  struct Room {
    Names names{0};
    std::size_t answer_max = 0;  // bytes
  };

  Room& room(Shelf shelf) ANTA_REQUIRES(mutex_) { return rooms_[static_cast<std::size_t>(shelf)]; }

  std::atomic<std::uint64_t> bytes_ = 0;  // before what counts in it
  Mutex mutex_;
  std::size_t bytes_max_ ANTA_GUARDED_BY(mutex_) = 0;
  std::array<Room, shelves> rooms_ ANTA_GUARDED_BY(mutex_);
  std::atomic<std::uint64_t> hits_ = 0;
  std::atomic<std::uint64_t> misses_ = 0;
};

}  // namespace anta

#include "node/answer_cache.h"

#include <utility>

#include "crypto/keyed_hash.h"

namespace anta {
namespace {

// Of the whole, in eighths: a certificate file has up to 16 MiB, everything else is small.
constexpr std::array<std::size_t, AnswerCache::shelves> eighths = {2, 4, 1, 1};

std::size_t bytes_of(std::string_view name, std::string_view as_of, const HttpResponse& answer) {
  std::size_t bytes = sizeof(HttpResponse) + name.size() + as_of.size() + answer.content_type.size() +
                      answer.body.size() + (answer.file ? answer.file->size() : 0);
  for (const auto& [key, text] : answer.headers)
    bytes += sizeof(HttpFields::value_type) + key.size() + text.size();
  return bytes;
}

}  // namespace

std::size_t AnswerCache::Hash::operator()(std::string_view name) const { return keyed_hash(as_bytes(name)); }

AnswerCache::AnswerCache(std::size_t bytes_max) { set_bytes_max(bytes_max); }

AnswerCache::Answer AnswerCache::find(Shelf shelf, std::string_view name, std::string_view as_of) {
  const Lock lock(mutex_);
  const Kept* kept = room(shelf).names.find(name);
  if (kept == nullptr || kept->as_of != as_of) return nullptr;
  ++hits_;
  return kept->answer;
}

void AnswerCache::keep(Shelf shelf, std::string_view name, std::string_view as_of, Answer answer) {
  ANTA_INVARIANT(answer->status == 200);
  ++misses_;
  const std::size_t bytes = bytes_of(name, as_of, *answer) + Names::entry_bytes;
  const Lock lock(mutex_);
  Room& at = room(shelf);
  if (bytes > at.answer_max) return;
  bytes_ += bytes;
  Kept kept{std::string(as_of), std::move(answer),
            std::shared_ptr<const void>(nullptr, [this, bytes](const void*) { bytes_ -= bytes; })};
  at.names.put(std::string(name), std::move(kept), bytes - Names::entry_bytes);
}

// Two generations, each up to a quarter of the shelf and one answer: never more than the shelf.
void AnswerCache::set_bytes_max(std::size_t bytes) {
  std::array<Room, shelves> before;  // let go outside the lock
  const Lock lock(mutex_);
  if (bytes == std::exchange(bytes_max_, bytes)) return;
  for (std::size_t i = 0; i < shelves; ++i) {
    const std::size_t shelf = bytes / 8 * eighths[i];
    before[i] = std::exchange(rooms_[i], Room{.names = Names(shelf / 2), .answer_max = shelf / 2});
  }
}

AnswerCache::Figures AnswerCache::figures() const {
  return {.hits = hits_, .misses = misses_, .bytes = bytes_};
}

}  // namespace anta

// What a witness shows to who watches its logs: of each, the checkpoint that it cosigned last, under the
// log's signatures that it verified and its own (C2SP tlog-witness, Monitor Retrieval).
//
//     GET /<lower-case hex SHA-256 of the origin>/checkpoint
//
// So a stale view, or another history, that a log shows to somebody is seen by comparing, without asking the
// log. Kept in memory, and in a file per origin that is written at most once a minute: after a restart a
// slightly older one is shown until the next is cosigned. The files are for showing only; what was promised
// is in witness_state.h, and a file that is missing or damaged is left out.
//
// find: any thread, and it never waits for the disk. The others are one thread's at a time; bring_back and
// keep block on the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "crypto/checkpoint.h"
#include "crypto/error.h"
#include "crypto/guarded.h"
#include "crypto/note.h"

namespace anta {

// The hash that names an origin in paths.
std::string origin_hash(std::string_view origin);
// The hash in "/<hash>/checkpoint"; nothing for another path.
std::string_view shown_path_hash(std::string_view path);

class WitnessNotes {
 public:
  static constexpr std::uint64_t kept_every_seconds = 60;

  // `self`: whose cosignature a note must bear.
  WitnessNotes(std::filesystem::path directory, VerifierKey self);

  // What an earlier run kept of an origin, if it holds and is no more than was promised then.
  void bring_back(const Checkpoint& promised);

  // From now on this is shown; where its file is a minute old, the next keep writes it.
  void show(const Checkpoint& checkpoint, std::string note, std::uint64_t unix_seconds);

  // Writes what is due. io: it is shown, and could not be kept.
  Result<void> keep();

  // Null: nothing was ever cosigned under this hash.
  std::shared_ptr<const std::string> find(std::string_view hash) const;

 private:
  std::filesystem::path file_of(const std::string& hash) const { return directory_ / (hash + ".checkpoint"); }

  std::filesystem::path directory_;
  VerifierKey self_;
  std::map<std::string, std::uint64_t> kept_ = {};  // by hash: seconds; not there: not by this run
  std::set<std::string> due_ = {};
  mutable Mutex mutex_;
  std::map<std::string, std::shared_ptr<const std::string>, std::less<>> shown_ ANTA_GUARDED_BY(mutex_) = {};
};

}  // namespace anta

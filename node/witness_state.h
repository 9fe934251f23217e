// What a witness remembers: of each origin the last checkpoint that it cosigned. One small file.
//
//     anta witness 1 LF
//     LF <checkpoint text>         one per origin, in order of origin (crypto/checkpoint.h)
//     LF sha256 <hex of all before this line> LF
//
// Each change writes a new file beside the old one, syncs it, puts it in its place and syncs the directory
// (crypto/private_file.h): a crash leaves the old memory or the new one, and nothing was promised in
// between, because the signature leaves after that. A file that is not whole is refused: who forgets what it
// signed could sign another history.
//
// A witness without its file may begin only with the permission that lies beside a new seed
// (crypto/first_start.h). Blocking; one thread at a time, of one process at a time (the file is locked).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "crypto/checkpoint.h"
#include "crypto/error.h"

namespace anta {

inline constexpr std::size_t witness_origins_max = 64;

class WitnessMemory {
 public:
  // Opens `directory`'s file, or makes it where the seed has never been used. malformed, not_found or io with
  // the operator's next step; rule store.running where another process has it.
  static Result<WitnessMemory> open(const std::filesystem::path& directory,
                                    const std::filesystem::path& seed);
  ~WitnessMemory();
  WitnessMemory(WitnessMemory&& other) noexcept;
  WitnessMemory& operator=(WitnessMemory&&) = delete;
  WitnessMemory(const WitnessMemory&) = delete;
  WitnessMemory& operator=(const WitnessMemory&) = delete;

  // Nothing was cosigned of it: no value.
  std::optional<Checkpoint> last(const std::string& origin) const;

  const std::map<std::string, Checkpoint>& known() const { return known_; }

  // Durable on return. After an error nobody knows which of the two the disk has: the process must end.
  Result<void> remember(const Checkpoint& checkpoint);

 private:
  explicit WitnessMemory(std::filesystem::path file) : file_(std::move(file)) {}

  std::filesystem::path file_ = {};
  int lock_ = -1;
  std::map<std::string, Checkpoint> known_ = {};
};

// The file's content, both ways; for tests of what is refused.
std::string encode_witness_memory(const std::map<std::string, Checkpoint>& known);
Result<std::map<std::string, Checkpoint>> parse_witness_memory(std::string_view text);

}  // namespace anta

// Scrub: reads everything that is stored again and again, a slice at a time, so that what rots is found while
// peers still have it (consensus.md section 3).
//
// A round has two halves. Tables: each file under each family is read from the disk by a reader of its own,
// past the block cache, all blocks' checksums verified, and each record of the log decoded under its own
// checksum. Chain: the log's applied entries in order, each with its checksum, its index the next one and its
// prev_hash the hash of the one before. The first half finds what rots on the disk, the second what is
// missing or was never right. What the operating system holds in its page cache is not read from the disk
// again; it goes sooner or later.
//
// Where it stands is kept in `meta`, unsynced, every position_bytes: a round of a large ledger takes longer
// than many a process lives, and its end must not be the part that is never read. A crash repeats that much.
//
// Damage is an answer, not an error: where it is and what the operator is to do. The caller decides the rate
// (how often it calls step) and what follows (log_repair.h). An error is the database's failure.
//
// Threads: one; the database may be written meanwhile.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "storage/database.h"
#include "storage/ledger/ids.h"

namespace anta {

// What was found, and where. The place decides what can be done.
struct Damage {
  enum class Place : std::uint8_t {
    memory,   // no table holds it: it is in memory and the write-ahead log, or nowhere
    level_0,  // a table that overlaps others
    deeper,   // a table below level 0, which can be taken out alone
  };
  Place place = Place::memory;
  std::optional<Table> table = {};
  Family family = Family::log;
  LogIndex index = {};  // of family log: the first entry that can not be read or does not verify
  std::string what = {};

  // "log entry 17 in 000012.sst (level 6): wrong checksum"
  std::string text() const;
};

class Scrub {
 public:
  struct Slice {
    std::uint64_t bytes = 0;
    bool round_ended = false;
    std::optional<Damage> damage = {};
  };
  // Where a round is.
  struct Position {
    std::uint64_t table = 0;       // tables up to this number are done
    std::uint64_t table_last = 0;  // and this one ends the first half; 0: the round has not begun
    LogIndex entry = {};           // the chain is verified up to here; 0 before the second half

    bool operator==(const Position&) const = default;
  };

  static constexpr std::uint64_t entries_max = 4096;  // of a slice
  static constexpr std::uint64_t position_bytes = std::uint64_t{64} << 20;

  // Goes on where the last one stood; begins a round over a suspect database. The database outlives it.
  static Result<std::unique_ptr<Scrub>> open(Database& database);
  ~Scrub();

  // Reads about `bytes_max` more. `applied`: entries above it are not looked at, since they may be truncated
  // meanwhile. After damage it goes on behind the place.
  Result<Slice> step(LogIndex applied, std::uint64_t bytes_max);

  const Position& position() const;

 private:
  struct State;
  explicit Scrub(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// What an operator reads who has to act: the damage, and the next step by where it is.
Error damage_error(const Damage& damage);

}  // namespace anta

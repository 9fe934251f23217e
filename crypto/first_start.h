// The permission to begin: a node may make a new ledger once in the life of its seed.
//
// A node's seed is its identity, and its promises (votes, acknowledged entries, cosigned trees) are in its
// database. If the database is gone, a node that began again from nothing would break them: the others count
// on what it said, and a committed ledger could be lost. So beside a new seed lies "<seed>.new", made
// together with it, and a database may be made only while that file is there.
//
// Order of durable effects, and what a crash between two of them means:
//   1. <seed>.new          crash: no seed yet; the same command makes both.
//   2. <seed>              crash: the node may start.
//   3. the database        (database.h: its identity, synced) crash: it is there, or a start makes it again.
//   4. the directories on the way to it are synced, <seed>.new is removed, its directory is synced
//                          crash: the database is there; the file, if it came back, is removed at the next
//                          start.
//   5. the node speaks to its peers for the first time.
//
// Whoever copies a seed, from a backup too, must not copy "<seed>.new" after the node's first start.
// Blocking; any thread.
#pragma once

#include <filesystem>

#include "crypto/error.h"
#include "crypto/secret.h"

namespace anta {

// "<seed>.new".
std::filesystem::path first_start_file(const std::filesystem::path& seed);

// Steps 1 and 2, with modes 0600. not_authorised: there is a seed; it and what is beside it stay as they are.
Result<void> write_new_seed(const std::filesystem::path& path, const Secret32& seed);

// Whether the permission is there.
Result<bool> may_begin(const std::filesystem::path& seed);

// Step 4, for a database in `directory`. Nothing happens when the permission is gone.
Result<void> end_first_start(const std::filesystem::path& seed, const std::filesystem::path& directory);

}  // namespace anta

// Tables for tests: where a family's records stand, and a bit that rots in one of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/database.h"
#include "storage/log_entry.h"

namespace anta::test {

// With the database closed: all records of a family in tables of about `file_bytes` on one level.
void move_to_level(const std::string& directory, Family family, int level, std::uint64_t file_bytes);

// The family's tables by their first key.
std::vector<Table> tables_of(const Database& database, Family family);
// The one with this log entry between its ends; the first when there are several.
Table table_with(const Database& database, LogIndex index);

// A bit of the file flips where it holds `text`; of records, not of what stands around them.
void rot(const std::string& directory, const Table& table, const std::string& text);

}  // namespace anta::test

// Faults of the write discipline, one line each, that a test-only build of the files that hold them (compiled
// with -DANTA_WRITE_MUTANTS) can switch on at run time, to show that level B of the simulator would notice
// them (consensus.md section 5, "Mutation check"). In every other build ANTA_WRITE_MUTANT is the constant
// false and leaves no code behind. For the shell (consensus/) too.
#pragma once

#ifdef ANTA_WRITE_MUTANTS

namespace rocksdb {
class DB;
class Status;
class WriteBatch;
struct WriteOptions;
}  // namespace rocksdb

namespace anta {

enum class WriteMutant {
  none,
  persisted_before_written,   // disk_worker.cc: the core hears `persisted` before the write
  failed_write_ignored,       // database.cc: an error of RocksDB is taken for success
  entries_not_synced,         // written_by_mutant
  hard_state_not_synced,      // written_by_mutant
  mark_not_synced,            // written_by_mutant
  hard_state_apart,           // written_by_mutant: in a batch behind that of its entries
  truncation_apart,           // written_by_mutant: in a batch behind that of what takes its place
  applied_apart,              // written_by_mutant: in a batch behind that of its effects
  watermark_before_written,   // log_store.cc
  watermark_not_lowered,      // log_store.cc: a truncation goes below it
  amnesia_in_memory,          // log_store.cc: the next start knows nothing of it
  torn_end_dropped_silently,  // database_open.cc: opened up to the damage, and no amnesiac
  applied_before_durable,     // turns.cc, disk_worker.cc: what is appended is applied, before it is written
  amnesia_ends_at_once,       // turns_inbound.cc: with whatever is committed
  read_before_applied,        // turns.cc
  stale_incarnation_let_in,   // message_codec.cc: a hello of another incarnation is taken
};

// Set once by the test program, before any node runs.
inline WriteMutant active_write_mutant = WriteMutant::none;

// The batch, written by the rules of the active mutant (tests/sim/level_b/write_mutants.cc).
rocksdb::Status written_by_mutant(rocksdb::DB& db, const rocksdb::WriteOptions& how,
                                  rocksdb::WriteBatch& batch);

}  // namespace anta

#define ANTA_WRITE_MUTANT(name) (::anta::active_write_mutant == ::anta::WriteMutant::name)
#define ANTA_WRITE_BY(db, how, batch) (::anta::written_by_mutant(db, how, batch))
#else
#define ANTA_WRITE_MUTANT(name) false
#define ANTA_WRITE_BY(db, how, batch) ((db).Write(how, &(batch)))
#endif

// A disk in memory with a power switch, under RocksDB as its Env: what was written and not synced may be
// lost, whole or in part, when the power goes; renamed, new and removed files too until their directory is
// synced.
//
// Deterministic: RocksDB's background work waits until run_background(), all on the caller's thread. Faults
// are counted in operations (an append, a sync, a change of a directory), so that a run is cut at every point
// of a write.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "tests/sim/random.h"

namespace rocksdb {
class Env;
}

namespace anta::sim {

// What the power cut does to the unsynced end of the newest write-ahead log.
enum class Tear : std::uint8_t {
  all_lost,
  shortened,  // some of it is there: the usual torn record
  kept,
  zeros,    // as long as it was, its end not written
  flipped,  // as long as it was, one bit wrong
};

class MemoryDisk {
 public:
  MemoryDisk();
  ~MemoryDisk();
  rocksdb::Env* env() const;

  // Told of write-ahead logs (name without directory), and of files that get a name or lose theirs. Within
  // the operation.
  struct Watch {
    std::function<void(const std::string& wal, ByteView appended)> on_append = {};
    std::function<void()> before_sync = {};  // of a write-ahead log: other threads run meanwhile
    std::function<void(const std::string& wal, std::uint64_t bytes)> on_synced = {};
    std::function<void(const std::string& name)> on_removed = {};  // of any file
    std::function<void(const std::string& name, ByteView content)> on_named = {};
  };
  void watch(Watch watch);

  // In so many operations from now (1: the next). The power cut does half of that one.
  void cut_after(std::uint64_t operations);
  void fail_sync_after(std::uint64_t syncs);      // answers an error; whether it is on the disk is open
  void fail_append_after(std::uint64_t appends);  // no space
  void disarm();
  void cut_power();
  bool off() const;
  std::uint64_t operations() const;

  // After a cut, once nobody has a file open: what is left is on the disk. True when something was lost.
  bool power_on(Random& random, Tear tear);
  // Instead of a cut: the process ended, the machine did not. Nothing is lost.
  void process_ended();

  // One bit of what is synced at the end of the newest write-ahead log goes wrong. False: there is nothing.
  bool rot(Random& random, std::uint64_t reach);
  void mend();  // takes the newest rot() back

  std::map<std::string, Bytes> wals() const;     // name -> content
  Bytes content(const std::string& name) const;  // of a file beside them; empty when there is none
  bool run_background();                         // whether there was any

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace anta::sim

// A small ledger for the store's tests: a log and an applied side that blocks are fed to, and a model in
// memory of what every moment must look like.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/ledger_store.h"
#include "tests/storage/disk.h"

namespace anta::test {

// One statement as a test writes it: opaque bytes (the store never reads them).
struct Line {
  std::string text = {};
  bool accepted = true;
  std::string issuer = "nasca-sur";
  std::vector<StateKey> subjects = {};
  std::string type = "lot";
};

// Model: the state after some block, and what the store said then.
struct Moment {
  std::map<StateKey, std::string> state = {};
  Applied applied = {};
};

class World {
 public:
  explicit World(DatabaseOptions options, LedgerStoreOptions store_options = {});

  void start();  // also applies again what the log has beyond `applied`
  void stop();

  // The genesis with two records, then blocks. `changes`: kind lot, id -> value; an empty value removes.
  void genesis();
  const Moment& block(const std::vector<Line>& lines, const std::map<std::string, std::string>& changes);
  // Only the append: what a crash between append and apply leaves.
  void append_only(const std::vector<Line>& lines, const std::map<std::string, std::string>& changes);
  void no_op();

  Database& database() { return *database_; }
  LogStore& log() { return *log_; }
  LedgerStore& store() { return *store_; }
  const std::vector<Moment>& moments() const { return moments_; }  // the genesis first
  static Digest digest(const std::string& text);

 private:
  struct Planned {
    LogEntry entry = {};
    std::vector<Line> lines = {};
    std::map<std::string, std::string> changes = {};
  };
  Planned plan(const std::vector<Line>& lines, const std::map<std::string, std::string>& changes);
  void append(const LogEntry& entry);
  void apply(const Planned& planned);

  DatabaseOptions options_;
  LedgerStoreOptions store_options_;
  std::unique_ptr<Database> database_ = {};
  std::unique_ptr<LogStore> log_ = {};
  std::unique_ptr<LedgerStore> store_ = {};
  std::vector<Planned> planned_ = {};  // every block ever appended
  std::vector<Moment> moments_ = {};
};

}  // namespace anta::test

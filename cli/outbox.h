// A plant's outbox: signed statements that wait for a link, in order, and the outcomes that came back.
//
// A directory. Each statement is a file `<8 digits>-<type>-<subject>.cose`, written whole and synced before
// `sign` says that it is there; its outcome is `<same name>.outcome`, written after the answer. Interrupting
// a submission at any point loses nothing: what has no outcome is sent again, and the ledger gives the same
// digest the same answer. One process at a time holds the lock. Blocking, one thread.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

struct OutboxItem {
  std::filesystem::path path = {};
  std::uint64_t sequence = 0;
  std::optional<std::string> outcome = {};  // the answer as it came; none: still to be sent
};

class Outbox {
 public:
  // Makes the directory (0700) if there is none. busy: another process is sending from it.
  static Result<Outbox> open(const std::filesystem::path& directory);
  Outbox(Outbox&& other) noexcept;
  Outbox& operator=(Outbox&& other) noexcept;
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  ~Outbox();

  // Adds a statement behind all others; durable on return. `label` becomes part of the file's name.
  Result<OutboxItem> add(ByteView statement, const std::string& label);

  // Every item in order of sequence.
  Result<std::vector<OutboxItem>> items() const;

  Result<Bytes> read(const OutboxItem& item) const;

  // Keeps the final answer beside the statement.
  Result<void> record(const OutboxItem& item, const std::string& outcome);

 private:
  Outbox(std::filesystem::path directory, int lock) : directory_(std::move(directory)), lock_(lock) {}

  std::filesystem::path directory_;
  int lock_ = -1;
};

// Whether a directory is an outbox (or empty enough to become one).
bool is_outbox(const std::filesystem::path& directory);

}  // namespace anta

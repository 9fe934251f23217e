// A backup: one ledger in one file, which says by itself where it is damaged or ends too early.
//
//   "anta backup 1\n"
//   record, record, ...       be32 length of the body, u8 kind, body, 32 bytes digest
//
//   genesis  first            body: the genesis; digest: SHA-256(body), which is the network's
//   entry    1, 2, ... last   body: be16 header length, header, payload (log_entry.h); digest: the entry's
//                             hash, which the next entry names, so that the records are the log's own chain
//   end      last             body: be64 index of the last entry, the note of a finished checkpoint; digest:
//                             SHA-256(digest of the record before || body). Nothing follows it.
//
// The last entry is the block whose seal ends the checkpoint's tree (1 leaf before it, where there is only
// the genesis), so that all of the file is what its note speaks of. The digests find what happened to the
// file by accident. Whether it is the ledger that a quorum cosigned is seen by judging it and comparing with
// the note: `anta backup verify`, `antad --restore`. Terms, and entries that are no blocks, are under no
// note.
//
// A file is made in parts (backup_part of the node's API): each begins and ends between two records, and one
// may come from another node than the one before it, because all have one log.
//
// Sizes are checked before memory is taken. Pure but for backup_source(); a reader belongs to one thread.
// Stored: never renumber, never rename.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/note.h"
#include "storage/log_entry.h"

namespace anta {

inline constexpr std::string_view backup_magic = "anta backup 1\n";
enum class BackupKind : std::uint8_t { genesis = 1, entry = 2, end = 3 };

inline constexpr std::size_t backup_genesis_bytes_max = std::size_t{4} << 20;
inline constexpr std::size_t backup_entry_bytes_max = std::size_t{8} << 20;  // as a frame between nodes
inline constexpr std::size_t backup_end_bytes_max = 8 + note_bytes_max;

// Magic and genesis.
Bytes backup_beginning(ByteView genesis);
// malformed: larger than an entry of a backup may be.
Result<void> append_backup_entry(Bytes& out, const LogEntry& entry);
// `before`: the last entry's hash, or the genesis' digest where there is no entry.
void append_backup_end(Bytes& out, LogIndex last, const Digest& before, std::string_view note);

struct BackupRecord {
  BackupKind kind = BackupKind::genesis;
  Bytes genesis = {};
  LogEntry entry = {};
  std::string note = {};
};

// Fills what it is given as far as it can; 0 bytes: there is no more. io: it can not be read.
using BackupSource = std::function<Result<std::size_t>(std::span<std::uint8_t>)>;

// A file, from a place on. not_found, io: as they say.
Result<BackupSource> backup_source(const std::filesystem::path& file, std::uint64_t from = 0);
// Bytes, which outlive it.
BackupSource backup_source(ByteView bytes);

class BackupReader {
 public:
  // The next record, held against its digest and against what came before; nothing where the source ends
  // between two records, and the next call may bring another source. corrupt, with the byte at which the
  // record begins, and the entry: backup.magic, backup.damaged, backup.chain, backup.order, backup.truncated
  // (inside a record), backup.trailing. After an error, nothing more is read.
  Result<std::optional<BackupRecord>> next(const BackupSource& source);

  // Where the next record begins, and what has been read.
  std::uint64_t place() const { return place_; }
  LogIndex last() const { return last_; }         // entry; 0: none yet
  Digest last_digest() const { return digest_; }  // of the record before
  const std::optional<Digest>& network() const { return network_; }
  bool ended() const { return ended_; }
  // backup.truncated, of a file whose source ended before its end record.
  Error cut_short() const;

 private:
  Result<bool> fill(const BackupSource& source, std::span<std::uint8_t> into, bool may_end);
  Result<void> take_magic(const BackupSource& source, bool& any);
  Result<void> check_head(std::uint32_t length, std::uint8_t kind) const;
  Result<BackupRecord> record_of(BackupKind kind, Bytes body, const Digest& digest);
  Result<void> take_entry(ByteView body, const Digest& digest, LogEntry& entry);
  std::string here() const;
  tl::unexpected<Error> refuse(const char* rule, const std::string& what) const;

  std::uint64_t place_ = 0;
  LogIndex last_ = {};
  Digest digest_ = {};
  std::optional<Digest> network_ = {};
  bool ended_ = false;
};

// What a whole file says of itself, after every digest was compared.
struct BackupSummary {
  Digest network = {};
  LogIndex last = {};
  Digest last_hash = {};
  Digest end = {};  // digest of the end record, and so of all of the file
  std::string note = {};
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
};
// Reads it to its end. `progress` hears of bytes.
Result<BackupSummary> read_through(const BackupSource& source,
                                   const std::function<void(std::uint64_t)>& progress = {});

}  // namespace anta

// Fuzz target: a backup's records (storage/backup_file.h). No file may crash the reader, and what it takes is
// what would be written: each record encodes to the bytes that it came as.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "storage/backup_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace anta;
  const ByteView bytes(data, size);
  const BackupSource source = backup_source(bytes);
  BackupReader reader;
  Bytes again;
  Digest before = {};
  while (true) {
    const auto record = reader.next(source);
    if (!record || !*record) break;
    if ((*record)->kind == BackupKind::genesis) {
      again = backup_beginning((*record)->genesis);
    } else if ((*record)->kind == BackupKind::entry) {
      ANTA_INVARIANT((*record)->entry.index == reader.last());
      ANTA_INVARIANT(append_backup_entry(again, (*record)->entry).has_value());
    } else {
      append_backup_end(again, reader.last(), before, (*record)->note);
    }
    before = reader.last_digest();
    ANTA_INVARIANT(again.size() == reader.place() && again.size() <= size);
    ANTA_INVARIANT(std::equal(again.begin(), again.end(), bytes.begin()));
  }
  const auto summary = read_through(backup_source(bytes));
  ANTA_INVARIANT(summary.has_value() == (reader.ended() && again.size() == size));
  return 0;
}

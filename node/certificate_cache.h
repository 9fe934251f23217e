// Certificate files of the newest checkpoint note, so that each is put together once.
//
// The same note and the same ledger give the same bytes (certificate_assembly.h): a file stays right until
// the note is another. Bounded in number and bytes; the oldest goes. Any thread.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "crypto/digest.h"
#include "node/guarded.h"
#include "storage/ledger/ids.h"

namespace anta {

class CertificateCache {
 public:
  using File = std::shared_ptr<const Bytes>;

  // Null: not kept.
  File find(const std::string& note, const CertificateId& certificate) const;
  void keep(const std::string& note, const CertificateId& certificate, File file);

 private:
  static constexpr std::size_t files_max = 64;
  static constexpr std::size_t bytes_max = std::size_t{16} << 20;

  mutable Mutex mutex_;
  std::string note_ ANTA_GUARDED_BY(mutex_) = {};
  std::deque<std::pair<CertificateId, File>> files_ ANTA_GUARDED_BY(mutex_) = {};  // oldest first
  std::size_t bytes_ ANTA_GUARDED_BY(mutex_) = 0;
};

}  // namespace anta

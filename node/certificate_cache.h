// Certificate files and patches of the newest checkpoint note, so that each is put together once.
//
// The same note and the same ledger give the same bytes (certificate_assembly.h): a file stays right until
// the note is another. Bounded in number and bytes; the oldest goes, and what is larger than all of it is not
// kept. Any thread.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "crypto/digest.h"
#include "node/guarded.h"

namespace anta {

class CertificateCache {
 public:
  using File = std::shared_ptr<const Bytes>;

  // `name`: the certificate's id, with /SIZE behind it for the patch of a file of that tree. Null: not kept.
  File find(const std::string& note, const std::string& name) const;
  void keep(const std::string& note, const std::string& name, File file);

 private:
  static constexpr std::size_t files_max = 64;
  static constexpr std::size_t bytes_max = std::size_t{16} << 20;

  mutable Mutex mutex_;
  std::string note_ ANTA_GUARDED_BY(mutex_) = {};
  std::deque<std::pair<std::string, File>> files_ ANTA_GUARDED_BY(mutex_) = {};  // oldest first
  std::size_t bytes_ ANTA_GUARDED_BY(mutex_) = 0;
};

}  // namespace anta

// Files that only their owner reads, made whole or not at all.
//
// Writing makes a new file of mode 0600 beside the target, syncs it, puts it in place in one step (link or
// rename) and syncs the directory. A crash between any two of these leaves the old file or the new one, and
// at worst an unused "<path>.<16 hex digits>.new". Any thread that may block on the disk.
#pragma once

#include <filesystem>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

inline constexpr std::size_t private_file_bytes_max = 4096;

enum class Replace : std::uint8_t { no, yes };

// Writes `bytes` at `path` with mode 0600, durable on return. With Replace::no an existing file is an error
// and stays as it is.
Result<void> write_private_file(const std::filesystem::path& path, ByteView bytes,
                                Replace replace = Replace::no);

// The whole file. Refuses what others may read or write (mode & 077), what is not a regular file, and more
// than `bytes_max`. not_found: there is no such file.
Result<Bytes> read_private_file(const std::filesystem::path& path,
                                std::size_t bytes_max = private_file_bytes_max);

}  // namespace anta

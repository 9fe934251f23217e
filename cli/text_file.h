// Files and standard input as the command line reads and writes them: whole, bounded, "-" is stdin.
#pragma once

#include <string>

#include "crypto/digest.h"
#include "crypto/error.h"

namespace anta {

inline constexpr std::size_t text_file_bytes_max = std::size_t{16} << 20;

// malformed, rule too_large: more than bytes_max.
Result<Bytes> read_file(const std::string& path, std::size_t bytes_max = text_file_bytes_max);

// Replaces the file in one step (replaced_file.h: links, modes, devices); whole, old or new, over a loss of
// power. "-" is stdout, and so is another name of it.
Result<void> write_file(const std::string& path, ByteView bytes);

// The same, but for the disk: for many files that are synced together, or made again easily.
Result<void> put_file(const std::string& path, ByteView bytes);

// Whether all that was printed has left this program.
Result<void> written_out();

}  // namespace anta

// Where a ledger's public files are read from: a node, a static server, or a directory that anta export
// wrote.
//
// Paths are those of the node's API: "checkpoint", "tile/0/x001/067", "bodies/000.p/5", "seals/...",
// "rejected/...". Nothing that is read is trusted; no more memory is taken than the file may have, or 64 KiB
// where an address answers. One thread per mirror; another() makes one more for another thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/command.h"
#include "crypto/digest.h"
#include "crypto/error.h"
#include "crypto/tile.h"

namespace anta {

class Mirror {
 public:
  virtual ~Mirror() = default;

  // The file, at most `bytes_max` of it. not_found, rule audit.missing: it is not there. malformed, rule
  // audit.too_large. uncertain: nobody answers, or something else than the file.
  virtual Result<Bytes> read(const std::string& path, std::size_t bytes_max) = 0;
  virtual std::unique_ptr<Mirror> another() const = 0;
};

// "http://...", "https://..." (with the invocation's --ca), else a directory.
Result<std::unique_ptr<Mirror>> open_mirror(const Invocation& invocation, const std::string& where);
std::unique_ptr<Mirror> open_directory(std::string directory);

// The address is another's, or its certificate is not trusted or cannot be checked: nothing is wrong with the
// ledger.
bool is_of_the_address(const Error& error);

// What stands at a place: a partial file may be gone where the full one has come, and is a part of it.
struct Placed {
  Bytes bytes = {};
  unsigned width = 0;  // how many hashes, entries or bodies `bytes` holds: the place's, or all 256
};
Result<Placed> read_place(Mirror& mirror, const std::function<std::string(const TilePlace&)>& path,
                          const TilePlace& place, std::size_t bytes_max);

// A tile of hashes, or an entry bundle, of exactly the place's width.
Result<std::vector<Digest>> read_tile(Mirror& mirror, unsigned level, const TilePlace& place);
Result<std::vector<Digest>> read_entries(Mirror& mirror, const TilePlace& place);

}  // namespace anta

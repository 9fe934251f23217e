#include "node/disk_reserve.h"

#include <algorithm>
#include <system_error>

namespace anta {

std::uint64_t disk_reserve(std::uint64_t capacity, std::uint64_t configured) {
  return configured > 0 ? configured : std::min(std::uint64_t{2} << 30, capacity / 20);
}

void DiskReserve::look() {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(directory_, error);
  if (error) return;
  available_ = space.available;
  reserve_ = disk_reserve(space.capacity, configured_);
}

}  // namespace anta

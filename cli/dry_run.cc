#include "cli/dry_run.h"

#include <algorithm>

namespace anta {

std::size_t dry_run_end(std::span<const std::size_t> sizes, std::size_t first, std::size_t bytes_max) {
  const std::size_t last = first + std::min(sizes.size() - first, dry_run_statements_max);
  std::size_t bytes = 0;
  std::size_t end = first;
  while (end < last && (end == first || sizes[end] <= bytes_max - std::min(bytes_max, bytes)))
    bytes += sizes[end++];
  return end;
}

}  // namespace anta

// Trying statements out: how many go into one question.
//
// A node judges a sequence each statement on top of those before it, and keeps nothing between two questions.
// So what builds on each other must be asked about together, as far as a node's limits allow. Pure.
#pragma once

#include <cstddef>
#include <span>

namespace anta {

// Statements that a node tries out at once (node/http_api_statements.cc).
inline constexpr std::size_t dry_run_statements_max = 256;
// The largest body that a node may be configured to take (limits.request_bytes), which is also the default,
// and the least, for a node that answers 413.
inline constexpr std::size_t dry_run_bytes_max = std::size_t{4} << 20;
inline constexpr std::size_t dry_run_bytes_least = std::size_t{1} << 17;

// The end of the part that begins at `first`: as many statements, of these sizes in bytes, as one question
// takes; at least one, however large it is.
std::size_t dry_run_end(std::span<const std::size_t> sizes, std::size_t first, std::size_t bytes_max);

}  // namespace anta

// What each metric says of itself in /metrics (# HELP), for whoever builds a dashboard. Pure, any thread.
#pragma once

#include <string_view>

namespace anta {

// In a few words, without the unit that the name has; empty: no such metric.
std::string_view metric_help(std::string_view name);

}  // namespace anta

// The metrics: what each is called, of which type it is, by which labels it is told apart, and what it says of
// itself in /metrics (# HELP), for whoever builds a dashboard. Pure, any thread.
//
// The one list of them in code: tests/node/metrics_test.cc holds what a node gives against it, and the table of
// node/README.md too. Operators' rules and dashboards name these: a change here is a change for them
// (CHANGELOG.md).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace anta {

enum class MetricType : std::uint8_t { counter, gauge, histogram };

struct MetricHelp {
  std::string_view name = {};
  MetricType type = MetricType::gauge;
  std::string_view labels = {};  // "outcome,rule", ascending; without a histogram's `le`
  std::string_view words = {};   // a few, without the unit that the name has
};

std::span<const MetricHelp> all_metrics();  // by name, ascending

// The words of one; empty: no such metric.
std::string_view metric_help(std::string_view name);

}  // namespace anta

// Where the shell's log lines go: a function that the node gives, so that this room needs no logging library.
//
// An event is a stable snake_case word ("peer_refused"), its fields are facts with names. Called from `loop`,
// `disk` and the executors of the node's parts; the sink is safe from all at once and must not block long.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace anta {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

struct LogField {
  std::string_view name = {};
  std::string value = {};
};

using LogSink =
    std::function<void(LogLevel level, std::string_view event, std::initializer_list<LogField> fields)>;

}  // namespace anta

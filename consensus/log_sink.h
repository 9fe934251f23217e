// Where the shell's log lines go: a function that the node gives, so that this room needs no logging library.
//
// An event is a stable snake_case word ("peer_refused"), its fields are facts with names. Called from the
// `loop` and `disk` threads; the sink must be safe from both and must not block for long.
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

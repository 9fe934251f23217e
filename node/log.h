// Structured log lines: a stable event word and named facts, as logfmt or JSON, one line each, on stderr or
// to a file descriptor of a test.
//
//     ts=2026-11-23T09:31:07.123Z level=info event=node_started node=n1 http=127.0.0.1:8443
//
// The only file that knows spdlog. Any thread; lines are whole, values are escaped (control characters,
// quotes, bytes that are not UTF-8), so nothing that a client sends can forge a line. No secrets: callers
// pass ids, digests, counts and messages of Error.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "consensus/log_sink.h"
#include "crypto/error.h"

namespace anta {

enum class LogFormat : std::uint8_t { logfmt, json };

// One line without its line feed, as Log prints it. `time_ms` is milliseconds since 1970 UTC.
std::string format_log_line(LogFormat format, std::int64_t time_ms, LogLevel level, std::string_view event,
                            std::initializer_list<LogField> fields);

class Log {
 public:
  // Lines below `level` are dropped. They go to standard error, or to the file when a path is given
  // (appended).
  static Result<std::unique_ptr<Log>> open(LogLevel level, LogFormat format, const std::string& path = {});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});
  void error(std::string_view event, const Error& error);
  void set_level(LogLevel level);
  void set_format(LogFormat format);
  LogSink sink();  // for the rooms below; valid while this Log lives

 private:
  struct Parts;
  explicit Log(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace anta

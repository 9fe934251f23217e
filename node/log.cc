#include "node/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "crypto/text.h"

namespace anta {
namespace {

std::string_view level_word(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "error";
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string timestamp(std::int64_t time_ms) {
  const std::time_t seconds = time_ms / 1000;
  std::tm utc = {};
  gmtime_r(&seconds, &utc);
  std::array<char, 32> text = {};
  const std::size_t n = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::array<char, 8> millis = {};
  std::snprintf(millis.data(), millis.size(), ".%03dZ", static_cast<int>(time_ms % 1000));
  return std::string(text.data(), n) + millis.data();
}

// The inside of a quoted string, in JSON's escapes; what is not UTF-8 becomes U+FFFD as a whole.
std::string escape(std::string_view text) {
  if (!is_utf8(text)) return "\\ufffd";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      std::array<char, 8> code = {};
      std::snprintf(code.data(), code.size(), "\\u%04x", byte);
      out += code.data();
    } else {
      out.push_back(c);
    }
  }
  return out;
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("._-:/+@%,").find(c) != std::string_view::npos;
    if (!plain) return true;
  }
  return false;
}

void append(std::string& line, LogFormat format, std::string_view name, std::string_view value) {
  if (format == LogFormat::json) {
    line += (line.size() > 1 ? ",\"" : "\"") + escape(name) + "\":\"" + escape(value) + "\"";
    return;
  }
  if (!line.empty()) line.push_back(' ');
  line += name;
  line.push_back('=');
  line += needs_quotes(value) ? "\"" + escape(value) + "\"" : std::string(value);
}

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string format_log_line(LogFormat format, std::int64_t time_ms, LogLevel level, std::string_view event,
                            std::initializer_list<LogField> fields) {
  std::string line = format == LogFormat::json ? "{" : "";
  append(line, format, "ts", timestamp(time_ms));
  append(line, format, "level", level_word(level));
  append(line, format, "event", event);
  for (const LogField& field : fields)
    append(line, format, field.name, field.value);
  if (format == LogFormat::json) line.push_back('}');
  return line;
}

struct Log::Parts {
  std::shared_ptr<spdlog::logger> logger = {};
  std::atomic<LogFormat> format = LogFormat::logfmt;
  std::atomic<LogLevel> level = LogLevel::info;
};

Result<std::unique_ptr<Log>> Log::open(LogLevel level, LogFormat format, const std::string& path) {
  auto parts = std::make_unique<Parts>();
  parts->format = format;
  parts->level = level;
  try {
    spdlog::sink_ptr sink;
    if (path.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    }
    sink->set_pattern("%v");
    parts->logger = std::make_shared<spdlog::logger>("anta", std::move(sink));
    parts->logger->set_level(spdlog::level::trace);
    parts->logger->flush_on(spdlog::level::info);
  } catch (const std::exception& e) {
    return fail(Code::io, "log.open", "cannot write the log " + path + ": " + e.what());
  }
  return std::unique_ptr<Log>(new Log(std::move(parts)));
}

Log::Log(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Log::~Log() { parts_->logger->flush(); }
void Log::set_level(LogLevel level) { parts_->level = level; }
void Log::set_format(LogFormat format) { parts_->format = format; }

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < parts_->level.load(std::memory_order_relaxed)) return;
  const std::string line = format_log_line(parts_->format, now_ms(), level, event, fields);
  parts_->logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

void Log::error(std::string_view event, const Error& error) {
  write(LogLevel::error, event,
        {{"code", std::string(name(error.code))}, {"rule", error.rule}, {"message", error.message}});
}

LogSink Log::sink() {
  return [this](LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
    write(level, event, fields);
  };
}

}  // namespace anta

#include "cli/audit_state.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "cli/replaced_file.h"

namespace anta {
namespace {

constexpr std::string_view magic = "anta audit 1\n";
constexpr std::size_t value_bytes_max = std::size_t{64} << 20;

struct CloseState {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using StateFile = std::unique_ptr<std::FILE, CloseState>;

tl::unexpected<Error> damaged(const std::string& path) {
  return fail(Code::corrupt, "audit.saved",
              path + " is no state of an audit; remove it to audit from the genesis");
}

tl::unexpected<Error> io(const std::string& path) {
  return fail(Code::io, "io", path + ": " + std::strerror(errno));
}

class Writer {
 public:
  explicit Writer(const AuditStateSink& sink) : sink_(sink) {}

  void bytes(ByteView view) { good_ = good_ && sink_(view); }
  void number(std::uint64_t value, unsigned size) {
    std::uint8_t out[8] = {};
    for (unsigned i = 0; i < size; ++i)
      out[i] = static_cast<std::uint8_t>(value >> (8 * (size - 1 - i)));
    bytes({out, size});
  }
  bool good() const { return good_; }

 private:
  const AuditStateSink& sink_;
  bool good_ = true;
};

class Reader {
 public:
  Reader(const AuditStateSource& source, std::uint64_t left) : source_(source), left_(left) {}

  bool bytes(std::uint8_t* into, std::size_t size) {
    if (size > left_) return false;
    left_ -= size;
    return source_({into, size});
  }
  bool digest(Digest& into) { return bytes(into.bytes.data(), Digest::size); }
  bool number(std::uint64_t& into, unsigned size) {
    std::uint8_t in[8] = {};
    if (!bytes(in, size)) return false;
    into = 0;
    for (unsigned i = 0; i < size; ++i)
      into = into << 8 | in[i];
    return true;
  }
  std::uint64_t left() const { return left_; }  // bounds every length before memory is taken for it

 private:
  const AuditStateSource& source_;
  std::uint64_t left_;
};

bool read_entries(Reader& in, std::vector<Digest>& entries) {
  std::uint64_t count = 0;
  if (!in.number(count, 8) || count > in.left() / Digest::size) return false;
  entries.resize(count);
  for (Digest& entry : entries) {
    if (!in.digest(entry)) return false;
  }
  return true;
}

bool read_records(Reader& in, std::vector<std::pair<StateKey, SharedBytes>>& records) {
  std::uint64_t count = 0;
  if (!in.number(count, 8) || count > in.left()) return false;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t kind = 0, id_size = 0, size = 0;
    if (!in.number(kind, 1) || kind >= Words<Kind>::list.size() || !in.number(id_size, 2)) return false;
    std::string id(id_size, '\0');
    if (!in.bytes(reinterpret_cast<std::uint8_t*>(id.data()), id.size())) return false;
    if (!in.number(size, 4) || size > in.left() || size > value_bytes_max) return false;
    Bytes value(size);
    if (!in.bytes(value.data(), value.size())) return false;
    records.emplace_back(StateKey{static_cast<Kind>(kind), std::move(id)},
                         std::make_shared<const Bytes>(std::move(value)));
  }
  return in.left() == 0;
}

}  // namespace

std::optional<Replay::Saved> decode_audit_state(const AuditStateSource& source, std::uint64_t size) {
  Reader in(source, size);
  Replay::Saved saved;
  std::string start(magic.size(), '\0');
  std::uint64_t time = 0;
  const bool read = in.bytes(reinterpret_cast<std::uint8_t*>(start.data()), start.size()) && start == magic &&
                    in.number(saved.height.value, 8) && in.number(time, 8) && in.digest(saved.state_root) &&
                    in.digest(saved.tree_root) && read_entries(in, saved.entries) &&
                    read_records(in, saved.records);
  if (!read) return std::nullopt;
  saved.block_time = Millis{static_cast<std::int64_t>(time)};
  return saved;
}

bool encode_audit_state(const Replay::Saved& saved, const AuditStateSink& sink) {
  Writer out(sink);
  out.bytes(as_bytes(magic));
  out.number(saved.height.value, 8);
  out.number(static_cast<std::uint64_t>(saved.block_time.value), 8);
  out.bytes(saved.state_root.view());
  out.bytes(saved.tree_root.view());
  out.number(saved.entries.size(), 8);
  for (const Digest& entry : saved.entries)
    out.bytes(entry.view());
  out.number(saved.records.size(), 8);
  for (const auto& [key, value] : saved.records) {
    out.number(static_cast<std::uint64_t>(key.kind), 1);
    out.number(key.id.size(), 2);
    out.bytes(as_bytes(key.id));
    out.number(value->size(), 4);
    out.bytes(*value);
  }
  return out.good();
}

Result<std::optional<Replay::Saved>> read_audit_state(const std::string& path) {
  const StateFile file(std::fopen(path.c_str(), "rbe"));
  if (!file && errno == ENOENT) return std::optional<Replay::Saved>{};
  if (!file) return io(path);
  struct stat found = {};
  if (::fstat(::fileno(file.get()), &found) != 0) return io(path);
  if (!S_ISREG(found.st_mode)) return damaged(path);
  const AuditStateSource source = [&file](std::span<std::uint8_t> into) {
    return std::fread(into.data(), 1, into.size(), file.get()) == into.size();
  };
  std::optional<Replay::Saved> saved = decode_audit_state(source, static_cast<std::uint64_t>(found.st_size));
  if (!saved) return damaged(path);
  return saved;
}

Result<void> write_audit_state(const std::string& path, const Replay::Saved& saved) {
  ReplacedFile file(path);
  auto written = file.open();
  if (written) {
    encode_audit_state(saved, [&file](ByteView bytes) { return file.write(bytes); });
    written = file.finish(true);
  }
  if (!written) return fail(Code::io, "io", written.error().message);
  return {};
}

}  // namespace anta

#include "storage/backup_file.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <utility>

#include "storage/big_endian.h"

namespace anta {
namespace {

constexpr std::size_t head_bytes = 5;
constexpr std::size_t slice_bytes = std::size_t{1} << 20;  // memory is taken as it comes

void append_record(Bytes& out, BackupKind kind, std::initializer_list<ByteView> body, const Digest& digest) {
  std::size_t size = 0;
  for (const ByteView part : body)
    size += part.size();
  put_u32(out, static_cast<std::uint32_t>(size));
  out.push_back(static_cast<std::uint8_t>(kind));
  for (const ByteView part : body)
    put_bytes(out, part);
  put_bytes(out, digest.view());
}

std::size_t body_bytes_max(BackupKind kind) {
  switch (kind) {
    case BackupKind::genesis: return backup_genesis_bytes_max;
    case BackupKind::entry: return backup_entry_bytes_max;
    case BackupKind::end: return backup_end_bytes_max;
  }
  return 0;
}

}  // namespace

Bytes backup_beginning(ByteView genesis) {
  Bytes out = to_bytes(as_bytes(backup_magic));
  append_record(out, BackupKind::genesis, {genesis}, sha256(genesis));
  return out;
}

Result<void> append_backup_entry(Bytes& out, const LogEntry& entry) {
  const Bytes header = encode_entry_header(entry.header);
  Bytes length;
  put_u16(length, static_cast<std::uint16_t>(header.size()));
  if (length.size() + header.size() + entry.payload->size() > backup_entry_bytes_max)
    return fail(Code::malformed, "backup.entry",
                "log entry " + std::to_string(entry.index.value) + " is larger than a backup's may be");
  append_record(out, BackupKind::entry, {length, header, *entry.payload}, entry.hash);
  return {};
}

void append_backup_end(Bytes& out, LogIndex last, const Digest& before, std::string_view note) {
  Bytes body;
  put_u64(body, last.value);
  put_bytes(body, as_bytes(note));
  append_record(out, BackupKind::end, {body}, sha256({before.view(), ByteView(body)}));
}

Result<BackupSource> backup_source(const std::filesystem::path& file, std::uint64_t from) {
  auto in = std::make_shared<std::ifstream>(file, std::ios::binary);
  if (!*in || !in->seekg(static_cast<std::streamoff>(from)))
    return fail(Code::not_found, "backup.file", "there is no readable file " + file.string());
  return BackupSource([in, name = file.string()](std::span<std::uint8_t> into) -> Result<std::size_t> {
    in->read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
    if (in->bad()) return fail(Code::io, "io", name + " can not be read");
    return static_cast<std::size_t>(in->gcount());
  });
}

BackupSource backup_source(ByteView bytes) {
  auto rest = std::make_shared<ByteView>(bytes);
  return [rest](std::span<std::uint8_t> into) -> Result<std::size_t> {
    const std::size_t n = std::min(into.size(), rest->size());
    std::copy_n(rest->begin(), n, into.begin());
    *rest = rest->subspan(n);
    return n;
  };
}

std::string BackupReader::here() const {
  const std::string what = !network_         ? "the genesis"
                           : ended_          ? "after the end"
                           : last_.value > 0 ? "after log entry " + std::to_string(last_.value)
                                             : "after the genesis";
  return "at byte " + std::to_string(place_) + " (" + what + ")";
}

tl::unexpected<Error> BackupReader::refuse(const char* rule, const std::string& what) const {
  return fail(Code::corrupt, rule, here() + " " + what);
}

Error BackupReader::cut_short() const {
  return refuse("backup.truncated", "the backup ends, and its end record is missing").value();
}

// False: the source had ended already, which only `may_end` allows.
Result<bool> BackupReader::fill(const BackupSource& source, std::span<std::uint8_t> into, bool may_end) {
  std::size_t done = 0;
  while (done < into.size()) {
    const auto n = source(into.subspan(done));
    if (!n) return pass(n);
    if (*n == 0) break;
    done += *n;
  }
  if (done == into.size()) return true;
  if (done == 0 && may_end) return false;
  return refuse("backup.truncated", "the backup ends in the middle of a record");
}

Result<void> BackupReader::take_magic(const BackupSource& source, bool& any) {
  std::array<std::uint8_t, backup_magic.size()> magic = {};
  const auto read = fill(source, magic, true);
  if (!read) return pass(read);
  any = *read;
  if (any && !std::ranges::equal(magic, as_bytes(backup_magic)))
    return refuse("backup.magic", "there is no backup of this format (\"anta backup 1\")");
  if (any) place_ = magic.size();
  return {};
}

Result<void> BackupReader::check_head(std::uint32_t length, std::uint8_t kind) const {
  if (kind < static_cast<std::uint8_t>(BackupKind::genesis) ||
      kind > static_cast<std::uint8_t>(BackupKind::end))
    return refuse("backup.damaged", "stands no record: its kind is " + std::to_string(kind));
  const auto known = static_cast<BackupKind>(kind);
  if (length > body_bytes_max(known) || length == 0)
    return refuse("backup.damaged", "a record says that it has " + std::to_string(length) +
                                        " bytes, which none of its kind has");
  if ((known == BackupKind::genesis) != !network_)
    return refuse("backup.order", "stands a record out of its order: a backup is a genesis, entries, an end");
  return {};
}

Result<void> BackupReader::take_entry(ByteView body, const Digest& digest, LogEntry& entry) {
  const std::size_t header_size = body.size() < 2 ? body.size() : get_u16(body);
  if (header_size > body.size() - std::min<std::size_t>(body.size(), 2))
    return refuse("backup.damaged", "the record of a log entry is none");
  const ByteView header = body.subspan(2, header_size), payload = body.subspan(2 + header_size);
  if (sha256({header, payload}) != digest)
    return refuse("backup.damaged",
                  "the next log entry does not have the digest beside it: the file is damaged there");
  const auto decoded = decode_entry_header(header);
  if (!decoded)
    return refuse("backup.damaged", "the next log entry has no header: " + decoded.error().message);
  const Digest before = last_.value == 0 ? Digest{} : digest_;
  if (decoded->prev_hash != before)
    return refuse(
        "backup.chain",
        "the next log entry does not continue the one before it: entries are missing or are another log's");
  entry = {.index = last_.next(),
           .header = *decoded,
           .payload = std::make_shared<const Bytes>(to_bytes(payload)),
           .hash = digest};
  last_ = entry.index;
  return {};
}

Result<BackupRecord> BackupReader::record_of(BackupKind kind, Bytes body, const Digest& digest) {
  BackupRecord record{.kind = kind};
  if (kind == BackupKind::entry) {
    if (auto taken = take_entry(body, digest, record.entry); !taken) return pass(taken);
  } else if (kind == BackupKind::genesis) {
    if (sha256(body) != digest)
      return refuse("backup.damaged",
                    "the genesis does not have the digest beside it: the file is damaged there");
    network_ = digest;
    record.genesis = std::move(body);
  } else {
    if (sha256({digest_.view(), ByteView(body)}) != digest)
      return refuse("backup.damaged",
                    "the end record does not have the digest beside it: the file is damaged there");
    if (body.size() < 8 || LogIndex{get_u64(body)} != last_)
      return refuse("backup.order", "the end record is of another last entry");
    record.note = std::string(as_text(ByteView(body).subspan(8)));
    ended_ = true;
  }
  digest_ = digest;
  place_ += head_bytes + (kind == BackupKind::genesis ? record.genesis.size() : body.size()) + Digest::size;
  return record;
}

Result<std::optional<BackupRecord>> BackupReader::next(const BackupSource& source) {
  if (place_ == 0) {
    bool any = false;
    if (auto magic = take_magic(source, any); !magic) return pass(magic);
    if (!any) return std::nullopt;
  }
  std::array<std::uint8_t, head_bytes> head = {};
  const auto more = fill(source, head, true);
  if (!more) return pass(more);
  if (!*more) return std::nullopt;
  if (ended_) return refuse("backup.trailing", "stands something, and the backup has ended");
  const std::uint32_t length = get_u32(head);
  if (auto good = check_head(length, head[4]); !good) return pass(good);
  Bytes body;
  for (std::size_t left = length; left > 0;) {
    const std::size_t n = std::min(left, slice_bytes);
    body.resize(body.size() + n);
    if (auto read = fill(source, std::span(body).last(n), false); !read) return pass(read);
    left -= n;
  }
  Digest digest;
  if (auto read = fill(source, digest.bytes, false); !read) return pass(read);
  auto record = record_of(static_cast<BackupKind>(head[4]), std::move(body), digest);
  if (!record) return pass(record);
  return std::optional(std::move(*record));
}

Result<BackupSummary> read_through(const BackupSource& source,
                                   const std::function<void(std::uint64_t)>& progress) {
  BackupReader reader;
  BackupSummary summary;
  while (true) {
    auto record = reader.next(source);
    if (!record) return pass(record);
    if (!*record && !reader.ended()) return tl::unexpected<Error>(reader.cut_short());
    if (!*record) break;
    if ((*record)->kind == BackupKind::entry && (*record)->entry.header.kind == EntryKind::block)
      ++summary.blocks;
    if ((*record)->kind == BackupKind::entry) summary.last_hash = (*record)->entry.hash;
    if ((*record)->kind == BackupKind::end) summary.note = std::move((*record)->note);
    if (progress) progress(reader.place());
  }
  summary.network = *reader.network();
  summary.last = reader.last();
  summary.end = reader.last_digest();
  summary.bytes = reader.place();
  return summary;
}

}  // namespace anta

#include "storage/log_entry.h"

#include <array>
#include <utility>

#include "crypto/cbor.h"

namespace anta {
namespace {

// entry-header in statements.cddl. Golden bytes are in tests/raft/log_entry_test.cc: never rename.
constexpr std::array<std::string_view, 3> kind_names = {"no_op", "block", "configuration"};

// The field `key`, whose place in the map is fixed because the encoding is deterministic.
Result<void> expect_key(cbor::Reader& in, std::string_view key) {
  auto found = in.text();
  if (!found) return pass(found);
  if (*found != key) return in.refuse("entry.field", "an entry header has " + std::string(key) + " here");
  return {};
}

Result<EntryKind> read_kind(cbor::Reader& in) {
  auto word = in.text();
  if (!word) return pass(word);
  for (std::size_t i = 0; i < kind_names.size(); ++i) {
    if (*word == kind_names[i]) return static_cast<EntryKind>(i);
  }
  return in.refuse("entry.kind", "an entry is a no_op, a block or a configuration");
}

Result<Digest> read_digest(cbor::Reader& in) {
  auto bytes = in.bytes();
  if (!bytes) return pass(bytes);
  if (bytes->size() != Digest::size) return in.refuse("entry.prev_hash", "prev_hash has 32 bytes");
  Digest digest;
  std::copy(bytes->begin(), bytes->end(), digest.bytes.begin());
  return digest;
}

}  // namespace

Bytes encode_entry_header(const EntryHeader& header) {
  cbor::Writer out(LogEntry::header_bytes_max);
  out.map(4);  // in bytewise order of the encoded keys
  out.text("kind").text(kind_names.at(static_cast<std::size_t>(header.kind)));
  out.text("term").uint(header.term.value);
  out.text("time").integer(header.time.value);
  out.text("prev_hash").bytes(header.prev_hash.view());
  return out.take();
}

Result<EntryHeader> decode_entry_header(ByteView bytes) {
  if (bytes.size() > LogEntry::header_bytes_max)
    return fail(Code::malformed, "an entry header has at most 96 bytes");
  cbor::Reader in(bytes);
  auto pairs = in.map();
  if (!pairs) return pass(pairs);
  if (*pairs != 4) return in.refuse("entry.fields", "an entry header has four fields");

  EntryHeader header;
  if (auto key = expect_key(in, "kind"); !key) return pass(key);
  auto kind = read_kind(in);
  if (!kind) return pass(kind);
  header.kind = *kind;
  if (auto key = expect_key(in, "term"); !key) return pass(key);
  auto term = in.uint();
  if (!term) return pass(term);
  header.term = Term{*term};
  if (auto key = expect_key(in, "time"); !key) return pass(key);
  auto time = in.integer();
  if (!time) return pass(time);
  header.time = Millis{*time};
  if (auto key = expect_key(in, "prev_hash"); !key) return pass(key);
  auto prev_hash = read_digest(in);
  if (!prev_hash) return pass(prev_hash);
  header.prev_hash = *prev_hash;
  if (auto end = in.finish(); !end) return pass(end);
  return header;
}

Digest entry_hash(const EntryHeader& header, ByteView payload) {
  const Bytes encoded = encode_entry_header(header);
  return sha256({ByteView(encoded), payload});
}

LogEntry make_entry(LogIndex index, EntryHeader header, std::shared_ptr<const Bytes> payload) {
  LogEntry entry{index, header, std::move(payload), {}};
  entry.hash = entry_hash(entry.header, *entry.payload);
  return entry;
}

}  // namespace anta

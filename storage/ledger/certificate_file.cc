#include "storage/ledger/certificate_file.h"

#include <utility>

#include "crypto/cose.h"
#include "storage/ledger/certificate_reading.h"
#include "storage/ledger/genesis.h"

namespace anta {
namespace {

using namespace certificate_reading;

// What sharing may unfold to, in bytes of hashes for each byte of a list, beside a first megabyte: statements
// have 300 bytes and more, so that those of any ledger stay below, and no small file takes much memory.
constexpr std::size_t unfolded_each_byte = 4;
constexpr std::size_t unfolded_first = std::size_t{1} << 20;

void write_statements(cbor::Writer& out, const std::vector<ProvenStatement>& statements,
                      std::span<const Digest> before) {
  out.array(statements.size());
  for (const ProvenStatement& proven : statements) {
    out.array(3).uint(proven.leaf.value).bytes(*proven.statement);
    write_path(out, proven.path, before);
    before = proven.path;
  }
}

Result<std::vector<ProvenStatement>> read_statements(cbor::Reader& in, std::span<const Digest> before) {
  const auto count = read_array(in, certificate_statements_max, "statements");
  if (!count) return pass(count);
  std::vector<ProvenStatement> statements;
  statements.reserve(std::min<std::size_t>(*count, 1024));
  const std::size_t begin = in.position();
  std::size_t unfolded = 0;
  for (std::size_t i = 0; i < *count; ++i) {
    if (auto parts = read_parts(in, 3, "a proven statement"); !parts) return pass(parts);
    const auto leaf = in.uint();
    if (!leaf) return pass(leaf);
    if (!statements.empty() && *leaf <= statements.back().leaf.value) {
      return in.refuse("certificate.order", "statements are not ascending by leaf");
    }
    auto bytes = read_bytes(in, statement_bytes_max, "a statement");
    if (!bytes) return pass(bytes);
    auto path = read_path(in, proof_path_max, before, "inclusion path");
    if (!path) return pass(path);
    unfolded += path->size() * Digest::size;
    if (unfolded > unfolded_first + unfolded_each_byte * (in.position() - begin))
      return in.refuse("certificate.too_large", "paths share too much for so few statements");
    statements.push_back({LeafIndex{*leaf}, std::move(*bytes), std::move(*path)});
    before = statements.back().path;
  }
  return statements;
}

// Field 8's path lies in the same tree as field 5's.
std::span<const Digest> way_of_seal(const CertificateFile& file) {
  return file.state ? std::span<const Digest>(file.state->path) : std::span<const Digest>();
}

Result<void> read_genesis(cbor::Reader& in, CertificateFile& file) {
  if (auto parts = read_parts(in, 3, "field 6"); !parts) return pass(parts);
  auto genesis = read_bytes(in, genesis_bytes_max, "the genesis");
  if (!genesis) return pass(genesis);
  auto path = read_path(in, proof_path_max, {}, "inclusion path");
  if (!path) return pass(path);
  auto authority = read_statements(in, *path);
  if (!authority) return pass(authority);
  file.genesis = std::move(*genesis);
  file.genesis_path = std::move(*path);
  file.authority = std::move(*authority);
  return {};
}

Result<void> read_disclosures(cbor::Reader& in, CertificateFile& file) {
  const auto count = read_array(in, disclosures_max, "disclosures");
  if (!count) return pass(count);
  if (*count == 0) return in.refuse("certificate.form", "an empty field 4 is left out");
  for (std::size_t i = 0; i < *count; ++i) {
    const auto bytes = in.bytes();
    if (!bytes) return pass(bytes);
    file.disclosures.push_back(to_bytes(*bytes));
  }
  return {};
}

template <typename T>
Result<void> read_into(std::optional<T>& into, Result<T> value) {
  if (!value) return pass(value);
  into = std::move(*value);
  return {};
}

Result<void> read_field(cbor::Reader& in, std::int64_t key, CertificateFile& file) {
  switch (key) {
    case 1: return read_format(in);
    case 2: return read_text(in, certificate_note_bytes_max, file.note, "the checkpoint note");
    case 3: {
      auto statements = read_statements(in, {});
      if (!statements) return pass(statements);
      file.evidence = std::move(*statements);
      return {};
    }
    case 4: return read_disclosures(in, file);
    case 5: return read_into(file.state, read_proven_state(in));
    case 6: return read_genesis(in, file);
    case 7: {
      if (auto text = read_text(in, 64, file.subject.value, "the certificate's id"); !text) return text;
      if (!is_id(file.subject.value)) return in.refuse("certificate.subject", "field 7 is not an id");
      return {};
    }
    case 8: return read_into(file.earlier, read_earlier_tree(in, way_of_seal(file)));
    case 9: return read_into(file.summary, read_summary(in));
    default: return in.refuse("certificate.field", "unknown field " + std::to_string(key));
  }
}

// Nothing travels in a summary that is not looked at.
Result<void> check_summary_form(const CertificateFile& file) {
  if (!file.summary) return {};
  if (file.state && file.evidence.size() == 1 && file.authority.empty() && file.disclosures.empty() &&
      !file.earlier)
    return {};
  return fail(Code::malformed, "certificate.summary",
              "a summary holds the certificate's statement, records of the state, and no other evidence");
}

}  // namespace

Bytes encode_certificate_file(const CertificateFile& file) {
  cbor::Writer out;
  const std::size_t optional = (file.disclosures.empty() ? 0u : 1u) + (file.state ? 1u : 0u) +
                               (file.earlier ? 1u : 0u) + (file.summary ? 1u : 0u);
  out.map(5 + optional);
  out.integer(1).integer(certificate_format);
  out.integer(2).text(file.note);
  out.integer(3);
  write_statements(out, file.evidence, {});
  if (!file.disclosures.empty()) {
    out.integer(4).array(file.disclosures.size());
    for (const Bytes& disclosure : file.disclosures)
      out.bytes(disclosure);
  }
  if (file.state) {
    out.integer(5);
    write_proven_state(out, *file.state);
  }
  out.integer(6).array(3).bytes(*file.genesis);
  write_path(out, file.genesis_path, {});
  write_statements(out, file.authority, file.genesis_path);
  out.integer(7).text(file.subject.value);
  if (file.earlier) {
    out.integer(8);
    write_earlier_tree(out, *file.earlier, way_of_seal(file));
  }
  if (file.summary) {
    out.integer(9);
    write_summary(out, *file.summary);
  }
  return out.take();
}

Result<CertificateFile> decode_certificate_file(ByteView bytes) {
  if (bytes.size() > certificate_whole_bytes_max) {
    return fail(Code::malformed, "certificate.too_large",
                "a certificate file has at most " + std::to_string(certificate_whole_bytes_max) + " bytes");
  }
  cbor::Reader in(bytes);
  const auto pairs = in.map();
  if (!pairs) return pass(pairs);
  CertificateFile file;
  unsigned seen = 0;
  for (std::size_t i = 0; i < *pairs; ++i) {
    const auto key = in.integer();
    if (!key) return pass(key);
    if (auto field = read_field(in, *key, file); !field) return pass(field);
    seen |= 1u << static_cast<unsigned>(*key);
  }
  if (auto end = in.finish(); !end) return pass(end);
  constexpr unsigned required = 1u << 1 | 1u << 2 | 1u << 3 | 1u << 6 | 1u << 7;
  if ((seen & required) != required) {
    return fail(Code::malformed, "certificate.missing", "a certificate file has the fields 1, 2, 3, 6 and 7");
  }
  if (auto form = check_summary_form(file); !form) return pass(form);
  return file;
}

}  // namespace anta

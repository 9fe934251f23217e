#include "storage/ledger/certificate_file.h"

#include "crypto/cbor.h"
#include "crypto/cose.h"
#include "storage/ledger/genesis.h"

namespace anta {
namespace {

constexpr std::int64_t certificate_format = 1;
constexpr std::size_t note_bytes_limit = std::size_t{64} << 10;

void write_path(cbor::Writer& out, const std::vector<Digest>& path) {
  out.array(path.size());
  for (const Digest& hash : path)
    out.bytes(hash.view());
}

void write_statements(cbor::Writer& out, const std::vector<ProvenStatement>& statements) {
  out.array(statements.size());
  for (const ProvenStatement& proven : statements) {
    out.array(3).uint(proven.leaf.value).bytes(*proven.statement);
    write_path(out, proven.path);
  }
}

Result<std::size_t> read_array(cbor::Reader& in, std::size_t max, const char* what) {
  Result<std::size_t> count = in.array();
  if (!count) return count;
  if (*count > max) {
    return in.refuse("certificate.too_many", std::string(what) + ": more than " + std::to_string(max));
  }
  return count;
}

Result<std::vector<Digest>> read_path(cbor::Reader& in) {
  const auto count = read_array(in, proof_path_max, "inclusion path");
  if (!count) return pass(count);
  std::vector<Digest> path(*count);
  for (Digest& hash : path) {
    const auto bytes = in.bytes();
    if (!bytes) return pass(bytes);
    if (bytes->size() != Digest::size)
      return in.refuse("certificate.hash", "a proof hash is not 32 bytes long");
    std::copy(bytes->begin(), bytes->end(), hash.bytes.begin());
  }
  return path;
}

Result<std::shared_ptr<const Bytes>> read_bytes(cbor::Reader& in, std::size_t max, const char* what) {
  const auto bytes = in.bytes();
  if (!bytes) return pass(bytes);
  if (bytes->size() > max) return in.refuse("certificate.too_large", std::string(what) + " is too large");
  return std::make_shared<const Bytes>(to_bytes(*bytes));
}

Result<std::vector<ProvenStatement>> read_statements(cbor::Reader& in) {
  const auto count = read_array(in, certificate_statements_max, "statements");
  if (!count) return pass(count);
  std::vector<ProvenStatement> statements;
  statements.reserve(std::min<std::size_t>(*count, 1024));
  for (std::size_t i = 0; i < *count; ++i) {
    const auto parts = in.array();
    if (!parts) return pass(parts);
    if (*parts != 3) return in.refuse("certificate.form", "a proven statement has three parts");
    const auto leaf = in.uint();
    if (!leaf) return pass(leaf);
    if (!statements.empty() && *leaf <= statements.back().leaf.value) {
      return in.refuse("certificate.order", "statements are not ascending by leaf");
    }
    auto bytes = read_bytes(in, statement_bytes_max, "a statement");
    if (!bytes) return pass(bytes);
    auto path = read_path(in);
    if (!path) return pass(path);
    statements.push_back({LeafIndex{*leaf}, std::move(*bytes), std::move(*path)});
  }
  return statements;
}

Result<void> read_genesis(cbor::Reader& in, CertificateFile& file) {
  const auto parts = in.array();
  if (!parts) return pass(parts);
  if (*parts != 3) return in.refuse("certificate.form", "field 6 has three parts");
  auto genesis = read_bytes(in, genesis_bytes_max, "the genesis");
  if (!genesis) return pass(genesis);
  auto path = read_path(in);
  if (!path) return pass(path);
  auto authority = read_statements(in);
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

Result<void> read_text(cbor::Reader& in, std::size_t max, std::string& into, const char* what) {
  const auto text = in.text();
  if (!text) return pass(text);
  if (text->size() > max) return in.refuse("certificate.too_large", std::string(what) + " is too large");
  into = *text;
  return {};
}

Result<void> read_field(cbor::Reader& in, std::int64_t key, CertificateFile& file) {
  switch (key) {
    case 1: {
      const auto format = in.integer();
      if (!format) return pass(format);
      if (*format != certificate_format) {
        return in.refuse("certificate.format",
                         "format " + std::to_string(*format) + "; this release reads format 1");
      }
      return {};
    }
    case 2: return read_text(in, note_bytes_limit, file.note, "the checkpoint note");
    case 3: {
      auto statements = read_statements(in);
      if (!statements) return pass(statements);
      file.evidence = std::move(*statements);
      return {};
    }
    case 4: return read_disclosures(in, file);
    case 5: return in.refuse("certificate.newer", "state proofs (field 5) need a newer release of anta");
    case 6: return read_genesis(in, file);
    case 7: {
      if (auto text = read_text(in, 64, file.subject.value, "the certificate's id"); !text) return text;
      if (!is_id(file.subject.value)) return in.refuse("certificate.subject", "field 7 is not an id");
      return {};
    }
    default: return in.refuse("certificate.field", "unknown field " + std::to_string(key));
  }
}

}  // namespace

Bytes encode_certificate_file(const CertificateFile& file) {
  cbor::Writer out;
  out.map(file.disclosures.empty() ? 5 : 6);
  out.integer(1).integer(certificate_format);
  out.integer(2).text(file.note);
  out.integer(3);
  write_statements(out, file.evidence);
  if (!file.disclosures.empty()) {
    out.integer(4).array(file.disclosures.size());
    for (const Bytes& disclosure : file.disclosures)
      out.bytes(disclosure);
  }
  out.integer(6).array(3).bytes(*file.genesis);
  write_path(out, file.genesis_path);
  write_statements(out, file.authority);
  out.integer(7).text(file.subject.value);
  return out.take();
}

Result<CertificateFile> decode_certificate_file(ByteView bytes) {
  if (bytes.size() > certificate_file_bytes_max) {
    return fail(Code::malformed, "certificate.too_large",
                "a certificate file has at most " + std::to_string(certificate_file_bytes_max) + " bytes");
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
  return file;
}

}  // namespace anta

#include "storage/ledger/certificate_patch.h"

#include <utility>

#include "crypto/checkpoint.h"
#include "crypto/note.h"
#include "storage/ledger/certificate_reading.h"

namespace anta {
namespace {

using namespace certificate_reading;

Result<void> read_patch_field(cbor::Reader& in, std::int64_t key, CertificatePatch& patch) {
  switch (key) {
    case 1: return read_format(in);
    case 2: return read_text(in, certificate_note_bytes_max, patch.note, "the checkpoint note");
    case 5: {
      auto state = read_proven_state(in);
      if (!state) return pass(state);
      patch.state = std::move(*state);
      return {};
    }
    case 7: return read_text(in, 64, patch.subject.value, "the certificate's id");
    case 8: {
      auto earlier = read_earlier_tree(in, patch.state.path);  // fields ascend: 5 was read
      if (!earlier) return pass(earlier);
      patch.earlier = std::move(*earlier);
      return {};
    }
    default: return in.refuse("certificate.field", "unknown field " + std::to_string(key));
  }
}

Result<Checkpoint> tree_of(const std::string& note) {
  const auto parsed = parse_note(note);
  if (!parsed) return pass(parsed);
  return parse_checkpoint(parsed->text);
}

}  // namespace

Bytes encode_certificate_patch(const CertificatePatch& patch) {
  cbor::Writer out;
  out.map(patch.earlier ? 5 : 4);
  out.integer(1).integer(certificate_format);
  out.integer(2).text(patch.note);
  out.integer(5);
  write_proven_state(out, patch.state);
  out.integer(7).text(patch.subject.value);
  if (patch.earlier) {
    out.integer(8);
    write_earlier_tree(out, *patch.earlier, patch.state.path);
  }
  return out.take();
}

Result<CertificatePatch> decode_certificate_patch(ByteView bytes) {
  if (bytes.size() > certificate_whole_bytes_max) {
    return fail(Code::malformed, "certificate.too_large",
                "a patch has at most " + std::to_string(certificate_whole_bytes_max) + " bytes");
  }
  cbor::Reader in(bytes);
  const auto pairs = in.map();
  if (!pairs) return pass(pairs);
  CertificatePatch patch;
  unsigned seen = 0;
  for (std::size_t i = 0; i < *pairs; ++i) {
    const auto key = in.integer();
    if (!key) return pass(key);
    if (auto field = read_patch_field(in, *key, patch); !field) return pass(field);
    seen |= 1u << static_cast<unsigned>(*key);
  }
  if (auto end = in.finish(); !end) return pass(end);
  constexpr unsigned required = 1u << 1 | 1u << 2 | 1u << 5 | 1u << 7;
  if ((seen & required) != required)
    return fail(Code::malformed, "certificate.missing", "a patch has the fields 1, 2, 5 and 7");
  return patch;
}

Result<Checkpoint> evidence_tree(const CertificateFile& file) {
  auto tree = tree_of(file.note);
  if (!tree || !file.earlier) return tree;
  tree->size = file.earlier->size;
  tree->root = file.earlier->root;
  return tree;
}

Result<void> apply_patch(const CertificatePatch& patch, CertificateFile& file) {
  if (file.summary)
    return fail(Code::malformed, "patch.summary", "the file is a summary: it is fetched anew, not refreshed");
  if (patch.subject != file.subject) {
    return fail(Code::malformed, "patch.other_certificate",
                "the patch is for " + patch.subject.value + ", the file about " + file.subject.value);
  }
  const auto evidence = evidence_tree(file);
  if (!evidence) return pass(evidence);
  const auto newer = tree_of(patch.note);
  if (!newer) return pass(newer);
  const auto before = tree_of(file.note);
  if (!before) return pass(before);
  if (newer->size < before->size) {
    return fail(Code::malformed, "patch.older",
                "the patch's checkpoint has " + std::to_string(newer->size) + " leaves, the file's already " +
                    std::to_string(before->size));
  }
  const std::uint64_t size = patch.earlier ? patch.earlier->size : newer->size;
  const Digest& root = patch.earlier ? patch.earlier->root : newer->root;
  if (evidence->origin != newer->origin || evidence->size != size || evidence->root != root) {
    return fail(Code::malformed, "patch.other_tree",
                "the patch extends a tree of " + std::to_string(size) +
                    " leaves, the file's evidence is of " + std::to_string(evidence->size));
  }
  file.note = patch.note;
  file.state = patch.state;
  file.earlier = patch.earlier;
  return {};
}

}  // namespace anta

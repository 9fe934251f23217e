#include "cli/comparison.h"

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>

#include "cli/tile_tree.h"
#include "crypto/text.h"
#include "storage/ledger/certificate_file.h"

namespace anta {
namespace {

// CBOR maps begin so; a note begins with its origin.
bool looks_like_certificate(ByteView bytes) { return !bytes.empty() && bytes[0] >= 0xa0 && bytes[0] <= 0xbf; }

Result<std::string> note_of(const std::string& file, ByteView bytes) {
  if (!looks_like_certificate(bytes)) {
    if (bytes.size() > note_bytes_max)
      return fail(Code::malformed, "compare.file",
                  file + " is neither a certificate nor a checkpoint's note");
    return std::string(as_text(bytes));
  }
  const auto certificate = decode_certificate_file(bytes);
  if (!certificate) return fail(Code::malformed, "compare.file", file + ": " + certificate.error().message);
  return certificate->note;
}

// Positions by size, the smaller first.
std::vector<std::size_t> by_size(const std::vector<Holding>& holdings) {
  std::vector<std::size_t> order(holdings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return holdings[i].checkpoint.size; });
  return order;
}

Comparison open(const char* code, std::size_t first, std::size_t second) {
  return {.verdict = ComparisonVerdict::cannot_tell, .code = code, .first = first, .second = second};
}

std::vector<VerifierKey> keys_of(const PolicyVerdict& signed_by) {
  std::vector<VerifierKey> keys = signed_by.logs;
  for (const VerifiedCosigner& cosigner : signed_by.cosigners)
    keys.push_back(cosigner.key);
  return keys;
}

// Whose signatures are on both: the logs of a network have one name, the ledger's, and a key each.
std::vector<VerifierKey> signers_of_both(const Holding& a, const Holding& b) {
  std::vector<VerifierKey> both;
  const std::vector<VerifierKey> others = keys_of(*b.signed_by);
  for (const VerifierKey& key : keys_of(*a.signed_by)) {
    if (std::ranges::find(others, key.key, &VerifierKey::key) != others.end()) both.push_back(key);
  }
  return both;
}

// A contradiction, proven as far as both notes are the word of the same. What one key signed alone, below any
// quorum, is its holder's invention and nobody else's second history.
Comparison split(const std::vector<Holding>& holdings, Comparison made) {
  const Holding& a = holdings[made.first];
  const Holding& b = holdings[made.second];
  made.verdict = ComparisonVerdict::cannot_tell;
  if (!a.signed_by || !b.signed_by) {
    made.code = "compare.unsigned";
  } else if (signers_of_both(a, b).empty()) {
    made.code = "compare.no_common_signer";
  } else {
    made.verdict = ComparisonVerdict::split_view;
  }
  return made;
}

// The tree to look in, with the larger checkpoint's root at its size; else why there is none. Static files
// have the edge of their own checkpoint's tree alone: that one is as good, as far as it makes this root.
tl::expected<std::unique_ptr<TileTree>, const char*> tree_with(Mirror& mirror, const Checkpoint& to) {
  auto tree = std::make_unique<TileTree>(mirror, to);
  const auto opened = tree->open();
  if (opened) return tree;
  if (opened.error().error.rule == "audit.root") return tl::unexpected<const char*>("compare.node_differs");
  const auto text = mirror.read("checkpoint", note_bytes_max);
  const auto note = text ? parse_note(as_text(*text)) : Result<Note>(pass(text));
  const auto own = note ? parse_checkpoint(note->text) : Result<Checkpoint>(pass(note));
  if (!own || own->size <= to.size) return tl::unexpected<const char*>("compare.no_proof");
  tree = std::make_unique<TileTree>(mirror, *own);
  if (!tree->open()) return tl::unexpected<const char*>("compare.no_proof");
  const auto root = tree->root_of(to.size);
  if (!root) return tl::unexpected<const char*>("compare.no_proof");
  if (*root != to.root) return tl::unexpected<const char*>("compare.node_differs");
  return tree;
}

// Whether the larger one's tree begins with the smaller one's, by tiles that make the larger one's root.
Comparison connect(const std::vector<Holding>& holdings, std::size_t smaller, std::size_t larger,
                   Mirror& mirror) {
  const Checkpoint& from = holdings[smaller].checkpoint;
  const Checkpoint& to = holdings[larger].checkpoint;
  const auto tree = tree_with(mirror, to);
  if (!tree) return open(tree.error(), smaller, larger);
  const auto root = (*tree)->root_of(from.size);
  if (!root) return open("compare.no_proof", smaller, larger);
  if (*root == from.root)
    return {.verdict = ComparisonVerdict::consistent, .first = smaller, .second = larger};
  const auto proof = consistency_proof(from.size, to.size, (*tree)->nodes());
  if (!proof) return open("compare.no_proof", smaller, larger);
  return split(holdings, {.code = "compare.not_a_beginning",
                          .first = smaller,
                          .second = larger,
                          .other_root = *root,
                          .proof = *proof});
}

std::optional<std::size_t> of_another_ledger(const std::vector<Holding>& holdings) {
  for (std::size_t i = 1; i < holdings.size(); ++i) {
    if (holdings[i].checkpoint.origin != holdings[0].checkpoint.origin) return i;
  }
  return {};
}

struct EvidenceWords {
  const char* title;
  const char* same_size;
  const char* not_beginning;
  const char* meaning;
  const char* check;
  const char* signed_both;
  const char* signed_by;
  const char* note;
  const char* other_root;
  const char* proof;
};

constexpr EvidenceWords english = {
    "EVIDENCE OF A SPLIT VIEW",
    "Below are two signed checkpoints of one ledger. They speak of the same number of entries, and name two "
    "different fingerprints (roots) of them. A ledger has one fingerprint at each size.",
    "Below are two signed checkpoints of one ledger. The larger one's entries do not begin with those of the "
    "smaller one: at the smaller one's size they have another fingerprint (root), as the proof below shows. "
    "A ledger "
    "only grows; nothing that it once showed may change.",
    "So the organisations that signed both have shown different histories to different people. Nobody but "
    "they "
    "can make these signatures, and no honest fault makes two of them disagree: whoever holds this file can "
    "show it "
    "to anybody.",
    "To check it: each text below, up to its empty line, is signed in the C2SP signed-note format by the "
    "keys that "
    "the network's policy lists. Compare the second and third line of both. Where a proof is given it is an "
    "RFC 9162 "
    "consistency proof (SHA-256) from the root named with it to the larger checkpoint's root.",
    "Both were signed by (name and id of the key)",
    "Signed by",
    "Checkpoint held as",
    "Root of the larger checkpoint's tree at the smaller one's size",
    "Consistency proof (base64, one hash a line)"};

constexpr EvidenceWords spanish = {
    "EVIDENCIA DE UNA VISTA DIVIDIDA",
    "Abajo hay dos puntos de control firmados de un mismo registro. Hablan del mismo número de entradas y "
    "nombran "
    "dos huellas (raíces) distintas de ellas. Un registro tiene una sola huella en cada tamaño.",
    "Abajo hay dos puntos de control firmados de un mismo registro. Las entradas del mayor no comienzan con "
    "las del "
    "menor: al tamaño del menor tienen otra huella (raíz), como muestra la prueba de abajo. Un registro solo "
    "crece; "
    "nada de lo que mostró puede cambiar.",
    "Por tanto, las organizaciones que firmaron ambos mostraron historias distintas a personas distintas. "
    "Nadie más "
    "puede hacer estas firmas, y ningún error honesto hace que dos de ellas se contradigan: quien tenga este "
    "archivo "
    "puede mostrarlo a cualquiera.",
    "Para comprobarlo: cada texto de abajo, hasta su línea vacía, está firmado en el formato signed-note de "
    "C2SP con "
    "las claves de la política de la red. Compare la segunda y la tercera línea de ambos. La prueba, si la "
    "hay, es una "
    "prueba de consistencia RFC 9162 (SHA-256) desde la raíz que la acompaña hasta la del punto de control "
    "mayor.",
    "Ambos fueron firmados por (nombre e id de la clave)",
    "Firmado por",
    "Punto de control guardado como",
    "Raíz del árbol del punto de control mayor al tamaño del menor",
    "Prueba de consistencia (base64, un resumen por línea)"};

// As in a verifier key: what tells the logs of one ledger apart is the id.
std::string list_of(const char* title, const std::vector<VerifierKey>& keys) {
  std::string text = std::string(title) + ":";
  for (const VerifierKey& key : keys)
    text += " " + key.name + "+" + to_hex(key.id());
  return text + "\n";
}

std::string holding_text(const Holding& holding, const EvidenceWords& words) {
  std::string text = "---- " + std::string(words.note) + " " + holding.file + "\n";
  if (holding.signed_by) text += list_of(words.signed_by, keys_of(*holding.signed_by));
  return text + "\n" + holding.note + "\n";
}

}  // namespace

std::string_view word_of(ComparisonVerdict verdict) {
  static constexpr std::array<std::string_view, 4> words = {"same", "consistent", "split_view",
                                                            "cannot_tell"};
  return words[static_cast<std::size_t>(verdict)];
}

Result<Holding> read_holding(const std::string& file, ByteView bytes, const Policy* policy, Millis now) {
  Holding holding;
  holding.file = file;
  auto text = note_of(file, bytes);
  if (!text) return pass(text);
  holding.note = std::move(*text);
  const auto note = parse_note(holding.note);
  if (!note) return fail(Code::malformed, "compare.file", file + ": " + note.error().message);
  const auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return fail(Code::malformed, "compare.file", file + ": " + checkpoint.error().message);
  holding.checkpoint = *checkpoint;
  if (!policy) return holding;
  const std::uint64_t seconds = now.value < 0 ? 0 : static_cast<std::uint64_t>(now.value / 1000);
  auto verdict = check_note(*policy, holding.note, seconds);
  if (verdict) {
    holding.signed_by = std::move(*verdict);
  } else {
    holding.refused = verdict.error();
  }
  return holding;
}

Comparison compare(const std::vector<Holding>& holdings, Mirror* mirror) {
  ANTA_INVARIANT(holdings.size() >= 2);
  const std::vector<std::size_t> order = by_size(holdings);
  // What one file leaves open is told only where no pair proves a split view: anybody can add a file.
  std::optional<Comparison> unproven;
  if (const auto other = of_another_ledger(holdings)) unproven = open("compare.other_ledger", 0, *other);
  // A contradiction first: whatever else is open, it decides.
  for (std::size_t i = 0; i + 1 < order.size(); ++i) {
    for (std::size_t j = i + 1; j < order.size(); ++j) {
      const Checkpoint& a = holdings[order[i]].checkpoint;
      const Checkpoint& b = holdings[order[j]].checkpoint;
      if (a.origin != b.origin || a.size != b.size || a.root == b.root) continue;
      Comparison pair = split(holdings, {.code = "compare.same_size", .first = order[i], .second = order[j]});
      if (pair.verdict == ComparisonVerdict::split_view) return pair;
      if (!unproven) unproven = std::move(pair);
    }
  }
  Comparison result = unproven ? *unproven : Comparison{.verdict = ComparisonVerdict::same};
  // Each with the one before it, and further back only where that stays open: a link that holds ties it to all
  // that the earlier one is tied to, and who adds files adds no pairs.
  for (std::size_t j = 1; j < order.size(); ++j) {
    for (std::size_t i = j; i-- > 0;) {
      const Checkpoint& from = holdings[order[i]].checkpoint;
      const Checkpoint& to = holdings[order[j]].checkpoint;
      if (from.origin != to.origin) continue;
      if (from.size == to.size && from.root == to.root) break;
      if (from.size == to.size) continue;
      Comparison pair = from.size == 0 ? Comparison{.verdict = ComparisonVerdict::consistent}
                        : mirror       ? connect(holdings, order[i], order[j], *mirror)
                                       : open("compare.sizes", order[i], order[j]);
      if (pair.verdict == ComparisonVerdict::split_view) return pair;
      const bool holds = pair.verdict != ComparisonVerdict::cannot_tell;
      if (result.verdict != ComparisonVerdict::cannot_tell) result = std::move(pair);
      if (holds || !mirror) break;
    }
  }
  return result;
}

std::string evidence_text(const std::vector<Holding>& holdings, const Comparison& comparison,
                          Language language) {
  const EvidenceWords& words = language == Language::es ? spanish : english;
  const bool same_size = comparison.code == "compare.same_size";
  const Holding& first = holdings[comparison.first];
  std::string text = std::string(words.title) + ": " + first.checkpoint.origin + "\n\n";
  text += std::string(same_size ? words.same_size : words.not_beginning) + "\n\n";
  const Holding& second = holdings[comparison.second];
  text += std::string(words.meaning) + "\n\n";
  if (first.signed_by && second.signed_by)
    text += list_of(words.signed_both, signers_of_both(first, second)) + "\n";
  text += std::string(words.check) + "\n\n" + holding_text(first, words) + holding_text(second, words);
  if (same_size) return text;
  text += "---- " + std::string(words.other_root) + " (" + std::to_string(first.checkpoint.size) + ")\n" +
          to_base64(comparison.other_root.view()) + "\n\n---- " + words.proof + "\n";
  for (const Digest& hash : comparison.proof)
    text += to_base64(hash.view()) + "\n";
  return text;
}

}  // namespace anta

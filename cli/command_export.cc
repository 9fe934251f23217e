#include "cli/checked_note.h"
#include "cli/command_proof.h"
#include "cli/command_receipts.h"
#include "cli/commands.h"
#include "cli/mirror.h"
#include "cli/node_option.h"
#include "cli/progress.h"
#include "cli/tile_export.h"
#include "crypto/text.h"

namespace anta {
// Without a policy the note is taken as it stands: whoever reads the directory verifies it.
Result<Checkpoint> checkpoint_of(const Invocation& invocation, const Trust& trust, std::string_view text) {
  if (trust.policy) {
    const auto checked = checked_note(trust, text, invocation.now);
    if (!checked) return pass(checked);
    return checked->checkpoint;
  }
  invocation.say(
      invocation.in("without --policy nobody's signature was checked: whoever reads the files must",
                    "sin --policy no se comprobó ninguna firma: debe hacerlo quien lea los archivos"));
  const auto note = parse_note(text);
  if (!note) return pass(note);
  return parse_checkpoint(note->text);
}

namespace {

Result<Exit> export_directory(Invocation& invocation) {
  std::string node = invocation.option("--node").value_or("");
  node.resize(std::min(node.find(','), node.size()));  // $ANTA_NODE may name several; one makes one mirror
  const std::string directory = invocation.option("--tiles").value_or("");
  const auto trust = trust_of(invocation);
  if (!trust) return pass(trust);
  auto mirror = open_mirror(invocation, node);
  if (!mirror) return pass(mirror);
  const auto note = (*mirror)->read("checkpoint", note_bytes_max);
  if (!note) return pass(note);
  const auto checkpoint = checkpoint_of(invocation, *trust, as_text(*note));
  if (!checkpoint)
    return tell_check(invocation, invocation.in("the node's checkpoint", "el punto de control del nodo"),
                      checkpoint.error());
  Progress progress(invocation, "leaves are there", "hojas están");
  const auto result =
      export_tiles(**mirror, as_text(*note), *checkpoint, directory,
                   [&progress](std::uint64_t done, std::uint64_t of) { progress.at(done, of); });
  if (!result && result.error().code == Code::bad_signature) {
    invocation.say(result.error().message);
    return Exit::refused;
  }
  if (!result) return pass(result);
  invocation.out(Value{ValueMap{{"directory", Value{directory}},
                                {"origin", Value{checkpoint->origin}},
                                {"size", Value{static_cast<std::int64_t>(result->size)}},
                                {"root", Value{hex(checkpoint->root)}},
                                {"files", Value{static_cast<std::int64_t>(result->files)}}}});
  return Exit::ok;
}

Result<Exit> run_export(Invocation& invocation) {
  const auto format = invocation.option("--format").value_or("tiles");
  const auto statement = invocation.option("--statement");
  if (statement && !invocation.has("--tiles") && (format == "tlog-proof" || format == "cose-receipts")) {
    const auto digest = digest_from_hex(*statement);
    if (!digest) {
      return invocation.usage(
          "--statement: '" + *statement + "' is not the SHA-256 of a statement in hex",
          "--statement: '" + *statement + "' no es el SHA-256 de una declaración en hexadecimal");
    }
    return format == "tlog-proof" ? export_tlog_proof(invocation, *digest)
                                  : export_receipts(invocation, *digest);
  }
  if (format == "tiles" && invocation.has("--tiles") && !statement) return export_directory(invocation);
  return invocation.usage(
      "export takes --tiles DIR, or --format tlog-proof or cose-receipts with --statement DIGEST",
      "export toma --tiles DIR, o --format tlog-proof o cose-receipts con --statement RESUMEN");
}

}  // namespace

std::vector<Command> export_commands() {
  Option node = node_option();
  node.value = "URL";
  node.help =
      "the node, static server or exported directory that it comes from; for cose-receipts one node of "
      "each organisation (URL,URL)";
  node.repeated = false;
  return {
      {.words = {"export"},
       .summary =
           "write a ledger's public files into a directory that any static server can give out (again: only "
           "what is new), or one statement's C2SP tlog-proof or COSE Receipts",
       .examples = {"anta export --tiles mirror --node http://127.0.0.1:8080 --policy policy.txt"},
       .options = {{.name = "--tiles",
                    .value = "DIR",
                    .help = "where they go: tiles, documents, seals, the checkpoint",
                    .required = false},
                   {.name = "--format",
                    .value = "FORMAT",
                    .help = "tiles (default), tlog-proof or cose-receipts"},
                   {.name = "--statement", .value = "DIGEST", .help = "whose proof, by its SHA-256 in hex"},
                   {.name = "--out", .value = "FILE", .help = "where a proof goes (default: stdout)"},
                   node,
                   policy_option(),
                   assertions_option(),
                   ca_option()},
       .positionals = {},
       .run = run_export},
  };
}

}  // namespace anta

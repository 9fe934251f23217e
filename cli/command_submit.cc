#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/node_option.h"
#include "cli/outbox.h"
#include "cli/sending.h"
#include "cli/text_file.h"
#include "crypto/cbor.h"

namespace anta {
namespace {

// One statement of what is to be sent, and where its answer is kept.
struct Outgoing {
  std::string label = {};
  Bytes bytes = {};
  std::optional<OutboxItem> item = {};
};

std::string path_for(const Invocation& invocation) {
  if (invocation.has("--dry-run")) return "/v1/statements?dry_run=1";
  return "/v1/statements?wait=" + invocation.option("--wait").value_or("cosigned");
}

// A file of statements: one, or a CBOR sequence of them.
Result<std::vector<Outgoing>> read_sequence(const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes) return pass(bytes);
  std::vector<Outgoing> all;
  ByteView rest(*bytes);
  while (!rest.empty()) {
    cbor::Reader reader(rest);
    const auto item = reader.item();
    if (!item)
      return tl::unexpected(Error{Code::malformed, item.error().rule, path + ": " + item.error().message});
    all.push_back({path + "#" + std::to_string(all.size() + 1), to_bytes(*item), {}});
    rest = rest.subspan(item->size());
  }
  if (all.size() == 1) all.front().label = path;
  return all;
}

Result<std::vector<Outgoing>> read_outbox(const Outbox& outbox) {
  const auto items = outbox.items();
  if (!items) return pass(items);
  std::vector<Outgoing> all;
  for (const OutboxItem& item : *items) {
    if (item.outcome) continue;
    auto bytes = outbox.read(item);
    if (!bytes) return pass(bytes);
    all.push_back({item.path.filename().string(), std::move(*bytes), item});
  }
  return all;
}

// Sends in order and stops at the first that stays undecided, or may be accepted later: what follows may
// build on it, and would be rejected for good for want of it.
Result<Exit> send_all(Invocation& invocation, HttpClient& client, const std::vector<Outgoing>& all,
                      Outbox* outbox) {
  Exit exit = Exit::ok;
  ValueList answers;
  for (const Outgoing& outgoing : all) {
    const auto http = client.post(path_for(invocation), "application/cose", outgoing.bytes);
    const Answer answer = read_answer(http, sha256(outgoing.bytes));
    answers.push_back(answer_value(answer, outgoing.label));
    tell_answer(invocation, outgoing.label, outgoing.item ? outgoing.item->path.string() : "FILE", answer);
    if (!answer.is_final() || (answer.may_be_sent_again() && !invocation.has("--dry-run"))) {
      exit = exit_of_open(answer, http);
      break;
    }
    if (answer.kind != Answer::Kind::accepted) exit = Exit::rejected;
    if (outbox && outgoing.item && !invocation.has("--dry-run")) {
      if (auto kept = outbox->record(*outgoing.item, answer.body); !kept) return pass(kept);
    }
  }
  invocation.out(Value{std::move(answers)});
  return exit;
}

Result<Exit> submit(Invocation& invocation) {
  auto client = client_for(invocation);
  if (!client) return pass(client);
  const std::vector<std::string> paths = invocation.arguments("FILE");
  const std::string wait = invocation.option("--wait").value_or("cosigned");
  if (wait != "cosigned" && wait != "committed") {
    return invocation.usage("--wait takes committed or cosigned, not '" + wait + "'",
                            "--wait admite committed o cosigned, no '" + wait + "'");
  }
  if (paths.size() == 1 && is_outbox(paths.front())) {
    auto outbox = Outbox::open(paths.front());
    if (!outbox) return pass(outbox);
    const auto all = read_outbox(*outbox);
    if (!all) return pass(all);
    return send_all(invocation, **client, *all, &*outbox);
  }
  std::vector<Outgoing> all;
  for (const std::string& path : paths) {
    auto sequence = read_sequence(path);
    if (!sequence) return pass(sequence);
    for (Outgoing& outgoing : *sequence)
      all.push_back(std::move(outgoing));
  }
  return send_all(invocation, **client, all, nullptr);
}

}  // namespace

std::vector<Command> submit_commands() {
  return {{.words = {"submit"},
           .summary = "send signed statements in order; an outbox directory is resumed where it stopped",
           .examples = {"anta submit outbox --node http://127.0.0.1:8080",
                        "anta submit statement.cose --dry-run --node http://127.0.0.1:8080"},
           .options = {node_option(),
                       ca_option(),
                       {.name = "--wait", .value = "WHAT", .help = "committed or cosigned (default)"},
                       {.name = "--dry-run", .help = "ask for the verdict only; nothing is recorded"}},
           .positionals = {{"FILE", "signed statements, or one outbox directory", true, true}},
           .run = submit}};
}

}  // namespace anta

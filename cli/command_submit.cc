#include <span>
#include <utility>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/dry_run.h"
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
    if (!answer.is_final() || answer.may_be_sent_again()) {
      exit = exit_of_open(answer, http);
      break;
    }
    if (answer.kind != Answer::Kind::accepted) exit = Exit::rejected;
    if (outbox && outgoing.item) {
      if (auto kept = outbox->record(*outgoing.item, answer.body); !kept) return pass(kept);
    }
  }
  invocation.out(Value{std::move(answers)});
  return exit;
}

// What stands in a file of the outbox goes into a sequence, whose other items it must not shift.
Result<void> each_is_one_item(const std::vector<Outgoing>& all) {
  for (const Outgoing& outgoing : all) {
    cbor::Reader reader{ByteView(outgoing.bytes)};
    const auto item = reader.item();
    if (item && item->size() == outgoing.bytes.size()) continue;
    const std::string path = outgoing.item ? outgoing.item->path.string() : outgoing.label;
    if (!item)
      return tl::unexpected(Error{Code::malformed, item.error().rule, path + ": " + item.error().message});
    return fail(Code::malformed, "malformed", path + ": bytes stand behind the statement");
  }
  return {};
}

// One question, its statements together.
Result<HttpAnswer> ask_about(HttpClient& client, std::span<const Outgoing> part) {
  Bytes sequence;
  for (const Outgoing& outgoing : part)
    sequence.insert(sequence.end(), outgoing.bytes.begin(), outgoing.bytes.end());
  return client.post("/v1/statements?dry_run=1", "application/cbor-seq", sequence);
}

// What the node says of each of a part, or of its first alone where it says nothing of them.
std::vector<Answer> answers_about(const Result<HttpAnswer>& http, std::span<const Outgoing> part) {
  std::vector<Digest> digests;
  for (const Outgoing& outgoing : part)
    digests.push_back(sha256(outgoing.bytes));
  auto answers = read_tried(http, digests);
  if (answers) return std::move(*answers);
  const Error& error = answers.error();
  Answer open{.code = error.rule.empty() ? std::string(name(error.code)) : error.rule,
              .message = error.message};
  if (open.code == "answer") open.code = "uncertain";
  return {std::move(open)};
}

void tell_parts(const Invocation& invocation) {
  constexpr std::string_view code = "dry_run_parts";
  invocation.say(std::string(cause(code, invocation.language)));
  invocation.say("  " + std::string(next_step(code, invocation.language)));
}

// The verdict alone. Statements build on each other (a dispatch on its lot), so they are asked about
// together, and what is refused stops nothing: what wants for it is refused too, as it will be.
Result<Exit> try_all(Invocation& invocation, HttpClient& client, const std::vector<Outgoing>& all) {
  if (auto whole = each_is_one_item(all); !whole) return pass(whole);
  std::vector<std::size_t> sizes;
  for (const Outgoing& outgoing : all)
    sizes.push_back(outgoing.bytes.size());
  Exit exit = Exit::ok;
  ValueList rows;
  std::size_t bytes_max = dry_run_bytes_max;
  bool told = false;
  for (std::size_t first = 0, end = 0; first < all.size(); first = end) {
    end = dry_run_end(sizes, first, bytes_max);
    const auto part = std::span(all).subspan(first, end - first);
    const auto http = ask_about(client, part);
    if (http && http->status == 413 && bytes_max > dry_run_bytes_least) {
      bytes_max = dry_run_bytes_least;
      end = first;
      continue;
    }
    if (end < all.size() && !std::exchange(told, true)) tell_parts(invocation);
    const std::vector<Answer> answers = answers_about(http, part);
    for (std::size_t n = 0; n < answers.size(); ++n) {
      const Answer& answer = answers[n];
      rows.push_back(answer_value(answer, part[n].label));
      tell_answer(invocation, part[n].label, part[n].item ? part[n].item->path.string() : "FILE", answer);
      if (answer.kind != Answer::Kind::accepted) exit = Exit::rejected;
    }
    if (!answers.front().is_final()) {
      exit = exit_of_open(answers.front(), http);
      break;
    }
  }
  invocation.out(Value{std::move(rows)});
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
  const bool dry = invocation.has("--dry-run");
  if (paths.size() == 1 && is_outbox(paths.front())) {
    auto outbox = Outbox::open(paths.front());
    if (!outbox) return pass(outbox);
    const auto all = read_outbox(*outbox);
    if (!all) return pass(all);
    return dry ? try_all(invocation, **client, *all) : send_all(invocation, **client, *all, &*outbox);
  }
  std::vector<Outgoing> all;
  for (const std::string& path : paths) {
    auto sequence = read_sequence(path);
    if (!sequence) return pass(sequence);
    for (Outgoing& outgoing : *sequence)
      all.push_back(std::move(outgoing));
  }
  return dry ? try_all(invocation, **client, all) : send_all(invocation, **client, all, nullptr);
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

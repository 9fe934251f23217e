// backup, backup verify: a ledger carried into one file, and such a file judged without any node.
#include <array>
#include <chrono>
#include <thread>

#include "cli/answer.h"
#include "cli/audit_report.h"
#include "cli/backup_check.h"
#include "cli/backup_target.h"
#include "cli/checked_note.h"
#include "cli/commands.h"
#include "cli/node_option.h"
#include "cli/party_key.h"
#include "cli/progress.h"
#include "crypto/checkpoint.h"
#include "crypto/secret.h"
#include "crypto/text.h"
#include "storage/ledger/backup_order.h"

namespace anta {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int part_tries_max = 40;  // of a node that says busy
constexpr auto between_tries = std::chrono::milliseconds(500);

Value whole_number(std::uint64_t value) { return Value{static_cast<std::int64_t>(value)}; }

double mega(std::uint64_t bytes, double seconds) {
  return static_cast<double>(bytes) / 1e6 / std::max(seconds, 0.001);
}

std::string megabytes_per_second(std::uint64_t bytes, double seconds) {
  const auto tenths = static_cast<std::uint64_t>(mega(bytes, seconds) * 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

Millis wall_now() {
  return Millis{std::chrono::duration_cast<std::chrono::milliseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count()};
}

// Asks for parts, each by an order of its own.
class Carrier {
 public:
  Carrier(const Invocation& invocation, HttpClient& client, const SigningKey& key, const Digest& network)
      : invocation_(invocation), client_(client), key_(key), network_(network) {}

  // The part that begins with this entry; asked for again while a node is busy.
  Result<Bytes> part(LogIndex from) {
    Result<Bytes> answer = once(from);
    for (int tries = 1; tries < part_tries_max && !answer && answer.error().code == Code::busy; ++tries) {
      std::this_thread::sleep_for(between_tries);
      answer = once(from);
    }
    return answer;
  }

 private:
  Result<Bytes> once(LogIndex from) {
    std::array<std::uint8_t, 16> cti{};
    random_bytes(cti);
    const Millis now = wall_now();  // a large ledger takes longer than an order holds
    const BackupOrder order{.network = network_, .from = from.value, .event_time = now};
    const auto bytes =
        sign_backup_order(order, PartyId{*invocation_.option("--as")}, key_, now.value / 1000, cti);
    if (!bytes) return bytes;
    auto answer = client_.post("/v1/backup", "application/cose", *bytes);
    if (!answer) return pass(answer);
    if (answer->status == 429 || answer->status == 503)
      return fail(Code::busy, "busy", error_of(*answer).message);
    if (answer->status != 200) return tl::unexpected<Error>(error_of(*answer));
    if (answer->body.empty()) return unintelligible(answer->node + " gave an empty part");
    return std::move(answer->body);
  }

  const Invocation& invocation_;
  HttpClient& client_;
  const SigningKey& key_;
  const Digest network_;
};

// The next part is whole records that continue the file, or nothing of it is kept.
Result<void> take_part(BackupTarget& target, ByteView part, const Digest& network) {
  const BackupSource source = backup_source(part);
  while (true) {
    auto record = target.reader().next(source);
    if (!record) {
      return fail(Code::uncertain, "answer",
                  "the node's answer does not continue the backup: " + record.error().message);
    }
    if (*record) continue;
    if (target.reader().network() != network)
      return fail(Code::uncertain, "answer", "the node's backup is of another network than the node");
    return target.append(part);
  }
}

Result<void> carry(Carrier& carrier, BackupTarget& target, const Digest& network, Progress& progress) {
  while (!target.reader().ended()) {
    const LogIndex before = target.reader().last();
    const bool begun = target.reader().network().has_value();
    if (begun && *target.reader().network() != network)
      return fail(Code::malformed, "backup.other_network",
                  "what an earlier call left is of another network than this node");
    const auto part = carrier.part(before.next());
    if (!part) return pass(part);
    if (auto taken = take_part(target, *part, network); !taken) return taken;
    progress.at(target.reader().place() >> 20, target.reader().place() >> 20);
  }
  return {};
}

Result<Exit> run_backup(Invocation& invocation) {
  const std::string file = *invocation.option("--out");
  const auto key = load_key(*invocation.option("--key"), invocation);
  if (!key) return pass(key);
  auto client = client_for(invocation);
  if (!client) return pass(client);
  auto target = BackupTarget::open(file, invocation.has("--replace"));
  if (!target) return pass(target);
  const Result<Digest> network = network_of(**client);
  if (!network) return pass(network);
  if ((*target)->found() > 0) {
    invocation.say(invocation.in("going on after " + std::to_string((*target)->found()) + " bytes",
                                 "se continúa tras " + std::to_string((*target)->found()) + " bytes"));
  }
  const auto begin = Steady::now();
  Carrier carrier(invocation, **client, *key, *network);
  {
    Progress progress(invocation, "MB carried", "MB traídos");
    if (auto carried = carry(carrier, **target, *network, progress); !carried) return pass(carried);
  }
  if (auto finished = (*target)->finish(); !finished) return pass(finished);
  const std::chrono::duration<double> took = Steady::now() - begin;
  const std::uint64_t bytes = (*target)->reader().place(), carried = bytes - (*target)->found();
  const std::string rate = megabytes_per_second(carried, took.count());
  invocation.say(invocation.in(
      file + ": " + std::to_string(bytes) + " bytes, " + rate +
          " MB/s; hold it against a policy with anta backup verify",
      file + ": " + std::to_string(bytes) + " bytes, " + rate + " MB/s; compruébelo con anta backup verify"));
  invocation.out(Value{ValueMap{{"file", Value{file}},
                                {"network", Value{hex(*network)}},
                                {"entries", whole_number((*target)->reader().last().value)},
                                {"bytes", whole_number(bytes)},
                                {"carried", whole_number(carried)},
                                {"milliseconds", Value{static_cast<std::int64_t>(took.count() * 1000)}},
                                {"megabytes_per_second", Value{rate}}}});
  return Exit::ok;
}

Result<Exit> run_verify(Invocation& invocation) {
  const std::string file = invocation.argument("FILE");
  const auto trust = trust_of(invocation);
  if (!trust) return pass(trust);
  if (!trust->policy) return needs_policy(invocation);
  const auto begin = Steady::now();
  const auto source = backup_source(file);
  if (!source) return pass(source);
  const auto summary = read_through(*source);
  if (!summary) return refuse_audit(invocation, file, summary.error());
  const auto note = checked_note(*trust, summary->note, invocation.now);
  if (!note)
    return refuse_audit(invocation,
                        invocation.in("the backup's checkpoint", "el punto de control de la copia"),
                        note.error());
  Progress progress(invocation, "leaves hold", "hojas se sostienen");
  AuditOptions options;
  options.threads = std::max(2u, std::thread::hardware_concurrency()) + 1;
  options.genesis = trust->assertions.genesis;
  options.progress = [&progress](std::uint64_t done, std::uint64_t of) { progress.at(done, of); };
  const auto result = judge_backup(file, note->checkpoint, options);
  if (!result) return pass(result);
  const std::chrono::duration<double> took = Steady::now() - begin;
  ValueMap report = audit_report(*note, *result, took.count());
  report.emplace_back("entries", whole_number(summary->last.value));
  report.emplace_back("bytes", whole_number(summary->bytes));
  report.emplace_back("megabytes_per_second", Value{megabytes_per_second(summary->bytes, took.count())});
  invocation.out(Value{std::move(report)});
  return tell_finding(invocation, *result);
}

}  // namespace

std::vector<Command> backup_commands() {
  std::vector<Option> options = voter_options();
  options.push_back({.name = "--out",
                     .value = "FILE",
                     .help = "where to; what an interrupted call left in FILE.part is gone on with",
                     .required = true});
  options.push_back({.name = "--replace", .help = "put it in the place of a file that is there"});
  for (Option& option : passphrase_options())
    options.push_back(std::move(option));
  return {
      {.words = {"backup"},
       .summary = "carry the whole ledger from a node into one file, for antad --restore; an organisation "
                  "with a voting node may (see also: anta backup verify --help)",
       .examples = {"anta backup --out ledger.backup --as nasca-sur --key planta.key --passphrase-file "
                    "passphrase.txt --node http://127.0.0.1:8080"},
       .options = std::move(options),
       .run = run_backup},
      {.words = {"backup", "verify"},
       .summary =
           "judge a backup again without any node, and hold it against its checkpoint and a policy (exit "
           "0 holds, 3 does not, 6 cannot be told)",
       .examples = {"anta backup verify before.backup --policy policy.txt"},
       .options = {policy_option(), assertions_option()},
       .positionals = {{"FILE", "what anta backup wrote"}},
       .run = run_verify}};
}

}  // namespace anta

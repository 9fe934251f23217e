// network lead: an organisation asks that a named node leads, and waits until it does.
#include <array>
#include <chrono>
#include <thread>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/node_option.h"
#include "cli/party_key.h"
#include "crypto/secret.h"
#include "crypto/text.h"
#include "storage/ledger/lead_order.h"

namespace anta {
namespace {

using Steady = std::chrono::steady_clock;

// Asking again takes the term of then, so each try is an order of its own.
constexpr int orders_max = 5;
constexpr auto between_orders = std::chrono::milliseconds(500);
constexpr auto between_looks = std::chrono::milliseconds(100);
constexpr auto patience = std::chrono::seconds(10);

struct Leadership {
  std::string leader = {};  // empty: nobody is known to lead
  std::uint64_t term = 0;
};

std::string word_of(const Value& value, std::string_view member) {
  const Value* found = value.find(member);
  const auto* text = found ? std::get_if<std::string>(&found->data) : nullptr;
  return text ? *text : "";
}

Result<Leadership> leadership_of(const Result<Value>& told) {
  if (!told) return pass(told);
  const Value* term = told->find("term");
  const auto* number = term ? std::get_if<std::int64_t>(&term->data) : nullptr;
  if (number == nullptr || *number < 0) return unintelligible("the node does not say which term it is in");
  return Leadership{word_of(*told, "leader"), static_cast<std::uint64_t>(*number)};
}

Result<Leadership> present(HttpClient& client) { return leadership_of(json_body(client.get("/v1/status"))); }

Result<Bytes> signed_order(const Invocation& invocation, const SigningKey& key, const Digest& network,
                           std::uint64_t term) {
  std::array<std::uint8_t, 16> cti{};
  random_bytes(cti);
  const LeadOrder order{.network = network,
                        .node = NodeId{invocation.argument("NODE")},
                        .term = term,
                        .event_time = invocation.now};
  return sign_lead_order(order, PartyId{*invocation.option("--as")}, key, invocation.now.value / 1000, cti);
}

// Whether it leads by now, for an order whose answer was lost.
Result<Leadership> wait_until_it_leads(HttpClient& client, const std::string& node, std::uint64_t after) {
  const auto end = Steady::now() + patience;
  while (Steady::now() < end) {
    const Result<Leadership> now = present(client);
    if (now && now->leader == node && now->term > after) return now;
    std::this_thread::sleep_for(between_looks);
  }
  return fail(Code::uncertain, "lead.uncertain", node + " is not seen to lead");
}

// One order, in the term of now.
Result<Leadership> order_once(const Invocation& invocation, HttpClient& client, const SigningKey& key,
                              const Digest& network, Leadership& before) {
  const std::string node = invocation.argument("NODE");
  const Result<Leadership> now = present(client);
  if (!now) return now;
  if (now->leader.empty()) return fail(Code::busy, "no_leader", "the node that was asked knows no leader");
  if (before.leader.empty()) before = *now;
  if (now->leader == node) return now;
  const Result<Bytes> order = signed_order(invocation, key, network, now->term);
  if (!order) return pass(order);
  const Result<Value> answer = json_body(client.post("/v1/network/lead", "application/cose", *order));
  if (!answer && answer.error().code == Code::uncertain) return wait_until_it_leads(client, node, now->term);
  return leadership_of(answer);
}

bool worth_another_order(const Error& error) {
  return error.rule == "lead.busy" || error.rule == "lead.term" || error.rule == "no_leader";
}

Result<Exit> lead(Invocation& invocation) {
  const auto key = load_key(*invocation.option("--key"), invocation);
  if (!key) return pass(key);
  auto client = client_for(invocation);
  if (!client) return pass(client);
  const Result<Digest> network = network_of(**client);
  if (!network) return pass(network);
  const std::string node = invocation.argument("NODE");
  Leadership before;
  Result<Leadership> now = order_once(invocation, **client, *key, *network, before);
  for (int orders = 1; orders < orders_max && !now && worth_another_order(now.error()); ++orders) {
    invocation.say(now.error().message + invocation.in("; asking again", "; se pide otra vez"));
    std::this_thread::sleep_for(between_orders);
    now = order_once(invocation, **client, *key, *network, before);
  }
  if (!now) return pass(now);
  const bool already = before.leader == node;
  const std::string term = std::to_string(now->term);
  invocation.say(
      already ? invocation.in(node + " leads already, in term " + term,
                              node + " ya es líder, en el período " + term)
              : invocation.in(node + " leads, in term " + term + "; before: " + before.leader,
                              node + " es líder, en el período " + term + "; antes: " + before.leader));
  invocation.out(Value{ValueMap{{"leader", Value{now->leader}},
                                {"term", Value{static_cast<std::int64_t>(now->term)}},
                                {"before", Value{before.leader}}}});
  return Exit::ok;
}

}  // namespace

std::vector<Command> lead_commands() {
  std::vector<Option> options = voter_options();
  for (Option& option : passphrase_options())
    options.push_back(std::move(option));
  return {{.words = {"network", "lead"},
           .summary = "have another voting node lead, before this one is taken down say; nothing is lost",
           .examples = {"anta network lead sello-cobre --as nasca-sur --key planta.key --passphrase-file "
                        "passphrase.txt --node http://127.0.0.1:8080"},
           .options = std::move(options),
           .positionals = {{"NODE", "who is to lead (anta network node list)"}},
           .run = lead}};
}

}  // namespace anta

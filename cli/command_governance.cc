// network node|parameter|vote|proposals: the organisations change their network by signed statements.
//
// Each command that changes something signs one statement, keeps it in the outbox, sends it, and then says
// how the vote stands and who does what next.
#include <algorithm>

#include "cli/commands.h"
#include "cli/network_maker.h"
#include "cli/node_option.h"
#include "cli/party_key.h"
#include "cli/sending.h"
#include "cli/skeleton.h"
#include "cli/text_file.h"
#include "crypto/text.h"
#include "node/views/time_text.h"
#include "node/views/yaml_tree.h"

namespace anta {
namespace {

std::string text_of(const Value& record, std::string_view member) {
  const Value* found = record.find(member);
  const auto* text = found ? std::get_if<std::string>(&found->data) : nullptr;
  return text ? *text : "";
}

std::string number_of(const Value& record, std::string_view member) {
  const Value* found = record.find(member);
  const auto* number = found ? std::get_if<std::int64_t>(&found->data) : nullptr;
  return number ? std::to_string(*number) : "?";
}

std::string names_of(const Value& record, std::string_view member) {
  const Value* found = record.find(member);
  const auto* list = found ? std::get_if<ValueList>(&found->data) : nullptr;
  std::string names;
  if (list == nullptr) return names;
  for (const Value& item : *list) {
    if (const auto* name = std::get_if<std::string>(&item.data)) names += (names.empty() ? "" : ", ") + *name;
  }
  return names;
}

Result<Value> fetch(HttpClient& client, const std::string& path) { return json_body(client.get(path)); }

Result<Value> fetch_proposal(HttpClient& client, const std::string& id) {
  return fetch(client, "/v1/proposals/" + url_escaped(id) + "?fresh=1");
}

// --- what is said afterwards ---

void say_open(const Invocation& invocation, const std::string& id, const Value& proposal) {
  const std::string approvals = number_of(proposal, "approvals");
  const std::string electorate = number_of(proposal, "electorate");
  invocation.say(invocation.in(id + " is open: " + approvals + " of " + electorate +
                                   " organisations approved, and it takes more than half",
                               id + " está abierta: " + approvals + " de " + electorate +
                                   " organizaciones la aprobaron, y hace falta más de la mitad"));
  invocation.say("  " + invocation.in("still to vote: ", "faltan votar: ") + names_of(proposal, "waiting"));
  invocation.say("  " + invocation.in("each of them: ", "cada una: ") + "anta network vote " + id +
                 invocation.in(" --approve (or --refuse)", " --approve (o --refuse)"));
}

void say_approved(const Invocation& invocation, const std::string& id, const Value& proposal) {
  invocation.say(invocation.in(id + " is approved and done", id + " está aprobada y hecha"));
  const Value* change = proposal.find("node");
  if (change == nullptr) {
    return invocation.say("  " +
                          invocation.in("the value holds from its time on, and not before this approval",
                                        "el valor rige desde su fecha, y no antes de esta aprobación"));
  }
  const std::string node = text_of(*change, "node");
  const std::string action = text_of(*change, "action");
  if (action == "learner") {
    invocation.say(
        "  " +
        invocation.in(node + " is a learner: start it with what `anta network node list --output json` "
                             "prints as its members file; once it has caught up: ",
                      node + " es aprendiz: inícielo con lo que imprime `anta network node list "
                             "--output json` como archivo de miembros; cuando esté al día: ") +
        "anta network node promote " + node);
  } else if (action == "promote") {
    invocation.say("  " + invocation.in(node + " votes and cosigns: hand the new policy (/v1/policy) out to "
                                               "those who verify",
                                        node + " vota y cofirma: reparta la política nueva (/v1/policy) a "
                                               "quienes verifican"));
  } else if (action == "witness" && change->find("key") != nullptr) {
    invocation.say(
        "  " + invocation.in(
                   node + " witnesses with that key: give it the new policy (/v1/policy) and start it (antad "
                          "--witness), name its URL under witnesses in each node.yaml (SIGHUP), and hand the "
                          "policy out to those who verify",
                   node + " es testigo con esa clave: dele la política nueva (/v1/policy) e inícielo (antad "
                          "--witness), indique su URL en witnesses de cada node.yaml (SIGHUP) y reparta la "
                          "política a quienes verifican"));
  } else if (action == "witness") {
    invocation.say("  " +
                   invocation.in(node + " witnesses no more: stop it, and hand the new policy "
                                        "(/v1/policy) out to those who verify; its keys stay taken",
                                 node + " ya no es testigo: deténgalo y reparta la política nueva "
                                        "(/v1/policy) a quienes verifican; sus claves quedan ocupadas"));
  } else if (action == "remove") {
    invocation.say("  " + invocation.in(node + " is out: stop it; its id and keys stay taken",
                                        node + " salió: deténgalo; su id y sus claves quedan ocupados"));
  } else {
    invocation.say("  " + invocation.in(node + " has new keys: run it with their seed from now on",
                                        node + " tiene claves nuevas: úselo desde ahora con su semilla"));
  }
}

void say_state(const Invocation& invocation, const std::string& id, const Value& proposal) {
  const std::string status = text_of(proposal, "status");
  if (status == "approved") return say_approved(invocation, id, proposal);
  if (status == "open") return say_open(invocation, id, proposal);
  invocation.say(invocation.in(id + " is refused: nothing changes", id + " está rechazada: nada cambia"));
}

// --- signing and sending ---

// As the organisation of --as; what the vote stands at is read again afterwards.
Result<Exit> send_and_tell(const Invocation& invocation, HttpClient& client, const payload::Payload& payload,
                           const std::string& proposal) {
  const PartyId as{*invocation.option("--as")};
  const auto key = load_key(*invocation.option("--key"), invocation);
  if (!key) return pass(key);
  auto outbox = Outbox::open(invocation.option("--outbox").value_or("outbox"));
  if (!outbox) return pass(outbox);
  const auto sent = send_kept(invocation, client, *outbox, payload, as, *key);
  if (!sent) return pass(sent);
  Value told = answer_value(sent->answer, proposal);
  auto& map = std::get<ValueMap>(told.data);
  map.insert(map.begin(), {"proposal", Value{proposal}});
  if (sent->exit != Exit::ok) {
    invocation.out(told);
    return sent->exit;
  }
  const auto now = fetch_proposal(client, proposal);
  if (!now) {
    invocation.out(told);
    invocation.say(invocation.in("recorded; how the vote stands could not be read: ",
                                 "registrado; no se pudo leer cómo va la votación: ") +
                   now.error().message);
    return Exit::ok;
  }
  for (const char* member : {"status", "electorate", "approvals", "refusals", "waiting"}) {
    if (const Value* found = now->find(member)) map.emplace_back(member, *found);
  }
  invocation.out(told);
  say_state(invocation, proposal, *now);
  return Exit::ok;
}

std::string proposal_id(const Invocation& invocation) {
  return invocation.option("--proposal").value_or("P-" + random_id());
}

payload::Common happening_at(Millis time) {
  payload::Common common;
  common.event_time = time;
  return common;
}

// The one member of the YAML that `antad --init` printed: a node's `keys`, a witness's `key`.
template <typename Keys>
Result<Keys> read_keys_file(const std::string& path, std::string_view member,
                            Result<Keys> (*read)(const views::TreeNode&)) {
  const auto bytes = read_file(path);
  if (!bytes) return pass(bytes);
  const auto keys = [&]() -> Result<Keys> {
    const auto root = views::parse_yaml(as_text(*bytes));
    if (!root) return pass(root);
    const std::array<std::string_view, 1> known = {member};
    if (auto only = root->only(known); !only) return pass(only);
    const auto found = root->get(member);
    if (!found) return pass(found);
    return read(**found);
  }();
  if (!keys) return tl::unexpected(Error{Code::malformed, "usage", path + ": " + keys.error().message});
  return keys;
}

payload::Node node_change(const Invocation& invocation, NodeAction action) {
  payload::Node p;
  p.common = happening_at(invocation.now);
  p.node = NodeId{invocation.argument("NODE")};
  p.action = action;
  p.proposal = ProposalId{proposal_id(invocation)};
  if (const auto address = invocation.option("--address")) p.address = *address;
  return p;
}

Result<Exit> add_node(Invocation& invocation) {
  payload::Node p = node_change(invocation, NodeAction::learner);
  p.organisation = PartyId{*invocation.option("--organisation")};
  const auto keys = read_keys_file(*invocation.option("--keys"), "keys", read_node_keys);
  if (!keys) return pass(keys);
  p.keys = *keys;
  auto client = client_for(invocation);
  if (!client) return pass(client);
  return send_and_tell(invocation, **client, p, p.proposal.value);
}

// Of a node that the network knows: whose it is, the network says.
Result<Exit> change_node(Invocation& invocation, NodeAction action) {
  payload::Node p = node_change(invocation, action);
  if (action == NodeAction::keys) {
    const auto keys = read_keys_file(*invocation.option("--keys"), "keys", read_node_keys);
    if (!keys) return pass(keys);
    p.keys = *keys;
  }
  auto client = client_for(invocation);
  if (!client) return pass(client);
  const auto node = fetch(**client, "/v1/nodes/" + url_escaped(p.node.value) + "?fresh=1");
  if (!node) return pass(node);
  p.organisation = PartyId{text_of(*node, "organisation")};
  return send_and_tell(invocation, **client, p, p.proposal.value);
}

Result<Exit> change_witness(Invocation& invocation) {
  const auto file = invocation.option("--keys");
  if (file.has_value() == invocation.has("--remove")) {
    return invocation.usage("say one of --keys and --remove", "indique --keys o --remove, uno de los dos");
  }
  payload::Node p = node_change(invocation, NodeAction::witness);
  p.organisation = PartyId{p.node.value};
  if (file) {
    const auto key = read_keys_file(*file, "key", read_public_key);
    if (!key) return pass(key);
    p.key = *key;
  }
  auto client = client_for(invocation);
  if (!client) return pass(client);
  return send_and_tell(invocation, **client, p, p.proposal.value);
}

Result<Exit> propose_parameter(Invocation& invocation) {
  payload::ParameterProposal p;
  p.common = happening_at(invocation.now);
  p.id = ProposalId{proposal_id(invocation)};
  p.name = invocation.argument("NAME");
  const std::string value = invocation.argument("VALUE");
  const Result<std::uint64_t> number = decimal(value);
  if (number) {
    p.value = static_cast<std::int64_t>(std::min<std::uint64_t>(*number, INT64_MAX));
  } else {
    p.value = value;
  }
  p.effective_from = invocation.now;
  if (const auto from = invocation.option("--effective-from")) {
    const auto time = views::time_from_text(*from);
    if (!time) {
      return invocation.usage("--effective-from takes a time such as 2026-12-01T00:00:00-05:00",
                              "--effective-from admite una fecha como 2026-12-01T00:00:00-05:00");
    }
    p.effective_from = *time;
  }
  auto client = client_for(invocation);
  if (!client) return pass(client);
  return send_and_tell(invocation, **client, p, p.id.value);
}

// The vote is dated no earlier than what it is about, whatever the clocks of the two signers say.
Result<Exit> cast_vote(Invocation& invocation) {
  if (invocation.has("--approve") == invocation.has("--refuse")) {
    return invocation.usage("say one of --approve and --refuse",
                            "indique --approve o --refuse, uno de los dos");
  }
  const std::string id = invocation.argument("PROPOSAL");
  auto client = client_for(invocation);
  if (!client) return pass(client);
  const auto proposal = fetch_proposal(**client, id);
  if (!proposal) return pass(proposal);
  const auto opened = views::time_from_text(text_of(*proposal, "opened"));
  if (!opened) return unintelligible("the proposal does not say when it was opened");
  payload::Vote p;
  p.common = happening_at(std::max(invocation.now, *opened));
  p.proposal = ProposalId{id};
  p.approve = invocation.has("--approve");
  return send_and_tell(invocation, **client, p, id);
}

// --- reading ---

Result<Exit> list_nodes(Invocation& invocation) {
  auto client = client_for(invocation);
  if (!client) return pass(client);
  const auto body = fetch(**client, "/v1/nodes?fresh=1");
  if (!body) return pass(body);
  const Value* nodes = body->find("nodes");
  if (nodes == nullptr || invocation.format != OutputFormat::table) {
    invocation.out(*body);
    return Exit::ok;
  }
  Value rows = narrowed(*nodes, "id organisation standing incarnation address");
  auto* all = std::get_if<ValueList>(&rows.data);
  const Value* witnesses = body->find("witnesses");
  const auto* more = witnesses ? std::get_if<ValueList>(&witnesses->data) : nullptr;
  for (std::size_t i = 0; all && more && i < more->size(); ++i) {
    const std::string id = text_of((*more)[i], "id");
    all->push_back(
        Value{ValueMap{{"id", Value{id}}, {"organisation", Value{id}}, {"standing", Value{"witness"}}}});
  }
  invocation.out(rows);
  return Exit::ok;
}

Result<Exit> list_proposals(Invocation& invocation) {
  auto client = client_for(invocation);
  if (!client) return pass(client);
  const std::string wanted =
      invocation.has("--all") ? "" : "&status=" + url_escaped(invocation.option("--status").value_or("open"));
  ValueList all;
  std::string cursor;
  for (bool last = false; !last;) {
    const auto page = fetch(**client, "/v1/proposals?fresh=1&limit=1000" + wanted +
                                          (cursor.empty() ? "" : "&cursor=" + url_escaped(cursor)));
    if (!page) return pass(page);
    last = !take_page(*page, all, cursor);
  }
  const Value items{std::move(all)};
  const bool table = invocation.format == OutputFormat::table;
  invocation.out(table ? narrowed(items, "id status node parameter approvals refusals electorate waiting")
                       : items);
  return Exit::ok;
}

// --- the table ---

std::vector<Option> signing_options() {
  std::vector<Option> options = voter_options();
  options.push_back({.name = "--outbox",
                     .value = "DIR",
                     .help = "where the statement is kept, with its outcome (default: outbox)"});
  for (Option& option : passphrase_options())
    options.push_back(std::move(option));
  return options;
}

std::vector<Option> proposing_options(std::vector<Option> own = {}) {
  for (Option& option : signing_options())
    own.push_back(std::move(option));
  own.push_back({.name = "--proposal", .value = "ID", .help = "the proposal's id (default: a random one)"});
  return own;
}

constexpr const char* signed_by =
    " --as nasca-sur --key planta.key --passphrase-file passphrase.txt --node http://127.0.0.1:8080";

Command node_command(const std::string& verb, const std::string& summary, const std::string& example,
                     std::vector<Option> own, std::function<Result<Exit>(Invocation&)> run) {
  return {.words = {"network", "node", verb},
          .summary = summary,
          .examples = {"anta network node " + verb + " " + example + signed_by},
          .options = proposing_options(std::move(own)),
          .positionals = {{"NODE", "the node's id; of a witness, its organisation's"}},
          .run = std::move(run)};
}

std::function<Result<Exit>(Invocation&)> changing(NodeAction action) {
  return [action](Invocation& invocation) { return change_node(invocation, action); };
}

std::vector<Command> node_commands() {
  const Option keys = {.name = "--keys",
                       .value = "FILE",
                       .help = "the public keys, as antad --init printed them",
                       .required = true};
  const Option address = {.name = "--address", .value = "HOST:PORT", .help = "where other nodes reach it"};
  Option due_address = address;
  due_address.required = true;
  const Option organisation = {
      .name = "--organisation", .value = "PARTY", .help = "whose node it is", .required = true};
  return {
      {.words = {"network", "node", "list"},
       .summary = "the nodes (voter, learner or removed) and witnesses; as json, what a joining node reads",
       .examples = {"anta network node list --node http://127.0.0.1:8080"},
       .options = {node_option(), ca_option()},
       .positionals = {},
       .run = list_nodes},
      node_command("add", "propose a new node, or one that begins anew with an empty disk, as a learner",
                   "nodo-chala --organisation chala-norte --address nodo.example:7101 --keys node-keys.yaml",
                   {organisation, due_address, keys}, add_node),
      node_command("promote", "propose that a learner votes and cosigns", "nodo-ilo", {},
                   changing(NodeAction::promote)),
      node_command("remove", "propose that a node leaves the network", "sello-cobre", {},
                   changing(NodeAction::remove)),
      node_command("keys", "propose new keys of a node", "sello-cobre --keys other-keys.yaml",
                   {keys, address}, changing(NodeAction::keys)),
      node_command("witness", "propose a witness, another key of one (--keys), or its end (--remove)",
                   "verificadora-andina --keys witness-key.yaml",
                   {{.name = "--keys",
                     .value = "FILE",
                     .help = "its public key, as antad --witness --init printed it"},
                    {.name = "--remove", .help = "it is to cosign no more"}},
                   change_witness)};
}

}  // namespace

std::vector<Command> governance_commands() {
  std::vector<Command> commands = node_commands();
  commands.push_back(
      {.words = {"network", "parameter"},
       .summary = "propose another value of a parameter of the law, from a time on",
       .examples = {std::string("anta network parameter transit_flag_hours 96") + signed_by},
       .options = proposing_options(
           {{.name = "--effective-from", .value = "TIME", .help = "from when it holds (default: now)"}}),
       .positionals = {{"NAME", "the parameter (GET /v1/parameters lists them)"},
                       {"VALUE", "a whole number or a word"}},
       .run = propose_parameter});
  std::vector<Option> voting = signing_options();
  voting.push_back({.name = "--approve", .help = "vote for it"});
  voting.push_back({.name = "--refuse", .help = "vote against it"});
  commands.push_back({.words = {"network", "vote"},
                      .summary = "vote on a proposal; the vote that makes a majority takes effect",
                      .examples = {std::string("anta network vote P-1 --approve") + signed_by},
                      .options = std::move(voting),
                      .positionals = {{"PROPOSAL", "its id (anta network proposals)"}},
                      .run = cast_vote});
  commands.push_back(
      {.words = {"network", "proposals"},
       .summary = "what is proposed and who has still to vote",
       .examples = {"anta network proposals --node http://127.0.0.1:8080"},
       .options = {node_option(),
                   ca_option(),
                   {.name = "--status", .value = "WORD", .help = "open (default), approved or refused"},
                   {.name = "--all", .help = "whatever their status"}},
       .positionals = {},
       .run = list_proposals});
  return commands;
}

}  // namespace anta

#include <algorithm>
#include <array>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/node_option.h"
#include "node/views/statement_view.h"

namespace anta {
namespace {

struct Noun {
  const char* word;
  const char* path;
  const char* summary;
  const char* columns;  // of a list as a table; --output json has everything
  const char* example;  // one of the walk-through's
};
constexpr std::array<Noun, 7> nouns = {
    {{"lot", "lots", "a lot", "id material state holder site accepted coc_model certificates", "CAT-001"},
     {"party", "parties", "a party", "id name kind ubigeo capacity_class", "nasca-sur"},
     {"site", "sites", "a site", "id operator kind ubigeo processes", "planta-nasca-sur"},
     {"attestation", "attestations", "an attestation", "id scheme kind body subject sites changes",
      "att-pullo-cobre"},
     {"account", "accounts", "a mass-balance account", "id site scheme product balance_g open", "mb-ilo"},
     {"certificate", "certificates", "a certificate", "id lot holder buyer cu_g coc_model schemes state",
      "CERT-CATHODE"},
     {"dispatch", "dispatches", "a dispatch", "id state sender to to_site lines waybill departed",
      "D-L-001"}}};

// Of a history as a table; --output json has everything.
constexpr const char* history_columns = "leaf block_time type issuer subject outcome flags digest";

using Queries = std::vector<std::pair<std::string, std::string>>;  // option, query parameter

// "?a=1&b=2" from the options that were given.
std::string query_of(const Invocation& invocation, const Queries& options) {
  std::string query;
  for (const auto& [option, key] : options) {
    if (!invocation.has(option)) continue;
    const auto value = invocation.option(option);
    query += (query.empty() ? "?" : "&") + key + "=" + (value ? url_escaped(*value) : "1");
  }
  return query;
}

const Queries reading = {{"--at-leaf", "at_leaf"}, {"--fresh", "fresh"}};
const Queries paging = {{"--limit", "limit"}, {"--cursor", "cursor"}};

Queries both(Queries one, const Queries& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

// --to-site asks for ?to_site=.
std::string option_of(std::string_view filter) {
  std::string option = "--" + std::string(filter);
  std::replace(option.begin(), option.end(), '_', '-');
  return option;
}

Result<Exit> print(Invocation& invocation, const std::string& path, const std::string& columns = {}) {
  auto client = client_for(invocation);
  if (!client) return pass(client);
  auto body = json_body((*client)->get(path));
  if (!body) return pass(body);
  const Value* items = body->find("items");
  if (items && invocation.format == OutputFormat::table) {
    invocation.out(columns.empty() ? *items : narrowed(*items, columns));
    if (const Value* next = body->find("next"); next && std::holds_alternative<std::string>(next->data)) {
      invocation.say(invocation.in("more: --cursor ", "hay más: --cursor ") +
                     std::get<std::string>(next->data));
    }
    return Exit::ok;
  }
  invocation.out(*body);
  return Exit::ok;
}

std::vector<Option> reading_options() {
  return {node_option(),
          ca_option(),
          {.name = "--at-leaf",
           .value = "N",
           .help = "as it was when the ledger had this leaf; the node says how far back"},
          {.name = "--fresh", .help = "after a read index: nothing acknowledged before is missing"}};
}

std::vector<Option> paging_options() {
  std::vector<Option> options = reading_options();
  options.push_back({.name = "--limit", .value = "N", .help = "how many at most (default 100)"});
  options.push_back({.name = "--cursor", .value = "TEXT", .help = "go on where the page before ended"});
  return options;
}

std::vector<Option> list_options(const Noun& noun) {
  std::vector<Option> options = paging_options();
  for (const std::string_view filter : views::list_filters(noun.word)) {
    options.push_back({.name = option_of(filter),
                       .value = "VALUE",
                       .help = "only those whose " + std::string(filter) + " is this"});
  }
  return options;
}

Queries list_queries(const Noun& noun) {
  Queries queries = both(reading, paging);
  for (const std::string_view filter : views::list_filters(noun.word))
    queries.emplace_back(option_of(filter), std::string(filter));
  return queries;
}

void add_noun(std::vector<Command>& commands, const Noun& noun) {
  const std::string base = std::string("/v1/") + noun.path;
  const std::string sample = std::string("anta ") + noun.word;
  commands.push_back({.words = {noun.word, "show"},
                      .summary = std::string("show ") + noun.summary,
                      .examples = {sample + " show " + noun.example + " --node http://127.0.0.1:8080"},
                      .options = reading_options(),
                      .positionals = {{"ID", "which"}},
                      .run = [base](Invocation& i) {
                        return print(i, base + "/" + url_escaped(i.argument("ID")) + query_of(i, reading));
                      }});
  commands.push_back({.words = {noun.word, "list"},
                      .summary = std::string("list, filtered: ") + noun.path,
                      .examples = {sample + " list --node http://127.0.0.1:8080 --output json"},
                      .options = list_options(noun),
                      .positionals = {},
                      .run = [base, columns = std::string(noun.columns), queries = list_queries(noun)](
                                 Invocation& i) { return print(i, base + query_of(i, queries), columns); }});
  commands.push_back({.words = {noun.word, "history"},
                      .summary = std::string("the statements about ") + noun.summary + ", in order",
                      .examples = {sample + " history " + noun.example + " --node http://127.0.0.1:8080"},
                      .options = paging_options(),
                      .positionals = {{"ID", "which"}},
                      .run = [base](Invocation& i) {
                        return print(i,
                                     base + "/" + url_escaped(i.argument("ID")) + "/history" +
                                         query_of(i, both(reading, paging)),
                                     history_columns);
                      }});
}

}  // namespace

std::vector<Command> read_commands() {
  std::vector<Command> commands;
  for (const Noun& noun : nouns)
    add_noun(commands, noun);
  commands.push_back({.words = {"status"},
                      .summary = "what a node knows of itself and its peers",
                      .examples = {"anta status --node http://127.0.0.1:8080"},
                      .options = {node_option(), ca_option()},
                      .positionals = {},
                      .run = [](Invocation& i) { return print(i, "/v1/status"); }});
  return commands;
}

std::vector<Command> attestation_commands() {
  return {
      {.words = {"attestation", "impact"},
       .summary = "what a change of status would touch: lots, certificates, accounts; changes nothing",
       .examples = {"anta attestation impact att-pullo-cobre --status revoked --from 2025-12-10T00:00:00Z "
                    "--void-from "
                    "2025-08-01T00:00:00Z "
                    "--node http://127.0.0.1:8080"},
       .options = {node_option(),
                   ca_option(),
                   {.name = "--status",
                    .value = "WORD",
                    .help = "suspended, reinstated, revoked or withdrawn",
                    .required = true},
                   {.name = "--from", .value = "TIME", .help = "effective from (RFC 3339)", .required = true},
                   {.name = "--void-from", .value = "TIME", .help = "for fraud: void back to this time"}},
       .positionals = {{"ID", "the attestation"}},
       .run = [](Invocation& i) {
         const std::string path = "/v1/attestations/" + url_escaped(i.argument("ID")) + "/impact";
         return print(
             i,
             path + query_of(i, {{"--status", "status"}, {"--from", "from"}, {"--void-from", "void_from"}}));
       }}};
}

}  // namespace anta

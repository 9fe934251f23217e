#include <map>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/node_option.h"
#include "cli/receiving.h"
#include "cli/text_file.h"
#include "node/views/statement_view.h"
#include "node/views/time_text.h"
#include "node/views/yaml_tree.h"

namespace anta {
namespace {

Result<Value> fetch(const Invocation& invocation, const std::string& path) {
  auto client = client_for(invocation);
  if (!client) return pass(client);
  return json_body((*client)->get(path));
}

// All pages: one may be empty although more follow, and nothing that waits may be missing.
Result<Exit> inbox(Invocation& invocation) {
  const std::string path = "/v1/inbox?limit=1000&party=" + url_escaped(*invocation.option("--as"));
  ValueList all;
  std::string cursor;
  for (bool more = true; more;) {
    const auto page = fetch(invocation, path + (cursor.empty() ? "" : "&cursor=" + url_escaped(cursor)));
    if (!page) return pass(page);
    const Value* items = page->find("items");
    if (!items || !std::holds_alternative<ValueList>(items->data))
      return unintelligible("the node's answer is not a list");  // and not: nothing waits
    more = take_page(*page, all, cursor);
  }
  const bool nothing = all.empty();
  const Value items{std::move(all)};
  if (invocation.format == OutputFormat::table) {
    if (nothing) {
      const std::string as = *invocation.option("--as");
      invocation.say(invocation.in("nothing waits for " + as, "nada espera a " + as));
    }
    invocation.out(narrowed(items, "id waits_for sender lines from_site to_site waybill departed"));
  } else {
    invocation.out(Value{ValueMap{{"items", items}, {"next", Value{}}}});
  }
  return Exit::ok;
}

// Both figures, the differences and what the law will say of them, before anything is signed. The document
// goes to stdout for `anta sign`.
Result<Exit> receive(Invocation& invocation) {
  const std::string id = invocation.argument("DISPATCH");
  const auto record = fetch(invocation, "/v1/dispatches/" + url_escaped(id) + "?fresh=1");
  if (!record) return pass(record);
  const auto dispatch = read_dispatch(*record);
  if (!dispatch) return pass(dispatch);
  std::vector<payload::LotMeasurement> measured;
  if (const auto path = invocation.option("--measurements")) {
    const auto bytes = read_file(*path);
    if (!bytes) return pass(bytes);
    auto read = read_measurements(as_text(*bytes), *dispatch);
    if (!read)
      return tl::unexpected(Error{read.error().code, read.error().rule, *path + ": " + read.error().message});
    measured = std::move(*read);
  } else {
    measured = dispatch->sent;
    invocation.say(
        invocation.in("no --measurements: the sender's figures are taken over; weigh and correct them",
                      "sin --measurements: se copian las cifras del remitente; pese y corríjalas"));
  }
  const auto parameters = fetch(invocation, "/v1/parameters");
  if (!parameters) return pass(parameters);
  std::map<LotId, Material> materials;
  for (const payload::LotMeasurement& line : dispatch->sent) {
    const auto lot = fetch(invocation, "/v1/lots/" + url_escaped(line.lot.value) + "?fresh=1");
    if (!lot) return pass(lot);
    const auto material = read_material(*lot);
    if (!material) return pass(material);
    materials.emplace(line.lot, *material);
  }
  const FigureComparison comparison = compare_figures(*dispatch, measured, materials, *parameters);
  for (const std::string& line : comparison_lines(comparison, invocation.language))
    invocation.say(line);

  payload::Receipt receipt;
  receipt.common.event_time = Millis{invocation.now.value / 1000 * 1000};
  if (const auto at = invocation.option("--at")) {
    const auto time = views::time_from_text(*at);
    if (!time) return pass(time);
    receipt.common.event_time = *time;
  }
  receipt.dispatch = DispatchId{id};
  receipt.lots = measured;
  receipt.seals_intact = !invocation.has("--seals-broken");
  receipt.ticket = invocation.option("--ticket");
  const views::UnsignedStatement document{dispatch->to, receipt, {}};
  return write_file("-", as_bytes(views::unsigned_to_yaml(document))).map([] { return Exit::ok; });
}

}  // namespace

std::vector<Command> receive_commands() {
  return {
      {.words = {"inbox"},
       .summary = "what waits for a party: dispatches to receive, receipts to answer",
       .examples = {"anta inbox --as nasca-sur --node http://127.0.0.1:8080"},
       .options =
           {node_option(),
            ca_option(),
            {.name = "--as", .value = "PARTY", .help = "who", .required = true, .environment = "ANTA_AS"}},
       .positionals = {},
       .run = inbox},
      {.words = {"receive"},
       .summary = "compare your figures with the sender's and write the receipt to sign",
       .examples = {"anta receive D-L-001 --measurements weighed.yaml --ticket BLC1-00001 --node "
                    "http://127.0.0.1:8080 > receipt.yaml"},
       .options = {node_option(),
                   ca_option(),
                   {.name = "--measurements",
                    .value = "FILE",
                    .help = "YAML: lot id -> measurement (wet_g, moisture_ppm, cu_ppm, status, ...)"},
                   {.name = "--ticket", .value = "TEXT", .help = "the weighbridge ticket"},
                   {.name = "--at", .value = "TIME", .help = "when it was received (default: now)"},
                   {.name = "--seals-broken", .help = "the seals were not intact"}},
       .positionals = {{"DISPATCH", "its id"}},
       .run = receive},
  };
}

}  // namespace anta

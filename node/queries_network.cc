// The network's own records: nodes, proposals and how votes stand.
#include "crypto/text.h"
#include "node/queries.h"
#include "node/views/statement_view.h"
#include "storage/ledger/network.h"

namespace anta::queries {
namespace {

// A node as views print it, without what the law keeps beside it.
Result<Value> plain_node(const state::Node& node) {
  Result<Value> whole = views::record_value(word(Kind::node), state::encode_record(node));
  if (!whole) return whole;
  std::erase_if(std::get<ValueMap>(whole->data),
                [](const auto& member) { return member.first == "by" || member.first == "flags"; });
  return whole;
}

// A record of a proposal and its vote. Decided ones wait for nobody.
Result<Value> with_vote(const LedgerView& view, const state::Proposal& proposal, Value record) {
  const Tally now = tally(view, proposal);
  if (view.failed()) return fail(Code::io, "state.read", "the network's nodes could not be read");
  const auto count = [](std::size_t number) { return Value{static_cast<std::int64_t>(number)}; };
  ValueList waiting;
  if (proposal.status == ProposalStatus::open) {
    for (const PartyId& organisation : now.waiting)
      waiting.push_back(Value{organisation.value});
  }
  auto& map = std::get<ValueMap>(record.data);
  map.emplace_back("electorate", count(now.electorate));
  map.emplace_back("approvals", count(now.approvals));
  map.emplace_back("refusals", count(now.refusals));
  map.emplace_back("waiting", Value{std::move(waiting)});
  return record;
}

}  // namespace

Result<Value> nodes(const LedgerReader& reader) {
  const auto view = reader.view();
  ValueList items;
  for (const state::Node& node : known_nodes(*view)) {
    Result<Value> plain = plain_node(node);
    if (!plain) return plain;
    items.push_back(std::move(*plain));
  }
  ValueList witnesses;
  const auto network = state::find<state::Network>(*view, network_record_id);
  for (std::size_t i = 0; network && i < network->witnesses.size(); ++i) {
    const state::Network::Witness& witness = network->witnesses[i];
    witnesses.push_back(
        Value{ValueMap{{"id", Value{witness.id.value}}, {"key", Value{to_hex(witness.key.view())}}}});
  }
  if (view->failed()) return fail(Code::io, "state.read", "the network's nodes could not be read");
  return Value{ValueMap{{"size", Value{static_cast<std::int64_t>(reader.applied().leaves.value)}},
                        {"nodes", Value{std::move(items)}},
                        {"witnesses", Value{std::move(witnesses)}}}};
}

Result<Value> proposal(const LedgerReader& reader, const ProposalId& id) {
  Result<Value> value = record(reader, Kind::proposal, id.value);
  if (!value) return value;
  const auto view = reader.view();
  const auto found = state::find<state::Proposal>(*view, id.value);
  if (!found) return fail(Code::io, "state.read", "the proposal could not be read");
  return with_vote(*view, *found, std::move(*value));
}

Result<Value> proposals(const LedgerReader& reader, const Filters& filters, const Page& page) {
  Result<Value> list_page = list(reader, Kind::proposal, filters, page);
  if (!list_page) return list_page;
  const auto view = reader.view();
  for (auto& [name, member] : std::get<ValueMap>(list_page->data)) {
    if (name != "items") continue;
    for (Value& item : std::get<ValueList>(member.data)) {
      const Value* id = item.find("id");
      const auto found = state::find<state::Proposal>(*view, std::get<std::string>(id->data));
      if (!found) return fail(Code::io, "state.read", "a proposal could not be read");
      Result<Value> voted = with_vote(*view, *found, std::move(item));
      if (!voted) return voted;
      item = std::move(*voted);
    }
  }
  return list_page;
}

}  // namespace anta::queries

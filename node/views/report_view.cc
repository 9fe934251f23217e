#include "node/views/report_view.h"

#include "crypto/text.h"
#include "node/views/time_text.h"

namespace anta::views {
namespace {

template <typename List, typename Make>
Value list_of(const List& list, Make make) {
  ValueList values;
  for (const auto& item : list)
    values.push_back(make(item));
  return Value{std::move(values)};
}

Value text(std::string_view view) { return Value{std::string(view)}; }
Value number(std::int64_t value) { return Value{value}; }
Value time(Millis at) { return Value{time_to_text(at)}; }
Value seconds(std::uint64_t value) { return time(Millis{static_cast<std::int64_t>(value) * 1000}); }
Value texts(const std::vector<std::string>& list) {
  return list_of(list, [](const std::string& s) { return text(s); });
}
template <typename Tag>
Value ids(const std::vector<Id<Tag>>& list) {
  return list_of(list, [](const Id<Tag>& id) { return text(id.value); });
}

Value claim_value(const Report::Claim& claim) {
  ValueMap map = {{"certificate", text(claim.certificate.value)},
                  {"lot", text(claim.lot.value)},
                  {"material", text(word(claim.material))},
                  {"dry_g", number(claim.dry_g.value)},
                  {"cu_g", number(claim.cu_g.value)},
                  {"coc_model", text(word(claim.coc_model))},
                  {"schemes", ids(claim.schemes)},
                  {"holder", text(claim.holder.value)}};
  if (claim.buyer) map.emplace_back("buyer", text(claim.buyer->value));
  map.emplace_back("issued", time(claim.issued));
  map.emplace_back("valid_until", time(claim.valid_until));
  map.emplace_back("state", text(claim.state));
  return Value{std::move(map)};
}

Value lot_value(const Report::ChainLot& lot) {
  return Value{ValueMap{{"lot", text(lot.lot.value)},
                        {"depth", number(lot.depth)},
                        {"material", text(word(lot.material))},
                        {"maker", text(lot.maker.value)},
                        {"site", text(lot.site.value)},
                        {"ubigeo", text(lot.ubigeo)},
                        {"dry_g", number(lot.dry_g.value)},
                        {"cu_g", number(lot.cu_g.value)},
                        {"coc_model", text(word(lot.coc_model))},
                        {"eligible", ids(lot.eligible)},
                        {"state", text(lot.state)},
                        {"origin", Value{lot.origin}},
                        {"sources", list_of(lot.sources, [](const auto& source) {
                           return Value{ValueMap{{"lot", text(source.lot.value)},
                                                 {"dry_g", number(source.dry_g.value)},
                                                 {"cu_g", number(source.cu_g.value)}}};
                         })}}};
}

Value sources_value(const SourceSummary& sources, bool told) {
  return Value{ValueMap{{"told", Value{told}},
                        {"count", number(static_cast<std::int64_t>(sources.sources()))},
                        {"dry_g", number(sources.dry_g().value)},
                        {"cu_g", number(sources.cu_g().value)},
                        {"root", text(hex(sources.root))},
                        {"districts", list_of(sources.districts, [](const auto& district) {
                           return Value{
                               ValueMap{{"district", text(district.district)},
                                        {"sources", number(static_cast<std::int64_t>(district.sources))},
                                        {"dry_g", number(district.dry_g.value)},
                                        {"cu_g", number(district.cu_g.value)}}};
                         })}}};
}

Value attestation_value(const Report::AttestationLine& line) {
  return Value{ValueMap{{"attestation", text(line.id.value)},
                        {"scheme", text(line.scheme.value)},
                        {"criteria", text(line.criteria)},
                        {"kind", text(word(line.kind))},
                        {"body", text(line.body.value)},
                        {"subject", text(line.subject.value)},
                        {"sites", ids(line.sites)},
                        {"at_event", text(line.at_event)},
                        {"at_checkpoint", text(line.at_checkpoint)}}};
}

Value flag_value(const Report::FlagLine& flag) {
  return Value{ValueMap{{"code", text(flag.code)},
                        {"on", text(flag.on)},
                        {"leaf", number(static_cast<std::int64_t>(flag.leaf.value))},
                        {"statement", text(flag.statement ? hex(*flag.statement) : "")},
                        {"moves_verdict", Value{flag.moves_verdict}}}};
}

Value reason_value(const Report::Reason& reason) {
  ValueMap map = {{"code", text(reason.code)}, {"message", text(reason.message)}};
  if (reason.leaf) map.emplace_back("leaf", number(static_cast<std::int64_t>(reason.leaf->value)));
  return Value{std::move(map)};
}

}  // namespace

Value report_value(const Report& report) {
  ValueMap map = {{"verdict", text(word(report.verdict))},
                  {"reasons", list_of(report.reasons, reason_value)}};
  if (report.claim) map.emplace_back("claim", claim_value(*report.claim));
  map.emplace_back("claimed", texts(report.claimed));
  map.emplace_back("not_claimed", texts(report.not_claimed));
  map.emplace_back("chain", list_of(report.chain, lot_value));
  if (report.sources) map.emplace_back("sources", sources_value(*report.sources, report.sources_told));
  map.emplace_back("attestations", list_of(report.attestations, attestation_value));
  map.emplace_back("formalisations", list_of(report.formalisations, [](const auto& line) {
                     return Value{ValueMap{{"party", text(line.party.value)},
                                           {"at_event", text(line.at_event)},
                                           {"at_checkpoint", text(line.at_checkpoint)}}};
                   }));
  map.emplace_back("flags", list_of(report.flags, flag_value));
  map.emplace_back("origin", text(report.origin));
  map.emplace_back("genesis", text(hex(report.genesis)));
  map.emplace_back("size", number(static_cast<std::int64_t>(report.size)));
  map.emplace_back("root", text(hex(report.root)));
  map.emplace_back("checkpoint_time", seconds(report.checkpoint_seconds));
  map.emplace_back("cosigners", list_of(report.cosigners, [](const auto& c) {
                     return Value{ValueMap{{"name", text(c.name)}, {"time", seconds(c.time_seconds)}}};
                   }));
  map.emplace_back("missing_cosigners", texts(report.missing_cosigners));
  map.emplace_back("statements", number(static_cast<std::int64_t>(report.statements)));
  map.emplace_back("checked", texts(report.checked));
  map.emplace_back("not_checked", texts(report.not_checked));
  return Value{std::move(map)};
}

}  // namespace anta::views

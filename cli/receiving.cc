#include "cli/receiving.h"

#include <algorithm>

#include "cli/answer.h"
#include "node/views/shape_view.h"
#include "node/views/statement_view.h"
#include "node/views/yaml_tree.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/mass.h"
#include "storage/ledger/parameter.h"

namespace anta {
namespace {

const std::string* text_in(const Value& value, std::string_view key) {
  const Value* found = value.find(key);
  return found ? std::get_if<std::string>(&found->data) : nullptr;
}

tl::unexpected<Error> unexpected_answer() { return unintelligible("the node's answer is not a dispatch"); }

std::int64_t parameter(const Value& parameters, std::string_view name) {
  const Value* found = parameters.find(name);
  const auto* number = found ? std::get_if<std::int64_t>(&found->data) : nullptr;
  if (number) return *number;
  const ParameterInfo* known = find_parameter(name);
  ANTA_INVARIANT(known != nullptr);
  return known->standard;
}

// A receipt with these lines, read by its type's view: the one place that knows what a measurement is in
// JSON.
Result<std::vector<payload::LotMeasurement>> read_lines(ValueList lines) {
  const Value receipt{ValueMap{{"event_time", Value{std::string("1970-01-01T00:00:00Z")}},
                               {"dispatch", Value{std::string("x")}},
                               {"lots", Value{std::move(lines)}},
                               {"seals_intact", Value{true}}}};
  const auto payload = views::payload_from_json("receipt", views::to_json(receipt));
  if (!payload) return pass(payload);
  return std::get<payload::Receipt>(*payload).lots;
}

std::string kg(std::int64_t grams) {
  return std::to_string(grams / 1000) + "." + std::to_string(1000 + grams % 1000).substr(1) + " kg";
}

std::string signed_kg(std::int64_t grams) { return (grams < 0 ? "-" : "+") + kg(std::abs(grams)); }

std::string figures_line(const char* what, std::int64_t sent_g, std::int64_t got_g, bool es) {
  return std::string("  ") + what + (es ? ": enviado " : ": sent ") + kg(sent_g) +
         (es ? ", recibido " : ", received ") + kg(got_g) + (es ? ", diferencia " : ", difference ") +
         signed_kg(got_g - sent_g);
}

}  // namespace

Result<SentDispatch> read_dispatch(const Value& record) {
  SentDispatch dispatch;
  const std::string* to = text_in(record, "to");
  const std::string* state = text_in(record, "state");
  const Value* lines = record.find("lines");
  const auto* list = lines ? std::get_if<ValueList>(&lines->data) : nullptr;
  if (!to || !state || !list || !is_id(*to)) return unexpected_answer();
  dispatch.to = PartyId{*to};
  dispatch.state = *state;
  ValueList measurements;
  for (const Value& line : *list) {
    const Value* lot = line.find("lot");
    const Value* sent = line.find("sent");
    if (!lot || !sent) return unexpected_answer();
    measurements.push_back(Value{ValueMap{{"lot", *lot}, {"measurement", *sent}}});
  }
  auto read = read_lines(std::move(measurements));
  if (!read) return unintelligible("the node's answer is not a dispatch: " + read.error().message);
  dispatch.sent = std::move(*read);
  const auto text_or_empty = [&](std::string_view key) {
    const std::string* found = text_in(record, key);
    return found ? *found : std::string();
  };
  dispatch.sender = PartyId{text_or_empty("sender")};
  dispatch.waybill = text_or_empty("waybill");
  if (const std::string* carrier = text_in(record, "carrier")) dispatch.carrier = PartyId{*carrier};
  if (!dispatch.sender.value.empty() && !is_id(dispatch.sender.value)) return unexpected_answer();
  if (dispatch.carrier && !is_id(dispatch.carrier->value)) return unexpected_answer();
  const Value* seals = record.find("seals");
  if (const auto* texts = seals ? std::get_if<ValueList>(&seals->data) : nullptr) {
    for (const Value& seal : *texts) {
      if (const auto* one = std::get_if<std::string>(&seal.data))
        dispatch.seals += (dispatch.seals.empty() ? "" : ", ") + *one;
    }
  }
  return dispatch;
}

Result<void> check_about_dispatch(std::string_view type, Language language) {
  std::string fitting;
  for (const std::string_view known : statement_types()) {
    const Shape::Field* field = payload_shape(known)->find("dispatch");
    if (!field || field->optional || field->shape->id_of != "dispatch") continue;
    if (known == type) return {};
    fitting += (fitting.empty() ? "" : ", ") + std::string(known);
  }
  return usage_error(language,
                     "a statement of type " + std::string(type) +
                         " is not about a dispatch that was sent; --from goes with: " + fitting,
                     "una declaración de tipo " + std::string(type) +
                         " no trata de un despacho ya enviado; --from acompaña a: " + fitting);
}

Result<FromDispatch> from_dispatch(std::string_view type, const DispatchId& id, const SentDispatch& dispatch,
                                   Language language) {
  if (auto about = check_about_dispatch(type, language); !about) return pass(about);
  payload::Receipt receipt;
  receipt.dispatch = id;
  receipt.lots = dispatch.sent;
  const auto value = decode_value(encode_payload(receipt));
  if (!value) return pass(value);
  FromDispatch from;
  from.known.fields = {{"dispatch", Value{id.value}}};
  const bool has_lots = payload_shape(type)->find("lots") != nullptr;
  if (has_lots) from.known.fields.emplace_back("lots", *value->find("lots"));
  if (type == "receipt") from.signer = dispatch.to;
  if (type == "receipt-answer") from.signer = dispatch.sender;
  if (type == "handover") from.signer = dispatch.carrier;
  const bool es = language == Language::es;
  std::string facts =
      id.value + " (" + dispatch.state + "): " + dispatch.sender.value + " -> " + dispatch.to.value;
  if (dispatch.carrier) facts += (es ? ", transportista " : ", carrier ") + dispatch.carrier->value;
  if (!dispatch.waybill.empty()) facts += (es ? ", guía " : ", waybill ") + dispatch.waybill;
  if (!dispatch.seals.empty()) facts += (es ? ", precintos " : ", seals ") + dispatch.seals;
  from.known.remarks = {facts};
  if (has_lots) {
    from.known.remarks.push_back(es ? "Las cifras son del remitente: pese y corríjalas."
                                    : "The figures are the sender's: weigh and correct them.");
  }
  return from;
}

Result<std::vector<payload::LotMeasurement>> read_measurements(std::string_view yaml,
                                                               const SentDispatch& dispatch) {
  const auto root = views::parse_yaml(yaml);
  if (!root) return pass(root);
  const auto entries = root->map();
  if (!entries) return pass(entries);
  ValueList lines;
  for (const payload::LotMeasurement& sent : dispatch.sent) {
    const auto node = root->get(sent.lot.value);
    if (!node) return pass(node);
    auto value = views::value_from_tree(**node);
    if (!value) return pass(value);
    lines.push_back(Value{ValueMap{{"lot", Value{sent.lot.value}}, {"measurement", std::move(*value)}}});
  }
  if ((*entries)->size() != dispatch.sent.size()) {
    return root->refuse("measurements", "it names lots that the dispatch does not carry");
  }
  return read_lines(std::move(lines));
}

Result<Material> read_material(const Value& lot_record) {
  const std::string* text = text_in(lot_record, "material");
  const auto material = text ? from_word<Material>(*text) : std::nullopt;
  if (!material) return unintelligible("the node's answer is not a lot");
  return *material;
}

FigureComparison compare_figures(const SentDispatch& dispatch,
                                 const std::vector<payload::LotMeasurement>& got,
                                 const std::map<LotId, Material>& materials, const Value& parameters) {
  FigureComparison comparison;
  for (const payload::LotMeasurement& sent : dispatch.sent) {
    const auto found = std::find_if(got.begin(), got.end(), [&](const auto& g) { return g.lot == sent.lot; });
    if (found == got.end()) continue;
    const state::Figures before = figures_of(sent.measurement);
    const state::Figures after = figures_of(found->measurement);
    FigureComparison::Line line{sent.lot,          before.wet_g.value, after.wet_g.value, before.dry_g.value,
                                after.dry_g.value, before.cu_g.value,  after.cu_g.value};
    line.result = compare(materials.at(sent.lot), sent.measurement, found->measurement,
                          [&](std::string_view name) { return parameter(parameters, name); });
    comparison.worst = std::max(comparison.worst, line.result);
    comparison.lines.push_back(line);
  }
  return comparison;
}

std::vector<std::string> comparison_lines(const FigureComparison& comparison, Language language) {
  const bool es = language == Language::es;
  std::vector<std::string> lines;
  for (const FigureComparison::Line& line : comparison.lines) {
    lines.push_back(line.lot.value);
    lines.push_back(figures_line(es ? "TMH" : "wet", line.sent_wet_g, line.got_wet_g, es));
    lines.push_back(figures_line(es ? "TMS" : "dry", line.sent_dry_g, line.got_dry_g, es));
    lines.push_back(figures_line("Cu", line.sent_cu_g, line.got_cu_g, es));
  }
  switch (comparison.worst) {
    case Match::accepted:
      lines.push_back(es ? "dentro de tolerancia: se aceptará al registrarse"
                         : "within tolerance: accepted as soon as it is recorded");
      break;
    case Match::waits:
      lines.push_back(es ? "fuera de tolerancia: esperará la respuesta del remitente"
                         : "outside tolerance: it will wait for the sender's answer");
      break;
    case Match::disputed:
      lines.push_back(es ? "muy fuera de tolerancia: quedará en disputa"
                         : "far outside tolerance: it will be disputed");
      break;
  }
  return lines;
}

}  // namespace anta

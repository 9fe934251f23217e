#include "cli/receiving.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/answer.h"
#include "crypto/exit.h"
#include "crypto/text.h"
#include "node/views/statement_view.h"
#include "storage/ledger/codec.h"

namespace anta {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

payload::Measurement measured(std::int64_t wet_g, std::int64_t moisture_ppm = 60'000) {
  payload::Measurement m;
  m.wet_g = Grams{wet_g};
  m.moisture_ppm = Ppm{moisture_ppm};
  m.cu_ppm = Ppm{250'000};
  m.status = MeasurementStatus::provisional;
  return m;
}

SentDispatch sent(std::int64_t wet_g) {
  return {PartyId{"plant"}, "sent", {{LotId{"L-1"}, measured(wet_g)}}};
}

const std::map<LotId, Material> concentrate = {{LotId{"L-1"}, Material::concentrate},
                                               {LotId{"L-2"}, Material::concentrate}};

// What the preview says of one lot of 30 t with 6 % moisture (or `from` grams) received as given.
Match received(std::int64_t wet_g, std::int64_t moisture_ppm = 60'000, std::int64_t from = 30'000'000,
               const Value& parameters = Value{ValueMap{}}) {
  return compare_figures(sent(from), {{LotId{"L-1"}, measured(wet_g, moisture_ppm)}}, concentrate, parameters)
      .worst;
}

TEST(Receiving, WetMassInsideAtAndOutsideItsLimit) {
  // Goal: receipt_wet_ppm 5000 of 30 t is 150 kg, both ways.
  EXPECT_EQ(received(30'000'000), Match::accepted);
  EXPECT_EQ(received(30'000'000 - 149'999), Match::accepted);
  EXPECT_EQ(received(30'000'000 - 150'000), Match::accepted);
  EXPECT_EQ(received(30'000'000 - 150'001), Match::waits);
  EXPECT_EQ(received(30'000'000 + 150'000), Match::accepted);
  EXPECT_EQ(received(30'000'000 + 150'001), Match::waits);
}

TEST(Receiving, DisputeBeginsBeyondTwoPercent) {
  // Goal: receipt_dispute_ppm 20000 of 30 t is 600 kg.
  EXPECT_EQ(received(30'000'000 - 600'000), Match::waits);
  EXPECT_EQ(received(30'000'000 - 600'001), Match::disputed);
  EXPECT_EQ(received(30'000'000 + 600'001), Match::disputed);
}

TEST(Receiving, FortyKilogramsNeverMakeADispute) {
  // Goal: on a small lot the absolute limit receipt_wet_g 40000 keeps a scale's last step from a dispute.
  EXPECT_EQ(received(1'000'000 - 40'000, 60'000, 1'000'000), Match::waits);  // dry mass is outside
  EXPECT_EQ(received(1'000'000 - 40'001, 60'000, 1'000'000), Match::disputed);
}

TEST(Receiving, MoistureInsideAtAndOutsideItsLimit) {
  // Goal: receipt_moisture_ppm 5000, both ways, with the same wet mass.
  EXPECT_EQ(received(30'000'000, 64'999), Match::accepted);
  EXPECT_EQ(received(30'000'000, 65'000), Match::accepted);
  EXPECT_EQ(received(30'000'000, 65'001), Match::waits);
  EXPECT_EQ(received(30'000'000, 55'000), Match::accepted);
  EXPECT_EQ(received(30'000'000, 54'999), Match::waits);
}

TEST(Receiving, DryMassAtAndOutsideItsLimit) {
  // Goal: receipt_dry_ppm 7500 of 28.2 t is 211.5 kg; wet mass and moisture are each inside.
  EXPECT_EQ(received(29'899'049, 63'900), Match::accepted);  // 27 988 500 g dry
  EXPECT_EQ(received(29'899'048, 63'900), Match::waits);     // 27 988 499 g
}

TEST(Receiving, GradeAtAndOutsideItsLimit) {
  // Goal: assay_concentrate_ppm 2500, both ways; of ore it may be more. The node's record says which it is.
  for (const auto& [away, result] : {std::pair(2'500, Match::accepted), std::pair(2'501, Match::waits),
                                     std::pair(-2'500, Match::accepted), std::pair(-2'501, Match::waits)}) {
    payload::Measurement got = measured(30'000'000);
    got.cu_ppm.value += away;
    const auto judged = [&](Material material) {
      return compare_figures(sent(30'000'000), {{LotId{"L-1"}, got}}, {{LotId{"L-1"}, material}},
                             Value{ValueMap{}})
          .worst;
    };
    EXPECT_EQ(judged(Material::concentrate), result) << away;
    EXPECT_EQ(judged(Material::ore_sulphide), Match::accepted) << away;
  }
  EXPECT_EQ(*read_material(Value{ValueMap{{"material", Value{std::string("anode")}}}}), Material::anode);
  EXPECT_FALSE(read_material(Value{ValueMap{{"material", Value{std::string("gold")}}}}));
}

TEST(Receiving, TheNetworksParametersRule) {
  // Goal: values in force replace the defaults.
  const Value strict{ValueMap{{"receipt_wet_ppm", Value{std::int64_t{1000}}},
                              {"receipt_wet_g", Value{std::int64_t{0}}},
                              {"receipt_dispute_ppm", Value{std::int64_t{2000}}}}};
  EXPECT_EQ(received(30'000'000 - 30'000, 60'000, 30'000'000, strict), Match::accepted);
  EXPECT_EQ(received(30'000'000 - 30'001, 60'000, 30'000'000, strict), Match::waits);
  EXPECT_EQ(received(30'000'000 - 60'001, 60'000, 30'000'000, strict), Match::disputed);
}

TEST(Receiving, TheWorstLotDecidesForAll) {
  // Goal: a dispatch is accepted whole or not at all.
  SentDispatch dispatch = sent(30'000'000);
  dispatch.sent.push_back({LotId{"L-2"}, measured(10'000'000)});
  const FigureComparison comparison =
      compare_figures(dispatch, {{LotId{"L-1"}, measured(30'000'000)}, {LotId{"L-2"}, measured(9'000'000)}},
                      concentrate, Value{ValueMap{}});
  ASSERT_EQ(comparison.lines.size(), 2u);
  EXPECT_EQ(comparison.lines[0].result, Match::accepted);
  EXPECT_EQ(comparison.lines[1].result, Match::disputed);
  EXPECT_EQ(comparison.worst, Match::disputed);
}

TEST(Receiving, LinesShowBothFiguresAndTheDifferenceInTheReadersLanguage) {
  // Goal: kilograms as sent, as received and apart, of wet, dry and copper, then the outcome in words.
  const FigureComparison comparison = compare_figures(
      sent(30'000'000), {{LotId{"L-1"}, measured(29'990'000)}}, concentrate, Value{ValueMap{}});
  EXPECT_THAT(comparison_lines(comparison, Language::en),
              ElementsAre("L-1", "  wet: sent 30000.000 kg, received 29990.000 kg, difference -10.000 kg",
                          "  dry: sent 28200.000 kg, received 28190.600 kg, difference -9.400 kg",
                          "  Cu: sent 7050.000 kg, received 7047.650 kg, difference -2.350 kg",
                          HasSubstr("within tolerance")));
  EXPECT_THAT(comparison_lines(comparison, Language::es),
              ElementsAre("L-1", "  TMH: enviado 30000.000 kg, recibido 29990.000 kg, diferencia -10.000 kg",
                          "  TMS: enviado 28200.000 kg, recibido 28190.600 kg, diferencia -9.400 kg",
                          "  Cu: enviado 7050.000 kg, recibido 7047.650 kg, diferencia -2.350 kg",
                          HasSubstr("dentro de tolerancia")));
}

TEST(Receiving, MeasurementsNameExactlyTheDispatchsLots) {
  // Goal: a lot too few, one too many, or an unknown field is an error and never a silent zero.
  const SentDispatch dispatch = sent(30'000'000);
  const std::string good =
      "L-1: {wet_g: 29990000, moisture_ppm: 61000, cu_ppm: 249000, status: provisional}\n";
  const auto read = read_measurements(good, dispatch);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ(read->front().measurement.wet_g.value, 29'990'000);
  EXPECT_EQ(read->front().measurement.moisture_ppm.value, 61'000);
  EXPECT_FALSE(read_measurements("L-9: {}\n", dispatch).has_value());
  const auto more = read_measurements(good + "L-2: {wet_g: 1}\n", dispatch);
  ASSERT_FALSE(more.has_value());
  EXPECT_THAT(more.error().message, HasSubstr("does not carry"));
  const auto unknown = read_measurements("L-1: {wet_gg: 1}\n", dispatch);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_THAT(unknown.error().message, HasSubstr("wet_gg"));
}

TEST(Receiving, ADispatchRecordIsReadFromTheNodesJson) {
  // Goal: consignee, state and the sender's figures; anything else is refused as no dispatch.
  const Value figures{ValueMap{{"wet_g", Value{std::int64_t{30'000'000}}},
                               {"moisture_ppm", Value{std::int64_t{60'000}}},
                               {"cu_ppm", Value{std::int64_t{250'000}}},
                               {"status", Value{std::string("provisional")}}}};
  const Value line{ValueMap{{"lot", Value{std::string("L-1")}}, {"sent", figures}}};
  const Value record{ValueMap{{"to", Value{std::string("plant")}},
                              {"state", Value{std::string("sent")}},
                              {"lines", Value{ValueList{line}}}}};
  const auto dispatch = read_dispatch(record);
  ASSERT_TRUE(dispatch.has_value()) << dispatch.error().message;
  EXPECT_EQ(dispatch->to.value, "plant");
  EXPECT_EQ(dispatch->sent.front().lot.value, "L-1");
  EXPECT_EQ(dispatch->sent.front().measurement.wet_g.value, 30'000'000);
  EXPECT_FALSE(read_dispatch(Value{ValueMap{{"to", Value{std::string("plant")}}}}).has_value());
  EXPECT_FALSE(read_dispatch(Value{}).has_value());
  EXPECT_EQ(read_dispatch(Value{}).error().rule, "answer");
  EXPECT_EQ(exit_for(read_dispatch(Value{}).error()), Exit::undecided);  // the node's fault, not usage
}

// What a node says of a dispatch whose measurement has an assay, as JSON holds it.
ValueMap told() {
  const Value figures{ValueMap{{"wet_g", Value{std::int64_t{30'000'000}}},
                               {"moisture_ppm", Value{std::int64_t{60'000}}},
                               {"cu_ppm", Value{std::int64_t{250'000}}},
                               {"status", Value{std::string("provisional")}},
                               {"assay_certificate", Value{std::string(64, 'a')}}}};
  const Value line{ValueMap{{"lot", Value{std::string("L-1")}}, {"sent", figures}}};
  return {{"to", Value{std::string("plant")}},
          {"state", Value{std::string("in_transit")}},
          {"sender", Value{std::string("miner")}},
          {"carrier", Value{std::string("truck")}},
          {"waybill", Value{std::string("T1-1\nas: thief")}},
          {"seals", Value{ValueList{Value{std::string("S1")}, Value{std::string("S2")}}}},
          {"lines", Value{ValueList{line}}}};
}

TEST(Receiving, AnAssayInTheSendersFiguresIsHexInJson) {
  // Goal: a dispatch whose measurement names an assay certificate can be received: its digest is text in
  // JSON.
  const auto dispatch = read_dispatch(Value{told()});
  ASSERT_TRUE(dispatch.has_value()) << dispatch.error().message;
  const auto& measurement = dispatch->sent.front().measurement;
  ASSERT_TRUE(measurement.assay_certificate.has_value());
  EXPECT_EQ(*measurement.assay_certificate, *digest_from_hex(std::string(64, 'a')));
}

TEST(FromDispatch, FillsInWhatTheDispatchSays) {
  // Goal: each type about a dispatch has its id, its lots where it has lots, and the one who may sign; a text
  // of others cannot become a line of the document.
  const auto dispatch = read_dispatch(Value{told()});
  ASSERT_TRUE(dispatch.has_value()) << dispatch.error().message;
  const std::map<std::string, std::string> signers = {{"handover", "truck"},
                                                      {"receipt", "plant"},
                                                      {"receipt-answer", "miner"},
                                                      {"dispute-resolution", ""},
                                                      {"dispatch-end", ""}};
  for (const auto& [type, signer] : signers) {
    const auto from = from_dispatch(type, DispatchId{"D-1"}, *dispatch, Language::en);
    ASSERT_TRUE(from.has_value()) << type;
    EXPECT_EQ(from->signer.value_or(PartyId{}).value, signer) << type;
    const auto text = document_skeleton(type, "plant", Millis{1'764'000'000'000}, from->known);
    ASSERT_TRUE(text.has_value()) << type;
    EXPECT_THAT(*text,
                HasSubstr("# D-1 (in_transit): miner -> plant, carrier truck, waybill T1-1\\x0aas: thief"));
    const auto statements = views::unsigned_from_yaml(*text);
    ASSERT_TRUE(statements.has_value()) << type << ": " << statements.error().message << "\n" << *text;
    EXPECT_EQ(statements->front().as, PartyId{"plant"});
    const auto value = decode_value(encode_payload(statements->front().payload));
    EXPECT_EQ(std::get<std::string>(value->find("dispatch")->data), "D-1") << type;
    EXPECT_EQ(value->find("lots") != nullptr, type == "receipt" || type == "dispute-resolution") << type;
  }
  const auto from = from_dispatch("receipt", DispatchId{"D-1"}, *dispatch, Language::es);
  const auto receipt =
      views::unsigned_from_yaml(*document_skeleton("receipt", "plant", Millis{0}, from->known));
  ASSERT_TRUE(receipt.has_value()) << receipt.error().message;
  const auto& lots = std::get<payload::Receipt>(receipt->front().payload).lots;
  ASSERT_EQ(lots.size(), 1u);
  EXPECT_EQ(lots[0].lot, LotId{"L-1"});
  EXPECT_EQ(lots[0].measurement.wet_g.value, 30'000'000);
  EXPECT_EQ(lots[0].measurement.assay_certificate, dispatch->sent[0].measurement.assay_certificate);
  EXPECT_THAT(from->known.remarks, ElementsAre(HasSubstr("transportista truck"), HasSubstr("pese y corr")));
}

TEST(FromDispatch, ATypeThatIsNotAboutADispatchIsRefused) {
  // Goal: the message names those that are; neither a new dispatch nor a lot is one of them.
  const auto dispatch = read_dispatch(Value{told()});
  for (const char* type : {"lot", "dispatch", "certificate"}) {
    const auto from = from_dispatch(type, DispatchId{"D-1"}, *dispatch, Language::en);
    ASSERT_FALSE(from.has_value()) << type;
    EXPECT_EQ(from.error().rule, "usage");
    EXPECT_THAT(from.error().message, HasSubstr("handover, receipt, receipt-answer"));
  }
}

TEST(Receiving, APartyThatIsNoIdIsNoDispatch) {
  // Goal: a node cannot put lines into a document by way of a party's name.
  for (const char* field : {"to", "sender", "carrier"}) {
    ValueMap record = told();
    for (auto& [key, value] : record) {
      if (key == field) value = Value{std::string("x\ntype: lot")};
    }
    EXPECT_FALSE(read_dispatch(Value{record}).has_value()) << field;
  }
}

TEST(Inbox, APageWithoutItemsIsNotTheEnd) {
  // Goal: a node that looked at its limit of records without finding any says where to go on, and the inbox
  // goes on until there is no next page.
  const auto page = [](ValueList items, Value next) {
    return Value{ValueMap{{"items", Value{std::move(items)}}, {"next", std::move(next)}}};
  };
  ValueList all;
  std::string cursor;
  EXPECT_TRUE(take_page(page({}, Value{std::string("D-2000")}), all, cursor));
  EXPECT_EQ(cursor, "D-2000");
  EXPECT_FALSE(take_page(page({}, Value{std::string("D-2000")}), all, cursor));
  EXPECT_FALSE(take_page(page({Value{std::string("waits")}}, Value{}), all, cursor));
  EXPECT_EQ(all.size(), 1u);
}

}  // namespace
}  // namespace anta

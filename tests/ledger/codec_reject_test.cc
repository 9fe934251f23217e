// What is malformed: every limit of statements.cddl once, with the message a person reads.
#include <gtest/gtest.h>

#include <vector>

#include "storage/ledger/codec.h"
#include "tests/ledger/payload_generator.h"

namespace anta {
namespace {

Value text(std::string words) { return Value{std::move(words)}; }
Value number(std::int64_t value) { return Value{value}; }

void set(Value& record, std::string_view key, Value value) {
  auto& map = std::get<ValueMap>(record.data);
  for (auto& [name, member] : map) {
    if (name == key) {
      member = std::move(value);
      return;
    }
  }
  map.emplace_back(std::string(key), std::move(value));
}

void drop(Value& record, std::string_view key) {
  std::erase_if(std::get<ValueMap>(record.data), [key](const auto& member) { return member.first == key; });
}

Value& member(Value& record, std::string_view key) {
  for (auto& [name, value] : std::get<ValueMap>(record.data)) {
    if (name == key) return value;
  }
  ADD_FAILURE() << "no " << key;
  return record;
}

struct Case {
  std::string_view type = {};
  void (*change)(Value&) = nullptr;
  std::string_view rule = {};
  std::string_view message = {};
};

Value whole(std::string_view type) {
  PayloadGenerator random(11);
  Value value = random.payload(type, PayloadGenerator::Fields::full);
  if (type == "party") {
    set(value, "kind", text("company"));
    set(value, "name", text("Apu Ccollpa"));
    set(value, "tax_id", text("20000001008"));
  }
  return value;
}

// The same change just inside the limit is accepted.
struct Inside {
  std::string_view type = {};
  void (*change)(Value&) = nullptr;
};

ValueList many(std::size_t count) { return ValueList(count, text("x")); }

const std::vector<Inside> inside = {
    {"release", [](Value& v) { set(v, "lot", text(std::string(64, 'a'))); }},
    {"release", [](Value& v) { set(v, "note", text(std::string(500, 'n'))); }},
    {"release", [](Value& v) { set(v, "note", text("")); }},
    {"hold", [](Value& v) { set(v, "legal_basis", text(std::string(200, 'n'))); }},
    {"loss", [](Value& v) { set(v, "cu_g", number(9007199254740991)); }},
    {"adjust", [](Value& v) { set(v, "cu_g", number(-9007199254740991)); }},
    {"balance-open", [](Value& v) { set(v, "conversion_ppm", number(1'000'000)); }},
    {"site", [](Value& v) { set(v, "latitude_e2", number(-9'000)); }},
    {"site", [](Value& v) { set(v, "longitude_e2", number(18'000)); }},
    {"site", [](Value& v) { drop(v, "ubigeo"); }},
    {"site", [](Value& v) { drop(v, "country"); }},
    {"attestation", [](Value& v) { set(v, "sites", Value{many(256)}); }},
    {"attestation", [](Value& v) { set(v, "sites", Value{ValueList{}}); }},
    {"dispatch", [](Value& v) { set(v, "waybill", text("1")); }},
    {"release", [](Value& v) { set(v, "event_time", number(253402300799999)); }},
    {"party", [](Value& v) { set(v, "country", text("DE")), set(v, "tax_id", text("HRB 1")); }},
    {"party",
     [](Value& v) {
       set(v, "kind", text("person"));
       drop(v, "name");
       drop(v, "tax_id");
     }},
};

const std::vector<Case> cases = {
    {"release", [](Value& v) { drop(v, "event_time"); }, "missing_field", "field \"event_time\" is missing"},
    {"release", [](Value& v) { drop(v, "lot"); }, "missing_field", "field \"lot\" is missing"},
    {"release", [](Value& v) { set(v, "devise", text("x")); }, "unknown_field",
     "unknown field \"devise\"; did you mean \"device\"?"},
    {"release", [](Value& v) { set(v, "", text("x")); }, "unknown_field", "unknown field \"\""},
    {"release", [](Value& v) { drop(v, "lot"), set(v, "lots", text("x")); }, "unknown_field",
     "unknown field \"lots\"; did you mean \"lot\"?"},
    {"release", [](Value& v) { set(v, "lot", text("-a")); }, "not_an_id",
     "lot: is not an id: 1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first"},
    {"release", [](Value& v) { set(v, "lot", text(std::string(65, 'a'))); }, "not_an_id",
     "lot: is not an id: 1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first"},
    {"release", [](Value& v) { set(v, "lot", text("")); }, "not_an_id",
     "lot: is not an id: 1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first"},
    {"release", [](Value& v) { set(v, "note", text(std::string(501, 'n'))); }, "text_too_long",
     "note: is longer than 500 bytes"},
    {"hold", [](Value& v) { set(v, "legal_basis", text(std::string(201, 'n'))); }, "text_too_long",
     "legal_basis: is longer than 200 bytes"},
    {"hold", [](Value& v) { set(v, "legal_basis", text("n\xcc\x83")); }, "not_nfc",
     "legal_basis: text is not in Normalization Form C"},
    {"hold", [](Value& v) { set(v, "legal_basis", text("valid\x1b[2J")); }, "control_character",
     "legal_basis: holds a control character"},
    {"hold", [](Value& v) { set(v, "legal_basis", text("\xc2\x9b 2J")); }, "control_character",
     "legal_basis: holds a control character"},
    {"release", [](Value& v) { set(v, "note", text("one\rtwo")); }, "control_character",
     "note: holds a control character"},
    {"loss", [](Value& v) { set(v, "cu_g", number(9007199254740992)); }, "out_of_range",
     "cu_g: above 9007199254740991"},
    {"loss", [](Value& v) { set(v, "dry_g", number(-1)); }, "out_of_range", "dry_g: below 0"},
    {"loss", [](Value& v) { set(v, "reason", text("thef")); }, "unknown_word",
     "reason: is none of: spill, theft, transit, moisture, spoilage; did you mean \"theft\"?"},
    {"adjust", [](Value& v) { set(v, "cu_g", number(-9007199254740992)); }, "out_of_range",
     "cu_g: below -9007199254740991"},
    {"balance-open", [](Value& v) { set(v, "conversion_ppm", number(1'000'001)); }, "out_of_range",
     "conversion_ppm: above 1000000"},
    {"release", [](Value& v) { set(v, "event_time", number(253402300800000)); }, "out_of_range",
     "event_time: above 253402300799999"},
    {"release", [](Value& v) { set(v, "device_seq", number(9007199254740992)); }, "out_of_range",
     "device_seq: above 9007199254740991"},
    {"countersign", [](Value& v) { set(v, "of", Value{Bytes(31)}); }, "bytes_length",
     "of: is 31 bytes long; 32 are due"},
    {"key-rotate", [](Value& v) { set(v, "old", Value{Bytes(33)}); }, "bytes_length",
     "old: is 33 bytes long; 32 are due"},
    {"release", [](Value& v) { set(v, "documents", Value{ValueList(257, Value{Bytes(32)})}); },
     "too_many_items", "documents: has more than 256 items"},
    {"release", [](Value& v) { set(v, "documents", Value{ValueList{Value{Bytes(32)}, Value{Bytes(1)}}}); },
     "bytes_length", "documents[1]: is 1 bytes long; 32 are due"},
    {"party", [](Value& v) { set(v, "roles", Value{ValueList{}}); }, "too_few_items",
     "roles: has fewer than 1 items"},
    {"party", [](Value& v) { set(v, "keys", Value{ValueList{}}); }, "too_few_items",
     "keys: has fewer than 1 items"},
    {"split", [](Value& v) { set(v, "children", Value{ValueList{}}); }, "too_few_items",
     "children: has fewer than 1 items"},
    {"blend", [](Value& v) { std::get<ValueList>(member(v, "inputs").data).resize(1); }, "too_few_items",
     "inputs: has fewer than 2 items"},
    {"process", [](Value& v) { set(v, "outputs", Value{ValueList{}}); }, "too_few_items",
     "outputs: has fewer than 1 items"},
    {"process", [](Value& v) { set(v, "inputs", Value{ValueList{}}); }, "too_few_items",
     "inputs: has fewer than 1 items"},
    {"dispatch", [](Value& v) { set(v, "lots", Value{ValueList{}}); }, "too_few_items",
     "lots: has fewer than 1 items"},
    {"receipt", [](Value& v) { set(v, "lots", Value{ValueList{}}); }, "too_few_items",
     "lots: has fewer than 1 items"},
    {"dispute-resolution", [](Value& v) { set(v, "lots", Value{ValueList{}}); }, "too_few_items",
     "lots: has fewer than 1 items"},
    {"certificate", [](Value& v) { set(v, "schemes", Value{ValueList{}}); }, "too_few_items",
     "schemes: has fewer than 1 items"},
    {"certificate", [](Value& v) { set(v, "coc_model", text("none")); }, "unknown_word",
     "coc_model: is none of: identity_preserved, segregated, controlled_blending, mass_balance, "
     "book_and_claim"},
    {"dispatch", [](Value& v) { set(v, "waybill", text("")); }, "empty_text", "waybill: is empty"},
    {"dispatch", [](Value& v) { drop(v, "waybill"); }, "missing_field", "field \"waybill\" is missing"},
    {"dispatch",
     [](Value& v) {
       Value& line = std::get<ValueList>(member(v, "lots").data)[1];
       set(member(line, "measurement"), "wet_g", number(9007199254740992));
     },
     "out_of_range", "lots[1].measurement.wet_g: above 9007199254740991"},
    {"party", [](Value& v) { set(v, "country", text("PER")); }, "text_form",
     "country: is not a country of ISO 3166: 2 capital letters"},
    {"site", [](Value& v) { set(v, "country", text("pe")); }, "text_form",
     "country: is not a country of ISO 3166: 2 capital letters"},
    {"party", [](Value& v) { set(v, "ubigeo", text("3041")); }, "text_form",
     "ubigeo: is not an ubigeo of 6 digits"},
    {"site", [](Value& v) { set(v, "ubigeo", text("03041a")); }, "text_form",
     "ubigeo: is not an ubigeo of 6 digits"},
    {"site", [](Value& v) { drop(v, "ubigeo"), drop(v, "country"); }, "missing_field",
     "one of \"ubigeo\" and \"country\" is due"},
    {"site", [](Value& v) { set(v, "latitude_e2", number(9'001)); }, "out_of_range",
     "latitude_e2: above 9000"},
    {"site", [](Value& v) { set(v, "longitude_e2", number(-18'001)); }, "out_of_range",
     "longitude_e2: below -18000"},
    {"party", [](Value& v) { set(v, "kind", text("person")); }, "personal_data",
     "name: a person's name never enters in clear: name_commitment"},
    {"party", [](Value& v) { set(v, "kind", text("person")), drop(v, "name"); }, "personal_data",
     "tax_id: a person's tax id never enters in clear: tax_id_commitment"},
    {"party", [](Value& v) { set(v, "tax_id", text("20000001009")); }, "tax_id",
     "tax_id: is not the RUC of a legal entity: 11 digits, starting 20, with a valid check digit"},
    {"party", [](Value& v) { set(v, "tax_id", text("10000001008")); }, "tax_id",
     "tax_id: is not the RUC of a legal entity: 11 digits, starting 20, with a valid check digit"},
    {"party", [](Value& v) { drop(v, "country"), set(v, "tax_id", text("2000000100")); }, "tax_id",
     "tax_id: is not the RUC of a legal entity: 11 digits, starting 20, with a valid check digit"},
    {"attestation", [](Value& v) { set(v, "results", Value{ValueMap{{"", text("misses")}}}); }, "empty_text",
     "results: is empty"},
    {"attestation", [](Value& v) { set(v, "results", Value{ValueMap{{"a", text("missed")}}}); },
     "unknown_word",
     "results.a: is none of: fully_meets, partially_meets, misses, not_applicable; did you mean "
     "\"misses\"?"},
    {"vote", [](Value& v) { set(v, "approve", number(1)); }, "cbor.kind",
     "approve: boolean is due, here is unsigned integer"},
    {"parameter-proposal", [](Value& v) { set(v, "value", Value{true}); }, "cbor.kind",
     "value: integer is due, here is boolean"},
    {"node", [](Value& v) { drop(member(v, "keys"), "tls"); }, "missing_field",
     "keys: field \"tls\" is missing"},
    {"node", [](Value& v) { drop(v, "keys"); }, "missing_field", "keys: is due with learner"},
    {"node", [](Value& v) { drop(v, "address"); }, "missing_field", "address: is due with learner"},
    {"node", [](Value& v) { drop(v, "keys"), set(v, "action", text("keys")); }, "missing_field",
     "keys: is due with keys"},
    {"node", [](Value& v) { set(v, "action", text("promote")); }, "unexpected_field",
     "keys: says nothing with promote"},
    {"node", [](Value& v) { drop(v, "keys"), set(v, "action", text("remove")); }, "unexpected_field",
     "address: says nothing with remove"},
    {"node", [](Value& v) { set(v, "address", text("nodo.example")); }, "address",
     "address: is not host:port"},
    {"node", [](Value& v) { set(v, "key", *member(v, "keys").find("log")); }, "unexpected_field",
     "key: says nothing with learner"},
    {"node", [](Value& v) { drop(v, "address"), set(v, "action", text("witness")); }, "unexpected_field",
     "keys: says nothing with witness"},
    {"node", [](Value& v) { drop(v, "keys"), drop(v, "address"), set(v, "action", text("witness")); },
     "witness_id", "organisation: is not the id of the witness: it bears the organisation's"},
};

TEST(CodecRejects, EachLimitWithItsMessage) {
  // Goal: a whole payload with one change is refused by that change's rule and with its path.
  for (const Case& c : cases) {
    Value value = whole(c.type);
    const auto good = decode_payload(c.type, *encode_value(value));
    ASSERT_TRUE(good.has_value()) << c.type << ": " << good.error().message;
    c.change(value);
    const auto bytes = encode_value(value);
    ASSERT_TRUE(bytes.has_value());
    const auto bad = decode_payload(c.type, *bytes);
    ASSERT_FALSE(bad.has_value()) << c.type << ": " << c.message;
    EXPECT_EQ(bad.error().code, Code::malformed);
    EXPECT_EQ(bad.error().rule, c.rule) << bad.error().message;
    if (c.rule.starts_with("cbor.")) {  // the reader adds the byte
      EXPECT_TRUE(bad.error().message.starts_with(c.message)) << bad.error().message;
    } else {
      EXPECT_EQ(bad.error().message, c.message);
    }
  }
}

TEST(CodecRejects, NothingJustInside) {
  // Goal: the largest and smallest values that the limits allow are accepted.
  for (const Inside& c : inside) {
    Value value = whole(c.type);
    c.change(value);
    const auto good = decode_payload(c.type, *encode_value(value));
    EXPECT_TRUE(good.has_value()) << c.type << ": " << good.error().message;
  }
}

}  // namespace
}  // namespace anta

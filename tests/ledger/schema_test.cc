#include "storage/ledger/schema.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "crypto/text.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/schema_state.h"
#include "storage/ledger/state.h"

namespace anta {
namespace {

using Members = std::map<std::string, std::set<std::string>>;  // struct (with its enclosing ones) -> members

// The structs of a header and their members, as written: `Type name = ...;` inside `struct Name {`.
void read_structs(const std::string& path, Members& all) {
  static const std::regex struct_line(R"(^\s*struct (\w+) \{.*$)");
  static const std::regex member_line(R"(^\s*[\w:<>, ]+ (\w+) =.*$)");
  static const std::regex end_line(R"(^\s*\};\s*$)");
  std::ifstream file(std::string(ANTA_SOURCE_DIR) + "/storage/ledger/" + path);
  ASSERT_TRUE(file.good()) << path;
  std::vector<std::string> open;
  std::string line;
  while (std::getline(file, line)) {
    line = line.substr(0, line.find("//"));
    std::smatch found;
    if (std::regex_match(line, found, struct_line)) {
      open.push_back((open.empty() ? "" : open.back() + "::") + found[1].str());
      all[open.back()];
    } else if (std::regex_match(line, end_line) && !open.empty()) {
      open.pop_back();
    } else if (!open.empty() && line.find("operator<=>") == std::string::npos &&
               std::regex_match(line, found, member_line)) {
      all[open.back()].insert(found[1].str());
    }
  }
}

// A member's field: where a word of C++ stands in the way, the field has the plain name.
std::string field_of(const std::string& member) {
  if (member == "operator_id") return "operator";
  if (member == "old_key") return "old";
  if (member == "new_key") return "new";
  return member;
}

std::set<std::string> due_members(const Members& all, const std::string& name) {
  std::set<std::string> fields;
  for (const std::string& member : all.at(name)) {
    if (member == "common" || member == "stamp") {
      const auto inner = due_members(all, member == "common" ? "Common" : "Stamp");
      fields.insert(inner.begin(), inner.end());
    } else {
      fields.insert(field_of(member));
    }
  }
  return fields;
}

void expect_fields(const Members& all, const std::string& name, const Shape* shape) {
  ASSERT_NE(shape, nullptr) << name;
  std::set<std::string> described;
  for (const Shape::Field& field : shape->fields)
    described.insert(field.name);
  ASSERT_TRUE(all.contains(name)) << name;
  EXPECT_EQ(described, due_members(all, name)) << name;
}

// Payload structs in the order of statement_types().
constexpr std::array<std::string_view, 37> payload_structs = {"Party",
                                                              "PartyUpdate",
                                                              "RoleGrant",
                                                              "RoleRevoke",
                                                              "KeyRotate",
                                                              "KeyRevoke",
                                                              "Site",
                                                              "Formalisation",
                                                              "Accreditation",
                                                              "Attestation",
                                                              "AttestationStatus",
                                                              "Lot",
                                                              "Dispatch",
                                                              "Handover",
                                                              "Receipt",
                                                              "ReceiptReply",
                                                              "DisputeResolution",
                                                              "DispatchEnd",
                                                              "Countersign",
                                                              "Relation",
                                                              "Ownership",
                                                              "Split",
                                                              "Blend",
                                                              "Process",
                                                              "Adjust",
                                                              "Loss",
                                                              "Hold",
                                                              "Release",
                                                              "BalanceOpen",
                                                              "BalanceClose",
                                                              "Certificate",
                                                              "CertificateStatus",
                                                              "Document",
                                                              "Correction",
                                                              "ParameterProposal",
                                                              "Vote",
                                                              "Node"};

TEST(Schema, DescribesEveryMemberOfEveryPayload) {
  // Goal: no member of a payload struct is missing from its description, whatever its size.
  Members all;
  for (const char* path : {"payload/common.h", "payload/party.h", "payload/site.h", "payload/lot.h",
                           "payload/transfer.h", "payload/claim.h", "payload/governance.h"})
    read_structs(path, all);
  ASSERT_EQ(statement_types().size(), payload_structs.size());
  for (std::size_t i = 0; i < payload_structs.size(); ++i)
    expect_fields(all, std::string(payload_structs[i]), payload_shape(statement_types()[i]));
  const Shape* lot = payload_shape("lot");
  expect_fields(all, "Measurement", lot->find("measurement")->shape.get());
  const Shape* process = payload_shape("process");
  expect_fields(all, "Take", process->find("inputs")->shape->element.get());
  expect_fields(all, "Make", process->find("outputs")->shape->element.get());
  expect_fields(all, "Mass", process->find("losses")->shape.get());
  expect_fields(all, "Child", payload_shape("split")->find("children")->shape->element.get());
  expect_fields(all, "BlendOutput", payload_shape("blend")->find("output")->shape.get());
  expect_fields(all, "LotMeasurement", payload_shape("dispatch")->find("lots")->shape->element.get());
  expect_fields(all, "NodeKeySet", payload_shape("node")->find("keys")->shape.get());
}

TEST(Schema, DescribesEveryMemberOfEveryRecord) {
  // Goal: no member of a state record, or of an entry inside it, is missing from its description.
  Members all;
  for (const char* path :
       {"state/common.h", "state/party.h", "state/site.h", "state/lot.h", "state/claim.h", "state/network.h"})
    read_structs(path, all);
  static const std::map<std::string, std::string> named = {
      {"role", "RoleHeld"}, {"waybill", "Taken"}, {"ticket", "Taken"}, {"container_seal", "Taken"}};
  std::set<std::string> seen = {
      "Flag", "Stamp", "Interval", "Figures", "Proposal::NodeChange", "Proposal::ParameterChange"};
  for (const std::string_view kind : Words<Kind>::list) {
    std::string name(kind);
    name = named.contains(name) ? named.at(name)
                                : std::string(1, static_cast<char>(name[0] - 'a' + 'A')) + name.substr(1);
    const Shape* shape = record_shape(kind);
    expect_fields(all, name, shape);
    seen.insert(name);
    for (const Shape::Field& field : shape->fields) {  // entries: lists of structs of this record's own
      if (field.shape->form != Form::list || field.shape->element->form != Form::record) continue;
      std::set<std::string> described;
      for (const Shape::Field& inner : field.shape->element->fields)
        described.insert(inner.name);
      bool matched = false;
      for (const auto& [other, members] : all) {
        if (due_members(all, other) != described) continue;
        seen.insert(other);
        matched = true;
      }
      EXPECT_TRUE(matched) << name << "." << field.name;
    }
  }
  for (const auto& [name, members] : all)
    EXPECT_TRUE(seen.contains(name)) << name << " is described by no kind";
  expect_fields(all, "Figures", record_shape("lot")->find("accepted")->shape.get());
  expect_fields(all, "Interval", record_shape("account")->find("period")->shape.get());
  expect_fields(all, "Proposal::NodeChange", record_shape("proposal")->find("node")->shape.get());
  expect_fields(all, "Proposal::ParameterChange", record_shape("proposal")->find("parameter")->shape.get());
}

TEST(Schema, RecordsHoldMoreThanAStatementMay) {
  // Goal: a record round trips beyond the limits of statements: long lists, large numbers, any text.
  state::Site site;
  site.id = {"mina"};
  site.stamp.flags = {{"grade_unusual", LeafIndex{7}}, {"x", LeafIndex{~std::uint64_t{0}}}};
  for (int i = 0; i < 1000; ++i)
    site.attestations.push_back({"att-" + std::to_string(i)});
  site.capacity_g_per_day = Grams{INT64_MAX};
  site.concession = std::string(3000, 'c');
  site.coc_model = CocModel::none;
  const Bytes bytes = state::encode_record(site);
  const auto again = state::decode_record<state::Site>(bytes);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->attestations, site.attestations);
  EXPECT_EQ(again->stamp.flags, site.stamp.flags);
  EXPECT_EQ(again->capacity_g_per_day, site.capacity_g_per_day);
  EXPECT_EQ(again->coc_model, CocModel::none);
  EXPECT_EQ(state::encode_record(*again), bytes);
}

// The bytes of the records about the network, as python3-cbor2 writes the same maps (canonical).
Digest filled(std::uint8_t byte) {
  Digest digest;
  digest.bytes.fill(byte);
  return digest;
}
payload::NodeKeySet keys_from(std::uint8_t byte) {
  const auto key = [](int value) { return PublicKey{filled(static_cast<std::uint8_t>(value)).bytes}; };
  return {key(byte), key(byte + 1), key(byte + 2)};
}

template <typename T>
void expect_bytes(const T& record, const std::string& hex_text) {
  EXPECT_EQ(to_hex(state::encode_record(record)), hex_text);
  const auto again = state::decode_record<T>(*from_hex(hex_text));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(to_hex(state::encode_record(*again)), hex_text);
}

TEST(Schema, TheRecordsOfTheNetworkHaveTheirGoldenBytes) {
  // Goal: nodes, proposals and the network are encoded as another implementation encodes them, both ways.
  constexpr Millis then{1'735'689'600'000};
  state::Node node;
  node.stamp.by = filled(1);
  node.id = {"n-a"};
  node.organisation = {"a"};
  node.keys = keys_from(2);
  node.address = "a.example:7101";
  node.standing = NodeStanding::learner;
  node.incarnation = 2;
  node.retired = {PublicKey{filled(8).bytes}};
  expect_bytes(
      node,
      "a962627958200101010101010101010101010101010101010101010101010101010101010101626964636e2d61646b65"
      "7973a3636c6f675820020202020202020202020202020202020202020202020202020202020202020263746c73582004"
      "0404040404040404040404040404040404040404040404040404040404040468636f7369676e65725820030303030303"
      "030303030303030303030303030303030303030303030303030365666c6167738067616464726573736e612e6578616d"
      "706c653a3731303167726574697265648158200808080808080808080808080808080808080808080808080808080808"
      "080808687374616e64696e67676c6561726e65726b696e6361726e6174696f6e026c6f7267616e69736174696f6e6161");
  state::Proposal proposal;
  proposal.stamp.by = filled(1);
  proposal.id = {"P-1"};
  proposal.statement = filled(9);
  proposal.opened = then;
  proposal.node = {{"n-a"}, {"a"}, NodeAction::keys, keys_from(5), std::nullopt, std::nullopt, filled(4)};
  proposal.votes = {{{"a"}, true}, {{"b"}, false}};
  expect_bytes(
      proposal,
      "a86262795820010101010101010101010101010101010101010101010101010101010101010162696463502d31646e6f"
      "6465a5646b657973a3636c6f675820050505050505050505050505050505050505050505050505050505050505050563"
      "746c735820070707070707070707070707070707070707070707070707070707070707070768636f7369676e65725820"
      "0606060606060606060606060606060606060606060606060606060606060606646e6f6465636e2d6166616374696f6e"
      "646b657973666265666f7265582004040404040404040404040404040404040404040404040404040404040404046c6f"
      "7267616e69736174696f6e616165666c6167738065766f74657382a267617070726f7665f56c6f7267616e6973617469"
      "6f6e6161a267617070726f7665f46c6f7267616e69736174696f6e6162666f70656e65641b000001941f297c00667374"
      "61747573646f70656e6973746174656d656e745820090909090909090909090909090909090909090909090909090909"
      "0909090909");
  proposal.id = {"P-2"};
  proposal.node.reset();
  proposal.parameter = {"unformalised_origin", std::string("not_eligible"), then};
  proposal.votes.clear();
  proposal.status = ProposalStatus::approved;
  expect_bytes(
      proposal,
      "a86262795820010101010101010101010101010101010101010101010101010101010101010162696463502d3265666c"
      "6167738065766f74657380666f70656e65641b000001941f297c006673746174757368617070726f7665646970617261"
      "6d65746572a3646e616d6573756e666f726d616c697365645f6f726967696e6576616c75656c6e6f745f656c69676962"
      "6c656e6566666563746976655f66726f6d1b000001941f297c006973746174656d656e74582009090909090909090909"
      "09090909090909090909090909090909090909090909");
  state::Network network;
  network.stamp.by = filled(1);
  network.nodes = {{"n-a"}, {"n-b"}};
  network.witnesses = {{{"w-1"}, PublicKey{filled(7).bytes}}};
  expect_bytes(
      network,
      "a46262795820010101010101010101010101010101010101010101010101010101010101010165666c61677380656e6f"
      "64657382636e2d61636e2d62697769746e657373657381a262696463772d31636b657958200707070707070707070707"
      "070707070707070707070707070707070707070707");
}

TEST(Schema, ARecordThatIsNoneIsCorrupt) {
  // Goal: bytes of another record, or cut short, are Code::corrupt with the reason.
  const Bytes device = state::encode_record(state::Device{.last_seq = 5});
  const auto wrong = state::decode_record<state::Rejected>(device);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().code, Code::corrupt);
  EXPECT_EQ(wrong.error().message, "a record of the state: field \"rule\" is missing");
  EXPECT_FALSE(state::decode_record<state::Device>(ByteView(device).first(device.size() - 1)).has_value());
}

TEST(Schema, PathsNameThePlace) {
  // Goal: a place prints as fields and items from the top.
  const schema::Place top;
  const schema::Place lots = top.field("lots");
  const schema::Place line = lots.item(2);
  const schema::Place measurement = line.field("measurement");
  EXPECT_EQ(top.path(), "");
  EXPECT_EQ(measurement.field("wet_g").path(), "lots[2].measurement.wet_g");
  EXPECT_EQ(schema::refuse(top, "r", "m").value().message, "m");
}

TEST(Schema, KeysSortByLengthFirst) {
  // Goal: the order of text keys is that of their encodings (RFC 8949 4.2.1).
  EXPECT_TRUE(schema::canonical_less("z", "aa"));
  EXPECT_TRUE(schema::canonical_less("aa", "ab"));
  EXPECT_FALSE(schema::canonical_less("aa", "aa"));
}

}  // namespace
}  // namespace anta

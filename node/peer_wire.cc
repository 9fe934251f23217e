#include "node/peer_wire.h"

#include "crypto/cbor.h"
#include "crypto/cose.h"
#include "crypto/note.h"

namespace anta {
namespace {

constexpr std::size_t rule_bytes_max = 128;
constexpr std::size_t message_bytes_max = 1'024;

tl::unexpected<Error> bad(std::string why) {
  return fail(Code::malformed, "peer_wire", "a peer's message " + std::move(why));
}

Result<void> expect_array(cbor::Reader& in, std::size_t items) {
  const auto count = in.array();
  if (!count) return pass(count);
  if (*count != items) return bad("has the wrong number of items");
  return {};
}

Result<Digest> read_digest(cbor::Reader& in) {
  const auto bytes = in.bytes();
  if (!bytes) return pass(bytes);
  if (bytes->size() != Digest::size) return bad("has a digest that is not 32 bytes");
  Digest digest;
  std::copy(bytes->begin(), bytes->end(), digest.bytes.begin());
  return digest;
}

Result<std::string> read_text(cbor::Reader& in, std::size_t bytes_max) {
  const auto text = in.text();
  if (!text) return pass(text);
  if (text->size() > bytes_max) return bad("has a text that is too long");
  return std::string(*text);
}

std::string_view clipped(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80)
    --bytes_max;
  return text.substr(0, bytes_max);
}

Result<Code> read_code(cbor::Reader& in) {
  const auto number = in.uint();
  if (!number) return pass(number);
  if (*number < static_cast<unsigned>(Code::malformed) || *number > static_cast<unsigned>(Code::io)) {
    return bad("has an error code that does not exist");
  }
  return static_cast<Code>(*number);
}

Result<ForwardRefused::Item> read_refusal(cbor::Reader& in) {
  if (auto array = expect_array(in, 4); !array) return pass(array);
  const auto digest = read_digest(in);
  if (!digest) return pass(digest);
  const auto code = read_code(in);
  if (!code) return pass(code);
  auto rule = read_text(in, rule_bytes_max);
  if (!rule) return pass(rule);
  auto message = read_text(in, message_bytes_max);
  if (!message) return pass(message);
  return ForwardRefused::Item{.statement = *digest, .error = {*code, std::move(*rule), std::move(*message)}};
}

}  // namespace

Bytes encode_forward(const Forward& forward) {
  std::size_t size = 32;
  for (const auto& statement : forward.statements)
    size += statement->size() + 5;
  cbor::Writer out(size);
  out.array(2).uint(forward.request).array(forward.statements.size());
  for (const auto& statement : forward.statements)
    out.bytes(*statement);
  return out.take();
}

Result<Forward> decode_forward(ByteView bytes) {
  cbor::Reader in(bytes);
  if (auto array = expect_array(in, 2); !array) return pass(array);
  const auto request = in.uint();
  if (!request) return pass(request);
  const auto count = in.array();
  if (!count) return pass(count);
  if (*count == 0 || *count > forward_statements_max) return bad("has no statements, or too many");
  Forward out{.request = *request, .statements = {}};
  out.statements.reserve(*count);
  for (std::size_t i = 0; i < *count; ++i) {
    const auto statement = in.bytes();
    if (!statement) return pass(statement);
    if (statement->size() > statement_bytes_max) return bad("has a statement that is too large");
    out.statements.push_back(std::make_shared<const Bytes>(to_bytes(*statement)));
  }
  if (auto end = in.finish(); !end) return pass(end);
  return out;
}

Bytes encode_forward_refused(const ForwardRefused& refused) {
  cbor::Writer out;
  out.array(2).uint(refused.request).array(refused.items.size());
  for (const ForwardRefused::Item& item : refused.items) {
    out.array(4).bytes(item.statement.view()).uint(static_cast<std::uint64_t>(item.error.code));
    out.text(clipped(item.error.rule, rule_bytes_max)).text(clipped(item.error.message, message_bytes_max));
  }
  return out.take();
}

Result<ForwardRefused> decode_forward_refused(ByteView bytes) {
  cbor::Reader in(bytes);
  if (auto array = expect_array(in, 2); !array) return pass(array);
  const auto request = in.uint();
  if (!request) return pass(request);
  const auto count = in.array();
  if (!count) return pass(count);
  if (*count > forward_statements_max) return bad("refuses too many statements");
  ForwardRefused out{.request = *request, .items = {}};
  for (std::size_t i = 0; i < *count; ++i) {
    auto item = read_refusal(in);
    if (!item) return pass(item);
    out.items.push_back(std::move(*item));
  }
  if (auto end = in.finish(); !end) return pass(end);
  return out;
}

Bytes encode_checkpoint_open(const CheckpointOpen& open) {
  cbor::Writer out;
  out.array(2).text(open.text).text(open.log_line);
  return out.take();
}

Result<CheckpointOpen> decode_checkpoint_open(ByteView bytes) {
  cbor::Reader in(bytes);
  if (auto array = expect_array(in, 2); !array) return pass(array);
  auto text = read_text(in, note_bytes_max);
  if (!text) return pass(text);
  auto line = read_text(in, note_bytes_max);
  if (!line) return pass(line);
  if (auto end = in.finish(); !end) return pass(end);
  return CheckpointOpen{.text = std::move(*text), .log_line = std::move(*line)};
}

Bytes encode_checkpoint_cosigned(const CheckpointCosigned& cosigned) {
  cbor::Writer out;
  out.array(3).uint(cosigned.size).bytes(cosigned.root.view()).text(cosigned.line);
  return out.take();
}

Result<CheckpointCosigned> decode_checkpoint_cosigned(ByteView bytes) {
  cbor::Reader in(bytes);
  if (auto array = expect_array(in, 3); !array) return pass(array);
  const auto size = in.uint();
  if (!size) return pass(size);
  const auto root = read_digest(in);
  if (!root) return pass(root);
  auto line = read_text(in, note_bytes_max);
  if (!line) return pass(line);
  if (auto end = in.finish(); !end) return pass(end);
  return CheckpointCosigned{.size = *size, .root = *root, .line = std::move(*line)};
}

Bytes encode_log_fetch(const LogFetch& fetch) {
  cbor::Writer out;
  out.array(2).uint(fetch.from.value).uint(fetch.to.value);
  return out.take();
}

Result<LogFetch> decode_log_fetch(ByteView bytes) {
  cbor::Reader in(bytes);
  if (auto array = expect_array(in, 2); !array) return pass(array);
  const auto from = in.uint();
  if (!from) return pass(from);
  const auto to = in.uint();
  if (!to) return pass(to);
  if (auto end = in.finish(); !end) return pass(end);
  if (*from == 0 || *to < *from) return bad("asks for no entries");
  return LogFetch{.from = LogIndex{*from}, .to = LogIndex{*to}};
}

Bytes encode_log_entries(const LogEntries& answer) {
  std::size_t size = 32;
  for (const LogEntry& entry : answer.entries)
    size += entry.size() + 16;
  cbor::Writer out(size);
  out.array(2).uint(answer.to.value).array(answer.entries.size());
  for (const LogEntry& entry : answer.entries)
    out.array(2).bytes(encode_entry_header(entry.header)).bytes(*entry.payload);
  return out.take();
}

Result<LogEntries> decode_log_entries(ByteView bytes) {
  cbor::Reader in(bytes);
  if (auto array = expect_array(in, 2); !array) return pass(array);
  const auto to = in.uint();
  if (!to) return pass(to);
  const auto count = in.array();
  if (!count) return pass(count);
  if (*count > log_entries_max || *count > *to) return bad("has too many entries");
  LogEntries out{.to = LogIndex{*to}};
  out.entries.reserve(*count);
  for (std::uint64_t i = 0; i < *count; ++i) {
    if (auto array = expect_array(in, 2); !array) return pass(array);
    const auto header_bytes = in.bytes();
    if (!header_bytes) return pass(header_bytes);
    auto header = decode_entry_header(*header_bytes);
    if (!header) return pass(header);
    const auto payload = in.bytes();
    if (!payload) return pass(payload);
    out.entries.push_back(make_entry(LogIndex{*to - *count + 1 + i}, *header,
                                     std::make_shared<const Bytes>(to_bytes(*payload))));
  }
  if (auto end = in.finish(); !end) return pass(end);
  return out;
}

Bytes encode_lead_forward(const LeadForward& forward) {
  cbor::Writer out(forward.order->size() + 16);
  out.array(2).uint(forward.request).bytes(*forward.order);
  return out.take();
}

Result<LeadForward> decode_lead_forward(ByteView bytes) {
  cbor::Reader in(bytes);
  if (auto array = expect_array(in, 2); !array) return pass(array);
  const auto request = in.uint();
  if (!request) return pass(request);
  const auto order = in.bytes();
  if (!order) return pass(order);
  if (order->size() > statement_bytes_max) return bad("has an order that is too large");
  if (auto end = in.finish(); !end) return pass(end);
  return LeadForward{.request = *request, .order = std::make_shared<const Bytes>(to_bytes(*order))};
}

Bytes encode_lead_refused(const LeadRefused& refused) {
  cbor::Writer out;
  out.array(4).uint(refused.request).uint(static_cast<std::uint64_t>(refused.error.code));
  out.text(clipped(refused.error.rule, rule_bytes_max));
  out.text(clipped(refused.error.message, message_bytes_max));
  return out.take();
}

Result<LeadRefused> decode_lead_refused(ByteView bytes) {
  cbor::Reader in(bytes);
  if (auto array = expect_array(in, 4); !array) return pass(array);
  const auto request = in.uint();
  if (!request) return pass(request);
  const auto code = read_code(in);
  if (!code) return pass(code);
  auto rule = read_text(in, rule_bytes_max);
  if (!rule) return pass(rule);
  auto message = read_text(in, message_bytes_max);
  if (!message) return pass(message);
  if (auto end = in.finish(); !end) return pass(end);
  return LeadRefused{.request = *request, .error = {*code, std::move(*rule), std::move(*message)}};
}

Bytes encode_state_roots(const std::vector<StateAt>& told) {
  cbor::Writer out(told.size() * 48 + 8);
  out.array(told.size());
  for (const StateAt& at : told)
    out.array(2).uint(at.index.value).bytes(at.root.view());
  return out.take();
}

Result<std::vector<StateAt>> decode_state_roots(ByteView bytes) {
  cbor::Reader in(bytes);
  const auto count = in.array();
  if (!count) return pass(count);
  if (*count == 0 || *count > state_roots_max) return bad("tells no state roots, or too many");
  std::vector<StateAt> told;
  for (std::size_t i = 0; i < *count; ++i) {
    if (auto array = expect_array(in, 2); !array) return pass(array);
    const auto index = in.uint();
    if (!index) return pass(index);
    const auto root = read_digest(in);
    if (!root) return pass(root);
    told.push_back({LogIndex{*index}, *root});
  }
  if (auto end = in.finish(); !end) return pass(end);
  return told;
}

Bytes encode_mark_ask(const MarkAsk& ask) {
  cbor::Writer out;
  out.array(2).bytes(ask.log.view()).bytes(ask.cosigner.view());
  return out.take();
}

Result<MarkAsk> decode_mark_ask(ByteView bytes) {
  cbor::Reader in(bytes);
  if (auto array = expect_array(in, 2); !array) return pass(array);
  MarkAsk out;
  for (PublicKey* key : {&out.log, &out.cosigner}) {
    const auto read = in.bytes();
    if (!read) return pass(read);
    const auto made = public_key_from(*read);
    if (!made) return pass(made);
    *key = *made;
  }
  if (auto end = in.finish(); !end) return pass(end);
  return out;
}

Bytes encode_mark_offer(const MarkOffer& offer) {
  cbor::Writer out;
  out.array(2).uint(offer.remembers ? 1 : 0).array(offer.lines.size());
  for (const SignedText& line : offer.lines)
    out.array(2).text(line.text).text(line.line);
  return out.take();
}

Result<MarkOffer> decode_mark_offer(ByteView bytes) {
  cbor::Reader in(bytes);
  if (auto array = expect_array(in, 2); !array) return pass(array);
  const auto remembers = in.uint();
  if (!remembers) return pass(remembers);
  if (*remembers > 1) return bad("neither remembers nor does not");
  const auto count = in.array();
  if (!count) return pass(count);
  if (*count > mark_offer_lines_max) return bad("offers too many lines");
  MarkOffer out{.remembers = *remembers == 1, .lines = {}};
  for (std::size_t i = 0; i < *count; ++i) {
    if (auto array = expect_array(in, 2); !array) return pass(array);
    auto text = read_text(in, note_bytes_max);
    if (!text) return pass(text);
    auto line = read_text(in, note_bytes_max);
    if (!line) return pass(line);
    out.lines.push_back({.text = std::move(*text), .line = std::move(*line)});
  }
  if (auto end = in.finish(); !end) return pass(end);
  return out;
}

Bytes encode_join_ask(const JoinAsk& ask) {
  cbor::Writer out;
  out.array(1).uint(ask.index.value);
  return out.take();
}

Result<JoinAsk> decode_join_ask(ByteView bytes) {
  cbor::Reader in(bytes);
  if (auto array = expect_array(in, 1); !array) return pass(array);
  const auto index = in.uint();
  if (!index) return pass(index);
  if (auto end = in.finish(); !end) return pass(end);
  return JoinAsk{.index = LogIndex{*index}};
}

Bytes encode_join_offer(const JoinOffer& offer) {
  cbor::Writer out;
  out.array(3).uint(offer.asked.value).uint(offer.index.value).bytes(offer.hash.view());
  return out.take();
}

Result<JoinOffer> decode_join_offer(ByteView bytes) {
  cbor::Reader in(bytes);
  if (auto array = expect_array(in, 3); !array) return pass(array);
  const auto asked = in.uint();
  if (!asked) return pass(asked);
  const auto index = in.uint();
  if (!index) return pass(index);
  const auto hash = read_digest(in);
  if (!hash) return pass(hash);
  if (auto end = in.finish(); !end) return pass(end);
  if (*index == 0 && !hash->is_zero()) return bad("has the hash of no entry");
  return JoinOffer{.asked = LogIndex{*asked}, .index = LogIndex{*index}, .hash = *hash};
}

}  // namespace anta

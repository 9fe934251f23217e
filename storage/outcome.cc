#include "storage/outcome.h"

#include "crypto/cbor.h"

namespace anta {
namespace {

constexpr std::size_t outcome_members = 8;
constexpr std::size_t flags_max = 64;

Result<void> read_members(cbor::Reader& in, Outcome& outcome) {
  auto accepted = in.boolean();
  auto rule = in.text();
  auto message = in.text();
  auto leaf = in.uint();
  auto time = in.integer();
  auto block = in.uint();
  auto position = in.uint();
  auto flags = in.array();
  if (!flags) return pass(flags);  // the first error is repeated by every later read
  if (*position > UINT32_MAX || *flags > flags_max)
    return in.refuse("outcome.range", "a number is out of range");
  outcome.accepted = *accepted;
  outcome.rule = *rule;
  outcome.message = *message;
  outcome.leaf = LeafIndex{*leaf};
  outcome.block_time = Millis{*time};
  outcome.block = LogIndex{*block};
  outcome.position = static_cast<std::uint32_t>(*position);
  for (std::size_t i = 0; i < *flags; ++i) {
    auto flag = in.text();
    if (!flag) return pass(flag);
    outcome.flags.emplace_back(*flag);
  }
  return in.finish();
}

}  // namespace

Bytes encode_outcome(const Outcome& outcome) {
  cbor::Writer out(96);
  out.array(outcome_members);
  out.boolean(outcome.accepted).text(outcome.rule).text(outcome.message).uint(outcome.leaf.value);
  out.integer(outcome.block_time.value).uint(outcome.block.value).uint(outcome.position);
  out.array(outcome.flags.size());
  for (const std::string& flag : outcome.flags)
    out.text(flag);
  return out.take();
}

Result<Outcome> decode_outcome(const Digest& statement, ByteView bytes) {
  cbor::Reader in(bytes);
  auto members = in.array();
  if (!members) return pass(members);
  if (*members != outcome_members) return in.refuse("outcome.members", "an outcome has 8 members");
  Outcome outcome;
  outcome.statement = statement;
  if (auto read = read_members(in, outcome); !read) return pass(read);
  return outcome;
}

}  // namespace anta

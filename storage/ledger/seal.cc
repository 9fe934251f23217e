#include "storage/ledger/seal.h"

#include <algorithm>

#include "crypto/cbor.h"

namespace anta {
namespace {

// Never renumber.
constexpr std::uint64_t key_height = 1;
constexpr std::uint64_t key_block_time = 2;
constexpr std::uint64_t key_state_root = 3;
constexpr std::uint64_t key_first_leaf = 4;
constexpr std::uint64_t key_accepted = 5;
constexpr std::size_t fields = 5;

Result<void> read_field(cbor::Reader& in, std::uint64_t key, Seal& seal) {
  const auto number = [&in](std::uint64_t& to) -> Result<void> {
    const auto value = in.uint();
    if (!value) return pass(value);
    to = *value;
    return {};
  };
  switch (key) {
    case key_height: return number(seal.height.value);
    case key_first_leaf: return number(seal.first_leaf.value);
    case key_accepted: return number(seal.accepted);
    case key_block_time: {
      const auto value = in.integer();
      if (!value) return pass(value);
      seal.block_time = Millis{*value};
      return {};
    }
    case key_state_root: {
      const auto root = in.bytes();
      if (!root) return pass(root);
      if (root->size() != Digest::size) return in.refuse("seal.root", "a state root is 32 bytes");
      std::copy(root->begin(), root->end(), seal.state_root.bytes.begin());
      return {};
    }
    default: return in.refuse("seal.key", "a seal has the keys 1 to 5");
  }
}

}  // namespace

Bytes encode_seal(const Seal& seal) {
  cbor::Writer out;
  out.map(fields);
  out.uint(key_height).uint(seal.height.value);
  out.uint(key_block_time).integer(seal.block_time.value);
  out.uint(key_state_root).bytes(seal.state_root.view());
  out.uint(key_first_leaf).uint(seal.first_leaf.value);
  out.uint(key_accepted).uint(seal.accepted);
  return out.take();
}

Result<Seal> decode_seal(ByteView bytes) {
  Seal seal;
  cbor::Reader in(bytes);
  const auto pairs = in.map();
  if (!pairs) return pass(pairs);
  if (*pairs != fields) return in.refuse("seal.fields", "a seal has 5 fields");
  for (std::size_t i = 0; i < fields; ++i) {
    const auto key = in.uint();  // in order and none twice, so all five are there
    if (!key) return pass(key);
    if (auto field = read_field(in, *key, seal); !field) return pass(field);
  }
  if (auto end = in.finish(); !end) return pass(end);
  return seal;
}

}  // namespace anta

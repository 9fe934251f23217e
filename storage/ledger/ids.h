// Names, positions and quantities, each its own type (house.md rule 6).
//
// A position (LogIndex, LeafIndex, TreeSize, Term, Height) compares and advances. A quantity (Grams, Ppm,
// Millis) adds and subtracts, checked where the ledger does it (law). A name (PartyId, LotId, ...) compares.
// There is no implicit way in or out: `.value` is the way out, braces are the way in. Pure, any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace anta {

// A number that only compares and advances. Tag makes the type.
template <typename Tag>
struct Position {
  std::uint64_t value = 0;
  auto operator<=>(const Position&) const = default;
  Position next() const { return Position{value + 1}; }
  Position previous() const { return Position{value - 1}; }  // the caller knows it is not zero
  Position plus(std::uint64_t distance) const { return Position{value + distance}; }
};

using LogIndex = Position<struct LogIndexTag>;    // Raft's: no-ops, configurations and blocks; first is 1
using LeafIndex = Position<struct LeafIndexTag>;  // the ledger's: accepted statements and seals; first is 0
using TreeSize = Position<struct TreeSizeTag>;    // how many leaves
using Term = Position<struct TermTag>;            // Raft's term; first is 1
using Height = Position<struct HeightTag>;        // how many seals came before

// A mass in grams, never negative on the ledger; at most grams_max.
struct Grams {
  std::int64_t value = 0;
  auto operator<=>(const Grams&) const = default;
};
inline constexpr std::int64_t grams_max = 9007199254740991;  // 2^53 - 1: exact in any JSON reader

// Millionths: 1 % is 10 000.
struct Ppm {
  std::int64_t value = 0;
  auto operator<=>(const Ppm&) const = default;
};

// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
struct Millis {
  std::int64_t value = 0;
  auto operator<=>(const Millis&) const = default;
};

// A name on the ledger: [A-Za-z0-9][A-Za-z0-9._-]{0,63}. The codec checks the shape; Tag makes the type.
template <typename Tag>
struct Id {
  std::string value = {};
  auto operator<=>(const Id&) const = default;
  bool empty() const { return value.empty(); }
};

using PartyId = Id<struct PartyIdTag>;
using SiteId = Id<struct SiteIdTag>;
using LotId = Id<struct LotIdTag>;
using DispatchId = Id<struct DispatchIdTag>;
using ProcessId = Id<struct ProcessIdTag>;
using AttestationId = Id<struct AttestationIdTag>;
using AccountId = Id<struct AccountIdTag>;
using CertificateId = Id<struct CertificateIdTag>;
using SchemeId = Id<struct SchemeIdTag>;
using DeviceId = Id<struct DeviceIdTag>;
using ScaleId = Id<struct ScaleIdTag>;
using NodeId = Id<struct NodeIdTag>;
using ProposalId = Id<struct ProposalIdTag>;
using NetworkId = Id<struct NetworkIdTag>;

// Whether text has the shape of an id.
bool is_id(std::string_view text);

}  // namespace anta

template <typename Tag>
struct std::hash<anta::Id<Tag>> {
  std::size_t operator()(const anta::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
template <typename Tag>
struct std::hash<anta::Position<Tag>> {
  std::size_t operator()(const anta::Position<Tag>& p) const noexcept {
    return std::hash<std::uint64_t>{}(p.value);
  }
};

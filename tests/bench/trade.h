// The chain that the load generator plays: parties, their keys and sites, and the statements that found them.
//
// Everything is made from one seed, so that two runs send the same bytes apart from the times. Producers with
// a mine each, formalised and attested; plants with a mill, attested segregated or mass_balance by turns, the
// latter with an open account; carriers and buyers. The founding lies `span_days` before `now`, and chains
// are spread over the days between, so that no producer's month holds more lots than a real one's: the
// network must accept events that old (network_document). Immutable once made; any thread may read it.
#pragma once

#include <string>
#include <vector>

#include "crypto/error.h"
#include "crypto/keys.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/ids.h"
#include "storage/ledger/payload.h"

namespace anta::bench {

inline constexpr std::int64_t hour_ms = 3'600'000;
inline constexpr std::int64_t span_days = 350;  // an account's period is at most 366
inline constexpr std::int64_t event_age_max_days = 3650;

struct Trader {
  PartyId id = {};
  SigningKey key;
  SiteId site = {};
};

struct TradeSize {
  std::size_t producers = 120;
  std::size_t plants = 12;
  std::size_t carriers = 12;
  std::size_t buyers = 6;
};

class Trade {
 public:
  Trade(TradeSize size, std::uint64_t seed, Millis now);

  const std::vector<Trader>& producers() const { return producers_; }
  const std::vector<Trader>& plants() const { return plants_; }
  const std::vector<Trader>& carriers() const { return carriers_; }
  const std::vector<Trader>& buyers() const { return buyers_; }
  static bool keeps_account(std::size_t plant) { return plant % 2 == 1; }
  std::size_t keys() const;

  Millis now() const { return now_; }
  Millis founded() const { return {now_.value - span_days * 24 * hour_ms}; }

  // Registers, formalises, accredits and attests everybody, in an order that is lawful.
  std::vector<Bytes> founding(const SigningKey& registrar) const;

 private:
  std::vector<Trader> made(const std::string& stem, std::size_t count) const;

  std::uint64_t seed_ = 0;
  Millis now_ = {};
  std::vector<Trader> producers_ = {};
  std::vector<Trader> plants_ = {};
  std::vector<Trader> carriers_ = {};
  std::vector<Trader> buyers_ = {};
  Trader owner_;
  Trader body_;
  Trader authority_;
};

// Names that the genesis and the founding share.
inline constexpr const char* registrar_id = "registro";
inline constexpr const char* owner_id = "esquema";
inline constexpr const char* scheme_id = "crp";

// The network's part of a scenario file (JSON), with that many nodes: what `anta network new --scenario`
// reads.
std::string network_document(std::size_t nodes);

// The genesis of a ledger that a bench lays by itself, without a network: one node that nobody runs.
Genesis lone_genesis(const PublicKey& registrar, Millis now);

// A key that the name alone decides.
SigningKey key_by_name(std::string_view name);

// Signs what the bench itself made: a refusal by the codec is a fault of the bench, and aborts.
Bytes signed_by(const PartyId& issuer, const SigningKey& key, const payload::Payload& payload, Millis now,
                const std::array<std::uint8_t, 16>& cti);

}  // namespace anta::bench

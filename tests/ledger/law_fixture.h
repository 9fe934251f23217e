// A ledger in memory for the law's tests: parties with keys, a clock, statements signed, decoded,
// authenticated and judged as a node does it, and their effects applied.
//
// World() is a founded network: parties and sites as listed below, everybody formalised, accredited and
// attested, at `now` two days after t0. Builders fill a lawful payload whose event is `now`; a test changes
// what it is about and submits it. One world per test, one thread.
//
//   registrar            of the genesis           owner    owns the scheme "crp", accredits
//   miner   producer, PMA, site mine              body     assurance body, accredited for crp
//   miner2  producer, PPM, site mine2             ministry authority
//   plant   site mill (flotation, segregated)     auditor, truck (transporter), lab (laboratory)
//   smelter site works (smelting, electrorefining, mass_balance)   buyer site store, abroad
//   plant, smelter and owner each run a voting node of the genesis: n-plant, n-smelter, n-owner
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "storage/ledger/codec.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/law.h"
#include "storage/ledger/parameter.h"
#include "storage/ledger/state.h"

namespace anta::test {

inline constexpr std::int64_t second = 1000;
inline constexpr std::int64_t hour = 3600 * second;
inline constexpr std::int64_t day = 24 * hour;
inline constexpr std::int64_t t0 = 1735689600000;  // 2025-01-01T00:00:00Z
inline constexpr std::int64_t tonne = 1000000;     // grams

using Parameters = std::vector<std::pair<std::string, ParameterValue>>;

payload::Measurement measured(std::int64_t wet_g, std::int64_t moisture_ppm, std::int64_t cu_ppm,
                              MeasurementStatus status = MeasurementStatus::estimated);
// 20 t of ore, 3 % moist, 5 % Cu: dry 19 400 000, Cu 970 000; nothing about it is unusual.
payload::Measurement some_ore();

// A node's keys: always the same for a name, different for every other.
payload::NodeKeySet node_keys(const std::string& of);

class World {
 public:
  explicit World(Parameters parameters = {});

  // --- the clock ---
  std::int64_t now = t0;  // the event time that builders fill in
  std::int64_t block_time() const { return now + lag; }
  std::int64_t lag = 0;  // how much later than its event a statement is recorded

  // --- statements ---
  // "accepted", or the code of the rejection. An accepted statement is applied.
  std::string submit(const std::string& as, const payload::Payload& payload);
  std::string submit_bytes(Bytes bytes);
  Bytes sign(const std::string& as, const payload::Payload& payload);
  void must(const std::string& as, const payload::Payload& payload);  // a failed expectation unless accepted
  Digest last_digest = {};                                            // of the last submission
  Effects last = {};                                                  // of the last accepted statement
  std::string last_message;                                           // of the last rejection
  bool flagged(std::string_view code) const;                          // the last accepted statement

  const SigningKey& key(const std::string& party);  // made on first use, always the same for a name

  // --- state ---
  MemoryView view = {};
  MassFlow mass = {};  // sum over all accepted statements
  struct Recorded {
    Bytes bytes = {};
    Moment moment = {};
    std::string outcome = {};
  };
  std::vector<Recorded> log = {};  // every submission, for replays
  Genesis genesis = {};
  template <typename T>
  T get(const std::string& id) const {
    const auto record = state::find<T>(view, id);
    if (!record) {
      ADD_FAILURE() << "no record " << id;
      return T{};
    }
    return *record;
  }

  // --- parties and sites ---
  void party(const std::string& id, std::vector<Role> roles,
             std::optional<CapacityClass> capacity_class = std::nullopt);
  void site(const std::string& id, const std::string& operator_id, SiteKind kind,
            std::vector<ProcessKind> processes = {});
  void formalise(const std::string& party, FormalisationStatus status, std::int64_t effective_from);
  void attest(const std::string& id, AttestationKind kind, const std::string& subject,
              const std::string& site_id, std::vector<CocModel> models = {});

  // --- builders: lawful payloads whose event is `now` ---
  payload::Common common() const;
  payload::Party party_payload(const std::string& id) const;
  payload::Site site_payload(const std::string& id, const std::string& operator_id, SiteKind kind) const;
  payload::Formalisation formalisation(const std::string& subject, FormalisationStatus status) const;
  payload::Attestation attestation(const std::string& id, const std::string& subject,
                                   const std::string& site_id) const;
  payload::AttestationStatus attestation_status(const std::string& id, AttestationChange change) const;
  // Of `miner` at `mine`, extracted during the day before.
  payload::Lot lot(const std::string& id, payload::Measurement measurement = some_ore()) const;
  payload::Dispatch dispatch(const std::string& id, const std::vector<std::string>& lots,
                             payload::Measurement each = some_ore()) const;  // mine -> mill, by truck
  payload::Handover handover(const std::string& dispatch_id) const;
  payload::Receipt receipt(const std::string& dispatch_id, const std::vector<std::string>& lots,
                           payload::Measurement each = some_ore()) const;
  payload::Take all_of(const std::string& lot_id) const;  // what remains of a lot
  // Concentrate from these lots at the mill: all they have left, 90 % recovered at 24 % Cu, the rest
  // tailings.
  payload::Process flotation(const std::string& id, const std::vector<std::string>& lots,
                             const std::string& output) const;
  payload::Process flotation_of(const std::string& id, std::vector<payload::Take> inputs,
                                const std::string& output) const;  // the same of these parts
  payload::Certificate certificate(
      const std::string& id, const std::string& lot_id, CocModel model,
      std::optional<std::string> buyer = std::nullopt) const;  // all that remains

  // Registers a lot at the mine and brings it to the mill, accepted; one day passes.
  void deliver(const std::string& lot_id, payload::Measurement measurement = some_ore());

 private:
  void found();
  std::map<std::string, SigningKey> keys_ = {};
  std::uint64_t cti_ = 0;
  std::uint64_t leaf_ = 2;
};

}  // namespace anta::test

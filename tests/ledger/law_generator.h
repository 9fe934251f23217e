// Random lives of a small chain: statements that a party might well send next, seen from the state.
//
// step() submits one statement, mostly lawful, sometimes just beyond; what is accepted changes the world.
// Lots are drawn in whole and in part, certificates cover them in whole and in part, and end with and without
// a successor, on the same lot or on another. The same seed gives the same life. Used by the property tests
// of the law and of certificate files; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/ledger/law_fixture.h"

namespace anta::test {

class Generator {
 public:
  explicit Generator(std::uint64_t seed);

  void step();

  World world;
  std::map<std::string, int> accepted = {};  // statements by type
  std::set<std::string> refunded = {};       // certificates whose debits were paid back by their end

 private:
  struct Signed {
    std::string by = {};
    Digest digest = {};
  };

  std::string submit(const std::string& as, const payload::Payload& payload);
  std::string next_id(const std::string& prefix);
  CertificateId certificate_to_come();
  std::string next_certificate();          // announced, or new
  std::int64_t below(std::int64_t bound);  // 0 .. bound - 1
  bool one_in(std::int64_t n) { return below(n) == 0; }
  std::vector<state::Lot> lots(const std::function<bool(const state::Lot&)>& wanted) const;
  std::vector<state::Lot> stock(const std::string& holder) const;  // something left and not on the way
  std::vector<state::Dispatch> dispatches(const std::function<bool(const state::Dispatch&)>& wanted) const;
  std::vector<state::Certificate> live() const;
  payload::Measurement figures(const state::Lot& lot) const;      // as its last accepted ones
  std::size_t pick(const std::vector<state::Lot>& candidates);    // any, and often one with a certificate
  payload::Measurement varied(payload::Measurement measurement);  // as another scale might see it
  payload::Take some_of(const state::Lot& lot);  // all that remains, or a part of about its grade

  void originate();
  void send();
  void load(const std::string& holder, const std::string& to, const std::vector<state::Lot>& candidates);
  void hand_over();
  void receive();
  void answer();
  void resolve();
  void end();
  void split();
  void blend();
  void work();
  void process(bool mill, std::vector<payload::Take> taken);
  void use_up();
  void certify();
  void end_claim();
  void change_stock();
  void hold();
  void relate();
  void change_owner();
  void open_account();
  void change_attestation();
  void correct();
  void govern();

  std::mt19937_64 random_;
  std::mt19937_64 network_random_;  // of its own: what happens to goods does not hang on votes
  std::uint64_t proposals_ = 0;
  std::uint64_t ids_ = 0;
  std::vector<Signed> sent_ = {};
  std::vector<std::string> announced_ = {};  // certificates that a status named before they were issued
};

}  // namespace anta::test

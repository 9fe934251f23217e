// Plays a scenario against running nodes and compares every outcome and expectation: the test of the whole.
//
// Makes a key per party (or takes them from a directory), registers the parties, submits every statement
// through HTTP to the nodes in turn (or spread by a seed), and at each check asks all nodes after a read
// index. It stops at the first thing that is not as the file says. A statement that stays undecided is sent
// again, to the next node, until a deadline: the same bytes have one outcome. Blocking, one thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "cli/http_client.h"
#include "cli/scenario.h"
#include "crypto/keys.h"
#include "storage/ledger/verify.h"

namespace anta {

struct PlayOptions {
  std::string keys_directory = {};           // empty: keys live in memory only
  std::string record_directory = {};         // each signed statement goes there as NNNN.cose; empty: nowhere
  std::optional<std::uint64_t> spread = {};  // submissions to nodes drawn by this seed; none: in turn
  std::chrono::seconds patience{60};         // for one statement to be decided, or one checkpoint to finish
  Millis now = {};
  Trust trust = {};  // certificates are verified with it
  std::function<void(const std::string&)> say = {};
};

struct PlayResult {
  std::size_t accepted = 0;
  std::size_t rejected = 0;
  std::vector<std::string> certificates = {};  // accepted ones, in order
  std::int64_t leaves = 0;
  std::string state_root = {};
  std::string tree_root = {};
};

// What was not met; the message names its step.
tl::unexpected<Error> unmet(std::string message);

class Player {
 public:
  Player(const Scenario& scenario, HttpClient& client, SigningKey registrar, PlayOptions options);

  // rule_violated with rule "expectation": the first thing that was not met, naming its step.
  Result<PlayResult> play();

 private:
  struct Sent {
    std::string outcome = {};  // "accepted" or the code
    std::string message = {};
  };
  Result<void> check_clock() const;
  Result<void> make_keys();
  Result<void> register_parties();
  Result<Bytes> sign(const payload::Payload& payload, const PartyId& as, const std::string& tamper);
  Result<void> record(const Bytes& statement);
  Result<Sent> send(const Bytes& statement);
  Result<void> play_step(std::size_t number, const ScenarioStep& step);
  Result<void> check(std::size_t number, const ScenarioStep& step);
  Result<void> wait_cosigned();
  Result<void> check_lots(const Expectations& wanted, const std::string& where);
  Result<void> check_accounts(const Expectations& wanted, const std::string& where);
  Result<void> check_certificates(const Expectations& wanted, const std::string& where);
  Result<void> check_roots(const std::string& where);
  Result<Value> same_everywhere(const std::string& path, const std::string& where);
  std::size_t next_node();

  const Scenario& scenario_;
  HttpClient& client_;
  SigningKey registrar_;
  PlayOptions options_;
  PlayResult result_ = {};
  std::map<PartyId, SigningKey> keys_ = {};
  Bytes last_accepted_ = {};
  std::size_t turn_ = 0;
  std::size_t recorded_ = 0;
  std::uint64_t random_ = 0;
};

}  // namespace anta

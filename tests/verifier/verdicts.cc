// What verify_certificate makes of many certificate files, for verifier_test.py to hold against the verifier
// in Python.
//
// Reads from stdin, as often as there are files: a line "<now ms> <require_state 0|1> <max_age s or -1>
// <policy bytes> <assertions bytes> <file bytes>", then those bytes of the policy, of the other assertions
// and of the file. Assertions are lines "<key of policy.assertions.yaml> <value>", a list's one for each item
// (a key alone: an empty list). Answers one line each: the verdict and the first reason's code, or "-". A
// policy that does not parse is answered "policy <rule>", with no verdict.
#include <iostream>
#include <sstream>
#include <string>

#include "crypto/text.h"
#include "storage/ledger/verify.h"

namespace anta {
namespace {

std::string bytes(std::size_t count) {
  std::string taken(count, '\0');
  std::cin.read(taken.data(), static_cast<std::streamsize>(count));
  ANTA_INVARIANT(static_cast<std::size_t>(std::cin.gcount()) == count);
  return taken;
}

void assert_one(const std::string& key, const std::string& value, Assertions& into) {
  if (value.empty()) return;
  if (key == "schemes") return into.schemes.push_back(SchemeId{value});
  if (key == "issuers") return into.issuers.push_back(PartyId{value});
  if (key == "certificate") return void(into.certificate = CertificateId{value});
  if (key == "buyer") return void(into.buyer = PartyId{value});
  if (key == "models") {
    const auto model = from_word<CocModel>(value);
    ANTA_INVARIANT(model.has_value());
    return into.models.push_back(*model);
  }
  ANTA_INVARIANT(key == "genesis");
  const auto genesis = digest_from_hex(value);
  ANTA_INVARIANT(genesis.has_value());
  into.genesis = *genesis;
}

void answer(Trust trust, std::int64_t now, const std::string& policy, const std::string& file) {
  const Result<Policy> parsed = parse_policy(policy);
  if (!parsed) {
    std::cout << "policy " << parsed.error().rule << '\n';
    return;
  }
  trust.policy = *parsed;
  const Report report = verify_certificate(as_bytes(file), trust, Millis{now});
  std::cout << word(report.verdict) << ' ' << (report.reasons.empty() ? "-" : report.reasons.front().code)
            << '\n';
}

}  // namespace
}  // namespace anta

int main() {
  std::ios::sync_with_stdio(false);
  std::int64_t now = 0;
  std::int64_t max_age = 0;
  int require_state = 0;
  std::size_t policy = 0;
  std::size_t assertions = 0;
  std::size_t file = 0;
  while (std::cin >> now >> require_state >> max_age >> policy >> assertions >> file) {
    anta::bytes(1);  // the line's end
    const std::string its_policy = anta::bytes(policy);
    anta::Trust trust;
    trust.assertions.require_state = require_state == 1;
    if (max_age >= 0) trust.assertions.max_age_seconds = max_age;
    std::istringstream lines(anta::bytes(assertions));
    for (std::string line; std::getline(lines, line);) {
      const std::size_t space = line.find(' ');
      const std::string value = space == std::string::npos ? "" : line.substr(space + 1);
      anta::assert_one(line.substr(0, space), value, trust.assertions);
    }
    anta::answer(std::move(trust), now, its_policy, anta::bytes(file));
  }
  return 0;
}

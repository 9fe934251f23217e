// What verify_certificate makes of many certificate files, for verifier_test.py to hold against the verifier
// in Python.
//
// Reads from stdin, as often as there are files: a line "<now ms> <require_state 0|1> <max_age s or -1>
// <policy bytes> <file bytes>", then those bytes of the policy and of the file. Answers one line each: the
// verdict and the first reason's code, or "-". A policy that does not parse is answered "policy <rule>", with
// no verdict.
#include <iostream>
#include <string>

#include "storage/ledger/verify.h"

namespace anta {
namespace {

std::string bytes(std::size_t count) {
  std::string taken(count, '\0');
  std::cin.read(taken.data(), static_cast<std::streamsize>(count));
  ANTA_INVARIANT(static_cast<std::size_t>(std::cin.gcount()) == count);
  return taken;
}

void answer(std::int64_t now, bool require_state, std::int64_t max_age, const std::string& policy,
            const std::string& file) {
  Trust trust;
  const Result<Policy> parsed = parse_policy(policy);
  if (!parsed) {
    std::cout << "policy " << parsed.error().rule << '\n';
    return;
  }
  trust.policy = *parsed;
  trust.assertions.require_state = require_state;
  if (max_age >= 0) trust.assertions.max_age_seconds = max_age;
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
  std::size_t file = 0;
  while (std::cin >> now >> require_state >> max_age >> policy >> file) {
    anta::bytes(1);  // the line's end
    const std::string its_policy = anta::bytes(policy);
    anta::answer(now, require_state == 1, max_age, its_policy, anta::bytes(file));
  }
  return 0;
}

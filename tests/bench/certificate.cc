// What verifying certificate files costs, beside the signature checks that it cannot do without.
//
//     bench_certificate POLICY FILE...
//
// One JSON line per file: bytes, statements, signature checks, the verification's time and that of one check
// of a 500-byte message, each the median of turns that alternate between the two. Exit 1 if a file is not
// valid.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <vector>

#include "cli/policy_file.h"
#include "cli/text_file.h"
#include "crypto/keys.h"
#include "storage/ledger/certificate_file.h"
#include "storage/ledger/verify.h"

namespace anta::bench {
namespace {

constexpr int turns = 15;
constexpr int checks_of_turn = 50;
constexpr std::size_t message_bytes = 500;

// CPU time of this thread: verification does nothing but compute, and neighbours on the machine are not its
// cost.
double cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

Millis wall_clock() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return Millis{std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
}

// Milliseconds of one signature check.
double check_ms() {
  const Digest seed = sha256(as_bytes("bench certificate"));
  const SigningKey key(Secret32(std::span<const std::uint8_t, 32>(seed.bytes)));
  const Bytes message(message_bytes, 7);
  const Signature signature = key.sign(message);
  const double begin = cpu_ms();
  bool right = true;
  for (int i = 0; i < checks_of_turn; ++i)
    right = verify(key.public_key(), message, signature) && right;
  ANTA_INVARIANT(right);
  return (cpu_ms() - begin) / checks_of_turn;
}

bool measure(const std::string& path, const Trust& trust) {
  const auto bytes = read_file(path);
  const auto file = bytes ? decode_certificate_file(*bytes) : Result<CertificateFile>(pass(bytes));
  if (!file) {
    std::cerr << "bench_certificate: " << path << ": " << file.error().message << "\n";
    return false;
  }
  const Millis now = wall_clock();
  const auto note = check_note(*trust.policy, file->note, static_cast<std::uint64_t>(now.value / 1000));
  Report report = verify_certificate(*bytes, trust, now);
  if (!note || (report.verdict != CertificateVerdict::valid &&
                report.verdict != CertificateVerdict::valid_with_flags)) {
    std::cerr << "bench_certificate: " << path << " is " << word(report.verdict) << "\n";
    return false;
  }
  std::vector<double> whole, single;
  for (int turn = 0; turn < turns; ++turn) {
    const double begin = cpu_ms();
    report = verify_certificate(*bytes, trust, now);
    whole.push_back(cpu_ms() - begin);
    single.push_back(check_ms());
  }
  const std::size_t checks = report.statements + note->logs.size() + note->cosigners.size();
  std::cout << "{\"bytes\": " << bytes->size() << ", \"statements\": " << report.statements
            << ", \"checks\": " << checks << ", \"verify_ms\": " << median(whole)
            << ", \"check_ms\": " << median(single) << "}\n";
  return true;
}

int measure_all(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "bench_certificate POLICY FILE...\n";
    return 2;
  }
  const auto trust = read_trust(argv[1], std::nullopt);
  if (!trust || !trust->policy) {
    std::cerr << "bench_certificate: " << argv[1] << ": no policy\n";
    return 2;
  }
  bool good = true;
  for (int i = 2; i < argc; ++i)
    good = measure(argv[i], *trust) && good;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace anta::bench

int main(int argc, char** argv) { return anta::bench::measure_all(argc, argv); }

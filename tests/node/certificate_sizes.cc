// Sizes and times of receipts, certificate files and refresh patches against their budgets (proofs.md section
// 5), with five cosigners.
//
//     certificate_sizes [LEAVES [COMPUTED]]     measured at LEAVES (10^6), computed at COMPUTED (10^9)
//     certificate_sizes --check                 that what is computed agrees with what is measured; exit 1
//     certificate_sizes --sources N             a certificate over N sources: made, summed up, verified
//
// Measured: a node's own file of a real chain, laid in a tree and a state of so many leaves, signed by all
// and verified (laid_file.h). A receipt is a statement, its path and the note, as the file encodes them. The
// budgets count kB of 1 000 bytes; times are CPU time of the thread, the median of turns.
#include <sys/resource.h>
#include <time.h>

#include <cstdio>
#include <cstring>
#include <iostream>

#include "storage/ledger/certificate_reading.h"
#include "tests/node/laid_file.h"
#include "tests/node/many_sources.h"

namespace anta::test {
namespace {

double cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

template <typename Work>
double median_ms(int turns, Work work) {
  std::vector<double> times;
  for (int turn = 0; turn < turns; ++turn) {
    const double begin = cpu_ms();
    work();
    times.push_back(cpu_ms() - begin);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

// Ore of two loads, floated, sold and smelted; a certificate of the anode against an account.
World chain() {
  World world = rich_world();
  for (const char* organisation : {"miner", "lab"})
    world.genesis.nodes.push_back({NodeId{std::string("n-") + organisation}, PartyId{organisation},
                                   node_keys(organisation), "127.0.0.1:7101"});
  world.must("smelter", account(world, "A"));
  world.now = t0 + 2 * day;
  concentrate(world, "L-1", "K-1");
  sell(world, "K-1");
  world.must("smelter", smelting(world, "S-1", "K-1", "A-1"));
  auto certificate = world.certificate("C-1", "A-1", CocModel::mass_balance, "buyer");
  certificate.dry_g.value = certificate.dry_g.value * 9 / 10;
  certificate.cu_g.value = certificate.cu_g.value * 9 / 10;
  certificate.valid_until = Millis{1'900'000'000'000};
  world.must("smelter", certificate);
  return world;
}

struct Sizes {
  std::size_t statements = 0;
  std::size_t records = 0;
  std::size_t receipt = 0;
  std::size_t receipt_statement = 0;  // bytes of the statement in it
  std::size_t certificate = 0;
  std::size_t per_statement = 0;  // on average
  std::size_t per_record = 0;
  std::size_t patch = 0;
};

std::size_t bytes_of(const std::vector<ProvenStatement>& statements, std::span<const Digest> before = {}) {
  std::size_t bytes = 0;
  for (const ProvenStatement& proven : statements) {
    cbor::Writer out;
    out.array(3).uint(proven.leaf.value).bytes(*proven.statement);
    certificate_reading::write_path(out, proven.path, before);
    before = proven.path;
    bytes += out.take().size();
  }
  return bytes;
}

// The registration of the lot, which is what a holder would show.
const ProvenStatement& lot_of(const CertificateFile& file) {
  for (const ProvenStatement& proven : file.evidence) {
    if (decode_statement(proven.statement)->type == "lot") return proven;
  }
  ANTA_INVARIANT(false);
}

Sizes sizes_of(const Laid& laid) {
  const CertificateFile& file = laid.file;
  Sizes sizes{.statements = file.evidence.size() + file.authority.size(),
              .records = file.state->records.size()};
  const ProvenStatement& lot = lot_of(file);
  sizes.receipt = bytes_of({lot}) + file.note.size();
  sizes.receipt_statement = lot.statement->size();
  sizes.certificate = encode_certificate_file(file).size();
  sizes.per_statement =
      (bytes_of(file.evidence) + bytes_of(file.authority, file.genesis_path)) / sizes.statements;
  ProvenState bare = *file.state;
  bare.records.clear();
  cbor::Writer with, without;
  write_proven_state(with, *file.state);
  write_proven_state(without, bare);
  sizes.per_record = (with.size() - without.size()) / sizes.records;
  sizes.patch = laid.patch.size();
  return sizes;
}

bool row(const char* what, double value, double budget, const char* unit) {
  std::printf("  %-46s %10.2f %-3s budget %8.2f  %s\n", what, value, unit, budget,
              value <= budget ? "met" : "NOT MET");
  return value <= budget;
}

void print(const char* how, std::uint64_t leaves, const Sizes& s, double receipt, double statement,
           double record) {
  const auto kb = [](std::size_t bytes) { return static_cast<double>(bytes) / 1000; };
  std::printf("%s at %llu leaves and as many records, 5 cosigners: %zu statements, %zu records\n", how,
              static_cast<unsigned long long>(leaves), s.statements, s.records);
  const auto n = static_cast<double>(s.statements);
  const auto k = static_cast<double>(s.records);
  row(("receipt (its statement: " + std::to_string(s.receipt_statement) + " bytes)").c_str(), kb(s.receipt),
      receipt, "kB");
  row("certificate", kb(s.certificate), 1.8 + n * statement + k * record, "kB");
  // The budget is of their sum.
  std::printf("    of it %.2f kB per statement (%.1f), %.2f kB per state key (%.1f), and %.2f kB (1.8)\n",
              kb(s.per_statement), statement, kb(s.per_record), record,
              kb(s.certificate) - n * kb(s.per_statement) - k * kb(s.per_record));
  row("refresh patch", kb(s.patch), 2.5 + k * record, "kB");
}

double check_ms() {
  const Digest seed = sha256(as_bytes("certificate sizes"));
  const SigningKey key(Secret32(std::span<const std::uint8_t, 32>(seed.bytes)));
  const Bytes message(500, 7);
  const Signature signature = key.sign(message);
  return median_ms(101, [&] { ANTA_INVARIANT(verify(key.public_key(), message, signature)); });
}

bool print_times(const CertificateRig& rig, const Laid& laid) {
  const CertificateFile& file = laid.file;
  const Bytes bytes = encode_certificate_file(file);
  const Trust trust = rig.trust();
  const Report report = rig.verify(bytes);
  const Report refreshed = rig.verify(encode_certificate_file(laid.earlier));
  if (!is_yes(report) || !is_yes(refreshed)) {
    std::cerr << in_words(report) << "\n" << in_words(refreshed) << "\n";
    return false;
  }
  const double check = check_ms();
  const double checks = static_cast<double>(report.statements + report.cosigners.size() + 1) * check;
  const ProvenStatement& lot = lot_of(file);
  const double receipt = median_ms(51, [&] {
    const auto note = check_note(*trust.policy, file.note, 1'800'000'100);
    ANTA_INVARIANT(note && verify_inclusion(leaf_hash(sha256(*lot.statement).view()), lot.leaf.value,
                                            note->checkpoint.size, lot.path, note->checkpoint.root));
  });
  row("verification of a receipt", receipt, 1, "ms");
  const double whole = median_ms(31, [&] { static_cast<void>(rig.verify(bytes)); });
  row("verification of the certificate", whole, 1.3 * checks, "ms");
  std::printf("  one Ed25519 check %.3f ms; the certificate's %zu are %.2f of its time\n", check,
              report.statements + report.cosigners.size() + 1, checks / whole);
  return true;
}

bool measure(CertificateRig& rig, const CertificateFile& file, std::uint64_t leaves, std::uint64_t far) {
  const Laid laid = lay(rig, file, leaves, leaves);
  print("measured", leaves, sizes_of(laid), 1.9, 1.0, 1.0);
  const bool verified = print_times(rig, laid);
  print("computed", far, sizes_of(computed(laid.file, far, far)), 2.3, 1.4, 1.2);
  return verified;
}

// Where both can be had they agree: paths exactly on average, state proofs within what chance does.
bool agree(CertificateRig& rig, const CertificateFile& file, std::uint64_t leaves) {
  const Laid laid = lay(rig, file, leaves, leaves);
  const Sizes real = sizes_of(laid);
  const Sizes told = sizes_of(computed(laid.file, leaves, leaves));
  const bool right = is_yes(rig.verify(encode_certificate_file(laid.file))) &&
                     is_yes(rig.verify(encode_certificate_file(laid.earlier)));
  bool close = right;
  for (const auto& [a, b] : {std::pair{real.certificate, told.certificate},
                             {real.patch, told.patch},
                             {real.receipt, told.receipt},
                             {real.per_statement, told.per_statement}}) {
    const double off = static_cast<double>(b) / static_cast<double>(a) - 1;
    std::printf("%llu leaves: measured %zu, computed %zu (%+.1f %%)\n",
                static_cast<unsigned long long>(leaves), a, b, 100 * off);
    close = close && off > -0.04 && off < 0.04;
  }
  if (!right) std::cerr << in_words(rig.verify(encode_certificate_file(laid.file))) << "\n";
  return close;
}

bool many_sources(int sources) {
  World world = rich_world();
  ManySources{world}.make(sources);
  CertificateRig rig(world, true);
  double begin = cpu_ms();
  const auto summary = rig.assemble("C-ALL", std::size_t{1} << 20);
  const auto whole = rig.assemble("C-ALL", certificate_whole_bytes_max);
  if (!summary || !whole) {
    std::cerr << (summary ? whole : summary).error().message << "\n";
    return false;
  }
  const double made = cpu_ms() - begin;
  begin = cpu_ms();
  const Report alone = rig.verify(*summary);
  const Report report = rig.verify(*summary, *whole);
  const double verified = cpu_ms() - begin;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "%d sources, %llu leaves: summary %.1f kB, whole %.1f kB (%zu statements); made in %.0f ms, "
      "verified in %.0f ms; the process held %ld MB at most\n",
      sources, static_cast<unsigned long long>(report.size), static_cast<double>(summary->size()) / 1000,
      static_cast<double>(whole->size()) / 1000, report.statements, made, verified, usage.ru_maxrss / 1024);
  std::printf("summary: %s\nwith the whole: %s; %zu districts\n", in_words(alone).c_str(),
              in_words(report).c_str(), report.sources ? report.sources->districts.size() : 0);
  return is_yes(report) && report.sources->sources() == static_cast<std::uint64_t>(sources);
}

int run(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "--sources") == 0) return many_sources(std::atoi(argv[2])) ? 0 : 1;
  World world = chain();
  CertificateRig rig(world);
  const auto bytes = rig.assemble("C-1");
  const auto file = bytes ? decode_certificate_file(*bytes) : Result<CertificateFile>(pass(bytes));
  if (!file) {
    std::cerr << file.error().message << "\n";
    return 1;
  }
  if (argc == 2 && std::strcmp(argv[1], "--check") == 0) {
    bool good = true;
    for (const std::uint64_t leaves : {300u, 4096u, 50'001u})
      good = agree(rig, *file, leaves) && good;
    return good ? 0 : 1;
  }
  const std::uint64_t leaves = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::uint64_t far = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000'000;
  return measure(rig, *file, leaves, far) ? 0 : 1;
}

}  // namespace
}  // namespace anta::test

int main(int argc, char** argv) { return anta::test::run(argc, argv); }

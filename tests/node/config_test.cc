#include "node/config_change.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "crypto/first_start.h"
#include "crypto/sealed.h"
#include "crypto/text.h"
#include "node/arguments.h"
#include "node/checkpoint_file.h"
#include "node/disk_reserve.h"
#include "node/identity.h"
#include "tests/storage/disk.h"

namespace anta::test {
namespace {

const std::string minimal = "network: genesis.cbor\nnode: n1\ndata: data\nseed: node.seed\n";

TEST(Config, PathsAreRelativeAndDefaultsStand) {
  // Goal: a minimal file is enough, and everything else has its documented default.
  const auto config = parse_config(
      minimal + "peers: {n2: \"10.0.0.2:7001\"}\nlog: {level: debug, format: json}\n", "/etc/anta");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->network, "/etc/anta/genesis.cbor");
  EXPECT_EQ(config->data, "/etc/anta/data");
  EXPECT_EQ(config->http_port_file, "/etc/anta/data/http.port");
  EXPECT_EQ(config->peers.at("n2").text(), "10.0.0.2:7001");
  EXPECT_EQ(config->log_level, LogLevel::debug);
  EXPECT_EQ(config->log_format, LogFormat::json);
  EXPECT_EQ(config->http.text(), "127.0.0.1:0");
  EXPECT_EQ(config->timeouts.cosign_wait_ms, 2'000);
}

TEST(Config, AMistakeIsNamedWithItsLine) {
  // Goal: a typo, a value out of bounds, a wrong word and a missing key each say where and what.
  const std::pair<std::string, std::string> cases[] = {
      {minimal + "htp: {listen: \"127.0.0.1:1\"}\n", "did you mean \"http\"?"},
      {minimal + "limits: {verifers: 2}\n", "did you mean \"verifiers\"?"},
      {minimal + "timeouts: {election_ms: 7}\n", "not between 50 and 60000"},
      {minimal + "log: {level: loud}\n", "not one of debug, info, warning, error"},
      {minimal + "node: n2\n", "line 5"},
      {"network: g\nnode: n1\ndata: d\n", "\"seed\" is missing"},
      {minimal + "http: {listen: \"0.0.0.0:80\"}\n", "behind_proxy"},
      {minimal + "http: {listen: \"0.0.0.0:80\"}\n", "http.tls.certificate and http.tls.key"},
      {minimal + "http:\n  tls: {certificate: a.pem}\n", "line 6, column 8: http.tls needs both"},
      {minimal + "http: {tls: {}}\n", "http.tls needs both"},
      {minimal + "http: {tls: {certificate: a, kye: b}}\n", "did you mean \"key\"?"},
      {minimal + "http: {listen: \"127.0.0.1\"}\n", "is not host:port"},
      {minimal + "timeouts: {election_ms: 60, heartbeat_ms: 50}\n", "at least twice"},
      {"- a\n", "a map of keys"},
  };
  for (const auto& [text, message] : cases) {
    const auto config = parse_config(text, "/");
    ASSERT_FALSE(config) << text;
    EXPECT_EQ(config.error().code, Code::malformed);
    EXPECT_NE(config.error().message.find(message), std::string::npos) << config.error().message;
  }
  EXPECT_NE(parse_config(minimal + "htp: 1\n", "/").error().message.find("line 5"), std::string::npos);
  EXPECT_TRUE(parse_config(minimal + "http: {listen: \"0.0.0.0:80\", behind_proxy: true}\n", "/"));
  const auto tls = parse_config(
      minimal + "http: {listen: \"0.0.0.0:443\", tls: {certificate: node.pem, key: /k/node.key}}\n", "/etc");
  ASSERT_TRUE(tls) << tls.error().message;
  EXPECT_EQ(tls->http_tls.certificate, "/etc/node.pem");
  EXPECT_EQ(tls->http_tls.key, "/k/node.key");
}

TEST(Config, OneAddressMayNotHoldAllConnections) {
  // Goal: a quarter stays free for the others, a load generator with 512 connections fits, and behind a
  // proxy, where all share its address, there is no such limit unless it is set.
  const auto of = [](const std::string& rest) {
    const auto config = parse_config(minimal + rest, "/");
    EXPECT_TRUE(config) << rest;
    return connections_per_address(*config);
  };
  EXPECT_EQ(of(""), 768u);
  EXPECT_EQ(of("limits: {http_connections: 4000}\n"), 3'000u);
  EXPECT_EQ(of("limits: {http_connections: 10}\n"), 64u);
  EXPECT_EQ(of("http: {listen: \"0.0.0.0:80\", behind_proxy: true}\n"), 0u);
  EXPECT_EQ(of("limits: {http_connections_per_address: 9}\nhttp: {behind_proxy: true}\n"), 9u);
  EXPECT_EQ(parse_config(minimal + "limits: {http_memory_bytes: 1}\n", "/").error().rule, "config.bounds");
}

TEST(Config, AKeysLimitHasARateAndABurst) {
  // Goal: both numbers are read and bounded; a rate of nothing, which would lock every key out, is refused.
  const auto of = [](const std::string& limits) {
    return parse_config(minimal + "limits: {" + limits + "}\n", "/");
  };
  const auto standard = parse_config(minimal, "/");
  EXPECT_EQ(standard->limits.key_statements_per_second, 500);
  EXPECT_EQ(standard->limits.key_statements_burst, 2'000);
  const auto set = of("key_statements_per_second: 7, key_statements_burst: 9");
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(set->limits.key_statements_per_second, 7);
  EXPECT_EQ(set->limits.key_statements_burst, 9);
  for (const char* bad :
       {"key_statements_per_second: 0", "key_statements_per_second: 1000001", "key_statements_burst: 0",
        "key_statements_burst: -1", "key_statements_burst: 10000001"})
    EXPECT_EQ(of(bad).error().rule, "config.bounds") << bad;
  EXPECT_FALSE(of("key_statements_burst: many"));
  EXPECT_NE(of("key_statement_burst: 1").error().message.find("did you mean \"key_statements_burst\"?"),
            std::string::npos);
}

TEST(Config, EndpointsAreHostAndPort) {
  // Goal: names, IPv4 and bracketed IPv6 with a port; nothing else.
  EXPECT_EQ(parse_endpoint("[::1]:7")->host, "::1");
  EXPECT_EQ(parse_endpoint("node.example:65535")->port, 65'535);
  for (const char* bad : {"", ":1", "a", "a:", "a:65536", "a:-1", "a:01", "::1:7", "a b:1"})
    EXPECT_FALSE(parse_endpoint(bad)) << bad;
}

TEST(Config, WitnessesAreIdsWithUrls) {
  // Goal: each URL is taken apart; what is none, and an id that is none, are refused with the line.
  const auto of = [](const std::string& map) {
    return parse_config(minimal + "witnesses: " + map + "\n", "/");
  };
  const auto good = of("{w1: \"https://w1.example/anta\", w2: \"http://127.0.0.1:8009\"}");
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->witnesses.at("w1").host, "w1.example");
  EXPECT_EQ(good->witnesses.at("w2").port, 8009);
  for (const char* bad : {"{w1: w1.example}", "{\"w 1\": \"https://x\"}", "[w1]", "{w1: \"ftp://x\"}"}) {
    const auto refused = of(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_NE(refused.error().message.find("line "), std::string::npos) << refused.error().message;
  }
}

TEST(ConfigChange, LimitsAndLogApplyAndEverythingElseNeedsARestart) {
  // Goal: each key that differs is named once, as applied or as needing a restart; what is unchanged is not.
  const Config running = *parse_config(minimal, "/etc/anta");
  EXPECT_TRUE(config_change(running, running).applied.empty());
  EXPECT_TRUE(config_change(running, running).restart.empty());
  const Config next = *parse_config(
      "network: other.cbor\nnode: n2\ndata: data\nseed: node.seed\npeers: {n3: \"10.0.0.3:1\"}\n"
      "http: {listen: \"127.0.0.1:9\"}\nlimits: {http_connections: 9, verifiers: 3}\n"
      "log: {level: debug}\ntimeouts: {drain_ms: 1}\nwitnesses: {w1: \"https://w1.example/anta\"}\n",
      "/etc/anta");
  const ConfigChange change = config_change(running, next);
  EXPECT_EQ(change.applied, (std::vector<std::string>{"witnesses", "log.level", "limits.http_connections",
                                                      "limits.verifiers"}));
  EXPECT_EQ(change.restart,
            (std::vector<std::string>{"network", "node", "peers", "http.listen", "timeouts.drain_ms"}));
  EXPECT_EQ(change.config.limits.http_connections, 9);
  EXPECT_EQ(change.config.log_level, LogLevel::debug);
  EXPECT_EQ(change.config.node, running.node);
  EXPECT_EQ(change.config.http, running.http);
  EXPECT_EQ(change.config.timeouts.drain_ms, running.timeouts.drain_ms);
}

TEST(ConfigChange, MemoryIsSharedOutAtTheStart) {
  // Goal: a reload keeps all shares as they are and names the key (RocksDB's share alone followed, and the
  // key was named as applied).
  const Config running = *parse_config(minimal, "/");
  Config next = running;
  next.limits.memory_bytes = running.limits.memory_bytes / 2;
  const ConfigChange change = config_change(running, next);
  EXPECT_EQ(change.restart, std::vector<std::string>{"limits.memory_bytes"});
  EXPECT_TRUE(change.applied.empty());
  EXPECT_EQ(change.config.limits.memory_bytes, running.limits.memory_bytes);
}

TEST(ConfigChange, OtherCertificateFilesApplyAndTlsItselfNeedsARestart) {
  // Goal: renewed under another name is applied; from plain HTTP to TLS or back is named.
  const auto of = [](const std::string& http) { return *parse_config(minimal + http, "/"); };
  const Config plain = of("");
  const Config one = of("http: {tls: {certificate: a.pem, key: a.key}}\n");
  const Config two = of("http: {tls: {certificate: b.pem, key: b.key}}\n");
  const std::vector<std::string> both = {"http.tls.certificate", "http.tls.key"};
  EXPECT_EQ(config_change(one, two).applied, both);
  EXPECT_EQ(config_change(one, two).config.http_tls.key, "/b.key");
  EXPECT_EQ(config_change(plain, one).restart, both);
  EXPECT_FALSE(config_change(plain, one).config.http_tls.given());
  EXPECT_EQ(config_change(one, plain).restart, both);
  EXPECT_EQ(config_change(one, plain).config.http_tls.key, "/a.key");
}

TEST(ConfigChange, EveryKeyOfAFileIsSeen) {
  // Goal: whatever key differs from its default, it is told: none is forgotten.
  const Config running = *parse_config(minimal, "/");
  std::size_t keys = 0;
  for (const auto& [key, value] : config_values(running)) {
    ++keys;
    const std::size_t dot = key.find('.');
    const std::string leaf = dot == std::string::npos ? key : key.substr(dot + 1);
    std::string other = "x";  // a path, a node's id
    if (key.find("listen") != std::string::npos) other = "\"127.0.0.1:5\"";
    if (key == "peers") other = "{n9: \"127.0.0.1:5\"}";
    if (key == "recoveries") other = "[recovery-1.yaml]";
    if (key == "witnesses") other = "{w9: \"https://w9.example\"}";
    if (key == "log.level") other = "error";
    if (key == "log.format") other = "json";
    if (value == "false") other = "true";
    if (!value.empty() && value.find_first_not_of("0123456789") == std::string::npos)
      other = std::to_string(std::stoll(value) > 99 ? std::stoll(value) - 1 : std::stoll(value) + 1);
    if (key == "timeouts.election_ms") other = "200";
    std::string text = minimal;
    const std::string line = "\n" + key + ": ";
    const std::size_t at = ("\n" + minimal).find(line);
    if (at != std::string::npos) text.erase(at, text.find('\n', at) + 1 - at);
    text += dot == std::string::npos ? key + ": " + other + "\n"
                                     : key.substr(0, dot) + ": {" + leaf + ": " + other + "}\n";
    const bool of_tls = key.starts_with("http.tls.");
    if (of_tls) text = minimal + "http: {tls: {certificate: a, key: b}}\n";
    const auto next = parse_config(text, "/");
    ASSERT_TRUE(next) << text << next.error().message;
    const ConfigChange change = config_change(running, *next);
    // Of use to a node that has no log yet; shared out when the ledger is opened.
    const bool at_start = key == "limits.join_entries_min" || key == "limits.memory_bytes";
    const bool applies =
        !at_start && (key.starts_with("limits.") || key.starts_with("log.") || key == "witnesses");
    const std::vector<std::string>& told = applies ? change.applied : change.restart;
    EXPECT_TRUE(std::find(told.begin(), told.end(), key) != told.end()) << key;
    // The port file lies in the data directory unless it is named.
    EXPECT_EQ(change.applied.size() + change.restart.size(), key == "data" || of_tls ? 2u : 1u) << key;
  }
  EXPECT_GE(keys, 26u);
}

TEST(Arguments, OneCommandEach) {
  // Goal: each option alone is its command; a typo names the nearest option.
  EXPECT_EQ(parse_arguments({"--config", "a.yaml"})->command, Arguments::Command::run);
  EXPECT_EQ(parse_arguments({"--check", "--config=a.yaml"})->command, Arguments::Command::check);
  EXPECT_EQ(parse_arguments({"--rebuild", "--config=a.yaml"})->command, Arguments::Command::rebuild);
  const auto restore = parse_arguments({"--config=a.yaml", "--restore", "b.backup"});
  EXPECT_EQ(restore->command, Arguments::Command::restore);
  EXPECT_EQ(restore->path, "a.yaml");
  EXPECT_EQ(restore->backup, "b.backup");
  EXPECT_FALSE(parse_arguments({"--restore", "b.backup"}));
  EXPECT_FALSE(parse_arguments({"--config=a.yaml", "--restore"}));
  EXPECT_FALSE(parse_arguments({"--config=a.yaml", "--restore", "b.backup", "--rebuild"}));
  EXPECT_FALSE(parse_arguments({"--config=a.yaml", "--rebuild", "--restore", "b.backup"}));
  EXPECT_FALSE(parse_arguments({"--witness", "--config=a.yaml", "--restore", "b.backup"}));
  EXPECT_EQ(parse_arguments({"--init", "d"})->path, "d");
  EXPECT_EQ(parse_arguments({"--version"})->command, Arguments::Command::version);
  const auto witness = parse_arguments({"--witness", "--config", "w.yaml", "--check"});
  EXPECT_TRUE(witness->witness && witness->command == Arguments::Command::check);
  EXPECT_TRUE(parse_arguments({"--init", "d", "--witness"})->witness);
  EXPECT_FALSE(parse_arguments({"--config", "a.yaml"})->witness);
  EXPECT_NE(parse_arguments({"--confg", "a"}).error().message.find("did you mean \"--config\"?"),
            std::string::npos);
  for (const std::vector<std::string>& bad : {std::vector<std::string>{},
                                              {"--config"},
                                              {"--check"},
                                              {"--init", "d", "--check"},
                                              {"--rebuild"},
                                              {"--witness"},
                                              {"--witness", "--rebuild", "--config=a.yaml"},
                                              {"--config=a.yaml", "--check", "--rebuild"},
                                              {"x"}}) {
    EXPECT_FALSE(parse_arguments(bad));
  }
}

TEST(DiskReserve, IsTheSmallerOfTwoGigabytesAndATwentiethUnlessConfigured) {
  // Goal: small disks keep 5 %, large ones 2 GiB, a configured number stands; and it looks at the real disk.
  constexpr std::uint64_t gib = std::uint64_t{1} << 30;
  EXPECT_EQ(disk_reserve(20 * gib, 0), gib);
  EXPECT_EQ(disk_reserve(1'000 * gib, 0), 2 * gib);
  EXPECT_EQ(disk_reserve(1'000 * gib, 7), 7u);
  const TempDirectory directory;
  DiskReserve roomy(directory.path(), 1);
  roomy.look();
  EXPECT_FALSE(roomy.low());
  DiskReserve full(directory.path(), std::uint64_t{1} << 60);
  full.look();
  EXPECT_TRUE(full.low());
  EXPECT_GT(full.available(), 0u);
  full.configure(1);
  EXPECT_TRUE(full.low());  // until it looks again
  full.look();
  EXPECT_FALSE(full.low());
  DiskReserve gone(directory.path() + "/no-such-place", 0);
  gone.look();
  EXPECT_FALSE(gone.low());  // nothing said: nothing refused
}

TEST(CheckpointFile, IsKeptWholeAndForItsOwnerOnly) {
  // Goal: the newest note is there for the next run, at most one write per interval, mode 0600, no remains.
  namespace fs = std::filesystem;
  const TempDirectory directory;
  CheckpointFile file(directory.path());
  EXPECT_FALSE(file.load());
  file.keep("one", 1'000);
  EXPECT_EQ(file.load(), "one");
  file.keep("two", 1'500);
  EXPECT_EQ(file.load(), "one");
  file.flush();
  EXPECT_EQ(file.load(), "two");
  file.keep("3", 2'100);
  EXPECT_EQ(file.load(), "3");
  EXPECT_EQ(fs::status(directory.path() + "/checkpoint.note").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), {}), 1);
}

TEST(CheckpointFile, NotesOfForksAreKeptCountedAndFoundAgain) {
  // Goal: each note once, 0600, counted also by the next run; past the limit counted and no more written.
  namespace fs = std::filesystem;
  const TempDirectory directory;
  CheckpointFile file(directory.path());
  EXPECT_EQ(file.forks(), 0u);
  file.keep("no fork", 1'000);
  for (int i = 0; i < 3; ++i) {
    file.keep_evidence("a");
    file.keep_evidence("b");
  }
  EXPECT_EQ(file.forks(), 2u);
  EXPECT_EQ(file.evidence(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(CheckpointFile(directory.path()).forks(), 2u);
  EXPECT_EQ(CheckpointFile(directory.path()).evidence().size(), 2u);
  for (std::uint64_t i = 0; i < CheckpointFile::evidence_files_max; ++i)
    file.keep_evidence(std::to_string(i));
  EXPECT_EQ(file.forks(), CheckpointFile::evidence_files_max + 2);
  EXPECT_EQ(CheckpointFile(directory.path()).forks(), CheckpointFile::evidence_files_max);
  EXPECT_EQ(file.evidence().size(), CheckpointFile::evidence_files_max);
  for (const auto& entry : fs::directory_iterator(directory.path()))
    EXPECT_EQ(entry.status().permissions(), fs::perms::owner_read | fs::perms::owner_write) << entry.path();
}

TEST(CheckpointFile, AForkThatIsCountedIsAlreadyTold) {
  // Goal: whoever sees the count rise finds the note (it was counted before it was written, and `/v1/forks`
  // was empty for as long as the disk took).
  const TempDirectory directory;
  CheckpointFile file(directory.path());
  std::atomic<bool> done = false;
  std::uint64_t looks = 0;
  std::uint64_t untold = 0;
  std::thread reader([&] {
    do {
      const std::uint64_t counted = file.forks();
      if (file.evidence().size() < counted) ++untold;
      ++looks;
    } while (!done);
  });
  for (std::uint64_t i = 0; i < CheckpointFile::evidence_files_max; ++i)
    file.keep_evidence(std::to_string(i));
  done = true;
  reader.join();
  EXPECT_GT(looks, 0u);
  EXPECT_EQ(untold, 0u);
}

TEST(CheckpointFile, WhatIsEvidenceIsNoHeadStart) {
  // Goal: a forged note that was the newest is not found again by every later start, once it is kept as
  // evidence.
  const TempDirectory directory;
  CheckpointFile file(directory.path());
  file.keep("forged", 1'000);
  file.keep_evidence("another");
  EXPECT_EQ(file.load(), "forged");
  file.keep_evidence("forged");
  EXPECT_FALSE(file.load());
  EXPECT_EQ(file.forks(), 2u);
}

TEST(Identity, InitMakesASeedOnceAndPrintsItsPublicHalves) {
  // Goal: the YAML holds the keys of the seed file; a second init refuses; an open directory is refused.
  const TempDirectory directory;
  const std::filesystem::path home = std::filesystem::path(directory.path()) / "node";
  const auto yaml = init_node(home);
  ASSERT_TRUE(yaml) << yaml.error().message;
  const auto seed = read_seed_file(home / "node.seed");
  ASSERT_TRUE(seed);
  EXPECT_NE(yaml->find(to_hex(derive_node_keys(*seed).cosigner.public_key().view())), std::string::npos);
  EXPECT_FALSE(init_node(home));
  const auto again = read_seed_file(home / "node.seed");
  EXPECT_TRUE(same_secret(*seed, *again));
  EXPECT_TRUE(*may_begin(home / "node.seed"));
  std::filesystem::permissions(home, std::filesystem::perms::others_exec, std::filesystem::perm_options::add);
  const auto refused = prepare_data_directory(home, DataDirectory::make);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("chmod 700"), std::string::npos);
}

}  // namespace
}  // namespace anta::test

// antad: one node, or one witness. Reads its arguments, starts it, waits for a signal, stops it.
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

#include "crypto/exit.h"
#include "node/arguments.h"
#include "node/config.h"
#include "node/divergence.h"
#include "node/identity.h"
#include "node/log.h"
#include "node/node.h"
#include "node/rebuild.h"
#include "node/recovery_file.h"
#include "node/restore.h"
#include "node/version.h"
#include "node/witness_config.h"
#include "node/witness_server.h"

namespace {

using anta::Error;
using anta::Exit;

// The transport knows an address, not the configuration that it came from.
Error with_next_step(Error error) {
  if (error.rule == "peer.port_taken")
    error.message +=
        "; stop it, or set another peer.listen in the configuration and give it to the other nodes under "
        "peers";
  return error;
}

int refuse(const Error& error) {
  std::cerr << "antad: " << error.message << " ["
            << (error.rule.empty() ? std::string(anta::name(error.code)) : error.rule) << "]\n";
  return static_cast<int>(exit_for(error));
}

int init(const std::string& directory, bool witness) {
  const auto yaml = witness ? anta::init_witness(directory) : anta::init_node(directory);
  if (!yaml) return refuse(yaml.error());
  std::cout << *yaml;
  return 0;
}

int check(const std::string& file) {
  const auto config = anta::load_config(file);
  if (!config) return refuse(config.error());
  const auto checked = anta::Node::check(*config);
  if (!checked) return refuse(checked.error());
  if (checked->warning) std::cerr << "antad: warning: " << *checked->warning << "\n";
  std::cout << "ok: node " << config->node.value << " of network " << checked->network.value << "\n";
  return 0;
}

int check_witness(const std::string& file) {
  const auto config = anta::load_witness_config(file);
  if (!config) return refuse(config.error());
  const auto warning = anta::WitnessServer::check(*config);
  if (!warning) return refuse(warning.error());
  if (*warning) std::cerr << "antad: warning: " << **warning << "\n";
  std::cout << "ok: witness " << config->id << "\n";
  return 0;
}

int rebuild(const std::string& file) {
  const auto config = anta::load_config(file);
  if (!config) return refuse(config.error());
  // Where a majority outvoted this node, its roots are what it is to be healed of.
  const auto healed = anta::heal_divergence(*config, nullptr, anta::Again::yes);
  if (!healed) return refuse(healed.error());
  if (*healed) {
    std::cout
        << "ok: rebuilt up to block " << (*healed)->index.value << ", " << (*healed)->leaves.value
        << " leaves, the root at which a majority outvoted this node is now theirs; it can be started\n";
    return 0;
  }
  const auto made = anta::rebuild_ledger(*config);
  if (!made) return refuse(made.error());
  std::cout << "ok: rebuilt up to block " << made->applied.index.value << ", " << made->applied.leaves.value
            << " leaves, the roots are those that this node had; it can be started\n";
  return 0;
}

int restore(const std::string& file, const std::string& backup) {
  const auto config = anta::load_config(file);
  if (!config) return refuse(config.error());
  const auto begin = std::chrono::steady_clock::now();
  const auto made = anta::restore_ledger(*config, backup);
  if (!made) return refuse(made.error());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::cout << "ok: restored up to log entry " << made->last.value << ", " << made->applied.leaves.value
            << " leaves, " << made->bytes << " bytes in " << static_cast<std::int64_t>(took.count() * 1'000)
            << " ms; it can be started\n";
  if (made->ran_before) {
    std::cout
        << "this node has run before: it neither votes nor cosigns until the others have brought it past "
           "what it promised and said what it signed (cosigning in /v1/status)\n";
  }
  return 0;
}

int recovery(const std::string& file) {
  const auto config = anta::load_config(file);
  if (!config) return refuse(config.error());
  const auto document = anta::propose_recovery(*config);
  if (!document) return refuse(document.error());
  std::cout << *document;
  return 0;
}

// A file with any error changes nothing.
void reload(const std::string& file, anta::Node& node, anta::Log& log) {
  const auto next = anta::load_config(file);
  if (!next) return log.error("reload_refused", next.error());
  if (const auto changed = node.reload(*next); !changed) log.error("reload_refused", changed.error());
}

void reload(const std::string& file, anta::WitnessServer& witness, anta::Log& log) {
  const auto next = anta::load_witness_config(file);
  if (!next) return log.error("reload_refused", next.error());
  if (const auto changed = witness.reload(*next); !changed) log.error("reload_refused", changed.error());
}

// Blocked before any thread starts, so that only the first one takes them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// Until a signal says stop; SIGHUP takes over what the file says now.
template <typename Running>
void wait_for_stop(const sigset_t& signals, const std::string& file, Running& running, anta::Log& log) {
  while (true) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) return;
    reload(file, running, log);
  }
}

// After a failed write nobody knows what is on the disk: no destructor may touch it again.
void end_at_once(const Error&) { std::_Exit(static_cast<int>(Exit::storage)); }

int run_witness(const std::string& file) {
  const auto config = anta::load_witness_config(file);
  if (!config) return refuse(config.error());
  auto log = anta::Log::open(config->log_level, config->log_format);
  if (!log) return refuse(log.error());
  const sigset_t signals = block_signals();
  auto witness = anta::WitnessServer::start(*config, **log, end_at_once);
  if (!witness) {
    (*log)->error("not_started", witness.error());
    return refuse(witness.error());
  }
  wait_for_stop(signals, file, **witness, **log);
  (*witness)->stop();
  return 0;
}

int run(const std::string& file) {
  const auto config = anta::load_config(file);
  if (!config) return refuse(config.error());
  auto log = anta::Log::open(config->log_level, config->log_format);
  if (!log) return refuse(log.error());
  const sigset_t signals = block_signals();
  auto node = anta::Node::start(*config, **log, end_at_once);
  if (!node) {
    const Error error = with_next_step(node.error());
    (*log)->error("not_started", error);
    return refuse(error);
  }
  wait_for_stop(signals, file, **node, **log);
  (*node)->stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  umask(077);
  const auto arguments = anta::parse_arguments({argv + 1, argv + argc});
  if (!arguments) {
    std::cerr << "antad: " << arguments.error().message << "\n";
    return static_cast<int>(Exit::usage);
  }
  switch (arguments->command) {
    case anta::Arguments::Command::help: std::cout << anta::help_text(); return 0;
    case anta::Arguments::Command::version: std::cout << "antad " << anta::anta_version << "\n"; return 0;
    case anta::Arguments::Command::init: return init(arguments->path, arguments->witness);
    case anta::Arguments::Command::check:
      return arguments->witness ? check_witness(arguments->path) : check(arguments->path);
    case anta::Arguments::Command::recovery: return recovery(arguments->path);
    case anta::Arguments::Command::restore: return restore(arguments->path, arguments->backup);
    case anta::Arguments::Command::rebuild: return rebuild(arguments->path);
    case anta::Arguments::Command::run:
      return arguments->witness ? run_witness(arguments->path) : run(arguments->path);
  }
  return static_cast<int>(Exit::internal);
}

#include "node/arguments.h"

#include <array>

#include "storage/ledger/spelling.h"

namespace anta {
namespace {

constexpr std::array<std::string_view, 9> known = {"--config",  "--init",     "--check",
                                                   "--rebuild", "--recovery", "--restore",
                                                   "--witness", "--version",  "--help"};

tl::unexpected<Error> usage(std::string message) {
  return fail(Code::malformed, "usage", std::move(message) + "; see antad --help");
}

}  // namespace

Result<Arguments> parse_arguments(const std::vector<std::string>& arguments) {
  Arguments out;
  std::string config;
  std::string mode;  // --check, --rebuild, --recovery or --restore
  bool witness = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string option = arguments[i];
    std::string value;
    const std::size_t equals = option.find('=');
    const bool joined = option.starts_with("--") && equals != std::string::npos;
    if (joined) {
      value = option.substr(equals + 1);
      option.resize(equals);
    }
    if (option == "--help" || option == "-h") return Arguments{.command = Arguments::Command::help};
    if (option == "--version") return Arguments{.command = Arguments::Command::version};
    if ((option == "--check" || option == "--rebuild" || option == "--recovery") && !joined) {
      if (!mode.empty() && mode != option) return usage(mode + " and " + option + " are one or the other");
      mode = option;
      continue;
    }
    if (option == "--witness" && !joined) {
      witness = true;
      continue;
    }
    if (option != "--config" && option != "--init" && option != "--restore")
      return usage("unknown option \"" + option + "\"" + suggestion(option, known));
    if (!joined && i + 1 < arguments.size()) value = arguments[++i];
    if (value.empty()) return usage(option + " needs a " + (option == "--init" ? "directory" : "file"));
    if (option == "--restore") {
      if (!mode.empty()) return usage(mode + " and " + option + " are one or the other");
      mode = option;
      out.backup = value;
    } else if (option == "--init") {
      out = {.command = Arguments::Command::init, .path = value};
    } else {
      config = value;
    }
  }
  out.witness = witness;
  if (out.command == Arguments::Command::init) {
    if (!config.empty() || !mode.empty()) return usage("--init stands alone, or beside --witness");
    return out;
  }
  if (config.empty())
    return usage(mode.empty() ? "say which node: --config FILE" : mode + " needs --config FILE");
  if (witness && mode == "--rebuild") return usage("a witness has no ledger to rebuild");
  if (witness && mode == "--recovery") return usage("a witness has no log to go on from");
  if (witness && mode == "--restore") return usage("a witness has no ledger to restore");
  const auto command = mode.empty()          ? Arguments::Command::run
                       : mode == "--check"   ? Arguments::Command::check
                       : mode == "--rebuild" ? Arguments::Command::rebuild
                       : mode == "--restore" ? Arguments::Command::restore
                                             : Arguments::Command::recovery;
  return Arguments{.command = command, .path = config, .backup = out.backup, .witness = witness};
}

std::string help_text() {
  return R"(antad: a node of an Anta network, or a witness of one.

Examples:
  antad --config node.yaml           run the node in the foreground until SIGTERM or SIGINT
  antad --config node.yaml --check   check the configuration, the genesis and the keys; change nothing
  antad --config node.yaml --rebuild make what is derived from the log again, with the node stopped
  antad --config node.yaml --recovery > recovery-1.yaml    when most nodes are gone for good: how to go on
  antad --config node.yaml --restore anta.backup    fill the empty data directory from a backup (anta backup)
  antad --init /var/lib/anta         make this node's seed; print its public keys for the network file
  antad --witness --init /var/lib/anta-witness     the same for a witness, which has one key
  antad --witness --config witness.yaml            run the witness; with --check, only check

Options:
  --config FILE   the node's configuration (YAML)
  --check         with --config: only check
  --rebuild       with --config: drop state, trees and indexes, and apply the node's own log from the genesis on
  --recovery      with --config, on a stopped node: print the document by which the network would go on from
                  the end of this node's log, with this node alone. The operators compare theirs, choose one,
                  and name the file under recoveries on every node
  --restore FILE  with --config, into an empty data directory: judge the backup again and take it over if it is
                  the ledger that its checkpoint's quorum cosigned. A node that has run before neither votes nor
                  cosigns until the others have brought it past what it promised and said what it signed
  --init DIR      make DIR/node.seed (mode 0600)
  --witness       a witness instead of a node: no ledger, it cosigns trees that extend what it saw (C2SP
                  tlog-witness); --init makes DIR/witness.seed
  --version       print the version
  --help          print this

node.yaml:
  network: genesis.cbor     the genesis file; paths are relative to node.yaml
  node: n1                  which node this is
  incarnation: 1            more than 1 where the network has admitted this node anew
  members: members.json     the nodes as they are now (anta network node list --output json): for a node
                            that is not in the genesis, or is there with other keys
  recoveries: [recovery-1.yaml]   how the network went on where most of its nodes were gone (--recovery)
  data: data                its directory (mode 0700)
  seed: node.seed           its secret (mode 0600)
  peer: {listen: "127.0.0.1:7001"}
  peers: {n2: "10.0.0.2:7001"}
  witnesses: {w1: "https://witness.example"}   where the network's witnesses are asked for their cosignature
  http: {listen: "127.0.0.1:8001", behind_proxy: false, port_file: data/http.port,
         tls: {certificate: node.pem, key: node.key}}   PEM; needed where listen is not loopback,
                            unless behind_proxy: true says that another program speaks TLS before it
  log: {level: info, format: logfmt}
  limits: {memory_bytes, http_connections, http_connections_per_address, http_memory_bytes,
           http_requests_per_second, answer_cache_bytes, key_statements_per_second, key_statements_burst,
           request_bytes, pending_statements, pending_bytes, verifiers, scrub_bytes_per_second, join_bytes_per_second,
           join_entries_min, disk_reserve_bytes}
  timeouts: {election_ms, heartbeat_ms, submit_ms, cosign_wait_ms, drain_ms}

witness.yaml:
  witness: w1               which witness this is; it cosigns as w1/anta
  policy: policy.txt        the network's policy (anta network new, or GET /v1/policy of a node): which logs it knows
  data: data                its memory, some kilobytes (mode 0700): never bring back an older one
  seed: witness.seed        its secret (mode 0600)
  http, log                 as above

Signals: SIGTERM and SIGINT hand leadership over, finish what is in flight and stop;
SIGHUP reads the file again and takes over log, witnesses, limits but join_entries_min and memory_bytes (a
witness: log and policy) and the certificate, renewed under the same name too; a file with a mistake changes
nothing, and what needs a restart is named in the log.
Exit codes: 0 done, or stopped as told; 1 internal; 2 usage, configuration, a port that is taken; 4 not there
(the backup of --restore, a log for --recovery); 5 not allowed (--init where a seed is); 6 not now (--recovery
amid a rebuilding); 8 storage: the message names the next step.
)";
}

}  // namespace anta

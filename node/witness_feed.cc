#include "node/witness_feed.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "crypto/text.h"
#include "node/witness_request.h"
#include "storage/ledger/cosigners.h"

namespace anta {
namespace {

using SharedAsk = std::shared_ptr<const WitnessAsk>;

constexpr int conflicts_max = 3;  // of one request: sizes named one after the other
constexpr std::size_t quoted_bytes_max = 200;

// What a witness says of itself, for a log line: printable and short.
std::string in_print(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, quoted_bytes_max))
    out += c >= ' ' && c < 0x7F ? c : ' ';
  return out;
}

// The size that a 409 names; nothing when it names none.
std::optional<std::uint64_t> size_in(const WitnessReply& reply) {
  std::string_view body = reply.body;
  if (!reply.content_type.starts_with(witness_size_type) || !body.ends_with('\n')) return std::nullopt;
  body.remove_suffix(1);
  const Result<std::uint64_t> size = decimal(body);
  return size ? std::optional(*size) : std::nullopt;
}

// The witness's own line among those of its answer.
std::optional<std::string> line_of(std::string_view lines, const VerifierKey& key) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    const Result<NoteSignature> line = parse_signature_line(lines.substr(0, end));
    if (line && is_by(*line, key)) return std::string(lines.substr(0, end));
    lines.remove_prefix(end);
  }
  return std::nullopt;
}

}  // namespace

struct WitnessFeed::State : std::enable_shared_from_this<WitnessFeed::State> {
  struct Peer {
    PublicKey key = {};
    std::uint64_t life = 0;                  // another once key or URL are others: then it is another witness
    std::optional<std::uint64_t> size = {};  // of what it cosigned last, as far as it has told
    std::int64_t told_at = 0;                // steady: when its 409 said so
    SharedAsk wanted = {};                   // the newest that was not sent yet
    std::int64_t wanted_since = 0;
    int conflicts = 0;  // in a row
    bool busy = false;
    bool ahead = false;          // of this ledger, and that was said
    std::uint32_t failures = 0;  // in a row
    std::int64_t retry_at = 0;   // steady

    void forget() {
      ++life;
      size.reset();
      conflicts = 0;
      ahead = false;
      failures = 0;
      retry_at = 0;
    }
  };
  // What was sent, for whom its answer comes back to.
  struct Sent {
    SharedAsk ask = {};
    std::uint64_t old_size = 0;
    std::uint64_t life = 0;
  };

  State(WitnessFeedOptions o, WitnessFeedPorts p, WitnessUrls u, Executor& e)
      : options(o), ports(std::move(p)), urls(std::move(u)), executor(e) {}

  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const {
    if (ports.log) ports.log(level, event, fields);
  }

  void go_on(const std::string& id);
  void send(const std::string& id, Peer& peer, const SharedAsk& ask);
  void answered(const std::string& id, const Sent& sent, const Result<WitnessReply>& reply);
  void take(const std::string& id, Peer& peer, const SharedAsk& ask, const WitnessReply& reply);
  void conflict(const std::string& id, Peer& peer, const Sent& sent, const WitnessReply& reply);
  void failed(const std::string& id, Peer& peer, const std::string& why);

  const WitnessFeedOptions options;
  const WitnessFeedPorts ports;
  WitnessUrls urls;
  Executor& executor;
  std::map<std::string, Peer> peers = {};
  std::atomic<std::uint64_t> cosignatures = 0;
  std::atomic<std::uint64_t> failures = 0;
};

// Sends what is wanted, now or when the witness has been left alone long enough.
void WitnessFeed::State::go_on(const std::string& id) {
  Peer& peer = peers[id];
  if (peer.busy || !peer.wanted) return;
  const std::int64_t now = executor.steady_ms();
  if (now < peer.retry_at) {
    executor.after(static_cast<std::uint32_t>(peer.retry_at - now), [self = weak_from_this(), id] {
      if (const auto state = self.lock()) state->go_on(id);
    });
    return;
  }
  const SharedAsk ask = std::exchange(peer.wanted, nullptr);
  if (now - peer.wanted_since <= options.fresh_ms) send(id, peer, ask);
}

void WitnessFeed::State::send(const std::string& id, Peer& peer, const SharedAsk& ask) {
  const auto url = urls.find(id);
  if (url == urls.end()) return;
  WitnessRequest request{.old_size = peer.size.value_or(0), .proof = {}, .note = ask->note};
  if (request.old_size > ask->checkpoint.size) {
    // It has seen more: the next one is larger. Or it lost that and began again: now and then it is asked as
    // one of which nothing is known, and its 409 tells the truth.
    if (executor.steady_ms() - peer.told_at < options.retry_max_ms) return;
    request.old_size = 0;
  }
  if (request.old_size > 0 && request.old_size < ask->checkpoint.size) {
    Result<std::vector<Digest>> proof = ports.consistency(request.old_size, ask->checkpoint.size);
    if (!proof) return failed(id, peer, "no proof could be read: " + proof.error().message);
    request.proof = std::move(*proof);
  }
  peer.busy = true;
  ports.post(url->second, encode_witness_request(request),
             [self = weak_from_this(), id,
              sent = Sent{ask, request.old_size, peer.life}](Result<WitnessReply> reply) {
               const auto state = self.lock();
               if (!state) return;
               state->executor.post(
                   [state, id, sent, reply = std::move(reply)] { state->answered(id, sent, reply); });
             });
}

void WitnessFeed::State::answered(const std::string& id, const Sent& sent,
                                  const Result<WitnessReply>& reply) {
  Peer& peer = peers[id];
  peer.busy = false;
  if (sent.life != peer.life) return go_on(id);  // what another witness said
  if (!reply) {
    failed(id, peer, reply.error().message);
  } else if (reply->status == 200) {
    take(id, peer, sent.ask, *reply);
  } else if (reply->status == 409) {
    conflict(id, peer, sent, *reply);
  } else {
    failed(id, peer, "it answered " + std::to_string(reply->status) + ": " + in_print(reply->body));
  }
  go_on(id);
}

void WitnessFeed::State::take(const std::string& id, Peer& peer, const SharedAsk& ask,
                              const WitnessReply& reply) {
  const auto is_it = [&id](const auto& witness) { return witness.id.value == id; };
  const auto witness = std::find_if(ask->witnesses.begin(), ask->witnesses.end(), is_it);
  const VerifierKey key = witness_key(*witness);
  const std::optional<std::string> line = line_of(reply.body, key);
  if (!line) return failed(id, peer, "its answer has no cosignature by " + encode_verifier_key(key));
  if (peer.failures > 0) log(LogLevel::info, "witness_answers", {{"witness", id}});
  peer.size = ask->checkpoint.size;
  peer.failures = 0;
  peer.conflicts = 0;
  peer.ahead = false;
  ++cosignatures;
  ports.cosigned(NodeId{id}, {.size = ask->checkpoint.size, .root = ask->checkpoint.root, .line = *line});
}

void WitnessFeed::State::conflict(const std::string& id, Peer& peer, const Sent& sent,
                                  const WitnessReply& reply) {
  const SharedAsk& ask = sent.ask;
  const std::optional<std::uint64_t> size = size_in(reply);
  if (!size || *size == sent.old_size || ++peer.conflicts > conflicts_max) {
    peer.conflicts = 0;
    return failed(id, peer, "it answered 409 without a size to go on from: " + in_print(reply.body));
  }
  peer.size = *size;
  peer.told_at = executor.steady_ms();
  if (*size > ask->checkpoint.size) peer.conflicts = 0;  // nothing goes on from it
  if (*size > ask->checkpoint.size && !peer.ahead) {
    // It cosigned for a leader that knew more: soon so do we, unless this ledger was restored from a backup.
    peer.ahead = true;
    log(LogLevel::warning, "witness_ahead",
        {{"witness", id},
         {"its_size", std::to_string(*size)},
         {"size", std::to_string(ask->checkpoint.size)},
         {"message",
          "it cosigned a larger tree than this ledger has; it cosigns nothing here until the ledger "
          "has grown past that, and then only what extends it"}});
  }
  if (!peer.wanted && *size <= ask->checkpoint.size) peer.wanted = ask;
}

void WitnessFeed::State::failed(const std::string& id, Peer& peer, const std::string& why) {
  ++failures;
  ++peer.failures;
  if (peer.failures == 1) log(LogLevel::warning, "witness_failed", {{"witness", id}, {"message", why}});
  const std::uint32_t doublings = std::min<std::uint32_t>(peer.failures - 1, 16);
  const std::uint64_t wait = static_cast<std::uint64_t>(options.retry_min_ms) << doublings;
  peer.retry_at =
      executor.steady_ms() + static_cast<std::int64_t>(std::min<std::uint64_t>(wait, options.retry_max_ms));
}

WitnessFeed::WitnessFeed(WitnessFeedOptions options, WitnessFeedPorts ports, WitnessUrls urls,
                         Executor& executor)
    : state_(std::make_shared<State>(options, std::move(ports), std::move(urls), executor)) {}

WitnessFeed::~WitnessFeed() = default;

void WitnessFeed::on_open(WitnessAsk ask) {
  const auto shared = std::make_shared<const WitnessAsk>(std::move(ask));
  state_->executor.post([state = state_, shared] {
    for (const auto& witness : shared->witnesses) {
      const std::string& id = witness.id.value;
      if (!state->urls.contains(id)) continue;
      State::Peer& peer = state->peers[id];
      if (peer.key != witness.key) peer.forget();
      peer.key = witness.key;
      const bool waits = peer.wanted != nullptr;  // then a timer is set already
      peer.wanted = shared;
      peer.wanted_since = state->executor.steady_ms();
      if (!waits) state->go_on(id);
    }
  });
}

void WitnessFeed::set_urls(WitnessUrls urls) {
  state_->executor.post([state = state_, urls = std::move(urls)]() mutable {
    for (auto& [id, peer] : state->peers) {
      const auto before = state->urls.find(id);
      const auto now = urls.find(id);
      const bool same = before != state->urls.end() && now != urls.end() && before->second == now->second;
      if (!same) peer.forget();
    }
    state->urls = std::move(urls);
  });
}

WitnessFigures WitnessFeed::figures() const {
  return {.cosignatures = state_->cosignatures, .failures = state_->failures};
}

}  // namespace anta

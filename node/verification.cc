#include "node/verification.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <thread>
#include <unordered_map>
#include <utility>

#include "crypto/guarded.h"
#include "storage/ledger/block.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/law.h"

namespace anta {
namespace {

constexpr std::size_t keys_max = 65'536;

enum class Checked : std::uint8_t { none, under_way, valid, invalid };

struct Kept {
  SharedStatement statement = {};
  Checked verdict = Checked::none;
  PublicKey key = {};  // what the verdict is about
};

struct Answer {
  bool valid = false;
  bool fresh = false;  // verified for this question
};

}  // namespace

struct Verification::State {
  State(VerificationOptions o, KeyLookup l) : options(o), lookup(std::move(l)) {}

  VerificationOptions options = {};
  KeyLookup lookup = {};
  mutable Mutex mutex;
  Condition work;     // a job waits, or the end
  Condition decided;  // a verdict under way has come
  std::deque<std::function<void()>> jobs ANTA_GUARDED_BY(mutex) = {};
  std::unordered_map<Digest, Kept> kept ANTA_GUARDED_BY(mutex) = {};
  std::deque<std::pair<Digest, std::size_t>> order
      ANTA_GUARDED_BY(mutex) = {};                                          // oldest first, with their bytes
  std::unordered_map<Digest, state::Key> keys ANTA_GUARDED_BY(mutex) = {};  // by kid
  std::uint64_t key_changes ANTA_GUARDED_BY(mutex) = 0;
  std::uint64_t bytes ANTA_GUARDED_BY(mutex) = 0;
  VerificationFigures figures ANTA_GUARDED_BY(mutex) = {};
  bool ended ANTA_GUARDED_BY(mutex) = false;
  unsigned wanted ANTA_GUARDED_BY(mutex) = 0;  // threads; those numbered from here on end
  std::vector<std::thread> threads = {};       // by their number; of who constructs, resizes and destroys

  void run(unsigned number);
  void resize(unsigned count);
  bool post(std::function<void()> job, bool whatever_waits);
  void keep(const SharedStatement& statement) ANTA_REQUIRES(mutex);
  SharedStatement find(const Digest& digest) const;
  Result<SharedStatement> decode(Arrived item);
  Result<SharedStatement> decoded(ByteView bytes, const Digest& digest);
  Answer check(const SignedStatement& statement, const PublicKey& key);
  std::optional<state::Key> key_of(const Digest& kid);
  Result<Admitted> admit_one(SharedStatement statement);
};

void Verification::State::run(unsigned number) {
  while (true) {
    std::function<void()> job;
    {
      const Lock lock(mutex);
      while (jobs.empty() && !ended && number < wanted)
        work.wait(mutex);
      if (jobs.empty() || number >= wanted) return;
      job = std::move(jobs.front());
      jobs.pop_front();
    }
    job();
  }
}

void Verification::State::resize(unsigned count) {
  {
    const Lock lock(mutex);
    wanted = count;
  }
  work.notify_all();  // also those who would sleep over the job of one that ends
  while (threads.size() > count) {
    threads.back().join();
    threads.pop_back();
  }
  while (threads.size() < count)
    threads.emplace_back([this, number = static_cast<unsigned>(threads.size())] { run(number); });
}

bool Verification::State::post(std::function<void()> job, bool whatever_waits) {
  {
    const Lock lock(mutex);
    if (ended || (!whatever_waits && jobs.size() >= options.jobs_max)) return false;
    jobs.push_back(std::move(job));
  }
  work.notify_one();
  return true;
}

void Verification::State::keep(const SharedStatement& statement) {
  const std::size_t size = statement->bytes->size();
  if (!kept.try_emplace(statement->digest, Kept{.statement = statement}).second) return;
  order.emplace_back(statement->digest, size);
  bytes += size;
  while (!order.empty() && (order.size() > options.entries_max || bytes > options.bytes_max)) {
    // A verdict under way is written through a look-up, so its entry may go.
    kept.erase(order.front().first);
    bytes -= order.front().second;
    order.pop_front();
  }
}

SharedStatement Verification::State::find(const Digest& digest) const {
  const Lock lock(mutex);
  const auto found = kept.find(digest);
  return found == kept.end() ? nullptr : found->second.statement;
}

Result<SharedStatement> Verification::State::decode(Arrived item) {
  if (SharedStatement found = find(item.digest)) return found;
  Result<SignedStatement> statement = decode_statement(std::move(item.bytes), item.digest);
  if (!statement) return pass(statement);
  SharedStatement shared = std::make_shared<const SignedStatement>(std::move(*statement));
  const Lock lock(mutex);
  keep(shared);
  return shared;
}

// Out of a block: only what is not kept yet gets bytes of its own, so that a kept statement does not hold on
// to the block.
Result<SharedStatement> Verification::State::decoded(ByteView input, const Digest& digest) {
  if (SharedStatement found = find(digest)) return found;
  return decode({.bytes = std::make_shared<const Bytes>(to_bytes(input)), .digest = digest});
}

Answer Verification::State::check(const SignedStatement& statement, const PublicKey& key) {
  {
    const Lock lock(mutex);
    while (true) {
      const auto found = kept.find(statement.digest);
      if (found == kept.end() || found->second.verdict == Checked::none || found->second.key != key) {
        if (found != kept.end() && found->second.verdict != Checked::under_way) {
          found->second.verdict = Checked::under_way;
          found->second.key = key;
        }
        break;
      }
      if (found->second.verdict != Checked::under_way) {
        ++figures.answered;
        return {.valid = found->second.verdict == Checked::valid};
      }
      decided.wait(mutex);
    }
    ++figures.checked;
  }
  const bool valid = verify_signature(statement, key);
  {
    const Lock lock(mutex);
    const auto found = kept.find(statement.digest);
    if (found != kept.end() && found->second.verdict == Checked::under_way && found->second.key == key) {
      found->second.verdict = valid ? Checked::valid : Checked::invalid;
    }
  }
  decided.notify_all();
  return {.valid = valid, .fresh = true};
}

std::optional<state::Key> Verification::State::key_of(const Digest& kid) {
  std::uint64_t changes = 0;
  {
    const Lock lock(mutex);
    if (const auto found = keys.find(kid); found != keys.end()) return found->second;
    changes = key_changes;
  }
  std::optional<state::Key> key = lookup(kid);
  if (!key) return std::nullopt;
  const Lock lock(mutex);
  if (changes != key_changes) return key;  // may be from before the change: not to be remembered
  if (keys.size() >= keys_max) keys.clear();
  keys.emplace(kid, *key);
  return key;
}

Result<Verification::Admitted> Verification::State::admit_one(SharedStatement statement) {
  const std::optional<state::Key> key = key_of(statement->header.kid);
  if (!key || !key_signs_for(*key, *statement)) return Admitted{.statement = statement, .known = false};
  const Answer answer = check(*statement, key->key);
  if (!answer.valid) {
    return fail(Code::bad_signature, "bad_signature",
                "the signature does not verify under the key that the statement names");
  }
  return Admitted{.statement = std::move(statement), .known = true, .checked = answer.fresh};
}

Verification::Verification(VerificationOptions options, KeyLookup lookup)
    : state_(std::make_unique<State>(options, std::move(lookup))) {
  set_threads(options.threads);
}

Verification::~Verification() {
  {
    const Lock lock(state_->mutex);
    state_->ended = true;
  }
  state_->work.notify_all();
  for (std::thread& thread : state_->threads)
    thread.join();
}

void Verification::set_threads(unsigned threads) { state_->resize(std::max(threads, 1u)); }

void Verification::prefetch(std::shared_ptr<const Bytes> block) {
  Result<std::vector<ByteView>> items = decode_block(*block);
  if (!items) return;  // apply says so
  for (const ByteView item : *items) {
    // A verdict of "no" is kept as well; apply asks for it under the key that is then in force.
    const auto look = [state = state_.get(), block, item] {
      Result<SharedStatement> statement = state->decoded(item, sha256(item));
      if (statement) static_cast<void>(state->admit_one(std::move(*statement)));
    };
    if (!state_->post(look, false)) return;
  }
}

Result<void> Verification::admit(std::vector<Arrived> items, Done done) {
  struct Call {
    std::vector<Arrived> items = {};
    std::vector<Result<Admitted>> results = {};
    std::atomic<std::size_t> left = 0;
    Done done = {};
  };
  ANTA_INVARIANT(!items.empty());
  auto call = std::make_shared<Call>();
  call->results.assign(items.size(), Result<Admitted>(fail(Code::busy, "verification", "not checked")));
  call->left = items.size();
  call->items = std::move(items);
  call->done = std::move(done);
  {
    const Lock lock(state_->mutex);
    if (state_->jobs.size() + call->items.size() > state_->options.jobs_max) {
      return fail(Code::busy, "verification_jobs_max",
                  "too many signatures wait to be checked; try again shortly");
    }
  }
  for (std::size_t i = 0; i < call->items.size(); ++i) {
    const bool taken = state_->post(
        [state = state_.get(), call, i] {
          Result<SharedStatement> statement = state->decode(std::move(call->items[i]));
          call->results[i] = statement ? state->admit_one(std::move(*statement)) : pass(statement);
          if (--call->left == 0) call->done(std::move(call->results));
        },
        true);
    if (!taken) return fail(Code::busy, "stopping", "this node is stopping");
  }
  return {};
}

Result<SharedStatement> Verification::decoded(ByteView bytes, const Digest& digest) {
  return state_->decoded(bytes, digest);
}
bool Verification::check(const SignedStatement& statement, const PublicKey& key) {
  return state_->check(statement, key).valid;
}

void Verification::key_changed(const Digest& kid) {
  const Lock lock(state_->mutex);
  ++state_->key_changes;
  state_->keys.erase(kid);
}

bool Verification::knows(const Digest& digest) const {
  const Lock lock(state_->mutex);
  return state_->kept.contains(digest);
}

VerificationFigures Verification::figures() const {
  const Lock lock(state_->mutex);
  VerificationFigures figures = state_->figures;
  figures.kept = state_->kept.size();
  return figures;
}

}  // namespace anta

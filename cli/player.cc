#include "cli/player.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "cli/answer.h"
#include "cli/text_file.h"
#include "crypto/cose.h"
#include "crypto/exit.h"
#include "crypto/sealed.h"
#include "node/views/time_text.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/parameter.h"

namespace anta {
namespace {

using Clock = std::chrono::steady_clock;

std::string place(std::size_t number, const ScenarioStep& step) {
  return "step " + std::to_string(number) + " (line " + std::to_string(step.line) + ")";
}

// Every party is registered at this moment, before the first step (tests/scenario).
Millis registration_time() {
  const auto time = views::time_from_text("2025-01-01T00:00:00-05:00");
  ANTA_INVARIANT(time.has_value());
  return *time;
}

std::int64_t ahead_of(const Scenario& scenario) {
  for (const auto& [name, value] : scenario.parameters) {
    if (name == "event_ahead_max_ms" && std::holds_alternative<std::int64_t>(value))
      return std::get<std::int64_t>(value);
  }
  return 600000;
}

}  // namespace

tl::unexpected<Error> unmet(std::string message) {
  return tl::unexpected(Error{Code::rule_violated, "expectation", std::move(message)});
}

Player::Player(const Scenario& scenario, HttpClient& client, SigningKey registrar, PlayOptions options)
    : scenario_(scenario), client_(client), registrar_(std::move(registrar)), options_(std::move(options)) {
  random_ = options_.spread.value_or(0) * 2654435761u + 1;
}

std::size_t Player::next_node() {
  if (!options_.spread) return turn_++ % client_.nodes().size();
  random_ = random_ * 6364136223846793005u + 1442695040888963407u;  // Knuth's MMIX generator
  return static_cast<std::size_t>(random_ >> 33) % client_.nodes().size();
}

Result<void> Player::check_clock() const {
  const std::int64_t limit = options_.now.value + ahead_of(scenario_);
  for (std::size_t i = 0; i < scenario_.steps.size(); ++i) {
    const ScenarioStep& step = scenario_.steps[i];
    if (!step.check.empty()) continue;
    const Millis at = payload::common(step.payload).event_time;
    const bool future = at.value > limit;
    if (future == (step.expect == "event_in_future")) continue;
    return tl::unexpected(Error{Code::malformed, "scenario_date",
                                "this file does not play today (" + views::time_to_text(options_.now) +
                                    "): " + place(i + 1, step) + " is dated " + views::time_to_text(at)});
  }
  options_.say("clock: the file plays on " + views::time_to_text(options_.now));
  return {};
}

Result<void> Player::make_keys() {
  for (const payload::Party& party : scenario_.parties) {
    if (options_.keys_directory.empty()) {
      auto key = SigningKey::generate();
      if (!key) return pass(key);
      keys_.emplace(party.id, std::move(*key));
      continue;
    }
    const std::filesystem::path path =
        std::filesystem::path(options_.keys_directory) / (party.id.value + ".key");
    if (!std::filesystem::exists(path)) {
      auto seed = Secret32::random();
      if (!seed) return pass(seed);
      if (auto written = write_seed_file(path, *seed); !written) return written;
    }
    auto seed = read_seed_file(path);
    if (!seed) return pass(seed);
    keys_.emplace(party.id, SigningKey(*seed));
  }
  return {};
}

Result<Bytes> Player::sign(const payload::Payload& payload, const PartyId& as, const std::string& tamper) {
  const auto own = keys_.find(as);
  const bool is_registrar = as == scenario_.registrar && own == keys_.end();
  if (own == keys_.end() && !is_registrar) {
    return fail(Code::malformed, "the file knows no party " + as.value);
  }
  std::array<std::uint8_t, 16> cti{};
  random_bytes(cti);
  auto stranger = SigningKey::generate();
  if (!stranger) return pass(stranger);
  const SigningKey& key = tamper == "key" ? *stranger : is_registrar ? registrar_ : own->second;
  auto bytes = sign_statement(payload, as, key, options_.now.value / 1000, cti);
  if (!bytes || tamper != "payload") return bytes;
  // One byte of the note-free payload changes and stays well-formed: the last byte of event_time.
  const auto cose = decode_cose(*bytes);
  if (!cose) return pass(cose);
  const auto offset = static_cast<std::size_t>(cose->payload.data() - bytes->data());
  const std::string_view text = as_text(cose->payload);
  const std::size_t at = text.find("event_time");
  ANTA_INVARIANT(at != std::string_view::npos);
  (*bytes)[offset + at + 10 + 8] ^= 1;
  return bytes;
}

// Before it is sent: whoever plays the recording again sends the same bytes, in the same order.
Result<void> Player::record(const Bytes& statement) {
  if (options_.record_directory.empty()) return {};
  std::string number = std::to_string(++recorded_);
  number.insert(0, 4 - std::min<std::size_t>(number.size(), 4), '0');
  return put_file(std::filesystem::path(options_.record_directory) / (number + ".cose"), statement);
}

Result<Player::Sent> Player::send(const Bytes& statement) {
  if (auto recorded = record(statement); !recorded) return pass(recorded);
  const auto until = Clock::now() + options_.patience;
  Answer answer;
  while (Clock::now() < until) {
    const auto http =
        client_.post_to(next_node(), "/v1/statements?wait=committed", "application/cose", statement);
    if (!http && exit_for(http.error()) != Exit::undecided) return pass(http);  // asking again does not help
    answer = read_answer(http, sha256(statement));
    if (answer.kind == Answer::Kind::accepted) return Sent{"accepted", ""};
    if (answer.is_final()) return Sent{answer.code, answer.message};
  }
  return tl::unexpected(
      Error{Code::uncertain, "uncertain", "no node decided: " + answer.code + " " + answer.message});
}

Result<void> Player::register_parties() {
  for (payload::Party party : scenario_.parties) {
    party.common.event_time = registration_time();
    party.keys = {keys_.at(party.id).public_key()};
    auto bytes = sign_statement(party, scenario_.registrar, registrar_, options_.now.value / 1000, [] {
      std::array<std::uint8_t, 16> cti{};
      random_bytes(cti);
      return cti;
    }());
    if (!bytes) return pass(bytes);
    const auto sent = send(*bytes);
    if (!sent) return pass(sent);
    if (sent->outcome != "accepted")
      return unmet("party " + party.id.value + " was not registered: " + sent->outcome + ": " +
                   sent->message);
    last_accepted_ = std::move(*bytes);
  }
  options_.say("registered " + std::to_string(scenario_.parties.size()) + " parties");
  return {};
}

Result<void> Player::play_step(std::size_t number, const ScenarioStep& step) {
  auto bytes = sign(step.payload, step.as, step.tamper);
  if (!bytes) return pass(bytes);
  const auto sent = send(*bytes);
  if (!sent) return pass(sent);
  const std::string what =
      place(number, step) + " " + step.type + " " + subject_of(step.payload) + " as " + step.as.value;
  if (sent->outcome != step.expect) {
    return unmet(what + ": expected " + step.expect + ", got " + sent->outcome +
                 (sent->message.empty() ? "" : ": " + sent->message));
  }
  options_.say(what + ": " + sent->outcome + (step.why.empty() ? "" : " (" + step.why + ")"));
  if (sent->outcome != "accepted") {
    ++result_.rejected;
    return {};
  }
  ++result_.accepted;
  if (step.type == "certificate") result_.certificates.push_back(subject_of(step.payload));
  last_accepted_ = std::move(*bytes);
  return {};
}

Result<PlayResult> Player::play() {
  if (auto clock = check_clock(); !clock) return pass(clock);
  if (auto keys = make_keys(); !keys) return pass(keys);
  if (auto registered = register_parties(); !registered) return pass(registered);
  for (std::size_t i = 0; i < scenario_.steps.size(); ++i) {
    const ScenarioStep& step = scenario_.steps[i];
    const auto done = step.check.empty() ? play_step(i + 1, step) : check(i + 1, step);
    if (!done) return pass(done);
  }
  if (auto roots = check_roots("at the end"); !roots) return pass(roots);
  return result_;
}

}  // namespace anta

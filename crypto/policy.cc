#include "crypto/policy.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "crypto/text.h"

namespace anta {

namespace {

constexpr std::string_view reserved_name = "none";

tl::unexpected<Error> bad_policy(std::string rule, std::string message) {
  return fail(Code::malformed, "policy." + std::move(rule), std::move(message));
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

// Builds a Policy line by line and knows what was named before.
class Parser {
 public:
  Result<void> line(std::string_view text) {
    const auto words = words_of(text);
    if (words.empty() || words[0].starts_with('#')) return {};
    if (words[0] == "log") return log(words);
    if (words[0] == "witness") return witness(words);
    if (words[0] == "group") return group(words);
    if (words[0] == "quorum") return quorum(words);
    return bad_policy("word", "'" + std::string(words[0]) + "' is not log, witness, group or quorum");
  }

  Result<Policy> finish() && {
    if (!has_quorum_) return bad_policy("no_quorum", "the policy has no quorum line");
    return std::move(policy_);
  }

 private:
  using Words = std::vector<std::string_view>;

  Result<void> log(const Words& words) {
    if (words.size() != 2 && words.size() != 3) return bad_policy("log", "a log line is: log <key> [<url>]");
    auto key = parse_verifier_key(words[1]);
    if (!key) return pass(key);
    if (key->type != KeyType::ed25519) return bad_policy("key_type", "a log's key must be of type 01");
    if (!log_keys_.insert(key->key).second)
      return bad_policy("duplicate_key", "this log key stands here twice");
    policy_.logs.push_back({.key = std::move(*key), .url = std::string(words.size() == 3 ? words[2] : "")});
    return {};
  }

  Result<void> witness(const Words& words) {
    if (words.size() != 3 && words.size() != 4) {
      return bad_policy("witness", "a witness line is: witness <name> <key> [<url>]");
    }
    auto key = parse_verifier_key(words[2]);
    if (!key) return pass(key);
    if (key->type != KeyType::cosignature)
      return bad_policy("key_type", "a witness's key must be of type 04");
    if (!witness_keys_.insert(key->key).second) {
      return bad_policy("duplicate_key", "this witness key stands here twice");
    }
    return add({.name = std::string(words[1]),
                .witness = std::move(*key),
                .url = std::string(words.size() == 4 ? words[3] : "")});
  }

  Result<void> group(const Words& words) {
    if (words.size() < 4) return bad_policy("group", "a group line is: group <name> all|any|<k> <member>...");
    Policy::Element element{.name = std::string(words[1])};
    for (std::size_t i = 3; i < words.size(); ++i) {
      auto member = find(words[i]);
      if (!member) return pass(member);
      if (!in_group_.insert(*member).second) {
        return bad_policy("member_twice", "'" + std::string(words[i]) + "' is a member of a group already");
      }
      element.members.push_back(*member);
    }
    auto threshold = threshold_of(words[2], element.members.size());
    if (!threshold) return pass(threshold);
    element.threshold = *threshold;
    return add(std::move(element));
  }

  Result<void> quorum(const Words& words) {
    if (words.size() != 2) return bad_policy("quorum", "a quorum line is: quorum <name>|none");
    if (has_quorum_) return bad_policy("two_quorums", "a second quorum line");
    has_quorum_ = true;
    if (words[1] == reserved_name) return {};
    auto element = find(words[1]);
    if (!element) return pass(element);
    policy_.quorum = *element;
    return {};
  }

  static Result<std::size_t> threshold_of(std::string_view word, std::size_t members) {
    if (word == "all") return members;
    if (word == "any") return 1;
    auto number = decimal(word);
    if (!number) return bad_policy("threshold", "'" + std::string(word) + "' is not all, any or a number");
    if (*number < 1 || *number > members) {
      return bad_policy("threshold",
                        "a threshold of " + std::string(word) + " among " + std::to_string(members));
    }
    return static_cast<std::size_t>(*number);
  }

  Result<std::size_t> find(std::string_view name) const {
    const auto found = names_.find(std::string(name));
    if (found == names_.end()) {
      return bad_policy("unknown_name", "'" + std::string(name) + "' is not defined on an earlier line");
    }
    return found->second;
  }

  Result<void> add(Policy::Element element) {
    if (element.name == reserved_name) return bad_policy("name", "'none' is not a name of its own");
    if (!names_.emplace(element.name, policy_.elements.size()).second) {
      return bad_policy("duplicate_name", "the name '" + element.name + "' stands here twice");
    }
    policy_.elements.push_back(std::move(element));
    return {};
  }

  Policy policy_ = {};
  bool has_quorum_ = false;
  std::unordered_map<std::string, std::size_t> names_ = {};
  std::unordered_set<std::size_t> in_group_ = {};
  std::unordered_set<PublicKey> log_keys_ = {};
  std::unordered_set<PublicKey> witness_keys_ = {};
};

// The whole file: its characters (tlog-policy, "Character set"), its size, its last line's end.
Result<void> check_policy_characters(std::string_view text) {
  if (text.size() > policy_bytes_max) {
    return bad_policy("too_large", "a policy is at most " + std::to_string(policy_bytes_max) + " bytes");
  }
  for (char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte == '\r') return bad_policy("crlf", "the policy has carriage returns; lines end in LF alone");
    if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F) {
      return bad_policy("control", "the policy has a control character");
    }
  }
  if (!text.ends_with('\n')) return bad_policy("final_newline", "the policy's last line has no LF");
  return {};
}

// Whether the policy's quorum is met by the cosigners whose time is not before `since`. Members stand before
// their groups, so one pass decides all elements.
bool quorum_met(const Policy& policy, const std::vector<std::uint64_t>& times, std::uint64_t since) {
  if (!policy.quorum) return true;
  std::vector<bool> met(policy.elements.size(), false);
  for (std::size_t i = 0; i < policy.elements.size(); ++i) {
    const Policy::Element& element = policy.elements[i];
    if (element.witness) {
      met[i] = times[i] != 0 && times[i] >= since;
    } else {
      const auto count = std::count_if(element.members.begin(), element.members.end(),
                                       [&](std::size_t member) { return met[member]; });
      met[i] = static_cast<std::size_t>(count) >= element.threshold;
    }
  }
  return met[*policy.quorum];
}

// The newest of the times at which the quorum still holds; 0 when it never does.
std::uint64_t quorum_time(const Policy& policy, const std::vector<std::uint64_t>& times) {
  std::uint64_t newest = 0;
  for (std::uint64_t time : times) {
    if (time > newest && quorum_met(policy, times, time)) newest = time;
  }
  return newest;
}

}  // namespace

Result<Policy> parse_policy(std::string_view text) {
  if (auto characters = check_policy_characters(text); !characters) return pass(characters);
  Parser parser;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t size = text.find('\n');
    ++number;
    if (number > policy_lines_max) {
      return bad_policy("too_large", "a policy is at most " + std::to_string(policy_lines_max) + " lines");
    }
    if (auto line = parser.line(text.substr(0, size)); !line) {
      Error error = line.error();
      error.message = "policy line " + std::to_string(number) + ": " + error.message;
      return tl::unexpected<Error>(std::move(error));
    }
    text.remove_prefix(size + 1);
  }
  return std::move(parser).finish();
}

std::string encode_policy(const Policy& policy) {
  std::string text;
  const auto url = [](const std::string& address) { return address.empty() ? "" : " " + address; };
  for (const Policy::Log& log : policy.logs) {
    text += "log " + encode_verifier_key(log.key) + url(log.url) + "\n";
  }
  for (const Policy::Element& element : policy.elements) {
    if (element.witness) {
      text +=
          "witness " + element.name + " " + encode_verifier_key(*element.witness) + url(element.url) + "\n";
      continue;
    }
    text += "group " + element.name + " " + std::to_string(element.threshold);
    for (std::size_t member : element.members)
      text += " " + policy.elements[member].name;
    text += "\n";
  }
  text +=
      "quorum " + (policy.quorum ? policy.elements[*policy.quorum].name : std::string(reserved_name)) + "\n";
  return text;
}

Result<Policy> quorum_policy(const std::vector<VerifierKey>& logs, const std::vector<VerifierKey>& cosigners,
                             std::size_t k) {
  const auto badly_named = [](const VerifierKey& key) { return !is_key_name(key.name); };
  if (std::any_of(logs.begin(), logs.end(), badly_named) ||
      std::any_of(cosigners.begin(), cosigners.end(), badly_named)) {
    return bad_policy("name", "a key's name is empty or has a forbidden character");
  }
  std::string text;
  for (const VerifierKey& log : logs)
    text += "log " + encode_verifier_key(log) + "\n";
  std::string group = "group cosigners " + std::to_string(k);
  for (const VerifierKey& cosigner : cosigners) {
    text += "witness " + cosigner.name + " " + encode_verifier_key(cosigner) + "\n";
    group += " " + cosigner.name;
  }
  // The parser holds the rules about keys, names and thresholds; this is its text.
  return parse_policy(text + group + "\nquorum cosigners\n");
}

Result<PolicyVerdict> check_note(const Policy& policy, std::string_view note_text,
                                 std::uint64_t now_seconds) {
  auto note = parse_note(note_text);
  if (!note) return pass(note);
  auto checkpoint = parse_checkpoint(note->text);
  if (!checkpoint) return pass(checkpoint);
  PolicyVerdict verdict;
  std::vector<std::uint64_t> times(policy.elements.size(), 0);  // 0: no cosignature
  for (const NoteSignature& signature : note->signatures) {
    for (const Policy::Log& log : policy.logs) {
      if (!is_by(signature, log.key)) continue;
      if (auto good = verify_note_line(log.key, note->text, signature); !good) return pass(good);
      if (log.key.name == checkpoint->origin) verdict.logs.push_back(log.key);
    }
    for (std::size_t i = 0; i < policy.elements.size(); ++i) {
      const Policy::Element& element = policy.elements[i];
      if (!element.witness || !is_by(signature, *element.witness)) continue;
      auto time = verify_cosignature(*element.witness, note->text, signature, now_seconds);
      if (!time) return pass(time);
      times[i] = *time;
      verdict.cosigners.push_back({.name = element.name, .key = *element.witness, .time_seconds = *time});
    }
  }
  const bool listed = std::ranges::any_of(
      policy.logs, [&](const Policy::Log& log) { return log.key.name == checkpoint->origin; });
  const bool signed_by_name = std::ranges::any_of(
      note->signatures, [&](const NoteSignature& line) { return line.name == checkpoint->origin; });
  if (verdict.logs.empty() && listed && signed_by_name) {
    return fail(Code::uncertain, "policy.log_key",
                "the checkpoint of " + checkpoint->origin +
                    " is signed with a key of its log that the policy does not list: a node has joined, or "
                    "has other keys");
  }
  if (verdict.logs.empty()) {
    return fail(Code::bad_signature, "policy.no_log",
                "no log of the policy signed the checkpoint of " + checkpoint->origin);
  }
  for (std::size_t i = 0; i < policy.elements.size(); ++i) {
    if (policy.elements[i].witness && times[i] == 0) verdict.missing.push_back(policy.elements[i].name);
  }
  verdict.checkpoint = std::move(*checkpoint);
  verdict.quorum_met = quorum_met(policy, times, 0);
  if (policy.quorum) verdict.quorum_time_seconds = quorum_time(policy, times);
  return verdict;
}

bool quorum_met(const Policy& policy, const std::vector<bool>& signed_by) {
  ANTA_INVARIANT(signed_by.size() == policy.elements.size());
  const std::vector<std::uint64_t> times(signed_by.begin(), signed_by.end());
  return quorum_met(policy, times, 0);
}

}  // namespace anta

#include <algorithm>

#include "cli/answer.h"
#include "cli/player.h"

namespace anta {
namespace {

const Value* at(const Value& value, std::string_view key) { return value.find(key); }

std::string text_of(const Value* value) {
  const auto* text = value ? std::get_if<std::string>(&value->data) : nullptr;
  return text ? *text : "";
}

std::optional<std::int64_t> number_of(const Value* value) {
  const auto* number = value ? std::get_if<std::int64_t>(&value->data) : nullptr;
  return number ? std::optional(*number) : std::nullopt;
}

bool is_eligible(const Value& lot, const std::string& scheme) {
  const Value* schemes = at(lot, "schemes");
  const auto* list = schemes ? std::get_if<ValueList>(&schemes->data) : nullptr;
  return list && std::any_of(list->begin(), list->end(), [&](const Value& entry) {
           return text_of(at(entry, "scheme")) == scheme && text_of(at(entry, "status")) == "eligible";
         });
}

Result<void> compare(const std::string& what, const std::string& wanted, const std::string& got) {
  if (wanted == got) return {};
  return unmet(what + ": expected " + wanted + ", got " + (got.empty() ? "nothing" : got));
}

Result<void> compare_mass(const std::string& what, std::int64_t wanted, std::optional<std::int64_t> got) {
  return compare(what, std::to_string(wanted), got ? std::to_string(*got) : "");
}

Result<void> compare_lot(const std::string& what, const ExpectedLot& wanted, const Value& lot,
                         const std::string& scheme) {
  const Value* accepted = at(lot, "accepted");
  const Value none;
  const Value& figures = accepted ? *accepted : none;
  if (wanted.dry_g) {
    if (auto same = compare_mass(what + " dry_g", *wanted.dry_g, number_of(at(figures, "dry_g"))); !same)
      return same;
  }
  if (wanted.cu_g) {
    if (auto same = compare_mass(what + " cu_g", *wanted.cu_g, number_of(at(figures, "cu_g"))); !same)
      return same;
  }
  if (wanted.holder) {
    if (auto same = compare(what + " holder", *wanted.holder, text_of(at(lot, "holder"))); !same) return same;
  }
  if (wanted.state) {
    if (auto same = compare(what + " state", *wanted.state, text_of(at(lot, "state"))); !same) return same;
  }
  if (wanted.eligible) {
    const bool eligible = is_eligible(lot, scheme);
    return compare(what + " eligible", *wanted.eligible ? "true" : "false", eligible ? "true" : "false");
  }
  return {};
}

}  // namespace

// The same answer from every node, each after a read index.
Result<Value> Player::same_everywhere(const std::string& path, const std::string& where) {
  std::optional<Value> first;
  for (std::size_t node = 0; node < client_.nodes().size(); ++node) {
    const auto until = std::chrono::steady_clock::now() + options_.patience;
    Result<Value> body = fail(Code::uncertain, "no node answered");
    while (!body && std::chrono::steady_clock::now() < until) {
      body = json_body(client_.get_from(node, path));
      if (!body && body.error().code != Code::busy && body.error().code != Code::uncertain) break;
    }
    if (!body) return unmet(where + ": " + client_.nodes()[node] + path + ": " + body.error().message);
    if (first && *first != *body)
      return unmet(where + ": " + client_.nodes()[node] + path + " answers otherwise than " +
                   client_.nodes()[0]);
    if (!first) first = std::move(*body);
  }
  return *first;
}

// The checkpoint over the last accepted statement is finished: its node says so, asked with the same bytes
// again.
Result<void> Player::wait_cosigned() {
  const auto until = std::chrono::steady_clock::now() + options_.patience;
  while (std::chrono::steady_clock::now() < until) {
    bool everywhere = true;
    for (std::size_t node = 0; node < client_.nodes().size() && everywhere; ++node) {
      const Answer answer = read_answer(
          client_.post_to(node, "/v1/statements?wait=cosigned", "application/cose", last_accepted_),
          sha256(last_accepted_));
      everywhere = answer.cosigned;
    }
    if (everywhere) return {};
  }
  return tl::unexpected(
      Error{Code::uncertain, "not_cosigned", "no finished checkpoint over the last statement"});
}

Result<void> Player::check_lots(const Expectations& wanted, const std::string& where) {
  const std::string scheme = scenario_.schemes.empty() ? "" : scenario_.schemes.front().id.value;
  for (const auto& [id, lot] : wanted.lots) {
    const auto got = same_everywhere("/v1/lots/" + url_escaped(id) + "?fresh=1", where);
    if (!got) return pass(got);
    if (auto same = compare_lot(where + ": lot " + id, lot, *got, scheme); !same) return same;
  }
  return {};
}

Result<void> Player::check_accounts(const Expectations& wanted, const std::string& where) {
  for (const auto& [id, balance] : wanted.accounts) {
    const auto got = same_everywhere("/v1/accounts/" + url_escaped(id) + "?fresh=1", where);
    if (!got) return pass(got);
    if (auto same = compare_mass(where + ": account " + id, balance, number_of(at(*got, "balance_g"))); !same)
      return same;
  }
  return {};
}

Result<void> Player::check_certificates(const Expectations& wanted, const std::string& where) {
  for (const auto& [id, expected] : wanted.certificates) {
    for (std::size_t node = 0; node < client_.nodes().size(); ++node) {
      const auto file = client_.get_from(node, "/v1/certificates/" + url_escaped(id),
                                         "application/vnd.anta.certificate+cbor");
      const std::string what = where + ": certificate " + id + " of " + client_.nodes()[node];
      if (!file) return unmet(what + ": " + file.error().message);
      if (file->status != 200) return unmet(what + ": " + error_of(*file).message);
      const Report report = verify_certificate(file->body, options_.trust, options_.now);
      const std::string reason = report.reasons.empty() ? ""
                                                        : " (" + report.reasons.front().code + ": " +
                                                              report.reasons.front().message + ")";
      if (expected.verdict && *expected.verdict != word(report.verdict)) {
        return unmet(what + " verdict: expected " + *expected.verdict + ", got " +
                     std::string(word(report.verdict)) + reason);
      }
      const std::string model = report.claim ? std::string(word(report.claim->coc_model)) : "";
      if (expected.coc_model) {
        if (auto same = compare(what + " coc_model", *expected.coc_model, model); !same) return same;
      }
      for (const std::string& flag : expected.flags_include) {
        const bool has = std::any_of(report.flags.begin(), report.flags.end(),
                                     [&](const auto& line) { return line.code == flag; });
        if (!has) return unmet(what + ": expected flag " + flag + ", which is not among its flags");
      }
    }
  }
  return {};
}

// All nodes have the same leaves and roots. A node may lag by one apply: asked again until its leaves are the
// others'.
Result<void> Player::check_roots(const std::string& where) {
  const auto until = std::chrono::steady_clock::now() + options_.patience;
  while (true) {
    const auto ledger = same_everywhere("/v1/ledger?fresh=1", where);
    if (ledger) {
      result_.leaves = number_of(at(*ledger, "leaves")).value_or(0);
      result_.state_root = text_of(at(*ledger, "state_root"));
      result_.tree_root = text_of(at(*ledger, "tree_root"));
      return {};
    }
    if (std::chrono::steady_clock::now() >= until) return pass(ledger);
  }
}

Result<void> Player::check(std::size_t number, const ScenarioStep& step) {
  const Expectations& wanted = scenario_.expectations.at(step.check);
  const std::string where =
      "step " + std::to_string(number) + " (line " + std::to_string(step.line) + ") check " + step.check;
  if (auto cosigned = wait_cosigned(); !cosigned) return cosigned;
  if (auto roots = check_roots(where); !roots) return roots;
  if (auto lots = check_lots(wanted, where); !lots) return lots;
  if (auto accounts = check_accounts(wanted, where); !accounts) return accounts;
  if (auto certificates = check_certificates(wanted, where); !certificates) return certificates;
  options_.say(where + ": as expected on " + std::to_string(client_.nodes().size()) + " nodes, state root " +
               result_.state_root.substr(0, 16));
  return {};
}

}  // namespace anta

#include "consensus/raft/configuration.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "crypto/cbor.h"

namespace anta::raft {
namespace {

const Member* find_in(const std::vector<Member>& members, const NodeId& id) {
  auto found = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.id == id; });
  return found == members.end() ? nullptr : &*found;
}

bool has_twice(std::vector<Member> members) {
  auto by_id = [](const Member& a, const Member& b) { return a.id < b.id; };
  std::sort(members.begin(), members.end(), by_id);
  return std::adjacent_find(members.begin(), members.end(),
                            [](const Member& a, const Member& b) { return a.id == b.id; }) != members.end();
}

// The fields of the map, in the order of its encoding.
constexpr std::array<std::string_view, 4> fields = {"voters", "learners", "outgoing", "statement"};

void write(cbor::Writer& out, std::vector<Member> members) {
  std::sort(members.begin(), members.end());
  out.array(members.size());
  for (const Member& member : members)
    out.array(2).text(member.id.value).uint(member.incarnation);
}

Result<Member> read_member(cbor::Reader& in) {
  const auto parts = in.array();
  if (!parts) return pass(parts);
  if (*parts != 2) return in.refuse("configuration.member", "a member is an id and an incarnation");
  const auto id = in.text();
  if (!id) return pass(id);
  if (!is_id(*id)) return in.refuse("configuration.member", "a member's name is not an id");
  const auto incarnation = in.uint();
  if (!incarnation) return pass(incarnation);
  if (*incarnation == 0) return in.refuse("configuration.member", "incarnations count from 1");
  return Member{NodeId{std::string(*id)}, *incarnation};
}

Result<std::vector<Member>> read_members(cbor::Reader& in) {
  const auto count = in.array();
  if (!count) return pass(count);
  if (*count > Configuration::members_max)
    return in.refuse("configuration.members_max", "more members than a configuration may have");
  std::vector<Member> members;
  for (std::size_t i = 0; i < *count; ++i) {
    auto member = read_member(in);
    if (!member) return pass(member);
    if (!members.empty() && !(members.back().id < member->id))
      return in.refuse("configuration.order", "members are in order of their ids");
    members.push_back(std::move(*member));
  }
  return members;
}

}  // namespace

Bytes encode_configuration(const ConfigurationRecord& record) {
  cbor::Writer out(256);
  out.map(fields.size());
  out.text(fields[0]);
  write(out, record.configuration.voters);
  out.text(fields[1]);
  write(out, record.configuration.learners);
  out.text(fields[2]);
  write(out, record.configuration.outgoing);
  out.text(fields[3]).bytes(record.statement.view());
  return out.take();
}

Result<ConfigurationRecord> decode_configuration(ByteView payload) {
  cbor::Reader in(payload);
  const auto count = in.map();
  if (!count) return pass(count);
  if (*count != fields.size()) return in.refuse("configuration.fields", "a configuration has four fields");
  ConfigurationRecord record;
  Configuration& to = record.configuration;
  const std::array<std::vector<Member>*, 3> sets = {&to.voters, &to.learners, &to.outgoing};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto key = in.text();
    if (!key) return pass(key);
    if (*key != fields[i])
      return in.refuse("configuration.fields", "a configuration has " + std::string(fields[i]) + " here");
    if (i == sets.size()) break;
    auto members = read_members(in);
    if (!members) return pass(members);
    *sets[i] = std::move(*members);
  }
  const auto statement = in.bytes();
  if (!statement) return pass(statement);
  if (statement->size() != Digest::size)
    return in.refuse("configuration.statement", "a statement's digest has 32 bytes");
  std::copy(statement->begin(), statement->end(), record.statement.bytes.begin());
  if (auto end = in.finish(); !end) return pass(end);
  if (!to.valid()) return fail(Code::malformed, "configuration.invalid", "its sets of members contradict");
  return record;
}

Result<Configuration> first_step(const Configuration& now, Configuration wanted) {
  wanted.order();
  const auto refuse = [](const std::string& why) { return fail(Code::malformed, "raft.configuration", why); };
  if (!wanted.valid() || wanted.joint()) return refuse("the wanted members contradict each other");
  if (now.joint()) return refuse("the present configuration is joint");
  for (const Member& member : wanted.members()) {
    const Member* present = now.find(member.id);
    if (present && *present != member) return refuse(member.id.value + " is here under another incarnation");
    if (wanted.is_voter(member.id) && !present)
      return refuse(member.id.value + " is not a learner yet, so it cannot become a voter");
    if (wanted.is_learner(member.id) && now.is_voter(member.id))
      return refuse(member.id.value + " is a voter; it can only be removed");
  }
  if (wanted.voters == now.voters) {
    if (wanted.learners == now.learners) return refuse("nothing would change");
    return wanted;
  }
  Configuration joint = wanted;
  joint.outgoing = now.voters;
  if (!joint.valid()) return refuse("too many members in the midst of the change");
  return joint;
}

Configuration left(const Configuration& joint) {
  return {.voters = joint.voters, .outgoing = {}, .learners = joint.learners};
}

bool follows(const Configuration& now, const ConfigurationRecord& record) {
  const Configuration& next = record.configuration;
  const bool asked = record.statement != Digest{};
  if (now.joint()) return !asked && next == left(now);
  if (!asked) return false;
  const Result<Configuration> step = first_step(now, left(next));
  return step && *step == next;
}

std::vector<NextChange> next_changes(const Configuration& now, const Configuration& wanted) {
  std::vector<NextChange> changes;
  if (now.joint()) return changes;
  const auto without = [](std::vector<Member>& members, const Member& member) {
    std::erase(members, member);
  };
  for (const Member& member : wanted.members()) {
    if (now.contains(member.id)) continue;
    changes.push_back({.configuration = now, .node = member.id});
    changes.back().configuration.learners.push_back(member);
  }
  for (const Member& member : wanted.voters) {
    if (std::ranges::find(now.learners, member) == now.learners.end()) continue;
    changes.push_back({.configuration = now, .node = member.id});
    without(changes.back().configuration.learners, member);
    changes.back().configuration.voters.push_back(member);
  }
  for (const Member& member : now.members()) {
    const Member* there = wanted.find(member.id);
    if (there && *there == member) continue;
    changes.push_back({.configuration = now, .node = member.id});
    without(changes.back().configuration.voters, member);
    without(changes.back().configuration.learners, member);
  }
  for (NextChange& change : changes)
    change.configuration.order();
  return changes;
}

bool Configuration::is_voter(const NodeId& id) const { return find_in(voters, id) || find_in(outgoing, id); }

bool Configuration::votes(const Member& member) const {
  const Member* found = find(member.id);
  return found && *found == member && is_voter(member.id);
}

bool Configuration::is_learner(const NodeId& id) const { return find_in(learners, id) && !is_voter(id); }

const Member* Configuration::find(const NodeId& id) const {
  for (const auto* set : {&voters, &outgoing, &learners}) {
    if (const Member* found = find_in(*set, id)) return found;
  }
  return nullptr;
}

std::vector<Member> Configuration::members() const {
  std::vector<Member> all;
  for (const auto* set : {&voters, &outgoing, &learners})
    all.insert(all.end(), set->begin(), set->end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

void Configuration::order() {
  for (auto* set : {&voters, &outgoing, &learners})
    std::sort(set->begin(), set->end());
}

bool Configuration::valid() const {
  if (voters.empty() || has_twice(voters) || has_twice(outgoing) || has_twice(learners)) return false;
  for (const Member& learner : learners) {
    if (is_voter(learner.id)) return false;
  }
  const std::vector<Member> all = members();
  return !has_twice(all) && all.size() <= members_max;  // twice here: one id under two incarnations
}

}  // namespace anta::raft

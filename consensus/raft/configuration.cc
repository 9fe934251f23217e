#include "consensus/raft/configuration.h"

#include <algorithm>

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

}  // namespace

bool Configuration::is_voter(const NodeId& id) const { return find_in(voters, id) || find_in(outgoing, id); }

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

bool Configuration::valid() const {
  if (voters.empty() || has_twice(voters) || has_twice(outgoing) || has_twice(learners)) return false;
  for (const Member& learner : learners) {
    if (is_voter(learner.id)) return false;
  }
  const std::vector<Member> all = members();
  return !has_twice(all) && all.size() <= members_max;  // twice here: one id under two incarnations
}

}  // namespace anta::raft

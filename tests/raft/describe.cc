// Effects as lines of text, for transcripts.
#include <string>

#include "tests/raft/cluster.h"

namespace anta::raft::test {
namespace {

std::string number(LogIndex index) { return std::to_string(index.value); }

struct BodyText {
  std::string operator()(const VoteRequest& m) const {
    return std::string(m.pre ? ", pre" : "") + (m.transfer ? ", transfer" : "") + ", for term " +
           std::to_string(m.campaign_term.value) + ", last " + place(m.last_index, m.last_term);
  }
  std::string operator()(const VoteReply& m) const {
    return std::string(m.pre ? ", pre" : "") + ", for term " + std::to_string(m.campaign_term.value) +
           (m.granted ? ", granted" : ", refused");
  }
  std::string operator()(const Append& m) const {
    std::string text = ", prev " + place(m.prev_index, m.prev_term) + ", commit " + number(m.commit);
    for (const LogEntry& entry : m.entries)
      text += " [" + place(entry.index, entry.header.term) + "]";
    return text;
  }
  std::string operator()(const AppendReply& m) const {
    if (!m.rejected) return ", match " + number(m.match);
    return ", rejected prev " + number(m.prev_index) + ", hint " + place(m.hint_index, m.hint_term);
  }
  std::string operator()(const Heartbeat& m) const {
    return ", match " + place(m.match_index, m.match_term) + ", sent " + number(m.sent) + ", commit " +
           number(m.commit) + ", round " + std::to_string(m.round);
  }
  std::string operator()(const HeartbeatReply& m) const {
    return ", verified " + number(m.verified) + " of " + number(m.sent) + ", round " +
           std::to_string(m.round);
  }
  std::string operator()(const TimeoutNow&) const { return ""; }
  std::string operator()(const ReadIndexRequest& m) const { return ", read " + std::to_string(m.read); }
  std::string operator()(const ReadIndexReply& m) const {
    return ", read " + std::to_string(m.read) + (m.served ? ", index " + number(m.index) : ", not served");
  }
};

}  // namespace

std::string place(LogIndex index, Term term) { return number(index) + "/" + std::to_string(term.value); }

std::string describe(const Message& m) {
  return std::string(raft::name(m.body)) + " term " + std::to_string(m.term.value) +
         std::visit(BodyText{}, m.body);
}

std::string describe(const Configuration& configuration) {
  std::string text = "voters";
  for (const Member& member : configuration.voters)
    text += " " + member.id.value;
  if (configuration.joint()) text += ", outgoing";
  for (const Member& member : configuration.outgoing)
    text += " " + member.id.value;
  if (!configuration.learners.empty()) text += ", learners";
  for (const Member& member : configuration.learners)
    text += " " + member.id.value;
  return text;
}

std::string describe(const Persist& batch) {
  std::string text = "token " + std::to_string(batch.token.value);
  if (batch.truncate_from) text += ", delete from " + number(*batch.truncate_from);
  if (!batch.entries.empty()) text += ", put";
  for (const LogEntry& entry : batch.entries)
    text += " [" + place(entry.index, entry.header.term) + "]";
  if (batch.hard_state) {
    text += ", term " + std::to_string(batch.hard_state->term.value);
    text += batch.hard_state->vote.empty() ? " no vote" : " vote " + batch.hard_state->vote.value;
  }
  return text;
}

void Cluster::print(const std::string& name, const Output& output) {
  auto say = [&](const std::string& text) { effects_.push_back(name + " " + text); };
  for (const TraceRecord& record : output.trace) {
    std::string text = raft::name(record.what);
    if (record.index > LogIndex{}) text += " " + number(record.index);
    if (!record.peer.empty()) text += " (" + record.peer.value + ")";
    say("* " + text);
  }
  if (output.role) {
    const RoleChange& role = *output.role;
    say("is " + std::string(raft::name(role.role)) + " in term " + std::to_string(role.term.value) +
        (role.leader ? ", leader " + role.leader->value : ", no leader") +
        (role.in_office ? ", in office" : ""));
  }
  if (output.configuration) {
    const ConfigurationChange& change = *output.configuration;
    say("counts by " + number(change.index) + ": " + describe(change.configuration) +
        (change.committed ? ", committed" : ""));
  }
  if (output.persist) say("disk: " + describe(*output.persist));
  for (const Message& message : output.messages)
    say("-> " + message.to.id.value + ": " + describe(message));
  for (const LoadRequest& load : output.loads) {
    say("loads " + number(load.from) + ".." + number(load.to) + " for " + load.peer.value);
  }
  for (const FinishedRead& read : output.reads) {
    const std::string text =
        read.index ? "index " + number(*read.index) : std::string(anta::name(read.index.error().code));
    say("read " + std::to_string(read.read) + ": " + text);
  }
  if (output.proposal) {
    const Result<Proposed>& p = *output.proposal;
    say("proposal: " + (p ? place(p->index, p->term) : std::string(anta::name(p.error().code))));
  }
  if (output.commit > node(name).printed_commit) say("commit " + number(output.commit));
  node(name).printed_commit = output.commit;
  if (output.stop) say("STOPS: " + output.stop->error.message);
}

}  // namespace anta::raft::test

#include "consensus/amnesia.h"

namespace anta {

void Amnesia::heard(Term term, const raft::Heartbeat& heartbeat) {
  if (!suffers_ || !heartbeat.amnesiac || term <= known_term_) return;
  known_term_ = term;
  committed_then_ = heartbeat.commit;
}

bool Amnesia::ends(Term term, LogIndex commit, Term commit_term) {
  if (!suffers_ || term != known_term_ || commit_term != term) return false;
  if (commit <= committed_then_ || commit < watermark_) return false;
  suffers_ = false;
  return true;
}

void mark_amnesiac(raft::Message& outgoing) {
  if (auto* reply = std::get_if<raft::AppendReply>(&outgoing.body)) reply->amnesiac = true;
  if (auto* reply = std::get_if<raft::HeartbeatReply>(&outgoing.body)) reply->amnesiac = true;
}

}  // namespace anta

// Five nodes of which some hear each other and some do not: what partial and one-way partitions must not
// bring about. Sources: Ng, Haridi and Carbone, "Omni-Paxos: Breaking the Barriers of Partial Connectivity"
// (EuroSys 2023), section 2, whose three cases these are; Jensen, Howard and Mortier, "Examining Raft's
// behaviour during partial network failures" (HAOC 2021), on the outage of etcd that one-way links made.
#include <gtest/gtest.h>

#include <set>

#include "tests/raft/cluster.h"

namespace anta::raft::test {
namespace {

const std::vector<std::string> five = {"n1", "n2", "n3", "n4", "n5"};

struct Mesh {
  explicit Mesh(const std::vector<std::string>& of) : names(of), cluster(of) { cluster.elect(of.front()); }

  void cut(const std::string& a, const std::string& b) {
    cluster.cut(a, b);
    cluster.cut(b, a);
  }
  void cut_all_but(const std::set<std::pair<std::string, std::string>>& links) {
    for (const std::string& a : names) {
      for (const std::string& b : names) {
        if (a < b && !links.contains({a, b})) cut(a, b);
      }
    }
  }
  // Time goes on for everybody alike.
  void run(unsigned ticks) {
    for (unsigned i = 0; i < ticks; ++i) {
      for (const std::string& name : names)
        cluster.tick(name);
      cluster.settle();
      for (const std::string& name : names) {
        const Status status = cluster.status(name);
        if (status.role != Role::leader) continue;
        const auto [known, added] = leaders.emplace(status.term, name);
        EXPECT_TRUE(added || known->second == name) << "two lead in term " << status.term.value;
      }
    }
  }
  std::string in_office() {
    std::string found;
    Term newest;
    for (const std::string& name : names) {
      const Status status = cluster.status(name);
      if (!status.in_office || status.term <= newest) continue;
      newest = status.term;
      found = name;
    }
    return found;
  }
  Term highest_term() {
    Term highest;
    for (const std::string& name : names)
      highest = std::max(highest, cluster.status(name).term);
    return highest;
  }
  // Somebody in office commits this.
  bool commits(const std::string& text) {
    const std::string leader = in_office();
    if (leader.empty()) return false;
    cluster.propose(leader, text);
    cluster.settle();
    const Status status = cluster.status(leader);
    return status.commit == status.last;
  }

  std::vector<std::string> names = {};
  Cluster cluster;
  std::map<Term, std::string> leaders = {};
};

constexpr unsigned long_enough = 400;  // forty election timeouts at least

TEST(Partitions, ALeaderThatLostItsQuorumMakesWayForTheOneWhoHasIt) {
  // Goal ("quorum loss"): every link is down but those of n2. The leader n1 still hears n2, and n2 hears all:
  // n1 notices that it has no quorum, and n2, the only one who can, takes over.
  Mesh mesh(five);
  mesh.cut_all_but({{"n1", "n2"}, {"n2", "n3"}, {"n2", "n4"}, {"n2", "n5"}});
  mesh.run(long_enough);
  EXPECT_EQ(mesh.in_office(), "n2");
  EXPECT_TRUE(mesh.commits("by the hub"));
  const Term then = mesh.highest_term();
  mesh.run(long_enough);
  EXPECT_EQ(mesh.in_office(), "n2");
  EXPECT_EQ(mesh.highest_term(), then) << "the others disturb it";
  mesh.cluster.heal();
  mesh.run(50);
  EXPECT_EQ(mesh.in_office(), "n2");
  EXPECT_TRUE(mesh.commits("after healing"));
}

TEST(Partitions, AChainKeepsItsLeader) {
  // Goal ("chained"): n1 leads, n3 hears only n2. n3 must not unseat n1 by its terms again and again, nor the
  // two of them take office in turns.
  Mesh mesh(three);
  mesh.cut("n1", "n3");
  const Term before = mesh.highest_term();
  mesh.run(long_enough);
  EXPECT_EQ(mesh.in_office(), "n1");
  EXPECT_EQ(mesh.highest_term(), before);
  EXPECT_TRUE(mesh.commits("with n2 alone"));
  mesh.cluster.heal();
  mesh.run(50);
  EXPECT_EQ(mesh.cluster.status("n3").commit, mesh.cluster.status("n1").commit);
  EXPECT_EQ(mesh.highest_term(), before);
}

TEST(Partitions, AHubThatLacksWhatWasCommittedNeverLeads) {
  // Goal ("constrained election"): n5 misses entries that n1 to n4 have; then n1 dies and n5 is all that the
  // others hear. Raft elects nobody here, since the only one who reaches a majority lacks what was committed:
  // that is what it costs not to lose it. As soon as one more link is there, all goes on.
  Mesh mesh(five);
  mesh.cluster.isolate("n5");
  ASSERT_TRUE(mesh.commits("n5 does not have this"));
  const LogIndex committed = mesh.cluster.status("n1").commit;
  mesh.cluster.heal();
  mesh.cut_all_but({{"n2", "n5"}, {"n3", "n5"}, {"n4", "n5"}});
  mesh.run(long_enough);
  EXPECT_EQ(mesh.in_office(), "");
  const Term then = mesh.highest_term();
  mesh.run(long_enough);
  EXPECT_EQ(mesh.highest_term(), then) << "asking in vain raises no term";
  mesh.cluster.heal();
  mesh.cut_all_but({{"n2", "n5"}, {"n3", "n5"}, {"n4", "n5"}, {"n2", "n3"}});
  mesh.run(long_enough);
  EXPECT_TRUE(mesh.in_office() == "n2" || mesh.in_office() == "n3") << mesh.in_office();
  EXPECT_GE(mesh.cluster.status(mesh.in_office()).commit, committed);
  EXPECT_TRUE(mesh.commits("goes on"));
}

TEST(Partitions, WhoHearsNobodyAndIsHeardUnseatsNobody) {
  // Goal (one way, towards the others): n5 campaigns in vain for ever; everybody hears it, and the leader
  // stays. When it hears again it follows in the same term.
  Mesh mesh(five);
  for (const char* other : {"n1", "n2", "n3", "n4"})
    mesh.cluster.cut(other, "n5");
  const Term before = mesh.highest_term();
  mesh.run(long_enough);
  EXPECT_EQ(mesh.in_office(), "n1");
  EXPECT_EQ(mesh.highest_term(), before);
  EXPECT_TRUE(mesh.commits("undisturbed"));
  mesh.cluster.heal();
  mesh.run(50);
  EXPECT_EQ(mesh.cluster.status("n5").leader, NodeId{"n1"});
  EXPECT_EQ(mesh.highest_term(), before);
}

TEST(Partitions, ALeaderThatIsHeardAndHearsNobodyGivesWay) {
  // Goal (one way, from the others): all hear the leader's heartbeats and it hears no answer, so nothing
  // commits, and its heartbeats must not keep the others from electing one who can.
  Mesh mesh(five);
  for (const char* other : {"n2", "n3", "n4", "n5"})
    mesh.cluster.cut(other, "n1");
  mesh.run(long_enough);
  EXPECT_NE(mesh.in_office(), "n1");
  EXPECT_TRUE(mesh.commits("without it"));
  mesh.cluster.heal();
  mesh.run(50);
  EXPECT_TRUE(mesh.commits("with it"));
  EXPECT_EQ(mesh.cluster.status("n1").commit, mesh.cluster.status("n2").commit);
}

TEST(Partitions, TwoPairsAndOneBetween) {
  // Goal: n1 and n2 hear each other and n3, so do n4 and n5; the leader n1 keeps a majority of three through
  // n3 and stays, however often the far pair looks for another.
  Mesh mesh(five);
  for (const char* near : {"n1", "n2"}) {
    for (const char* far : {"n4", "n5"})
      mesh.cut(near, far);
  }
  const Term before = mesh.highest_term();
  mesh.run(long_enough);
  EXPECT_EQ(mesh.in_office(), "n1");
  EXPECT_EQ(mesh.highest_term(), before);
  EXPECT_TRUE(mesh.commits("by the near three"));
}

}  // namespace
}  // namespace anta::raft::test

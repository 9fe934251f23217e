// What a node keeps of another tree than its own under a quorum.
#include <gtest/gtest.h>

#include <filesystem>

#include "crypto/private_file.h"
#include "node/checkpoint_file.h"
#include "tests/node/checkpointer_rig.h"
#include "tests/storage/disk.h"

namespace anta::test {
namespace {

// The notes that a quorum of the rig's keys signed over another history of that size: the first, and those of
// the minutes after it, while that history was idle.
std::vector<std::string> notes_of_a_fork(std::uint64_t size, int minutes, std::uint8_t root = 77) {
  CheckpointNetwork other;
  other.apply_all(size, root);
  other.lead(0);
  std::vector<std::string> notes = {other.finished(0)->note};
  for (int i = 0; i < minutes; ++i) {
    other.executor.advance(61'000);
    notes.push_back(other.finished(0)->note);
  }
  return notes;
}

std::size_t times_told(const CheckpointNetwork::Member& member, const std::string& event) {
  return static_cast<std::size_t>(std::ranges::count(member.said, event));
}

TEST(CheckpointerForks, EvidenceThatCouldNotBeWrittenIsWrittenLater) {
  // Goal: the disk is full when a fork is met: the note is held and written when there is room, said once
  // however often it is sent. (It was marked as known before it was written, and for the rest of the run
  // nobody could make the node keep it.)
  CheckpointNetwork net;
  net.apply_all(5, 1);
  net.lead(0);
  CheckpointNetwork::Member& member = *net.members[1];
  member.evidence_works = false;
  const std::vector<std::string> notes = notes_of_a_fork(5, 0);
  const auto hear = [&] {
    member.checkpointer->on_peer_message(NodeId{"n3"}, PeerKind::checkpoint_finished,
                                         to_bytes(as_bytes(notes[0])));
    net.executor.run();
  };
  for (int i = 0; i < 3; ++i)
    hear();
  net.executor.advance(25'000);
  EXPECT_TRUE(member.evidence.empty());
  EXPECT_EQ(times_told(member, "fork_evidence"), 1u);
  member.evidence_works = true;
  net.executor.advance(10'000);
  EXPECT_EQ(member.evidence, notes);
  EXPECT_EQ(times_told(member, "fork_evidence_kept"), 1u);
  hear();
  net.executor.advance(30'000);
  EXPECT_EQ(member.evidence, notes);
  EXPECT_EQ(times_told(member, "fork_evidence"), 1u);
}

TEST(CheckpointFile, EvidenceThatCouldNotBeWrittenIsToldAndWrittenNextTime) {
  // Goal: the caller learns of it; meanwhile the note counts and can be asked for; the next call writes it.
  const TempDirectory directory;
  const std::filesystem::path data = directory.path() + "/data";
  CheckpointFile file(data);  // not there: nothing can be written
  const std::string note = notes_of_a_fork(5, 0)[0];
  for (int i = 0; i < 2; ++i) {
    const Result<void> kept = file.keep_evidence(note);
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().code, Code::io);
    EXPECT_EQ(file.forks(), 1u);
    EXPECT_EQ(file.evidence(), std::vector<std::string>{note});
  }
  std::filesystem::create_directory(data);
  EXPECT_TRUE(file.keep_evidence(note));
  EXPECT_TRUE(file.keep_evidence(note));
  EXPECT_EQ(file.forks(), 1u);
  EXPECT_EQ(file.evidence().size(), 1u);
  EXPECT_EQ(CheckpointFile(data).evidence(), std::vector<std::string>{note});
}

TEST(CheckpointFile, EvidenceThatIsThereUnreadableIsKeptAndCountsOnce) {
  // Goal: a directory that was copied has files that others could read, and the node reads none such. The same
  // note sent again is then on the disk: it was told as lost every ten seconds, and counted twice.
  const TempDirectory directory;
  const std::string note = notes_of_a_fork(5, 0)[0];
  EXPECT_TRUE(CheckpointFile(directory.path()).keep_evidence(note));
  for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
    std::filesystem::permissions(entry, std::filesystem::perms(0644));
  CheckpointFile file(directory.path());
  EXPECT_EQ(file.forks(), 1u);
  EXPECT_TRUE(file.evidence().empty());
  EXPECT_TRUE(file.keep_evidence(note));
  EXPECT_EQ(file.forks(), 1u);
  EXPECT_EQ(file.evidence(), std::vector<std::string>{note});
}

TEST(CheckpointFile, AnIdleForkTakesOnePlaceHoweverOftenTheNodeStarts) {
  // Goal: each start hears a newer note of the same tree, and keeps none of them; so the places are there for
  // another fork. (Each start kept one more, and 64 of them left no room.)
  const TempDirectory directory;
  const std::vector<std::string> notes = notes_of_a_fork(5, 3);
  for (const std::string& note : notes) {
    CheckpointFile file(directory.path());
    EXPECT_TRUE(file.keep_evidence(note));
    EXPECT_EQ(file.forks(), 1u);
    EXPECT_EQ(file.evidence(), std::vector<std::string>{notes[0]});
  }
  CheckpointFile file(directory.path());
  const std::string other = notes_of_a_fork(5, 0, 78)[0];
  EXPECT_TRUE(file.keep_evidence(other));
  EXPECT_EQ(file.evidence(), (std::vector<std::string>{notes[0], other}));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 2);
  file.keep(notes[2], 1'000);  // of a tree that is kept already
  EXPECT_TRUE(CheckpointFile(directory.path()).keep_evidence(notes[3]));
  EXPECT_FALSE(file.load());
}

TEST(CheckpointFile, FilesOfOneForkFromBeforeLeaveRoomForAnother) {
  // Goal: 64 files of one tree, as earlier releases kept them, are one fork.
  const TempDirectory directory;
  const std::vector<std::string> notes = notes_of_a_fork(5, 70);
  for (std::size_t i = 0; i < 64; ++i) {
    const std::string name = directory.path() + "/fork-" + std::to_string(i) + ".note";
    ASSERT_TRUE(write_private_file(name, as_bytes(notes[i])));
  }
  CheckpointFile file(directory.path());
  EXPECT_EQ(file.forks(), 1u);
  const std::string other = notes_of_a_fork(7, 0)[0];
  EXPECT_TRUE(file.keep_evidence(other));
  EXPECT_EQ(file.forks(), 2u);
  EXPECT_EQ(CheckpointFile(directory.path()).forks(), 2u);
}

}  // namespace
}  // namespace anta::test

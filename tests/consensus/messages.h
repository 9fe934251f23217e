// One message of every kind, for the tests of the codec and of the transport.
#pragma once

#include <memory>
#include <vector>

#include "consensus/raft/messages.h"

namespace anta::test {

// `bytes` bytes that differ by `seed`.
std::shared_ptr<const Bytes> payload(std::size_t bytes, std::uint8_t seed = 7);

// Entries after `prev`, chained, of kind block, with payloads of these sizes.
std::vector<LogEntry> chain(LogIndex prev, const std::vector<std::size_t>& sizes, Millis time = Millis{1000});

raft::Message message(raft::Body body);

// Each kind of body at least once, with every field different from its initial value.
std::vector<raft::Message> every_message();

// Equality of all fields, entries by hash and payload.
bool equal(const raft::Message& left, const raft::Message& right);

}  // namespace anta::test

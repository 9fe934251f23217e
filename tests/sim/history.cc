#include "tests/sim/history.h"

#include <utility>

#include "tests/sim/checker.h"

namespace anta::sim {

void History::proposed(std::size_t node, Time now, std::uint64_t operation) {
  nodes_[node].writes.push_back({.asked = now, .operation = operation, .key = operation % keys});
  nodes_[node].proposing = true;
}

void History::placed(std::size_t node, const Result<raft::Proposed>& place) {
  std::vector<Open>& writes = nodes_[node].writes;
  if (!std::exchange(nodes_[node].proposing, false)) return;
  if (place) {
    writes.back().index = place->index;
  } else {
    writes.pop_back();
  }
}

void History::asked(std::size_t node, Time now, std::uint64_t read) {
  nodes_[node].reads[read] = {.asked = now, .key = read % keys};
}

void History::finished(std::size_t node, std::uint64_t read, LogIndex index) {
  auto open = nodes_[node].reads.extract(read);
  if (open.empty()) return;
  open.mapped().index = index;
  nodes_[node].reading.push_back(open.mapped());
}

void History::committed(std::size_t node, Time now, LogIndex commit, const Durable& durable) {
  std::vector<Open>& writes = nodes_[node].writes;
  std::erase_if(writes, [&](const Open& open) {
    if (open.index == LogIndex{} || open.index > commit) return false;
    const LogEntry* entry = durable.entry(open.index);
    const bool kept = entry->header.kind == EntryKind::block && operation_of(*entry) == open.operation;
    line(node, open, kept ? &now : nullptr, true, open.operation);
    return true;
  });
  std::erase_if(nodes_[node].reading, [&](const Open& open) {
    if (open.index > commit) return false;
    std::uint64_t value = 0;  // nothing written yet
    for (LogIndex i = open.index; i > LogIndex{} && value == 0; i = LogIndex{i.value - 1}) {
      const LogEntry& entry = *durable.entry(i);
      if (entry.header.kind == EntryKind::block && operation_of(entry) % keys == open.key)
        value = operation_of(entry);
    }
    line(node, open, &now, false, value);
    return true;
  });
}

void History::died(std::size_t node) {
  for (const Open& open : nodes_[node].writes)
    line(node, open, nullptr, true, open.operation);
  nodes_[node] = {};  // a read without an answer tells nothing
}

std::string History::text() {
  for (std::size_t node = 0; node < nodes_.size(); ++node)
    died(node);
  return std::move(text_);
}

void History::line(std::size_t node, const Open& open, const Time* returned, bool write,
                   std::uint64_t value) {
  const std::string number = value == 0 ? "null" : std::to_string(value);
  text_ += R"({"client": "n)" + std::to_string(node + 1) + R"(", "key": ")" + std::to_string(open.key) +
           R"(", "name": ")" + (write ? "write" : "read") + R"(", "invoked": )" + std::to_string(open.asked) +
           R"(, "returned": )" + (returned ? std::to_string(*returned) : "null") + R"(, "argument": )" +
           (write ? number : "null") + R"(, "result": )" + (write ? "null" : number) + "}\n";
}

}  // namespace anta::sim

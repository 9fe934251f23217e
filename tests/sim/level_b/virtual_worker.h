// Worker without a thread: what is posted waits until the simulator runs it. Linked in place of
// consensus/worker.cc, so that the real shell (Turns, DiskWorker) runs on one thread, in an order that a seed
// draws.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace anta::sim {

// One worker of a node.
struct VirtualThread {
  std::deque<std::function<void()>> waiting = {};
  std::function<void()> drained = {};
  std::string name = {};
  bool open = false;  // between start and stop
  bool running = false;
  bool planned = false;  // the simulator will run it

  // Everything that waits, then `drained`, as Worker's thread does.
  void run();
};

// The workers that are made while it is current belong to it.
struct VirtualThreads {
  std::vector<VirtualThread*> all = {};
  std::function<void(VirtualThread&)> on_post = {};
};

// The simulator is one thread; several of them run side by side.
extern thread_local VirtualThreads* current_threads;
extern thread_local std::uint64_t virtual_ms;  // what Worker::now() begins with; each look takes one more

}  // namespace anta::sim

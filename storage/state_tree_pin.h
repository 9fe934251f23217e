// What keeps a version of the state tree readable: a pin on its nodes for as long as this lives. Internal to
// the state tree.
#pragma once

#include <memory>
#include <utility>

#include "storage/state_tree.h"
#include "storage/state_tree_nodes.h"

namespace anta {

class StateTree::Version::Held {
 public:
  Held(std::shared_ptr<state_tree::Nodes> nodes, state_tree::Ref top)
      : nodes_(std::move(nodes)), top_(top), pin_(nodes_->pins.add()) {}
  ~Held() { nodes_->pins.remove(pin_); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  const state_tree::Nodes& nodes() const { return *nodes_; }
  state_tree::Ref top() const { return top_; }

 private:
  std::shared_ptr<state_tree::Nodes> nodes_;
  state_tree::Ref top_;
  state_tree::Pin pin_;
};

}  // namespace anta

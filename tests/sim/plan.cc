#include "tests/sim/plan.h"

#include "tests/sim/random.h"

namespace anta::sim {

Plan draw_plan(std::uint64_t seed, const Overrides& overrides) {
  Random random(seed, 1);
  Plan plan;
  plan.seed = seed;
  plan.nodes = std::array<std::size_t, 4>{3, 3, 5, 7}[random.below(4)];
  plan.steps = random.between(5500, 8000);
  for (std::size_t i = 0; i < fault_count; ++i) {
    if (static_cast<Fault>(i) != Fault::membership_change) plan.enabled[i] = random.chance(450);
  }
  plan.loss_permille = plan.has(Fault::message_lost) ? random.between(5, 150) : 0;
  plan.delay_max = plan.has(Fault::message_delayed) ? random.between(10, 60) : random.between(1, 4);
  plan.disk_max = random.between(2, 20);
  plan.nemesis_max = random.between(60, 500);
  plan.client_max = random.between(4, 30);
  plan.recent_entries = random.between(1, 12);

  Random slow(seed, 6);  // a stream of its own, so that older seeds keep their meaning
  if (slow.chance(125)) plan.disk_max = plan.healed_disk_max = slow.between(1, 40) * tick_units;

  Random members(seed, 7);  // the same
  plan.enabled[static_cast<std::size_t>(Fault::membership_change)] = members.chance(450);
  if (plan.has(Fault::membership_change)) plan.spares = members.between(0, 2);

  raft::Options& limits = plan.limits;
  limits.heartbeat_ticks = static_cast<std::uint32_t>(random.between(1, 3));
  limits.election_ticks = 10;
  limits.window_messages = static_cast<std::uint32_t>(random.between(1, 16));
  limits.window_bytes = random.between(200, 8000);
  limits.append_bytes_max = random.between(100, 2000);
  limits.uncommitted_bytes_max = random.between(500, 10000);
  limits.tail_bytes_max = random.between(100, 20000);
  limits.reads_max = static_cast<std::uint32_t>(random.between(2, 64));
  limits.read_ticks = 30;
  limits.departed_elections = 3;
  limits.catch_up_bytes_max = members.between(200, 5000);

  if (overrides.steps > 0) plan.steps = overrides.steps;
  if (overrides.nodes > 0) plan.nodes = overrides.nodes;
  for (Fault fault : overrides.without)
    plan.enabled[static_cast<std::size_t>(fault)] = false;
  if (!plan.has(Fault::message_lost)) plan.loss_permille = 0;
  return plan;
}

}  // namespace anta::sim

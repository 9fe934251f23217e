#include "tests/sim/level_b/statements.h"

#include "storage/ledger/law.h"
#include "tests/ledger/law_network.h"

namespace anta::sim {
namespace {

constexpr int lots = 120;

std::shared_ptr<const Bytes> shared(Bytes bytes) { return std::make_shared<const Bytes>(std::move(bytes)); }

Statements make() {
  test::World world({{"event_age_max_days", std::int64_t{3650}}});
  Statements made;
  made.genesis = world.genesis;
  made.genesis_bytes = encode_genesis(world.genesis);
  for (const auto& recorded : world.log)
    made.founding.push_back(shared(recorded.bytes));
  made.last_of_founding = sha256(*made.founding.back());
  made.time = Millis{world.block_time()};
  made.new_law.push_back(
      shared(world.sign("plant", test::amendment(world, "P-1", "law_version", law_version_known + 1))));
  made.new_law.push_back(shared(world.sign("owner", test::vote(world, "P-1"))));
  for (int i = 0; i < lots; ++i) {
    const std::string id = "L-" + std::to_string(i);
    made.others.push_back(shared(world.sign("miner", world.lot(id))));
    if (i % 5 == 0) made.others.push_back(shared(world.sign("buyer", world.lot(id))));  // not its to make
    if (i % 7 == 0) made.others.push_back(shared(world.sign("miner", world.dispatch("D-" + id, {id}))));
    if (i % 11 == 0) {
      Bytes broken = world.sign("miner", world.lot("X-" + id));
      broken.back() ^= 1;  // its signature
      made.others.push_back(shared(std::move(broken)));
    }
    if (i % 13 == 0) made.others.push_back(shared(Bytes{0x01, static_cast<std::uint8_t>(i)}));
  }
  return made;
}

}  // namespace

const Statements& statements() {
  static const Statements made = make();
  return made;
}

}  // namespace anta::sim

// A lot with very many sources: small ore of several mines, carried by the truckload, floated and blended.
//
// Every 200 lots of 190 kg are one truckload and one batch, every 40 batches one blend, and the blends are
// one lot, K-ALL, which certificate C-ALL is about (with up to 200 sources the one batch is it). The mines
// m-1 .. m-8 of miner2 lie in five districts, and one of them is in none.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "tests/ledger/law_chain.h"

namespace anta::test {

inline constexpr int sources_of_batch = 200;

struct ManySources {
  World& world;
  int mines = 8;

  static std::string mine(int index) { return "m-" + std::to_string(index); }
  static payload::Measurement ore() { return measured(190'000, 30'000, 50'000); }

  void open_mines() const {
    for (int i = 1; i <= mines; ++i) {
      payload::Site site = world.site_payload(mine(i), "miner2", SiteKind::mine);
      site.ubigeo = "03041" + std::to_string(i % 5);
      if (i == mines) site.ubigeo.reset(), site.country = "PE";
      world.must("miner2", site);
      world.attest("att-" + mine(i), AttestationKind::site_production, "miner2", mine(i));
    }
  }

  // `count` lots of one mine: registered, carried and floated.
  void batch(int number, int from_mine, int count, const std::string& output) const {
    std::vector<std::string> lots;
    for (int i = 0; i < count; ++i) {
      payload::Lot lot = world.lot("L-" + std::to_string(number) + "-" + std::to_string(i), ore());
      lot.site = SiteId{mine(from_mine)};
      world.must("miner2", lot);
      lots.push_back(lot.id.value);
    }
    const std::string id = "D-" + std::to_string(number);
    payload::Dispatch truck = world.dispatch(id, lots, ore());
    truck.from_site = SiteId{mine(from_mine)};
    world.must("miner2", truck);
    world.now += hour;
    world.must("plant", world.receipt(id, lots, ore()));
    world.must("plant", world.flotation("B-" + std::to_string(number), lots, output));
    world.now += 23 * hour;
  }

  void blend(const std::vector<std::string>& inputs, const std::string& output) const {
    payload::Blend blend;
    blend.common = world.common();
    for (const std::string& input : inputs)
      blend.inputs.push_back(world.all_of(input));
    blend.output = {LotId{output}, Material::concentrate, "bulk", std::nullopt};
    world.must("plant", blend);
  }

  void make(int sources) const {
    open_mines();
    std::vector<std::string> made;
    for (int number = 0; number * sources_of_batch < sources; ++number) {
      const int left = sources - number * sources_of_batch;
      made.push_back(left <= sources_of_batch && number == 0 ? "K-ALL" : "K-" + std::to_string(number));
      batch(number, number % mines + 1, std::min(left, sources_of_batch), made.back());
    }
    for (int level = 0; made.size() > 1; ++level) {
      std::vector<std::string> next;
      for (std::size_t at = 0; at < made.size(); at += 40) {
        const std::vector<std::string> some(
            made.begin() + static_cast<std::ptrdiff_t>(at),
            made.begin() + static_cast<std::ptrdiff_t>(std::min(at + 40, made.size())));
        next.push_back(made.size() <= 40 ? "K-ALL" : "M-" + std::to_string(level) + "-" + std::to_string(at));
        blend(some, next.back());
      }
      made = std::move(next);
    }
    auto certificate = world.certificate("C-ALL", "K-ALL", CocModel::segregated, "smelter");
    certificate.valid_until = Millis{1'900'000'000'000};
    world.must("plant", certificate);
  }
};

}  // namespace anta::test

// How far two sites are apart, and whether a truck could have been that fast. Integers only.
//
// Positions are hundredths of a degree (about 1 km). The distance is equirectangular: the difference of
// latitudes and the difference of longitudes times the cosine of the mean latitude (a table per degree,
// interpolated), on a sphere where a hundredth of a degree of latitude is 1 112 m. Within 1 % for roads of a
// country away from the poles, far below what the positions' rounding costs. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "storage/ledger/ids.h"
#include "storage/ledger/state/site.h"

namespace anta {

struct RoutePoint {
  std::int64_t latitude_e2 = 0;
  std::int64_t longitude_e2 = 0;
};

// The site's position, if it gives both coordinates and they are on the globe.
std::optional<RoutePoint> position_of(const state::Site& site);

// Whether covering the distance in that time means a mean speed above the limit. No time for some distance is
// too fast.
bool faster_than(RoutePoint from, RoutePoint to, std::int64_t elapsed_ms, std::int64_t limit_kmh);

}  // namespace anta

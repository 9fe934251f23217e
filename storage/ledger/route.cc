#include "storage/ledger/route.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace anta {
namespace {

__extension__ typedef __int128 Wide;

constexpr std::int64_t metres_per_e2 = 1112;
constexpr std::int64_t turn_e2 = 36000;  // once around

// cos of 0..90 degrees, in millionths.
constexpr std::array<std::int64_t, 91> cosines = {
    1000000, 999848, 999391, 998630, 997564, 996195, 994522, 992546, 990268, 987688, 984808, 981627, 978148,
    974370,  970296, 965926, 961262, 956305, 951057, 945519, 939693, 933580, 927184, 920505, 913545, 906308,
    898794,  891007, 882948, 874620, 866025, 857167, 848048, 838671, 829038, 819152, 809017, 798636, 788011,
    777146,  766044, 754710, 743145, 731354, 719340, 707107, 694658, 681998, 669131, 656059, 642788, 629320,
    615661,  601815, 587785, 573576, 559193, 544639, 529919, 515038, 500000, 484810, 469472, 453990, 438371,
    422618,  406737, 390731, 374607, 358368, 342020, 325568, 309017, 292372, 275637, 258819, 241922, 224951,
    207912,  190809, 173648, 156434, 139173, 121869, 104528, 87156,  69756,  52336,  34899,  17452,  0};

std::int64_t cosine_ppm(std::int64_t degrees_e2) {
  const std::int64_t angle = std::abs(degrees_e2);
  const auto degree = static_cast<std::size_t>(angle / 100);
  if (degree >= cosines.size() - 1) return 0;
  return cosines[degree] + (cosines[degree + 1] - cosines[degree]) * (angle % 100) / 100;
}

}  // namespace

std::optional<RoutePoint> position_of(const state::Site& site) {
  if (!site.latitude_e2 || !site.longitude_e2) return std::nullopt;
  const RoutePoint point = {*site.latitude_e2, *site.longitude_e2};
  if (point.latitude_e2 < -9000 || point.latitude_e2 > 9000) return std::nullopt;
  if (point.longitude_e2 < -18000 || point.longitude_e2 > 18000) return std::nullopt;
  return point;
}

bool faster_than(RoutePoint from, RoutePoint to, std::int64_t elapsed_ms, std::int64_t limit_kmh) {
  const std::int64_t north = to.latitude_e2 - from.latitude_e2;
  std::int64_t east = std::abs(to.longitude_e2 - from.longitude_e2);
  east = std::min(east, turn_e2 - east);
  const std::int64_t cosine = cosine_ppm((from.latitude_e2 + to.latitude_e2) / 2);
  const Wide y = Wide{north} * metres_per_e2 * 1000000;
  const Wide x = Wide{east} * metres_per_e2 * cosine;
  // metres / ms > km / h, both sides times 3 600 000 and a million, squared: at most 2^110.
  const Wide allowed = Wide{std::max<std::int64_t>(elapsed_ms, 0)} * limit_kmh;
  const Wide scale = Wide{3600} * 3600;
  const Wide million = Wide{1000000} * 1000000;
  return (x * x + y * y) / million * scale > allowed * allowed;
}

}  // namespace anta

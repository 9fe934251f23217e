// The release that this program is of.
#pragma once

namespace anta {

inline constexpr const char* anta_version = "0.1.0";

}  // namespace anta

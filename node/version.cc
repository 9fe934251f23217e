#include "node/version.h"

namespace anta {

const char* const anta_version = ANTA_VERSION;

}  // namespace anta

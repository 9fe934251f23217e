// What another node.yaml changes of the one that runs: at once, and at the next start only.
//
// At once, for new connections and requests: limits.* but join_entries_min and memory_bytes, log.*,
// witnesses, and other files in http.tls where there were some (TLS itself comes and goes with a restart:
// clients were told http:// or https://). Everything else (who the node is, where its things are, where it
// listens, timeouts) stays as it is until antad starts again, and is named. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "node/config.h"

namespace anta {

struct ConfigChange {
  Config config = {};                     // the running one with what applies of the next
  std::vector<std::string> applied = {};  // the keys whose values differ and apply
  std::vector<std::string> restart = {};  // and those that need a restart
};

ConfigChange config_change(const Config& running, const Config& next);

}  // namespace anta

#include "node/config_change.h"

namespace anta {

ConfigChange config_change(const Config& running, const Config& next) {
  ConfigChange change{.config = running};
  change.config.limits = next.limits;
  change.config.limits.join_entries_min = running.limits.join_entries_min;  // decided at the start
  change.config.limits.memory_bytes = running.limits.memory_bytes;          // shared out at the start
  change.config.log_level = next.log_level;
  change.config.log_format = next.log_format;
  change.config.witnesses = next.witnesses;
  if (running.http_tls.given() && next.http_tls.given()) change.config.http_tls = next.http_tls;
  // What was taken over is what the taking over shows: no second list of keys.
  const ConfigValues before = config_values(running);
  const ConfigValues after = config_values(change.config);
  const ConfigValues wanted = config_values(next);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (after[i] != wanted[i]) {
      change.restart.push_back(wanted[i].first);
    } else if (before[i] != wanted[i]) {
      change.applied.push_back(wanted[i].first);
    }
  }
  return change;
}

}  // namespace anta

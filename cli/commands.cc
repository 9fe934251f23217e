#include "cli/commands.h"

namespace anta {

std::vector<Command> all_commands() {
  std::vector<Command> all;
  for (const auto part : {key_commands, network_commands, policy_commands, governance_commands, lead_commands,
                          sign_commands, submit_commands, receive_commands, read_commands,
                          attestation_commands, certificate_commands, audit_commands, backup_commands,
                          compare_commands, export_commands, statement_commands, play_commands}) {
    for (Command& command : part())
      all.push_back(std::move(command));
  }
  return all;
}

}  // namespace anta

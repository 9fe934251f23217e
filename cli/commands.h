// Every command of `anta`, in the order in which help lists them. Each command file gives its own.
#pragma once

#include <vector>

#include "cli/command.h"
#include "crypto/digest.h"
#include "storage/ledger/ids.h"

namespace anta {

std::vector<Command> key_commands();          // command_key.cc
std::vector<Command> network_commands();      // command_network.cc
std::vector<Command> policy_commands();       // command_policy.cc: network policy
std::vector<Command> governance_commands();   // command_governance.cc: network node|parameter|vote|proposals
std::vector<Command> lead_commands();         // command_lead.cc: network lead
std::vector<Command> sign_commands();         // command_sign.cc: new, sign
std::vector<Command> submit_commands();       // command_submit.cc
std::vector<Command> receive_commands();      // command_receive.cc: inbox, receive
std::vector<Command> read_commands();         // command_read.cc: lot|party|... show, list, history; status
std::vector<Command> attestation_commands();  // command_read.cc: impact
std::vector<Command> certificate_commands();  // command_certificate.cc: get, verify, refresh
std::vector<Command> audit_commands();        // command_audit.cc
std::vector<Command> backup_commands();       // command_backup.cc: backup, backup verify
std::vector<Command> compare_commands();      // command_compare.cc
std::vector<Command> export_commands();       // command_export.cc
std::vector<Command> statement_commands();    // command_receipts.cc: statement verify
std::vector<Command> play_commands();         // command_play.cc

std::vector<Command> all_commands();

// Refuses what a node sent for a certificate unless it is a file about that very one.
Result<void> check_file_is_about(ByteView file, const CertificateId& wanted);

}  // namespace anta

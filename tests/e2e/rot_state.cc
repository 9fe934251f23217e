// rot_state GENESIS NODE DATABASE PARTY: in a stopped node's state the party is of another country, as if a
// bit had rotted past every checksum. Nothing else changes: the next statement about the party makes another
// root.
#include <iostream>

#include "cli/text_file.h"
#include "storage/database.h"
#include "storage/ledger/state.h"
#include "storage/ledger_keys.h"

namespace anta {
namespace {

Result<void> rot(const std::string& genesis, const std::string& node, const std::string& directory,
                 const std::string& party) {
  const auto bytes = read_file(genesis);
  if (!bytes) return pass(bytes);
  auto database = Database::open(
      {.directory = directory, .network = sha256(*bytes), .node = NodeId{node}, .create = false});
  if (!database) return pass(database);
  const Bytes key = keys::state(Kind::party, party);
  const auto stored = (*database)->get(Family::state, key);
  if (!stored) return pass(stored);
  if (!*stored) return fail(Code::not_found, "no such party");
  auto record = state::decode_record<state::Party>(**stored);
  if (!record) return pass(record);
  record->country = "CL";
  Batch batch = (*database)->batch();
  batch.put(Family::state, key, state::encode_record(*record));
  return (*database)->write(batch, Sync::yes);
}

}  // namespace
}  // namespace anta

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const auto done = anta::rot(argv[1], argv[2], argv[3], argv[4]);
  if (!done) std::cerr << "rot_state: " << done.error().message << "\n";
  return done ? 0 : 1;
}

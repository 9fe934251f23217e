// Recovery documents as files: what operators pass around when a majority of the voters is gone for good
// (consensus/recovery.h says what it does, README.md "When most nodes are gone" how to go about it).
//
//     epoch: 1
//     network: 6f1c...                                          the genesis' digest
//     base: {index: 4711, term: 7, hash: 02ab...}               the last entry that survives
//     voters: [n1]                                              or n1#2: its second incarnation
//
// Strict: an unknown key is an error with its line. Errors are `malformed` with rule recovery.*.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "consensus/recovery.h"
#include "node/config.h"

namespace anta {

Result<Recovery> parse_recovery(std::string_view text);
std::string recovery_text(const Recovery& recovery);

// All that node.yaml names, checked to follow each other. `network`: the genesis' digest.
Result<std::vector<Recovery>> load_recoveries(const std::vector<std::filesystem::path>& files,
                                              const Digest& network);

// antad --recovery: the document by which the network would go on from where this stopped node's log ends,
// with this node alone, and in comments what operators compare before they choose. Writes nothing but what an
// open and close of the database does.
Result<std::string> propose_recovery(const Config& config);

}  // namespace anta

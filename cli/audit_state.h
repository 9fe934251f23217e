// The state file of an audit: where it stands and what the law knows there, in one file that is replaced in
// one step.
//
//     "anta audit 1\n", be64 height, be64 block time, state root, tree root,
//     be64 leaves, 32 bytes each: the leaves' entries,
//     be64 records: kind byte, be16 length, id, be32 length, value
//
// This program's own, not for others: the roots let Replay::restore tell a damaged file, and the state is
// held against the ledger's seal. That all before it was audited is only as sure as the place where it lies.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "crypto/error.h"
#include "storage/ledger/replay.h"

namespace anta {

// The bytes of such a file, in order, both ways; for what lies in memory too. A source gives exactly as many
// as are asked for, or false; a sink takes them all, or false.
using AuditStateSource = std::function<bool(std::span<std::uint8_t>)>;
using AuditStateSink = std::function<bool(ByteView)>;

// Of a file of `size` bytes, all of which it must be; no length is believed beyond them. Nothing: it is none.
std::optional<Replay::Saved> decode_audit_state(const AuditStateSource& source, std::uint64_t size);
bool encode_audit_state(const Replay::Saved& saved, const AuditStateSink& sink);

// Nothing: there is no such file yet. corrupt, rule audit.saved: it is not one.
Result<std::optional<Replay::Saved>> read_audit_state(const std::string& path);
Result<void> write_audit_state(const std::string& path, const Replay::Saved& saved);

}  // namespace anta

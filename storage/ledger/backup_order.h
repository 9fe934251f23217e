// A backup order: an organisation asks a node for a part of the ledger's log (storage/backup_file.h).
//
// An order as order.h says; its payload is `backup-order` of statements.cddl, its subject "backup". The log
// holds every statement's bytes, so who may read all of it is who may vote: an organisation that runs a node
// has the whole log anyway. Each part is asked for by an order of its own, since reading a large ledger takes
// longer than an order holds. Pure, any thread.
#pragma once

#include <array>
#include <string_view>

#include "storage/ledger/order.h"
#include "storage/ledger/shape.h"

namespace anta {

inline constexpr std::string_view backup_order_type = "backup-order";
inline constexpr std::string_view backup_order_subject = "backup";

struct BackupOrder {
  Digest network = {};     // the genesis' digest
  std::uint64_t from = 0;  // the first log entry that is wanted; 1: with the beginning of the file
  Millis event_time = {};
};

// The views in `envelope` point into the bytes that were decoded.
struct SignedBackupOrder {
  CoseSign1 envelope = {};
  BackupOrder order = {};
};

// malformed: it would not decode.
Result<Bytes> sign_backup_order(const BackupOrder& order, const PartyId& issuer, const SigningKey& key,
                                std::int64_t iat_seconds, const std::array<std::uint8_t, 16>& cti);

// Everything that needs no state; not the signature.
Result<SignedBackupOrder> decode_backup_order(ByteView bytes);

// may_order, with the rules backup.other_network and backup.stale.
Result<void> authorise(const LedgerView& view, const SignedBackupOrder& order, const Digest& network,
                       Millis now);

const Shape* backup_order_shape();

}  // namespace anta

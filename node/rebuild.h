// antad --rebuild: makes the derived side of a stopped node's ledger again from its own log
// (storage/rebuild.h has the order and the crashes). Every signature and every law is judged again, and the
// roots must be those that the node had.
//
// The database's lock keeps it from running beside a node. One thread calls; it returns when all is done.
#pragma once

#include "crypto/error.h"
#include "node/config.h"
#include "storage/applied.h"

namespace anta {

Result<Applied> rebuild_ledger(const Config& config);

}  // namespace anta

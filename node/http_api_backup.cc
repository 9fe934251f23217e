// POST /v1/backup: the log in parts, for whoever may vote on the network (storage/ledger/backup_order.h).
//
// Each part is whole records of a backup file (storage/backup_file.h). The first has the file's beginning;
// the one that reaches the block of the newest finished checkpoint has its end, with that checkpoint's note.
// What is committed meanwhile is in a later checkpoint: whoever asks for the next part gets it. A part is
// read on a query worker, never on the threads that commit.
#include "node/http_route.h"
#include "storage/backup_file.h"
#include "storage/ledger/backup_order.h"

namespace anta {
namespace {

constexpr const char* backup_type = "application/vnd.anta.backup";
constexpr std::uint64_t part_bytes = std::uint64_t{4} << 20;  // about; at least one entry

Result<SignedBackupOrder> ordered(const ApiServices& services, const LedgerReader& reader, ByteView bytes) {
  Result<SignedBackupOrder> order = decode_backup_order(bytes);
  if (!order) return order;
  const Digest network = sha256(*services.genesis_bytes);
  if (auto may = authorise(*reader.view(), *order, network, services.clock()); !may) return pass(may);
  return order;
}

// The block of the seal that ends the checkpoint's tree; 0 is the genesis'.
Result<LogIndex> block_of(const LedgerReader& reader, const Checkpoint& checkpoint) {
  if (reader.applied().leaves.value < checkpoint.size)
    return fail(Code::busy, "behind", "this node has not applied the newest checkpoint's leaves yet");
  const Result<SealRecord> seal = reader.seal_of(LeafIndex{checkpoint.size - 1});
  if (!seal) return pass(seal);
  return seal->block;
}

Result<Bytes> part_of(const ApiServices& services, LogIndex from, LogIndex last, const std::string& note) {
  if (last.next() < from)
    return fail(Code::busy, "behind",
                "this node's newest checkpoint ends before entry " + std::to_string(from.value) +
                    ": ask again, or another node");
  Bytes part;
  if (from.value == 1) part = backup_beginning(*services.genesis_bytes);
  Digest before = sha256(*services.genesis_bytes);
  if (from <= last) {
    const auto entries = services.entries(from, last, part_bytes);
    if (!entries) return pass(entries);
    for (const LogEntry& entry : *entries) {
      if (auto appended = append_backup_entry(part, entry); !appended) return pass(appended);
    }
    if (entries->back().index < last) return part;
    before = entries->back().hash;
  } else if (last.value > 0) {
    const auto entry = services.entries(last, last, 1);
    if (!entry) return pass(entry);
    before = entry->back().hash;
  }
  append_backup_end(part, last, before, note);
  return part;
}

HttpResponse backup(const ApiServices& services, ByteView order_bytes) {
  const Result<LedgerReader> reader = services.reader();
  if (!reader) return problem(reader.error());
  const auto order = ordered(services, *reader, order_bytes);
  if (!order) return problem(order.error());
  const auto finished = services.finished();
  if (!finished) return not_finished(services);
  const auto last = block_of(*reader, finished->checkpoint);
  if (!last) return problem(last.error());
  auto part = part_of(services, LogIndex{order->order.from}, *last, finished->note);
  if (!part) return problem(part.error());
  return {.status = 200,
          .content_type = backup_type,
          .headers = {{"Cache-Control", "no-store"}},
          .file = std::make_shared<const Bytes>(std::move(*part))};
}

void post_backup(const ApiServices& services, const HttpRequest& request, HttpReply reply) {
  answer_beside(services, std::move(reply),
                [&services, body = request.body](const MayGoOn&) { return backup(services, *body); });
}

}  // namespace

std::vector<Route> backup_routes(ApiServices& services) {
  return {
      {.method = "POST",
       .path = "/v1/backup",
       .summary = "A part of a backup of the ledger: a backup-order signed by an organisation that may vote",
       .produces = {backup_type},
       .consumes = {"application/cose"},
       .answers = {200, 400, 403, 404, 413, 422, 500, 503},
       .handle = [&services](const HttpRequest& request, const Captures&, HttpReply reply) {
         post_backup(services, request, std::move(reply));
       }}};
}

}  // namespace anta

// The API under /v1: which request is answered by what.
//
// Beside it stand the resources of SCRAPI (http_api_entries.cc), whose problems are concise problem details.
//
// Routes stand in one table per subject (http_api_*.cc); each names its path, the query parameters it knows
// and the function that answers. Everything else is 404, 405 or 400 with the nearest known parameter. Answers
// are JSON of Values, or files; reads of the ledger take ?fresh (after a read index), ?at_leaf=N, and carry
// an ETag. What was answered before is given again while it is right (answer_cache.h). The OpenAPI document
// is printed from the same table (openapi.h), so the two cannot differ.
//
// Handlers run on the HTTP thread and touch the rest of the node only through ApiServices. What may take long
// (certificate files, verification, impact, lineage) runs on the query workers; past what these take on it is
// 503 with Retry-After.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/answer_cache.h"
#include "node/checkpointer.h"
#include "node/http_message.h"
#include "node/key_limiter.h"
#include "node/lead_requests.h"
#include "node/metrics.h"
#include "node/query_workers.h"
#include "node/submission.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/value.h"
#include "storage/ledger_reader.h"
#include "storage/log_entry.h"

namespace anta {

// Takes bodies as large as certificate files get, whatever the limit of the other routes.
inline constexpr std::string_view verify_path = "/v1/verify";

inline constexpr std::size_t answer_cache_standard_bytes = std::size_t{64} << 20;

struct ApiServices {
  std::function<Result<LedgerReader>()> reader = {};
  std::function<Result<LedgerReader>(LeafIndex)> reader_at = {};
  std::function<Result<LedgerReader>(TreeSize)> reader_of = {};
  std::function<void(std::function<void(Result<LogIndex>)>)> read_index = {};
  std::function<void(std::function<void()>)> post = {};  // run on the HTTP thread
  std::function<bool(QueryWorkers::Work)> work = {};     // run beside it; false: too much waits
  std::function<void(std::vector<std::shared_ptr<const Bytes>>, SubmitOptions, Submission::Callback)> submit =
      {};
  std::function<void(std::shared_ptr<const Bytes> order, LeadRequests::Callback)> lead = {};
  std::function<Result<std::shared_ptr<const Bytes>>(LogIndex)> block = {};  // a block's payload
  // Entries of the log, about so many bytes of them but at least one (LogStore::read).
  std::function<Result<std::vector<LogEntry>>(LogIndex from, LogIndex to, std::uint64_t bytes)> entries = {};
  std::function<std::shared_ptr<const FinishedCheckpoint>()> finished = {};
  std::function<std::vector<std::string>()> missing = {};               // cosigners awaited
  std::function<std::shared_ptr<const SignedRoot>()> signed_root = {};  // what receipts are made of
  PublicKey receipt_key = {};                                           // under which they are signed
  std::function<Value()> status = {};
  std::function<std::vector<std::string>()> unready = {};  // reasons; empty: ready
  std::function<Millis()> clock = {};
  KeyLimiter* keys = nullptr;                    // none: no limit. Outlives the API
  std::function<std::int64_t()> steady_ms = {};  // the clock of `keys`
  Genesis genesis = {};
  std::shared_ptr<const Bytes> genesis_bytes = {};
  std::function<Policy()> policy = {};                   // in force now
  std::function<std::vector<std::string>()> forks = {};  // notes of a quorum that contradict this node
  SubmitOptions submit_options = {};
  std::shared_ptr<AnswerCache> answers = {};  // null: the API makes its own
};

class HttpApi {
 public:
  HttpApi(ApiServices services, Metrics& metrics);
  ~HttpApi();

  void handle(HttpRequest request, HttpReply reply);

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace anta

// The newest state, for the law at apply, and what the law has of it in memory.
//
// Records that were read or written last are kept as they are stored, also that there is none: the same lots,
// parties and parameters are asked for again and again, and a block's undo record asks for what its judgement
// has read. The blocks' writer is the only one that changes the state, and says so (applied). One thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "storage/database.h"
#include "storage/ledger/effects.h"
#include "storage/ledger/generation_cache.h"
#include "storage/ledger/view.h"
#include "storage/log_store.h"

namespace anta {

class CurrentView final : public LedgerView {
 public:
  // Both outlive the view.
  CurrentView(const Database& database, const LogStore& log, std::size_t cache_bytes)
      : database_(database), log_(log), kept_(cache_bytes) {}

  SharedBytes read(Kind kind, std::string_view id) const override;
  SharedBytes statement(const Digest& digest) const override;
  bool failed() const override { return failure_.has_value(); }
  const std::optional<Error>& failure() const { return failure_; }  // the first
  DecodedRecords* decoded() const override { return &decoded_; }

  // These are in the database now.
  void applied(const std::vector<StateChange>& changes);

 private:
  void remember(StateKey key, SharedBytes value) const;
  void keep(const Error& error) const {
    if (!failure_) failure_ = error;
  }

  const Database& database_;
  const LogStore& log_;
  mutable GenerationCache<StateKey, SharedBytes, StateKeyHash, StateKeyEqual> kept_;
  mutable DecodedRecords decoded_ = {};
  mutable std::optional<Error> failure_ = {};
};

}  // namespace anta

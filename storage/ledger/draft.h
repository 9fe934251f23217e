// The statement under judgement and the records it is changing: what every rule of the law works on.
//
// Used inside the law only, on the caller's thread. Rules read records with has, look and get, and write them
// with put; put stamps the record with the statement's digest; nothing reaches the view. After the last rule
// take() hands the effects over.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "storage/ledger/effects.h"
#include "storage/ledger/law.h"
#include "storage/ledger/state.h"

namespace anta {

class Draft {
 public:
  Draft(const LedgerView& before, const SignedStatement& judged, Moment when)
      : statement(judged), moment(when), overlay_(before) {}

  const SignedStatement& statement;
  const Moment moment;

  PartyId issuer() const { return statement.issuer(); }
  Millis event_time() const { return statement.event_time(); }

  // The view with this draft's own changes on top.
  const LedgerView& view() const { return overlay_; }

  // Whether there is one; one to look at, null when there is none; one to change.
  template <typename T>
  bool has(std::string_view id, Kind kind = state::KindOf<T>::kind) const {
    return overlay_.read(kind, id) != nullptr;
  }
  template <typename T>
  std::shared_ptr<const T> look(std::string_view id, Kind kind = state::KindOf<T>::kind) const {
    return state::look<T>(overlay_, id, kind);
  }
  template <typename T>
  std::optional<T> get(std::string_view id, Kind kind = state::KindOf<T>::kind) const {
    return state::find<T>(overlay_, id, kind);
  }
  template <typename T>
  void put(std::string_view id, T record, Kind kind = state::KindOf<T>::kind) {
    record.stamp.by = statement.digest;
    auto bytes = std::make_shared<const Bytes>(state::encode_record(record));
    if (DecodedRecords* kept = overlay_.decoded())
      kept->keep(bytes, std::make_shared<const T>(std::move(record)));
    overlay_.write(StateKey{kind, std::string(id)}, std::move(bytes));
  }
  void remove(Kind kind, std::string_view id) { overlay_.write(StateKey{kind, std::string(id)}, nullptr); }

  // A parameter of the law in force at the block's time (ledger.md 6.9). Names are checked at genesis.
  std::int64_t parameter(std::string_view name) const;
  std::string parameter_text(std::string_view name) const;

  // Raises a flag on the statement; `on` puts it on a record too (before put).
  void flag(std::string_view code);
  void flag(std::string_view code, state::Stamp& on);

  // Says that this statement belongs to the history of a thing.
  void concerns(Kind kind, std::string_view id);

  MassFlow mass = {};

  Effects take();

 private:
  Overlay overlay_;
  std::vector<std::string> flags_ = {};
  std::vector<StateKey> subjects_ = {};
};

}  // namespace anta

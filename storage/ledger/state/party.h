// State records of parties, keys, roles, relations, devices and parameters.
#pragma once

#include <variant>

#include "crypto/keys.h"
#include "storage/ledger/state/common.h"

namespace anta::state {

// Kind party, id = party id.
struct Party {
  Stamp stamp = {};
  PartyId id = {};
  PartyKind kind = PartyKind::company;
  Maybe<Text> name = {};
  Maybe<Text> country = {};
  Maybe<Text> ubigeo = {};
  Maybe<CapacityClass> capacity_class = {};
  List<Text> languages = {};
  Millis registered = {};  // event time of the party statement
};

// Kind key, id = hex of the kid. A key belongs to one party for ever; a retired key keeps its record.
struct Key {
  Stamp stamp = {};
  PartyId party = {};
  PublicKey key = {};
  KeyState state = KeyState::active;
  Millis since = {};  // event time of the statement that brought it
  Maybe<Millis> compromised_since = {};
};

// Kind role, id = "<party>/<role word>".
struct RoleHeld {
  Stamp stamp = {};
  List<Interval> held = {};
};

// Kind relation, id = "<party>/<other>", as declared; readers look both ways. Of one kind, beginning and
// declarer there is one entry; a registrar's stands for all declarers. A relation holds while any entry does.
struct Relation {
  Stamp stamp = {};
  struct Entry {
    RelationKind kind = RelationKind::owns;
    Interval during = {};
    PartyId by = {};     // who declared it
    bool again = false;  // it replaced an earlier declaration
  };
  List<Entry> entries = {};
};

// Kind device, id = "<party>/<device>".
struct Device {
  Stamp stamp = {};
  std::uint64_t last_seq = 0;
};

// Kind parameter, id = the parameter's name, or "scheme/<scheme>" whose value is the owner's party id, or
// amendments_record_id.
struct Parameter {
  Stamp stamp = {};
  struct Entry {
    std::variant<std::int64_t, Text> value = std::int64_t{0};
    Millis effective_from = {};
  };
  List<Entry> entries = {};  // the one in force: the latest effective_from at or before the block's time
};

// The one record of kind parameter that is no parameter: each amendment of the law that took effect, in
// order, as the leaf of the statement that decided it and the moment from which it holds. Absent as long as
// the law is the genesis's, so that one proof says that nothing, or everything, was told of it.
inline constexpr std::string_view amendments_record_id = "amendments";

// Kind rejected, id = hex of the digest: a final rejection.
struct Rejected {
  Stamp stamp = {};
  Text rule = {};
  Millis block_time = {};
};

// Kind countersign, id = hex of the supported digest: who supports it, in order of recording, each once.
struct Countersign {
  Stamp stamp = {};
  struct Entry {
    PartyId party = {};
    Millis event_time = {};
  };
  List<Entry> entries = {};
};

// Kind document, id = "<party>/<hex of the document's digest>": what a party says that it keeps.
struct Document {
  Stamp stamp = {};
  Text media_type = {};
  Text title = {};
  Maybe<PartyId> subject = {};
  Maybe<Millis> retain_until = {};
  Millis event_time = {};
  bool withdrawn = false;
};

}  // namespace anta::state

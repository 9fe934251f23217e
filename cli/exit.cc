#include "cli/exit.h"

namespace anta {

Exit exit_for(const Error& error) {
  switch (error.code) {
    case Code::malformed: return Exit::usage;
    case Code::bad_signature: return Exit::rejected;
    case Code::not_authorised: return Exit::not_allowed;
    case Code::rule_violated: return Exit::rejected;
    case Code::not_found: return Exit::not_found;
    case Code::not_leader:
    case Code::busy:
    case Code::uncertain: return Exit::undecided;
    case Code::corrupt:
    case Code::io: return Exit::storage;
  }
  return Exit::internal;
}

}  // namespace anta

#include "crypto/error.h"

#include <cstdio>
#include <cstdlib>

namespace anta {

std::string_view name(Code code) {
  switch (code) {
    case Code::malformed: return "malformed";
    case Code::bad_signature: return "bad_signature";
    case Code::not_authorised: return "not_authorised";
    case Code::rule_violated: return "rule_violated";
    case Code::not_found: return "not_found";
    case Code::not_leader: return "not_leader";
    case Code::busy: return "busy";
    case Code::uncertain: return "uncertain";
    case Code::corrupt: return "corrupt";
    case Code::io: return "io";
  }
  return "unknown";
}

void broken_invariant(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "anta: broken invariant at %s:%d: %s\n", file, line, condition);
  std::fflush(stderr);
  std::abort();
}

}  // namespace anta

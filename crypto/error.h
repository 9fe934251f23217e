// The one error vocabulary of Anta, and Result<T>.
//
// What the environment does (bytes that do not parse, a disk that fails, a rule that says no) is a
// Result<T>. A broken invariant of our own is not an error: it aborts, in release builds too
// (ANTA_INVARIANT). Nothing throws across a room's boundary.
//
// Any thread may use everything here; an Error is a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace anta {

// Few codes, each with one action for the caller. The numbers are stored and sent: never renumber.
enum class Code : std::uint8_t {
  malformed = 1,       // the bytes are not what they claim; do not send them again
  bad_signature = 2,   // a signature does not verify; do not send them again
  not_authorised = 3,  // authenticated, but this caller may not do this
  rule_violated = 4,   // the law says no; Error::rule is the code of ledger.md section 6.8
  not_found = 5,       // there is no such thing here
  not_leader = 6,      // ask the node that leads
  busy = 7,            // a named limit is full; retry later
  uncertain = 8,       // it may or may not have happened; ask again with the same bytes
  corrupt = 9,         // stored bytes contradict themselves; an operator must look
  io = 10,             // the machine failed (disk, socket); for a disk: stop
};

// The code's name as it is written above; a stable part of every interface.
std::string_view name(Code code);

// What happened. `rule` is a stable machine word (a code of the law, or the name of the limit or check
// that failed; may be empty); `message` is one sentence for a person, without secrets.
struct Error {
  Code code = Code::corrupt;
  std::string rule = {};
  std::string message = {};

  bool operator==(const Error&) const = default;
};

template <typename T>
using Result = tl::expected<T, Error>;

// `return fail(Code::malformed, "text has no final newline");`
inline tl::unexpected<Error> fail(Code code, std::string message) {
  return tl::unexpected<Error>(Error{code, {}, std::move(message)});
}

// The same with the name of the check that failed: `return fail(Code::malformed, "note.crlf", "...");`
inline tl::unexpected<Error> fail(Code code, std::string rule, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(rule), std::move(message)});
}

// And for the law: `return violated("not_holder", "lot L-1 is held by a-plant");`
inline tl::unexpected<Error> violated(std::string rule, std::string message) {
  return tl::unexpected<Error>(Error{Code::rule_violated, std::move(rule), std::move(message)});
}

// Hand an error of another Result on: `if (!r) return pass(r);`
template <typename T>
tl::unexpected<Error> pass(const Result<T>& failed) {
  return tl::unexpected<Error>(failed.error());
}

// Prints the broken invariant and aborts. Called by ANTA_INVARIANT only.
[[noreturn]] void broken_invariant(const char* condition, const char* file, int line);

}  // namespace anta

// A statement about our own code that cannot be false. Checked in every build; a false one aborts.
#define ANTA_INVARIANT(condition) \
  ((condition) ? static_cast<void>(0) : ::anta::broken_invariant(#condition, __FILE__, __LINE__))

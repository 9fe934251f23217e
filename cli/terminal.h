// Text of others, made safe to print: what a statement, a node or a file says must not drive the terminal.
//
// Control characters (C0, DEL, C1), the ones that turn the direction of writing, and bytes that are no UTF-8
// are shown as escapes (\x1b, \u202e); everything else stays. Only for what a person reads: JSON and YAML
// have their own escapes. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace anta {

// One line's worth: a line feed is escaped too, since it could forge a line of a report.
std::string for_terminal(std::string_view text);

}  // namespace anta

// The release that this program is of: the version that CMakeLists.txt gives the project, for `anta` too.
#pragma once

namespace anta {

// Does not change while the program runs. It decides something: a node that was set aside tries to heal again
// only under another release (divergence.h). Defined in version.cc, so that a new number compiles one file
// anew. Any thread.
extern const char* const anta_version;

}  // namespace anta

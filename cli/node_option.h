// --node URL[,URL...]: which nodes a command asks. --ca FILE: whom it trusts to say that they are these
// nodes.
#pragma once

#include <memory>

#include "cli/command.h"
#include "cli/http_client.h"

namespace anta {

Option node_option();
Option ca_option();

// A client for the nodes of the invocation; --node is required by the table.
Result<std::unique_ptr<HttpClient>> client_for(const Invocation& invocation);

}  // namespace anta

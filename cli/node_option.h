// --node URL[,URL...]: which nodes a command asks.
#pragma once

#include <memory>

#include "cli/command.h"
#include "cli/http_client.h"

namespace anta {

Option node_option();

// A client for the nodes of the invocation; the option is required by the table.
Result<std::unique_ptr<HttpClient>> client_for(const Invocation& invocation);

}  // namespace anta

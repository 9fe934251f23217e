// --node URL[,URL...]: which nodes a command asks. --ca FILE: whom it trusts to say that they are these
// nodes.
#pragma once

#include <chrono>
#include <memory>

#include "cli/command.h"
#include "cli/http_client.h"
#include "crypto/digest.h"

namespace anta {

Option node_option();
Option ca_option();

// A client for the nodes of the invocation; --node is required by the table.
Result<std::unique_ptr<HttpClient>> client_for(const Invocation& invocation,
                                               std::chrono::milliseconds deadline = std::chrono::seconds(30));

// The digest of the genesis of the network that the node is of. uncertain: it does not say.
Result<Digest> network_of(HttpClient& client);

}  // namespace anta

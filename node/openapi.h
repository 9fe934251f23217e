// The OpenAPI 3.1 document, printed from the API's own route table: it knows no path.
#pragma once

#include <string>
#include <vector>

#include "node/http_route.h"

namespace anta {

std::string openapi_document(const std::vector<Route>& routes);

}  // namespace anta

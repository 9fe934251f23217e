// The one place where Asio's and its TLS part's code is compiled (target anta_asio).
#include <asio/impl/src.hpp>
#include <asio/ssl/impl/src.hpp>

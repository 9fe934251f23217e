#include "consensus/tls_context.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <asio/ssl/context.hpp>
#include <utility>

namespace anta {
namespace {

template <typename T, void (*release)(T*)>
struct Release {
  void operator()(T* object) const { release(object); }
};
using PrivateKey = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Release<X509, X509_free>>;

// The connection's slot for the expected key. Asio keeps something of its own in the slot of
// SSL_set_app_data.
int expected_slot() {
  static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

tl::unexpected<Error> openssl_failed(const char* what) {
  char text[256] = {};
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  return fail(Code::io, "tls.library", std::string(what) + ": " + text);
}

std::optional<PublicKey> key_of(X509* certificate) {
  EVP_PKEY* key = certificate == nullptr ? nullptr : X509_get0_pubkey(certificate);
  if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_ED25519) return std::nullopt;
  PublicKey raw;
  std::size_t size = raw.bytes.size();
  if (EVP_PKEY_get_raw_public_key(key, raw.bytes.data(), &size) != 1 || size != PublicKey::size)
    return std::nullopt;
  return raw;
}

bool same(const PublicKey& left, const PublicKey& right) {
  return CRYPTO_memcmp(left.bytes.data(), right.bytes.data(), PublicKey::size) == 0;
}

Result<Certificate> self_signed(EVP_PKEY* key) {
  Certificate certificate(X509_new());
  if (!certificate) return openssl_failed("making a certificate");
  X509* made = certificate.get();
  X509_NAME* name = X509_get_subject_name(made);
  const auto* word = reinterpret_cast<const unsigned char*>("anta node");
  constexpr long century = 100L * 365 * 24 * 3600;
  const bool good = X509_set_version(made, X509_VERSION_3) == 1 &&
                    ASN1_INTEGER_set(X509_get_serialNumber(made), 1) == 1 &&
                    X509_gmtime_adj(X509_getm_notBefore(made), -24L * 3600) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(made), century) != nullptr &&
                    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, word, -1, -1, 0) == 1 &&
                    X509_set_issuer_name(made, name) == 1 && X509_set_pubkey(made, key) == 1 &&
                    X509_sign(made, key, nullptr) > 0;
  if (!good) return openssl_failed("signing a certificate");
  return certificate;
}

Result<void> use_identity(SSL_CTX* context, const SigningKey& key) {
  const auto seed = key.seed();
  const PrivateKey own(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  if (!own) return openssl_failed("reading the TLS key");
  auto certificate = self_signed(own.get());
  if (!certificate) return pass(certificate);
  if (SSL_CTX_use_certificate(context, certificate->get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, own.get()) != 1 || SSL_CTX_check_private_key(context) != 1)
    return openssl_failed("using the TLS key");
  return {};
}

Result<void> narrow(SSL_CTX* context) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_num_tickets(context, 0) != 1 || SSL_CTX_set1_sigalgs_list(context, "ed25519") != 1 ||
      SSL_CTX_set1_groups_list(context, "X25519") != 1)
    return openssl_failed("setting up TLS 1.3");
  return {};
}

}  // namespace

struct TlsContext::State {
  asio::ssl::context context{asio::ssl::context::tlsv13};
  std::vector<PublicKey> pinned = {};
  OnUnpinned on_unpinned = {};

  bool is_pinned(const PublicKey& shown) const {
    bool found = false;
    for (const PublicKey& key : pinned)
      found |= same(key, shown);  // all of them: the time tells nothing
    return found;
  }

  // OpenSSL asks this instead of building a chain. 1: go on.
  static int verify(X509_STORE_CTX* store, void* argument) {
    const auto* state = static_cast<const State*>(argument);
    const auto* connection =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const auto shown = key_of(X509_STORE_CTX_get0_cert(store));
    const auto* expected = connection == nullptr
                               ? nullptr
                               : static_cast<const PublicKey*>(SSL_get_ex_data(connection, expected_slot()));
    bool good = shown && state->is_pinned(*shown);
    if (good && expected != nullptr) good = same(*expected, *shown);
    if (good) return 1;
    state->on_unpinned(shown.value_or(PublicKey{}));
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    return 0;
  }
};

Result<std::unique_ptr<TlsContext>> TlsContext::create(const SigningKey& key, std::vector<PublicKey> pinned,
                                                       OnUnpinned on_unpinned) {
  std::unique_ptr<State> state;
  try {  // Asio's context is made by a constructor
    state = std::make_unique<State>();
  } catch (const std::exception& failed) {
    return fail(Code::io, "tls.library", failed.what());
  }
  state->pinned = std::move(pinned);
  state->on_unpinned = std::move(on_unpinned);
  SSL_CTX* context = state->context.native_handle();
  if (auto done = narrow(context); !done) return pass(done);
  if (auto done = use_identity(context, key); !done) return pass(done);
  SSL_CTX_set_cert_verify_callback(context, &State::verify, state.get());
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(state)));
}

TlsContext::TlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsContext::~TlsContext() = default;

void TlsContext::set_pinned(std::vector<PublicKey> pinned) { state_->pinned = std::move(pinned); }

asio::ssl::context& TlsContext::native() { return state_->context; }

void TlsContext::expect(ssl_st* connection, const PublicKey* key) {
  SSL_set_ex_data(connection, expected_slot(), const_cast<PublicKey*>(key));
}

std::optional<PublicKey> TlsContext::peer_key(ssl_st* connection) {
  return key_of(SSL_get0_peer_certificate(connection));
}

}  // namespace anta

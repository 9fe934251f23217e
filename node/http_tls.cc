#include "node/http_tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <asio/ssl/context.hpp>
#include <ctime>
#include <fstream>
#include <iterator>
#include <vector>

#include "crypto/private_file.h"
#include "crypto/secret.h"
#include "crypto/text.h"
#include "node/views/time_text.h"

namespace anta {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t certificate_bytes_max = std::size_t{256} << 10;
constexpr std::size_t key_bytes_max = std::size_t{32} << 10;
constexpr std::size_t certificates_max = 16;

template <typename T, void (*release)(T*)>
struct Release {
  void operator()(T* object) const { release(object); }
};
using Certificate = std::unique_ptr<X509, Release<X509, X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY, EVP_PKEY_free>>;
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Memory = std::unique_ptr<BIO, FreeBio>;

tl::unexpected<Error> wrong(std::string message) {
  return fail(Code::malformed, "config.tls", std::move(message));
}

// What OpenSSL says, and then nothing of it is left for the next who asks.
std::string openssl_reason() {
  char text[256] = {};
  ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
  ERR_clear_error();
  return text;
}

Memory memory(ByteView bytes) {
  const void* data = bytes.empty() ? "" : static_cast<const void*>(bytes.data());  // null is an error to it
  Memory bio(BIO_new_mem_buf(data, static_cast<int>(bytes.size())));
  ANTA_INVARIANT(bio != nullptr);
  return bio;
}

// antad can ask nobody for a passphrase; without this OpenSSL would ask the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

Result<Bytes> read_certificate_file(const fs::path& path) {
  std::error_code none;
  std::ifstream in;
  if (fs::is_regular_file(path, none)) in.open(path, std::ios::binary);
  if (!in.is_open()) return wrong("cannot read " + path.string() + ", the file of http.tls.certificate");
  if (fs::file_size(path, none) > certificate_bytes_max)
    return wrong(path.string() + " is too large for a file of certificates");
  return Bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

Result<std::vector<Certificate>> read_certificates(const fs::path& path) {
  const Result<Bytes> bytes = read_certificate_file(path);
  if (!bytes) return pass(bytes);
  const Memory bio = memory(*bytes);
  std::vector<Certificate> chain;
  ERR_clear_error();
  while (Certificate next{PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)}) {
    chain.push_back(std::move(next));
    if (chain.size() > certificates_max)
      return wrong(path.string() + " holds more certificates than a chain");
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
    return wrong(path.string() + " holds a damaged certificate (" + openssl_reason() + ")");
  ERR_clear_error();
  if (chain.empty())
    return wrong(path.string() + " holds no certificate; http.tls.certificate names a PEM file with the " +
                 "node's certificate first, then those that lead to its authority");
  return chain;
}

Result<PrivateKey> read_key(const fs::path& path) {
  Result<Bytes> bytes = read_private_file(path, key_bytes_max);
  if (!bytes) return wrong("the file of http.tls.key: " + bytes.error().message);
  PrivateKey key(PEM_read_bio_PrivateKey(memory(*bytes).get(), nullptr, no_passphrase, nullptr));
  wipe(*bytes);
  ERR_clear_error();
  if (!key)
    return wrong(path.string() + " holds no private key that can be read without a passphrase; " +
                 "http.tls.key names a PEM file of mode 0600");
  const int kind = EVP_PKEY_get_base_id(key.get());
  if (kind != EVP_PKEY_EC && kind != EVP_PKEY_RSA)
    return wrong(path.string() + " is a key that browsers refuse; make one for ECDSA P-256");
  return key;
}

Millis end_of(const X509* certificate) {
  std::tm utc = {};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &utc) != 1) return Millis{0};
  return Millis{static_cast<std::int64_t>(::timegm(&utc)) * 1'000};
}

std::string fingerprint_of(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE] = {};
  unsigned size = 0;
  ANTA_INVARIANT(X509_digest(certificate, EVP_sha256(), digest, &size) == 1);
  return to_hex(ByteView(digest, size));
}

Result<void> narrow(SSL_CTX* context) {
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_num_tickets(context, 0) != 1 ||
      SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)  // of TLS 1.2
    return fail(Code::io, "tls.library", "setting up TLS: " + openssl_reason());
  return {};
}

}  // namespace

struct HttpTls::State {
  asio::ssl::context context{asio::ssl::context::tls_server};
  std::string fingerprint = {};
  Millis expires = {};
};

Result<std::shared_ptr<const HttpTls>> HttpTls::load(const fs::path& certificate, const fs::path& key) {
  const Result<std::vector<Certificate>> chain = read_certificates(certificate);
  if (!chain) return pass(chain);
  const Result<PrivateKey> own = read_key(key);
  if (!own) return pass(own);
  if (X509_check_private_key(chain->front().get(), own->get()) != 1) {
    ERR_clear_error();
    return wrong("the key in " + key.string() + " does not belong to the first certificate in " +
                 certificate.string() + "; give the two files of one renewal");
  }
  std::unique_ptr<State> state;
  try {  // Asio's context is made by a constructor
    state = std::make_unique<State>();
  } catch (const std::exception& failed) {
    return fail(Code::io, "tls.library", failed.what());
  }
  SSL_CTX* context = state->context.native_handle();
  if (auto done = narrow(context); !done) return pass(done);
  bool good = SSL_CTX_use_certificate(context, chain->front().get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, own->get()) == 1;
  state->fingerprint = fingerprint_of(chain->front().get());
  state->expires = end_of(chain->front().get());
  for (std::size_t i = 1; i < chain->size() && good; ++i) {
    good = SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) == 1;
    state->expires = std::min(state->expires, end_of((*chain)[i].get()));
  }
  if (!good) return wrong(certificate.string() + " is not served by OpenSSL: " + openssl_reason());
  return std::shared_ptr<const HttpTls>(new HttpTls(std::move(state)));
}

HttpTls::HttpTls(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpTls::~HttpTls() = default;

asio::ssl::context& HttpTls::native() const { return state_->context; }
const std::string& HttpTls::fingerprint() const { return state_->fingerprint; }
Millis HttpTls::expires() const { return state_->expires; }

bool HttpTls::is_plain_http(int error) {
  const auto code = static_cast<unsigned long>(static_cast<unsigned>(error));
  return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST;
}

std::optional<std::string> expiry_warning(Millis expires, Millis now) {
  const std::int64_t left = expires.value - now.value;
  if (left >= HttpTls::warn_ms) return std::nullopt;
  const std::string when = views::time_to_text(expires);
  const std::string next = "; renew it and send SIGHUP";
  if (left <= 0) return "the certificate of the HTTP listener ended on " + when + next;
  return "the certificate of the HTTP listener ends on " + when + ", in " +
         std::to_string(left / (std::int64_t{24} * 3'600 * 1'000)) + " days" + next;
}

}  // namespace anta

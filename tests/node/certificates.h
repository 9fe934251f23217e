// Certificates that are made when a test runs: nothing that expires is committed.
#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <string>

#include "tests/storage/disk.h"

namespace anta::test {

struct MadeCertificate {
  std::string certificate = {};  // PEM
  std::string key = {};
};

inline EVP_PKEY* make_key(const std::string& kind) {
  if (kind == "Ed25519") return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  if (kind == "RSA") return EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048});
  return EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
}

// For localhost, signed by itself, good from a day ago until `seconds` from now.
inline MadeCertificate make_certificate(long seconds = 90L * 24 * 3'600, const std::string& kind = "EC",
                                        const char* passphrase = nullptr) {
  EVP_PKEY* key = make_key(kind);
  X509* made = X509_new();
  EXPECT_EQ(X509_set_version(made, X509_VERSION_3), 1);
  static long serial = 0;
  ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(made), -24L * 3'600);
  X509_gmtime_adj(X509_getm_notAfter(made), seconds);
  X509_NAME* name = X509_get_subject_name(made);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"),
                             -1, -1, 0);
  X509_set_issuer_name(made, name);
  X509_EXTENSION* names =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  X509_add_ext(made, names, -1);
  X509_EXTENSION_free(names);
  EXPECT_EQ(X509_set_pubkey(made, key), 1);
  EXPECT_GT(X509_sign(made, key, kind == "Ed25519" ? nullptr : EVP_sha256()), 0);
  const auto text = [](const auto& write) {
    BIO* bio = BIO_new(BIO_s_mem());
    EXPECT_EQ(write(bio), 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string pem(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return pem;
  };
  MadeCertificate out;
  out.certificate = text([&](BIO* bio) { return PEM_write_bio_X509(bio, made); });
  out.key = text([&](BIO* bio) {
    const auto* words = reinterpret_cast<const unsigned char*>(passphrase);
    return PEM_write_bio_PrivateKey(bio, key, passphrase ? EVP_aes_128_cbc() : nullptr, words,
                                    passphrase ? static_cast<int>(std::string(passphrase).size()) : 0,
                                    nullptr, nullptr);
  });
  X509_free(made);
  EVP_PKEY_free(key);
  return out;
}

// A directory with the two files; the key's mode is 0600 unless told otherwise.
struct CertificateFiles {
  TempDirectory home = {};
  std::string certificate = home.path() + "/node.pem";
  std::string key = home.path() + "/node.key";

  explicit CertificateFiles(const MadeCertificate& made = make_certificate()) { write(made); }
  void write(const MadeCertificate& made, mode_t mode = 0600) const {
    write_whole(certificate, as_bytes(made.certificate));
    write_whole(key, as_bytes(made.key));
    EXPECT_EQ(::chmod(key.c_str(), mode), 0);
  }
};

}  // namespace anta::test

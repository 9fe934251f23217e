#include <gtest/gtest.h>

#include "cli/commands.h"
#include "crypto/exit.h"
#include "storage/ledger/certificate_file.h"

namespace anta {
namespace {

Bytes file_about(const std::string& id) {
  CertificateFile file;
  file.subject = CertificateId{id};
  file.note = "a note";
  file.genesis = std::make_shared<const Bytes>(Bytes{0xA0});
  return encode_certificate_file(file);
}

TEST(CertificateGet, TheFileOfAnotherCertificateIsRefused) {
  // Goal: a node that answers with a valid file about something else is found out before anything is written.
  const Bytes file = file_about("C-2");
  EXPECT_TRUE(check_file_is_about(file, CertificateId{"C-2"}).has_value());
  const auto refused = check_file_is_about(file, CertificateId{"C-1"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().rule, "policy_certificate");
  EXPECT_NE(refused.error().message.find("C-2"), std::string::npos);
  EXPECT_EQ(exit_for(refused.error()), Exit::undecided);  // it is not this machine's storage
}

TEST(CertificateGet, WhatIsNoFileIsRefused) {
  // Goal: half a file, or none, is never written in a file's place.
  Bytes half = file_about("C-1");
  half.resize(half.size() / 2);
  EXPECT_EQ(check_file_is_about(half, CertificateId{"C-1"}).error().rule, "file_malformed");
  EXPECT_EQ(check_file_is_about({}, CertificateId{"C-1"}).error().rule, "file_malformed");
  EXPECT_EQ(exit_for(check_file_is_about({}, CertificateId{"C-1"}).error()), Exit::undecided);
}

}  // namespace
}  // namespace anta

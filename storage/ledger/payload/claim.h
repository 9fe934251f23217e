// Payloads: mass-balance accounts and certificates. Member names are the field names of
// storage/ledger/statements.cddl; what is lawful is the law's to say. Pure data, any thread.
#pragma once

#include "storage/ledger/payload/common.h"

namespace anta::payload {

struct BalanceOpen {
  Common common = {};
  AccountId id = {};
  SiteId site = {};
  SchemeId scheme = {};
  Material product = Material::concentrate;
  BalanceMethod method = BalanceMethod::credit;
  Millis from = {};
  Millis until = {};
  Ppm conversion_ppm = {};
};
struct BalanceClose {
  Common common = {};
  AccountId account = {};
  std::int64_t book_cu_g = 0;
  Grams counted_cu_g = {};
};
struct Certificate {
  Common common = {};
  CertificateId id = {};
  LotId lot = {};
  Grams dry_g = {};
  Grams cu_g = {};
  CocModel coc_model = CocModel::mass_balance;
  List<SchemeId> schemes = {};
  Maybe<PartyId> buyer = {};
  Millis valid_until = {};
};
struct CertificateStatus {
  Common common = {};
  CertificateId certificate = {};
  CertificateChange status = CertificateChange::superseded;
  Maybe<CertificateId> by = {};
  Text reason = {};
};

}  // namespace anta::payload

// State records of mass-balance accounts and certificates.
#pragma once

#include "storage/ledger/state/common.h"

namespace anta::state {

// Kind account, id = account id. Grams of copper; below zero only after a reversal (declared deficit).
struct Account {
  Stamp stamp = {};
  AccountId id = {};
  SiteId site = {};
  SchemeId scheme = {};
  Material product = Material::concentrate;
  BalanceMethod method = BalanceMethod::credit;
  Interval period = {};
  Ppm conversion_ppm = {};
  PartyId operator_id = {};  // field "operator"
  Millis opened = {};
  bool open = true;
  std::int64_t balance_g = 0;
};

// Kind certificate, id = certificate id.
struct Certificate {
  Stamp stamp = {};
  CertificateId id = {};
  LotId lot = {};
  SiteId site = {};     // where the lot lay when it was issued
  PartyId holder = {};  // who issued it
  Grams dry_g = {};
  Grams cu_g = {};
  CocModel coc_model = CocModel::mass_balance;
  List<SchemeId> schemes = {};
  Maybe<PartyId> buyer = {};
  Millis issued = {};
  Millis valid_until = {};
  CertificateState state = CertificateState::live;
  Maybe<CertificateId> superseded_by = {};
  struct Debit {
    AccountId account = {};
    Grams cu_g = {};
  };
  List<Debit> debits = {};  // of a mass_balance certificate, one per scheme
};

}  // namespace anta::state

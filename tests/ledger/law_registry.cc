#include "tests/ledger/law_registry.h"

#include <algorithm>
#include <array>

namespace anta::test {
namespace {

// In the order of checking, ledger.md 6.8.
constexpr std::array codes = {
    LawWord{"malformed"},
    LawWord{"bad_signature"},
    LawWord{"unknown_key"},
    LawWord{"event_in_future", Needs::both},
    LawWord{"event_too_old", Needs::both},
    LawWord{"device_sequence"},
    LawWord{"role_missing"},
    LawWord{"unknown_reference"},
    LawWord{"duplicate_id"},
    LawWord{"not_issuer"},
    LawWord{"not_consignee"},
    LawWord{"not_holder"},
    LawWord{"event_order"},
    LawWord{"wrong_state"},
    LawWord{"lot_on_hold"},
    LawWord{"conflict_of_interest"},
    LawWord{"issuer_not_accredited"},
    LawWord{"out_of_scope", Needs::both},
    LawWord{"producer_not_formalised"},
    LawWord{"coc_model_upgrade"},
    LawWord{"not_eligible"},
    LawWord{"moisture_impossible", Needs::both},
    LawWord{"grade_impossible", Needs::both},
    LawWord{"capacity_exceeded", Needs::both},
    LawWord{"payload_exceeded", Needs::both},
    LawWord{"duplicate_waybill"},
    LawWord{"duplicate_ticket"},
    LawWord{"seal_in_use"},
    LawWord{"balance_exceeded"},
    LawWord{"not_conserved", Needs::both},
    LawWord{"batch_closure", Needs::both},
    LawWord{"status_lowered"},
    LawWord{"already_certified"},
    LawWord{"no_account"},
    LawWord{"account_overlap"},
    LawWord{"account_in_deficit"},
    LawWord{"credit_exceeded"},
    LawWord{"not_enabled"},
};

constexpr std::array flags = {
    LawWord{"final_unsupported"},
    LawWord{"grade_unusual", Needs::both},
    LawWord{"moisture_unusual", Needs::both},
    LawWord{"recovery_unusual", Needs::both},
    LawWord{"batch_closure", Needs::both},
    LawWord{"no_tax_deposit"},
    LawWord{"tare_drift", Needs::both},
    LawWord{"no_handover"},
    LawWord{"speed_unusual", Needs::both},
    LawWord{"transit_unusual", Needs::both},
    LawWord{"capacity_unusual", Needs::both},
    LawWord{"producer_not_formalised", Needs::other},
    LawWord{"outside_concession"},
    LawWord{"no_contract"},
    LawWord{"status_recorded_late"},
    LawWord{"upstream_under_review"},
    LawWord{"account_in_deficit"},
    LawWord{"certified_reduced"},
};

std::vector<LawRow>& rows() {
  static std::vector<LawRow> all;
  return all;
}

bool is_code(std::string_view word) {
  return std::any_of(codes.begin(), codes.end(), [&](const LawWord& code) { return code.word == word; });
}

class LawCase : public testing::Test {
 public:
  explicit LawCase(LawRow row) : row_(std::move(row)) {}

  void TestBody() override {
    World world(row_.parameters);
    const std::string outcome = row_.body(world);
    const bool as_flag = row_.flag || !is_code(row_.word);
    if (as_flag || row_.side == Side::inside) {
      EXPECT_EQ(outcome, "accepted") << world.last_message;
    } else {
      EXPECT_EQ(outcome, row_.word) << world.last_message;
    }
    if (as_flag) {
      EXPECT_EQ(world.flagged(row_.word), row_.side == Side::outside);
    }
  }

 private:
  LawRow row_;
};

}  // namespace

std::span<const LawWord> law_codes() { return codes; }
std::span<const LawWord> law_flags() { return flags; }
const std::vector<LawRow>& registered_rows() { return rows(); }

LawTable::LawTable(const char* file, std::vector<LawRow> table) {
  for (LawRow& row : table) {
    const bool as_flag = row.flag || !is_code(row.word);
    const std::string suite = std::string(as_flag ? "LawFlag_" : "LawCode_") + std::string(row.word);
    const std::string name = std::string(row.side == Side::inside ? "inside" : "outside") +
                             (row.setting == Setting::standard ? "_standard_" : "_other_") +
                             std::string(row.title);
    testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, file, 1,
                          [row]() -> testing::Test* { return new LawCase(row); });
    rows().push_back(std::move(row));
  }
}

}  // namespace anta::test

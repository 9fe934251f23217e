#include "cli/catalogue.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "storage/ledger/transfer.h"
#include "storage/ledger/verify.h"
#include "storage/ledger/vocabulary.h"

namespace anta {
namespace {

using WordSet = std::set<std::string>;

// The codes of ledger.md section 6.8, in its order.
const std::vector<std::string> law_codes = {"malformed",
                                            "bad_signature",
                                            "unknown_key",
                                            "event_in_future",
                                            "event_too_old",
                                            "device_sequence",
                                            "no_vote",
                                            "role_missing",
                                            "unknown_reference",
                                            "duplicate_id",
                                            "already_voted",
                                            "not_issuer",
                                            "not_consignee",
                                            "not_holder",
                                            "event_order",
                                            "wrong_state",
                                            "last_voter",
                                            "second_voter",
                                            "parameter_value",
                                            "lot_on_hold",
                                            "conflict_of_interest",
                                            "issuer_not_accredited",
                                            "out_of_scope",
                                            "producer_not_formalised",
                                            "coc_model_upgrade",
                                            "not_eligible",
                                            "moisture_impossible",
                                            "grade_impossible",
                                            "capacity_exceeded",
                                            "payload_exceeded",
                                            "duplicate_waybill",
                                            "duplicate_ticket",
                                            "seal_in_use",
                                            "balance_exceeded",
                                            "not_conserved",
                                            "batch_closure",
                                            "status_lowered",
                                            "already_certified",
                                            "no_account",
                                            "account_overlap",
                                            "account_in_deficit",
                                            "credit_exceeded",
                                            "not_enabled"};

// Every first group of the expression in a folder's sources, the ledger's if no other is named.
WordSet raised(const std::string& expression, const std::string& folder = "storage/ledger") {
  WordSet found;
  const std::regex pattern(expression);
  for (const auto& entry : std::filesystem::directory_iterator(ANTA_SOURCE_DIR "/" + folder)) {
    if (entry.path().extension() != ".cc") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it)
      found.insert((*it)[1]);
  }
  return found;
}

void expect_words(const std::string& code) {
  const Saying* saying = find_saying(code);
  ASSERT_NE(saying, nullptr) << code;
  EXPECT_FALSE(saying->cause_en.empty()) << code;
  EXPECT_FALSE(saying->cause_es.empty()) << code;
  EXPECT_NE(saying->cause_en, saying->cause_es) << code << " is not translated";
  EXPECT_EQ(saying->next_en.empty(), saying->next_es.empty()) << code;
}

WordSet codes_of(std::span<const Saying> table) {
  WordSet codes;
  for (const Saying& saying : table)
    codes.insert(std::string(saying.code));
  return codes;
}

TEST(Catalogue, EveryCodeOfTheLawHasCauseAndNextStepInBothLanguages) {
  // Goal: nobody is refused without being told why and what to do, in their language.
  const WordSet known = codes_of(refusals());
  for (const std::string& code : law_codes) {
    ASSERT_TRUE(known.contains(code)) << code;
    expect_words(code);
    EXPECT_FALSE(next_step(code, Language::en).empty()) << code;
    EXPECT_FALSE(next_step(code, Language::es).empty()) << code;
  }
}

TEST(Catalogue, TheLawRaisesNoCodeThatTheInterfaceDoesNotName) {
  // Goal: a new refusal in the law's sources comes with words, or this fails.
  const WordSet codes = raised("violated\\(\\s*\"([a-z_]+)\"");
  EXPECT_GE(codes.size(), 30u);
  const WordSet named(law_codes.begin(), law_codes.end());
  for (const std::string& code : codes)
    EXPECT_TRUE(named.contains(code)) << code;
}

TEST(Catalogue, TheFlagsAreExactlyThoseThatTheLedgerRaises) {
  // Goal: no flag without words, and no words for a flag that does not exist.
  WordSet wanted = raised("\\bflag\\(\\s*\"([a-z_]+)\"");
  for (const ReceiptFlag& flag : flags_of_a_receipt())
    wanted.emplace(flag.code);
  EXPECT_GE(wanted.size(), 15u);
  for (const std::string& code : raised("flags\\.push_back\\(\\s*\\{\\s*\"([a-z_]+)\""))
    wanted.insert(code);
  EXPECT_EQ(codes_of(flags()), wanted);
  for (const Saying& saying : flags())
    expect_words(std::string(saying.code));
}

TEST(Catalogue, AFlagThatIsAlsoARefusalKeepsItsOwnWords) {
  // Goal: a buyer who reads a flag is not told what a rejected plant must do.
  EXPECT_NE(flag_cause("batch_closure", Language::en), cause("batch_closure", Language::en));
  EXPECT_NE(flag_next_step("account_in_deficit", Language::es),
            next_step("account_in_deficit", Language::es));
  EXPECT_EQ(flag_cause("no_such_flag", Language::en), "no_such_flag");
}

TEST(Catalogue, AReportGivesItsReaderNoAdviceForASigner) {
  // Goal: a buyer whose file holds a future event is told not to rely on it, not to set a clock and sign
  // again.
  EXPECT_FALSE(next_step("event_in_future", Language::en).empty());
  EXPECT_TRUE(report_next_step("event_in_future", Language::en).empty());
  EXPECT_FALSE(report_next_step("not_valid", Language::en).empty());
  EXPECT_FALSE(report_next_step("not_valid", Language::es).empty());
}

TEST(Catalogue, TheLimitsOfANodeHaveWords) {
  // Goal: whoever meets a limit of HTTP or of the queries reads which one, and what to do.
  for (const char* code : {"http.memory_bytes", "http.larger_than_memory", "http.connections_max",
                           "http.connections_per_address", "http.requests_per_second",
                           "key_statements_per_second", "outside_window", "statements_max", "items_max",
                           "dry_run_max", "dry_run_parts", "queries_max", "impact_reads_max", "deadline",
                           "no_leader", "not_cosigned", "certificate_too_large", "outbox_locked"}) {
    expect_words(code);
    EXPECT_FALSE(next_step(code, Language::es).empty()) << code;
  }
}

TEST(Catalogue, AnAddressThatSpeaksHttpsOnlyHasWords) {
  // Goal: who writes http:// to it reads what to write instead.
  expect_words("http.tls_required");
  EXPECT_NE(next_step("http.tls_required", Language::es).find("https://"), std::string_view::npos);
}

TEST(Catalogue, WhatTheProgramItselfSaysHasWordsToo) {
  // Goal: usage, expectation and every other rule that the sources of cli name, and those of the readers it
  // uses, have cause and next step in both languages.
  WordSet codes = raised("(?:Error\\{|fail\\()\\s*Code::[a-z_]+,\\s*\"([a-z_.]+)\"", "cli");
  for (const char* wanted : {"usage", "expectation", "scenario_date", "outbox_locked", "unreachable",
                             "tls.untrusted", "tls.ca", "tls.handshake"})
    EXPECT_TRUE(codes.contains(wanted)) << wanted;
  for (const char* folder : {"node/views", "crypto"}) {
    const WordSet some = raised("\"((?:view|file|sealed|seed|secret|policy)\\.[a-z_]+)\"", folder);
    EXPECT_GE(some.size(), 5u) << folder;
    codes.insert(some.begin(), some.end());
  }
  for (const std::string& code : codes) {
    const Saying* saying = find_saying(code);
    ASSERT_NE(saying, nullptr) << code;
    EXPECT_NE(saying->cause_en, saying->cause_es) << code;
    EXPECT_FALSE(saying->next_en.empty()) << code;
    EXPECT_FALSE(saying->next_es.empty()) << code;
  }
}

TEST(Catalogue, NoMistakeOfUsageIsToldInOneLanguageOnly) {
  // Goal: whoever adds such a message goes through usage_error, which takes it in both. (What the readers of
  // YAML, scenarios and documents say of a file's content is passed on behind the file's name.)
  const WordSet literal = raised("Code::malformed,\\s*\"usage\",\\s*(\"[^\"]*\")", "cli");
  EXPECT_TRUE(literal.empty()) << *literal.begin();
  EXPECT_EQ(usage_error(Language::en, "a", "b").value().message, "a");
  EXPECT_EQ(usage_error(Language::es, "a", "b").value().message, "b");
  EXPECT_EQ(usage_error(Language::es, "a", "b").value().rule, "usage");
}

TEST(Catalogue, EveryClassOfErrorsHasWordsForTheRulesThatHaveNone) {
  // Goal: an error whose rule is unknown here is explained by its class.
  int classes = 0;
  for (std::uint8_t number = 1; name(static_cast<Code>(number)) != "unknown"; ++number, ++classes)
    expect_words(std::string(name(static_cast<Code>(number))));
  EXPECT_EQ(classes, 10);
}

TEST(Catalogue, EveryReasonOfTheVerifierHasWords) {
  // Goal: whatever verify.cc and evidence.cc put into a report reads as a sentence.
  WordSet codes;
  for (const char* expression :
       {"refuse\\(std::move\\(report\\), \"([a-z_.]+)\"", "undecided\\(std::move\\(report\\), \"([a-z_.]+)\"",
        "\\bno\\(\"([a-z_]+)\"", "\\{\"([a-z_]+)\", \"checked\\.", "ReplayFailure\\{\"([a-z_]+)\"",
        "rule == \"(certificate\\.[a-z]+)\""}) {
    const WordSet some = raised(expression);
    EXPECT_FALSE(some.empty()) << expression;
    codes.insert(some.begin(), some.end());
  }
  EXPECT_GE(codes.size(), 15u);
  for (const char* code : {"other_network", "policy_buyer", "certificate_expired"})
    EXPECT_TRUE(codes.contains(code)) << code;
  for (const std::string& code : codes)
    expect_words(code);
  for (const char* code :
       {"note.signature", "note.crlf", "checkpoint.root", "policy.no_log", "policy.log_key", "policy.group"})
    expect_words(code);
}

TEST(Catalogue, EveryLineOfAReportHasWords) {
  // Goal: verdicts, claims and lists of checks are sentences in both languages.
  const WordSet codes = raised("\"((?:claim|not_claimed|checked|not_checked)\\.[a-z_]+)\"");
  EXPECT_GE(codes.size(), 15u);
  for (const std::string& code : codes)
    expect_words(code);
  for (const char* model : {"none", "identity_preserved", "segregated", "controlled_blending", "mass_balance",
                            "book_and_claim"}) {
    ASSERT_TRUE(from_word<CocModel>(model).has_value()) << model;
    expect_words(std::string("claim.model.") + model);
  }
  for (const char* verdict : {"valid", "valid_with_flags", "not_valid", "cannot_evaluate"})
    expect_words(verdict);
}

TEST(Catalogue, NoCodeStandsTwiceInATable) {
  // Goal: one saying for one code.
  for (const auto table : {refusals(), flags(), report_lines()})
    EXPECT_EQ(codes_of(table).size(), table.size());
}

TEST(Catalogue, AnUnknownCodeIsShownAsItIs) {
  // Goal: a newer node's code reaches the user instead of nothing.
  EXPECT_EQ(find_saying("brand_new"), nullptr);
  EXPECT_EQ(cause("brand_new", Language::es), "brand_new");
  EXPECT_EQ(next_step("brand_new", Language::es), "");
}

TEST(Catalogue, TheLanguageComesFromTheLocalesFirstLetters) {
  // Goal: es_PE is Spanish; everything that is not Spanish is English.
  EXPECT_EQ(language_of("es_PE.UTF-8"), Language::es);
  EXPECT_EQ(language_of("es"), Language::es);
  EXPECT_EQ(language_of("C.UTF-8"), Language::en);
  EXPECT_EQ(language_of(""), Language::en);
  EXPECT_EQ(known_language("es-419"), Language::es);
  EXPECT_EQ(known_language("en_GB.UTF-8"), Language::en);
  for (const char* other : {"fr", "C", "", "est", "english", "_es"})
    EXPECT_FALSE(known_language(other)) << other;
}

}  // namespace
}  // namespace anta

#include "cli/report_text.h"

#include <map>

#include "cli/terminal.h"
#include "crypto/text.h"
#include "node/views/time_text.h"

namespace anta {
namespace {

constexpr std::size_t chain_lines_max = 200;
constexpr std::size_t districts_above = 20;  // lots of the chain

// "25 000.006 kg" of 25000006 grams: narrow no-break spaces between thousands in every language.
std::string mass(Grams grams) {
  std::string kilograms = std::to_string(grams.value / 1000);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(kilograms.size()) - 3; at > 0; at -= 3) {
    kilograms.insert(static_cast<std::size_t>(at), "\u202f");
  }
  const std::string rest = std::to_string(1000 + grams.value % 1000).substr(1);
  return kilograms + "." + rest + " kg";
}

std::string seconds_text(std::uint64_t seconds) {
  return views::time_to_text(Millis{static_cast<std::int64_t>(seconds) * 1000});
}

struct Text {
  const Report& report;
  Language language;
  std::string out = {};

  std::string in(const char* english, const char* spanish) const {
    return language == Language::es ? spanish : english;
  }
  // One line: names and messages come from the file, and none of them ends it or drives the terminal.
  void line(const std::string& text) { out += for_terminal(text) + "\n"; }
  void say(const std::string& code) { line("  - " + std::string(cause(code, language))); }
};

template <typename List, typename Name>
std::string joined(const List& list, Name name) {
  std::string text;
  for (const auto& item : list)
    text += (text.empty() ? "" : ", ") + name(item);
  return text;
}

void write_verdict(Text& t) {
  const std::string verdict(word(t.report.verdict));
  t.line(verdict + ": " + std::string(cause(verdict, t.language)));
  for (const auto& reason : t.report.reasons) {
    const std::string at =
        reason.leaf ? " (" + t.in("leaf ", "hoja ") + std::to_string(reason.leaf->value) + ")" : "";
    t.line("  " + reason.code + at + ": " + reason.message);
    if (find_saying(reason.code)) t.line("    " + std::string(cause(reason.code, t.language)));
    const auto next = report_next_step(reason.code, t.language);
    if (!next.empty()) t.line("    " + std::string(next));
  }
  const auto next = report_next_step(verdict, t.language);
  if (!next.empty()) t.line("  " + std::string(next));
}

void write_claim(Text& t) {
  const Report::Claim& claim = *t.report.claim;
  t.line("");
  t.line(t.in("Certificate ", "Certificado ") + claim.certificate.value + " (" + claim.state + ")");
  t.line("  " + t.in("lot", "lote") + "       " + claim.lot.value + ", " + std::string(word(claim.material)));
  t.line("  " + t.in("dry mass", "TMS") + "  " + mass(claim.dry_g));
  t.line("  " + t.in("copper", "Cu fino") + "    " + mass(claim.cu_g));
  t.line("  " + t.in("model", "modelo") + "     " + std::string(word(claim.coc_model)));
  t.line("  " + t.in("schemes", "esquemas") + "   " +
         joined(claim.schemes, [](const SchemeId& s) { return s.value; }));
  t.line("  " + t.in("issued by ", "emitido por ") + claim.holder.value + t.in(" to ", " a ") +
         (claim.buyer ? claim.buyer->value : t.in("bearer", "portador")) + ", " +
         views::time_to_text(claim.issued));
  t.line("  " + t.in("valid until ", "vigente hasta ") + views::time_to_text(claim.valid_until));
  t.line("");
  t.line(t.in("It claims", "Declara"));
  for (const auto& code : t.report.claimed)
    t.say(code);
  t.line(t.in("It does not claim", "No declara"));
  for (const auto& code : t.report.not_claimed)
    t.say(code);
}

void write_chain(Text& t) {
  t.line("");
  t.line(t.in("Chain back to the mines", "Cadena hasta las minas"));
  std::size_t left = chain_lines_max;
  for (const auto& lot : t.report.chain) {
    if (left-- == 0) {
      const std::string more = std::to_string(t.report.chain.size() - chain_lines_max);
      t.line("  " + t.in("and ", "y ") + more +
             t.in(" lots more: all of them with --output json", " lotes más: todos con --output json"));
      break;
    }
    const std::string indent(2 + 2 * std::min(lot.depth, 12u), ' ');
    const std::string eligible = joined(lot.eligible, [](const SchemeId& s) { return s.value; });
    t.line(indent + lot.lot.value + "  " + std::string(word(lot.material)) + "  " + mass(lot.dry_g) +
           t.in(" dry, ", " secos, ") + mass(lot.cu_g) + " Cu  " +
           (lot.origin ? t.in("mined by ", "extraído por ") : t.in("made by ", "hecho por ")) +
           lot.maker.value + t.in(" at ", " en ") + lot.site.value +
           (lot.ubigeo.empty() ? "" : " (" + lot.ubigeo + ")") +
           (eligible.empty() ? t.in("  not eligible", "  no elegible") : "  " + eligible));
  }
}

// Always of a summary, and where there are too many sources to read one by one.
void write_districts(Text& t) {
  if (!t.report.sources || (!t.report.sources_told && t.report.chain.size() <= districts_above)) return;
  t.line("");
  t.line(std::to_string(t.report.sources->sources()) +
         (t.report.sources_told
              ? t.in(" sources; the districts are the serving node's word",
                     " orígenes; los distritos son la palabra del nodo que sirvió el archivo")
              : t.in(" sources by district", " orígenes por distrito")));
  for (const auto& district : t.report.sources->districts) {
    t.line("  " + (district.district.empty() ? t.in("none named", "sin indicar") : district.district) + "  " +
           std::to_string(district.sources) + t.in(" sources  ", " orígenes  ") + mass(district.dry_g) +
           t.in(" dry, ", " secos, ") + mass(district.cu_g) + " Cu");
  }
}

void write_standing(Text& t) {
  t.line("");
  t.line(t.in("Attestations (at the event; at the checkpoint)",
              "Certificados de aseguramiento (al hecho; al punto de control)"));
  for (const auto& a : t.report.attestations) {
    t.line("  " + a.id.value + "  " + std::string(word(a.kind)) + "  " + a.scheme.value + " " + a.criteria +
           "  " + a.body.value + " -> " + a.subject.value + "  " + a.at_event + "; " + a.at_checkpoint);
  }
  t.line(t.in("Formalisation (at the event; at the checkpoint)",
              "Formalización (al hecho; al punto de control)"));
  for (const auto& f : t.report.formalisations)
    t.line("  " + f.party.value + "  " + f.at_event + "; " + f.at_checkpoint);
}

void write_flags(Text& t) {
  bool first = true;
  for (const auto& flag : t.report.flags) {
    if (!flag.moves_verdict) continue;
    if (first) {
      t.line("");
      t.line(t.in("Flags", "Avisos"));
    }
    first = false;
    t.line("  " + flag.code + "  " + flag.on + ", " + t.in("leaf ", "hoja ") +
           std::to_string(flag.leaf.value) +
           (flag.statement ? " " + hex(*flag.statement).substr(0, 16) : ""));
    t.line("    " + std::string(flag_cause(flag.code, t.language)));
    const auto next = flag_next_step(flag.code, t.language);
    if (!next.empty()) t.line("    " + std::string(next));
  }
}

// What is only reported, a line for each code: where it was seen, and how often.
void write_notes(Text& t) {
  std::map<std::string, std::vector<const Report::FlagLine*>> by_code;
  for (const auto& flag : t.report.flags) {
    if (!flag.moves_verdict) by_code[flag.code].push_back(&flag);
  }
  if (!by_code.empty()) {
    t.line("");
    t.line(t.in("Notes", "Notas"));
  }
  for (const auto& [code, lines] : by_code) {
    std::string where;
    for (std::size_t i = 0; i < lines.size() && i < 3; ++i)
      where += (i ? "; " : "") + lines[i]->on;
    if (lines.size() > 3)
      where += t.in("; and ", "; y ") + std::to_string(lines.size() - 3) + t.in(" more", " más");
    t.line("  " + code + "  " + where);
    t.line("    " + std::string(cause(code, t.language)));
  }
}

void write_trust(Text& t) {
  const Report& r = t.report;
  t.line("");
  t.line(t.in("Checkpoint ", "Punto de control ") + r.origin + ", " + std::to_string(r.size) +
         t.in(" leaves, ", " hojas, ") + seconds_text(r.checkpoint_seconds));
  const std::size_t all = r.cosigners.size() + r.missing_cosigners.size();
  t.line("  " + std::to_string(r.cosigners.size()) + t.in(" of ", " de ") + std::to_string(all) +
         t.in(" cosignatures", " cofirmas") + ": " +
         joined(r.cosigners, [](const auto& c) { return c.name + " " + seconds_text(c.time_seconds); }));
  if (!r.missing_cosigners.empty()) {
    t.line("  " + t.in("missing: ", "faltan: ") +
           joined(r.missing_cosigners, [](const std::string& s) { return s; }));
  }
  t.line("  " + std::to_string(r.statements) +
         t.in(" statements verified and replayed", " declaraciones verificadas y rehechas"));
  t.line(t.in("Checked here", "Comprobado aquí"));
  for (const auto& code : r.checked)
    t.say(code);
  t.line(t.in("Not checked here", "No comprobado aquí"));
  for (const auto& code : r.not_checked)
    t.say(code);
}

}  // namespace

std::string report_text(const Report& report, Language language) {
  Text text{report, language};
  write_verdict(text);
  if (!report.claim) return text.out;
  write_claim(text);
  write_chain(text);
  write_districts(text);
  write_standing(text);
  write_flags(text);
  write_notes(text);
  write_trust(text);
  return text.out;
}

}  // namespace anta

#include "cli/sending.h"

#include <array>

#include "crypto/secret.h"
#include "storage/ledger/codec.h"

namespace anta {

void tell_answer(const Invocation& invocation, const std::string& label, const std::string& file,
                 const Answer& answer) {
  if (answer.kind == Answer::Kind::accepted) {
    if (!answer.cosigned && !answer.missing.empty()) {
      std::string names;
      for (const std::string& missing : answer.missing)
        names += " " + missing;
      invocation.say(label + ": " +
                     invocation.in("recorded; cosignatures awaited from", "registrado; faltan cofirmas de") +
                     names);
    }
    return;
  }
  invocation.say(label + ": " + answer.code + (answer.message.empty() ? "" : ": " + answer.message));
  invocation.say("  " + std::string(cause(answer.code, invocation.language)));
  invocation.say("  " + std::string(next_step(answer.code, invocation.language)));
  if (answer.may_be_sent_again()) {
    invocation.say(
        "  " +
        invocation.in(
            "it may be accepted later, and nothing behind it is sent before; to give it up remove ",
            "puede aceptarse más tarde, y nada detrás de ella se envía antes; para desistir borre ") +
        file);
  }
  if (answer.kind == Answer::Kind::rejected) {
    invocation.say("  " +
                   invocation.in("if it becomes lawful: anta sign --again ",
                                 "si llega a ser conforme: anta sign --again ") +
                   file);
  }
}

// Whether trying again is all there is to do: not when the address or its certificate is wrong, or somebody
// must register a key first.
Exit exit_of_open(const Answer& answer, const Result<HttpAnswer>& http) {
  if (answer.may_be_sent_again()) return Exit::rejected;
  if (!http && http.error().rule.starts_with("tls.")) return exit_for(http.error());
  return http && http->status == 421 ? Exit::usage : Exit::undecided;
}

Result<Sent> send_kept(const Invocation& invocation, HttpClient& client, Outbox& outbox,
                       const payload::Payload& payload, const PartyId& signer, const SigningKey& key) {
  std::array<std::uint8_t, 16> cti{};
  random_bytes(cti);
  const auto bytes = sign_statement(payload, signer, key, invocation.now.value / 1000, cti);
  if (!bytes) return pass(bytes);
  const std::string label = std::string(type_word(payload)) + "-" + subject_of(payload);
  const auto item = outbox.add(*bytes, label);
  if (!item) return pass(item);
  const auto http = client.post("/v1/statements?wait=committed", "application/cose", *bytes);
  Sent sent{.answer = read_answer(http, sha256(*bytes))};
  tell_answer(invocation, label, item->path.string(), sent.answer);
  if (!sent.answer.is_final() || sent.answer.may_be_sent_again()) {
    sent.exit = exit_of_open(sent.answer, http);
    invocation.say("  " +
                   invocation.in("it is kept; to send the same again: anta submit ",
                                 "queda guardada; para enviar la misma otra vez: anta submit ") +
                   item->path.string());
    return sent;
  }
  if (sent.answer.kind != Answer::Kind::accepted) sent.exit = Exit::rejected;
  if (auto kept = outbox.record(*item, sent.answer.body); !kept) return pass(kept);
  return sent;
}

}  // namespace anta

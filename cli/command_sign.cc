#include <array>

#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/node_option.h"
#include "cli/outbox.h"
#include "cli/party_key.h"
#include "cli/receiving.h"
#include "cli/skeleton.h"
#include "cli/text_file.h"
#include "crypto/text.h"
#include "node/views/statement_view.h"
#include "storage/ledger/codec.h"

namespace anta {
namespace {

using views::UnsignedStatement;

// A type that does not fit is told before any node is asked.
Result<FromDispatch> fetch_from_dispatch(const Invocation& invocation, const std::string& type,
                                         const DispatchId& id) {
  if (auto about = check_about_dispatch(type, invocation.language); !about) return pass(about);
  if (!invocation.has("--node")) {
    return invocation.usage("--from asks a node about the dispatch: give --node URL (or ANTA_NODE)",
                            "--from pregunta a un nodo por el despacho: indique --node URL (o ANTA_NODE)");
  }
  auto client = client_for(invocation);
  if (!client) return pass(client);
  const auto record = json_body((*client)->get("/v1/dispatches/" + url_escaped(id.value) + "?fresh=1"));
  if (!record) return pass(record);
  const auto dispatch = read_dispatch(*record);
  if (!dispatch) return pass(dispatch);
  return from_dispatch(type, id, *dispatch, invocation.language);
}

Result<Exit> make_document(Invocation& invocation) {
  const std::string type = invocation.argument("TYPE");
  if (!payload_shape(type)) {
    const std::string near = did_you_mean(type, statement_types(), invocation.language);
    return invocation.usage("there is no statement type '" + type + "'" + near,
                            "no hay declaraciones de tipo '" + type + "'" + near);
  }
  std::optional<std::string> as = invocation.option("--as");
  Known known;
  if (const auto dispatch = invocation.option("--from")) {
    auto from = fetch_from_dispatch(invocation, type, DispatchId{*dispatch});
    if (!from) return pass(from);
    if (!as && from->signer) as = from->signer->value;
    known = std::move(from->known);
  }
  auto text = document_skeleton(type, as, invocation.now, known);
  if (!text) return pass(text);
  return write_file("-", as_bytes(*text)).map([] { return Exit::ok; });
}

// What is to be signed: YAML or JSON documents, or (with --again) a statement whose payload is signed anew.
Result<std::vector<UnsignedStatement>> read_unsigned(const Invocation& invocation, const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes) return pass(bytes);
  const auto named = [&](const Error& error) {
    return tl::unexpected(Error{error.code, error.rule, path + ": " + error.message});
  };
  if (invocation.has("--again")) {
    const auto statement = decode_statement(std::make_shared<const Bytes>(std::move(*bytes)));
    if (!statement) return named(statement.error());
    return std::vector<UnsignedStatement>{{statement->issuer(), statement->payload, {}}};
  }
  const std::string_view text = as_text(*bytes);
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  auto documents = json ? views::unsigned_from_json(text) : views::unsigned_from_yaml(text);
  if (!documents) return named(documents.error());
  return documents;
}

Result<PartyId> signer_of(const Invocation& invocation, const UnsignedStatement& document) {
  const auto as = invocation.option("--as");
  if (!as && !document.as) {
    return invocation.usage("who signs? Write `as: PARTY` in the document or give --as PARTY",
                            "¿quién firma? Escriba `as: PARTE` en el documento o indique --as PARTE");
  }
  if (as && document.as && document.as->value != *as) {
    return invocation.usage("the document says as: " + document.as->value + ", but --as is " + *as,
                            "el documento dice as: " + document.as->value + ", pero --as es " + *as);
  }
  return document.as ? *document.as : PartyId{*as};
}

Result<Bytes> sign_document(const Invocation& invocation, const UnsignedStatement& document,
                            const SigningKey& key) {
  const auto signer = signer_of(invocation, document);
  if (!signer) return pass(signer);
  std::array<std::uint8_t, 16> cti{};
  random_bytes(cti);
  return sign_statement(document.payload, *signer, key, invocation.now.value / 1000, cti);
}

std::string label_of(const UnsignedStatement& document) {
  return std::string(type_word(document.payload)) + "-" + subject_of(document.payload);
}

// Everything is signed before anything is kept: one bad document leaves no half of a file behind.
Result<Exit> sign(Invocation& invocation) {
  auto key = load_key(*invocation.option("--key"), invocation);
  if (!key) return pass(key);
  std::vector<std::pair<std::string, Bytes>> statements;
  for (const std::string& path : invocation.arguments("FILE")) {
    const auto documents = read_unsigned(invocation, path);
    if (!documents) return pass(documents);
    for (const UnsignedStatement& document : *documents) {
      auto bytes = sign_document(invocation, document, *key);
      if (!bytes) {
        const std::string at =
            path + (document.mark.line ? ":" + std::to_string(document.mark.line) : "") + ": ";
        return tl::unexpected(Error{bytes.error().code, bytes.error().rule, at + bytes.error().message});
      }
      statements.emplace_back(label_of(document), std::move(*bytes));
    }
  }
  ValueList made;
  if (const auto out = invocation.option("--out")) {
    Bytes sequence;
    for (const auto& [label, bytes] : statements)
      sequence.insert(sequence.end(), bytes.begin(), bytes.end());
    if (auto written = write_file(*out, sequence); !written) return pass(written);
    invocation.say(invocation.in("signed " + std::to_string(statements.size()) + " into " + *out,
                                 "se firmaron " + std::to_string(statements.size()) + " en " + *out));
    return Exit::ok;
  }
  auto outbox = Outbox::open(invocation.option("--outbox").value_or("outbox"));
  if (!outbox) return pass(outbox);
  for (const auto& [label, bytes] : statements) {
    const auto item = outbox->add(bytes, label);
    if (!item) return pass(item);
    made.push_back(
        Value{ValueMap{{"file", Value{item->path.string()}}, {"digest", Value{hex(sha256(bytes))}}}});
  }
  invocation.out(Value{std::move(made)});
  return Exit::ok;
}

}  // namespace

std::vector<Command> sign_commands() {
  std::vector<Option> options = {
      {.name = "--key",
       .value = "FILE",
       .help = "the signer's key file",
       .required = true,
       .environment = "ANTA_KEY"},
      {.name = "--as",
       .value = "PARTY",
       .help = "who signs, where the document does not say it",
       .environment = "ANTA_AS"},
      {.name = "--outbox", .value = "DIR", .help = "where signed statements wait in order (default: outbox)"},
      {.name = "--out", .value = "FILE", .help = "write them into one file instead, as a CBOR sequence"},
      {.name = "--again", .help = "sign the payload of a signed statement anew: a fact that became lawful"}};
  for (Option& option : passphrase_options())
    options.push_back(std::move(option));
  Option node = node_option();  // only --from asks one
  node.required = false;
  return {
      {.words = {"new"},
       .summary = "write a commented document of a type, with a random id",
       .examples = {"anta new dispatch > dispatch.yaml",
                    "anta new receipt --from D-L-001 --node http://127.0.0.1:8080 > receipt.yaml"},
       .options =
           {{.name = "--as", .value = "PARTY", .help = "who is going to sign", .environment = "ANTA_AS"},
            {.name = "--from",
             .value = "DISPATCH",
             .help = "fill in what a node knows of this dispatch: its id, its lots as sent, who signs"},
            std::move(node),
            ca_option()},
       .positionals = {{"TYPE", "a statement type: lot, dispatch, receipt, ..."}},
       .run = make_document},
      {.words = {"sign"},
       .summary = "sign documents (YAML or JSON, several in one file); needs no network",
       .examples = {"anta sign dispatch.yaml --key planta.key --passphrase-file passphrase.txt",
                    "anta sign - --key planta.key --passphrase-file passphrase.txt --out statements.cose < "
                    "dispatch.yaml"},
       .options = std::move(options),
       .positionals = {{"FILE", "documents; - is stdin", true, true}},
       .run = sign},
  };
}

}  // namespace anta

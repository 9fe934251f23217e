#include "cli/catalogue.h"

// clang-format off
namespace anta {
namespace {

constexpr Saying flag_table[] = {
  {"upstream_under_review", "A source of this copper is under review: its attestation was revoked back to before it was made.", "Ask the holder what will be done about it.",
   "Un origen de este cobre está en revisión: su certificado fue revocado con efecto anterior a su producción.", "Pregunte al tenedor qué se hará al respecto."},
  {"upstream_suspended", "An attestation that was relied on is suspended at the checkpoint.", "Follow the attestation's status.",
   "Un certificado en que se apoya está suspendido a la fecha del punto de control.", "Siga el estado de ese certificado."},
  {"upstream_disputed", "Sender and receiver of a source do not agree on its mass.", "Wait for the resolution.",
   "Remitente y receptor de un origen no están de acuerdo en su masa.", "Espere la resolución."},
  {"account_in_deficit", "The mass-balance account that it was drawn from is below zero.", "Ask the holder how the deficit is covered.",
   "La cuenta de balance de masa de la que salió está en negativo.", "Pregunte al tenedor cómo se cubre el déficit."},
  {"batch_closure", "Inputs and outputs of a process close less well than usual, within what is accepted.", "Ask the plant for its explanation.",
   "Las entradas y salidas de un proceso cierran peor de lo usual, dentro de lo admitido.", "Pida la explicación a la planta."},
  {"status_recorded_late", "A status was recorded after statements that it concerns.", "", "Un estado se registró después de declaraciones a las que concierne.", ""},
  {"final_unsupported", "Final figures without scale, laboratory and assay certificate.", "", "Cifras finales sin balanza, laboratorio y certificado de ensaye.", ""},
  {"grade_unusual", "The copper grade is outside the usual range.", "", "La ley de cobre está fuera de lo usual.", ""},
  {"moisture_unusual", "The moisture is outside the usual range.", "", "La humedad está fuera de lo usual.", ""},
  {"recovery_unusual", "The recovery is outside the usual range of this process.", "", "La recuperación está fuera de lo usual para este proceso.", ""},
  {"capacity_unusual", "The producer comes near the capacity of its class.", "", "El productor se acerca a la capacidad de su categoría.", ""},
  {"no_tax_deposit", "The dispatch names no tax deposit (detracción).", "", "El despacho no indica la constancia de detracción.", ""},
  {"tare_drift", "The vehicle's tare differs from its earlier one.", "", "La tara del vehículo difiere de la anterior.", ""},
  {"no_handover", "The carrier did not sign the handover.", "", "El transportista no firmó la entrega.", ""},
  {"speed_unusual", "The trip would have been faster than a truck drives.", "", "El viaje habría sido más rápido que un camión.", ""},
  {"transit_unusual", "The trip took unusually long.", "", "El viaje tardó más de lo usual.", ""},
  {"outside_concession", "Extracted outside the declared concession.", "", "Extraído fuera de la concesión declarada.", ""},
  {"producer_not_formalised", "The producer was not formalised, and the network's law records that instead of refusing: the ore is eligible for nothing.", "",
   "El productor no estaba formalizado, y la ley de la red lo anota en vez de rechazar: el mineral no es elegible para nada.", ""},
  {"certified_reduced", "The lot shrank below what was certified of it; the newest certificate was cut to what is left.", "Ask the holder for the certificate as it stands.",
   "El lote quedó por debajo de lo certificado; el certificado más nuevo se redujo a lo que queda.", "Pida al tenedor el certificado como está ahora."},
  {"no_contract", "On another's concession without a recorded contract.", "", "En concesión ajena sin contrato registrado.", ""},
};

constexpr Saying report_table[] = {
  {"valid", "The certificate holds.", "", "El certificado es válido.", ""},
  {"valid_with_flags", "The certificate holds; there is something to know about its sources.", "Read the flags.", "El certificado es válido; hay algo que saber sobre sus orígenes.", "Lea los avisos."},
  {"not_valid", "The certificate does not hold.", "Do not rely on it.", "El certificado no es válido.", "No se apoye en él."},
  {"cannot_evaluate", "It cannot be told whether the certificate holds.", "Do what the reason says, then verify again.", "No se puede determinar si el certificado es válido.", "Haga lo que indica el motivo y verifique de nuevo."},
  {"file_malformed", "The file is not a certificate file, or it was changed.", "Fetch it again from a node.", "El archivo no es un certificado o fue alterado.", "Descárguelo de nuevo de un nodo."},
  {"certificate.newer", "The file was made by a newer release.", "Update anta.", "El archivo fue hecho por una versión más nueva.", "Actualice anta."},
  {"certificate.format", "The file's format is newer than this program.", "Update anta.", "El formato del archivo es más nuevo que este programa.", "Actualice anta."},
  {"no_policy", "No policy was given: nobody is trusted by default.", "Pass --policy FILE from a source you trust.", "No se dio una política: por defecto no se confía en nadie.", "Indique --policy ARCHIVO de una fuente de confianza."},
  {"no_quorum", "Too few of the policy's organisations cosigned the checkpoint.", "Fetch the file again when more nodes are up.", "Muy pocas organizaciones de la política cofirmaron el punto de control.", "Descargue de nuevo cuando haya más nodos activos."},
  {"other_network", "The file is of another network than the policy.", "Use that network's policy if you trust it.", "El archivo es de otra red que la política.", "Use la política de esa red si confía en ella."},
  {"note", "The checkpoint's note cannot be read, or a signature on it is bad.", "Fetch the file again from another node.", "La nota del punto de control no se puede leer o una de sus firmas es mala.", "Descargue el archivo de otro nodo."},
  {"checkpoint", "The checkpoint in the file cannot be read.", "Fetch the file again from another node.", "El punto de control del archivo no se puede leer.", "Descargue el archivo de otro nodo."},
  {"policy", "The policy file cannot be read.", "Correct the line that is named, or get the policy again from its source.", "El archivo de política no se puede leer.", "Corrija la línea indicada u obtenga la política de su fuente."},
  {"policy.no_log", "No log that the policy trusts signed the checkpoint.", "Use the policy of the network that the file is from, if you trust it.", "Ningún registro en que la política confía firmó el punto de control.", "Use la política de la red de la que viene el archivo, si confía en ella."},
  {"inclusion", "A statement is not in the ledger that the checkpoint commits to.", "Do not rely on it; tell the network's operators.", "Una declaración no está en el registro que el punto de control compromete.", "No se apoye en él; avise a los operadores de la red."},
  {"duplicate_leaf", "The file holds the same leaf twice.", "Fetch it again from a node.", "El archivo contiene dos veces la misma hoja.", "Descárguelo de nuevo de un nodo."},
  {"disclosure_unmatched", "The file opens something that no statement in it commits to.", "Ask the holder for a file without it.", "El archivo revela algo a lo que ninguna declaración suya se compromete.", "Pida al tenedor un archivo sin ello."},
  {"genesis_malformed", "The genesis in the file cannot be read.", "Fetch it again from a node.", "El génesis del archivo no se puede leer.", "Descárguelo de nuevo de un nodo."},
  {"certificate_missing", "The evidence does not contain the certificate.", "Fetch it again from a node.", "La evidencia no contiene el certificado.", "Descárguelo de nuevo de un nodo."},
  {"certificate_not_live", "The certificate was superseded, voided or withdrawn.", "Ask the holder for the one that replaces it.", "El certificado fue sustituido, anulado o retirado.", "Pida al tenedor el que lo reemplaza."},
  {"certificate_expired", "The certificate is past its date.", "Ask the holder for a new one.", "El certificado está vencido.", "Pida uno nuevo al tenedor."},
  {"policy_scheme", "It claims no scheme that the policy accepts.", "", "No declara ningún esquema que la política acepte.", ""},
  {"policy_issuer", "Its issuer is not one that the policy accepts.", "", "Su emisor no es uno que la política acepte.", ""},
  {"policy_model", "Its chain-of-custody model is not one that the policy accepts.", "", "Su modelo de cadena de custodia no es uno que la política acepte.", ""},
  {"stale", "The checkpoint is older than the policy allows.", "Fetch the file again.", "El punto de control es más antiguo de lo que la política permite.", "Descargue el archivo de nuevo."},
  {"state_not_proven", "The policy demands proof of the present state, which this file does not carry.", "Verify without require_state, or fetch a file that carries it.", "La política exige prueba del estado presente, que este archivo no trae.", "Verifique sin require_state u obtenga un archivo que la traiga."},
  {"claim.quantity", "this mass of dry material and of copper", "", "esta masa seca y de cobre", ""},
  {"claim.holder", "issued by the holder of the lot", "", "emitido por el tenedor del lote", ""},
  {"claim.schemes", "under the schemes named", "", "según los esquemas nombrados", ""},
  {"claim.model.identity_preserved", "identity preserved: the metal is from the one named mine", "", "identidad preservada: el metal es de la única mina nombrada", ""},
  {"claim.model.segregated", "segregated: all the metal is from attested mines", "", "segregado: la totalidad del metal es de minas certificadas", ""},
  {"claim.model.controlled_blending", "controlled blending: a known share is from attested mines", "", "mezcla controlada: una parte conocida es de minas certificadas", ""},
  {"claim.model.mass_balance", "mass balance: as much attested copper went in as is certified to come out", "", "balance de masa: entró tanto cobre certificado como el que se certifica a la salida", ""},
  {"claim.model.book_and_claim", "book and claim: the claim is apart from the metal", "", "registro y reclamo: el atributo va aparte del metal", ""},
  {"claim.model.none", "no chain-of-custody model", "", "ningún modelo de cadena de custodia", ""},
  {"not_claimed.physical_origin", "that the metal itself is from these mines: it may be other copper", "", "que el metal mismo sea de estas minas: puede ser otro cobre", ""},
  {"not_claimed.price", "anything about prices or terms", "", "nada sobre precios ni condiciones", ""},
  {"not_claimed.beyond_criteria", "anything beyond the criteria of the attestations listed", "", "nada más allá de los criterios de los certificados listados", ""},
  {"checked.quorum", "the checkpoint is signed by the log and cosigned by the policy's quorum", "", "el punto de control está firmado por el registro y cofirmado por el quórum de la política", ""},
  {"checked.inclusion", "every statement in the file is in the ledger that the checkpoint commits to", "", "cada declaración del archivo está en el registro que el punto de control compromete", ""},
  {"checked.signatures", "every signature, with the key valid at its place in the ledger", "", "cada firma, con la clave vigente en su lugar del registro", ""},
  {"checked.masses", "the masses of every lot, transfer, split and process, recomputed", "", "las masas de cada lote, traslado, división y proceso, recalculadas", ""},
  {"checked.quantity", "the certified quantity against the lot", "", "la cantidad certificada contra el lote", ""},
  {"checked.models", "the chain-of-custody models along the chain", "", "los modelos de custodia a lo largo de la cadena", ""},
  {"checked.scope", "sites, materials and dates of the attestations", "", "sitios, materiales y fechas de los certificados", ""},
  {"checked.accreditation", "the accreditation of the assurance bodies at the event", "", "la acreditación de los organismos en la fecha del hecho", ""},
  {"checked.statuses_told", "every status statement that the file carries", "", "cada declaración de estado que el archivo trae", ""},
  {"checked.freshness", "the age of the checkpoint against the policy", "", "la antigüedad del punto de control contra la política", ""},
  {"not_checked.present_state", "present state: the serving node's word that nothing later is missing from the file", "", "estado presente: es la palabra del nodo que sirvió el archivo que no falte nada posterior", ""},
  {"not_checked.unique_identifiers", "waybills, tickets and seals used once: enforced by the cosigners", "", "guías, tickets y precintos usados una vez: lo hacen cumplir los cofirmantes", ""},
  {"not_checked.capacity", "the producers' 30-day capacity: enforced by the cosigners", "", "la capacidad de 30 días de los productores: la hacen cumplir los cofirmantes", ""},
  {"not_checked.account_history", "the balance of the mass-balance accounts: enforced by the cosigners", "", "el saldo de las cuentas de balance de masa: lo hacen cumplir los cofirmantes", ""},
  {"not_checked.freshness", "freshness: the policy names no max_age", "", "actualidad: la política no indica max_age", ""},
};

}  // namespace

std::span<const Saying> flags() { return flag_table; }
std::span<const Saying> report_lines() { return report_table; }

}  // namespace anta
// clang-format on

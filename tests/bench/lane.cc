#include "tests/bench/lane.h"

#include <algorithm>
#include <cstring>

#include "crypto/text.h"
#include "storage/ledger/mass.h"

namespace anta::bench {
namespace {

// Few enough that a lane's truck often finds a second lot at the same mine.
constexpr std::size_t producers_of_lane = 6;

payload::Measurement measured(std::int64_t wet_g, std::int64_t moisture_ppm, std::int64_t cu_ppm) {
  payload::Measurement m;
  m.wet_g = Grams{wet_g};
  m.moisture_ppm = Ppm{moisture_ppm};
  m.cu_ppm = Ppm{cu_ppm};
  return m;
}

}  // namespace

Lane::Lane(const Trade& trade, std::uint64_t seed, std::uint64_t number)
    : trade_(trade), random_(seed, number + 1), number_(number), plant_(number % trade.plants().size()) {}

Lane::Step Lane::stock() { return lot(); }

Lane::Step Lane::next() { return make(draw()); }

Bytes Lane::sign(const Step& step) {
  std::array<std::uint8_t, 16> cti = {};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::uint64_t word = random_.next();
    std::memcpy(cti.data() + 8 * i, &word, sizeof word);
  }
  return signed_by(step.signer->id, step.signer->key, step.payload, trade_.now(), cti);
}

// --- what comes next ---

bool Lane::possible(Act act) const {
  switch (act) {
    case Act::lot:
    case Act::document: return true;
    case Act::dispatch:
    case Act::hold: return !at_mine_.empty();
    case Act::handover: return !sent_.empty();
    case Act::receipt: return !on_road_.empty();
    case Act::process: return at_plant_.size() >= 2;
    case Act::split:
    case Act::loss:
    case Act::adjust: return !at_plant_.empty();
    case Act::certificate: return !made_.empty();
    case Act::release: return !held_.empty();
    case Act::ownership: return !offered_.empty() || at_plant_.size() > 2;
  }
  return false;
}

// By what is left of this hundred, among what is possible. Something always is: what a hundred still owes
// hangs on acts of the same hundred that are owed too or done.
Act Lane::draw() {
  std::uint64_t sum = 0;
  for (const int left : left_)
    sum += static_cast<std::uint64_t>(left);
  if (sum == 0) {
    left_ = quota;
    return draw();
  }
  std::uint64_t weight = 0;
  for (std::size_t i = 0; i < act_count; ++i)
    weight += possible(static_cast<Act>(i)) ? static_cast<std::uint64_t>(left_[i]) : 0;
  ANTA_INVARIANT(weight > 0);
  std::uint64_t at = random_.below(weight);
  for (std::size_t i = 0; i < act_count; ++i) {
    const Act act = static_cast<Act>(i);
    const auto share = possible(act) ? static_cast<std::uint64_t>(left_[i]) : 0;
    if (at < share) {
      --left_[i];
      return act;
    }
    at -= share;
  }
  return Act::lot;
}

Lane::Step Lane::make(Act act) {
  switch (act) {
    case Act::lot: return lot();
    case Act::dispatch: return dispatch();
    case Act::handover: return handover();
    case Act::receipt: return receipt();
    case Act::process: return process();
    case Act::split: return split();
    case Act::certificate: return certificate();
    case Act::document: return document();
    case Act::hold: return hold();
    case Act::release: return release();
    case Act::loss: return loss();
    case Act::adjust: return adjust();
    case Act::ownership: return ownership();
  }
  return lot();
}

// --- small things ---

payload::Common Lane::common(std::int64_t at_ms) const {
  payload::Common c;
  c.event_time = Millis{at_ms};
  return c;
}

payload::Common Lane::papered(std::int64_t at_ms) {
  payload::Common c = common(at_ms);
  c.documents = payload::List<Digest>{paper()};
  return c;
}

// Unique by lane and count, and spread over the key space as random ids are.
std::string Lane::name(const char* stem) {
  std::array<std::uint8_t, 8> bytes = {};
  const std::uint64_t unique = ((number_ << 40) | names_++) * 0x9E3779B97F4A7C15u;  // odd, so one to one
  std::memcpy(bytes.data(), &unique, sizeof unique);
  return stem + to_hex(bytes);
}

Digest Lane::paper() {
  Digest digest;
  for (std::size_t i = 0; i < Digest::size; i += 8) {
    const std::uint64_t word = random_.next();
    std::memcpy(digest.bytes.data() + i, &word, sizeof word);
  }
  return digest;
}

Lane::Card Lane::take(std::vector<Card>& cards) {
  std::swap(any(cards), cards.back());
  Card card = std::move(cards.back());
  cards.pop_back();
  return card;
}

// --- the statements ---

Lane::Step Lane::lot() {
  Card card;
  card.id = LotId{name("L")};
  card.producer =
      (number_ * producers_of_lane + random_.below(producers_of_lane)) % trade_.producers().size();
  card.measurement = measured(static_cast<std::int64_t>(random_.between(400, 1'200)) * 10'000,
                              static_cast<std::int64_t>(random_.between(15, 60)) * 1'000,
                              500 * static_cast<std::int64_t>(random_.between(60, 220)));
  card.measurement.method = MeasurementMethod::visual;
  const state::Figures figures = figures_of(card.measurement);
  card.dry_g = figures.dry_g.value;
  card.cu_g = figures.cu_g.value;
  // Between ten days after the founding and thirty before now, to the minute.
  card.at_ms = trade_.founded().value +
               (10 * 24 * 60 + static_cast<std::int64_t>(random_.below((span_days - 40) * 24 * 60))) * 60'000;
  const Trader& producer = trade_.producers()[card.producer];
  payload::Lot p;
  p.common = papered(card.at_ms);
  p.id = card.id;
  p.site = producer.site;
  p.measurement = card.measurement;
  p.extracted_from = Millis{card.at_ms - 30 * hour_ms};
  p.extracted_until = Millis{card.at_ms - hour_ms};
  at_mine_.push_back(std::move(card));
  return {Act::lot, &producer, std::move(p)};
}

// One lot, or every other time two of the same mine, where this lane has them.
Lane::Step Lane::dispatch() {
  Load load;
  load.id = DispatchId{name("D")};
  load.cards.push_back(take(at_mine_));
  const std::size_t from = load.cards.front().producer;
  const bool alone = random_.chance(500);
  for (Card& other : at_mine_) {
    if (alone || other.producer != from) continue;
    std::swap(other, at_mine_.back());
    load.cards.push_back(std::move(at_mine_.back()));
    at_mine_.pop_back();
    break;
  }
  for (const Card& card : load.cards)
    load.at_ms = std::max(load.at_ms, card.at_ms + 2 * hour_ms);
  load.carrier = random_.below(trade_.carriers().size());
  const Trader& producer = trade_.producers()[from];
  payload::Dispatch p;
  p.common = common(load.at_ms);
  p.id = load.id;
  for (const Card& card : load.cards)
    p.lots.push_back({card.id, card.measurement});
  p.from_site = producer.site;
  p.to = plant().id;
  p.to_site = plant().site;
  p.ownership_moves = true;
  p.carrier = trade_.carriers()[load.carrier].id;
  p.vehicle =
      "V" + std::to_string(random_.between(100, 999)) + "-" + std::to_string(random_.between(100, 999));
  p.seals = payload::List<payload::Text>{name("P")};
  p.waybill = name("T001-");
  p.tax_deposit = name("DET-");
  sent_.push_back(std::move(load));
  return {Act::dispatch, &producer, std::move(p)};
}

Lane::Step Lane::handover() {
  std::swap(sent_[random_.below(sent_.size())], sent_.back());
  Load load = std::move(sent_.back());
  sent_.pop_back();
  load.at_ms += hour_ms;
  payload::Handover p;
  p.common = papered(load.at_ms);
  p.dispatch = load.id;
  const Trader& carrier = trade_.carriers()[load.carrier];
  on_road_.push_back(std::move(load));
  return {Act::handover, &carrier, std::move(p)};
}

// Weighed at the plant, within tolerance of what was sent.
Lane::Step Lane::receipt() {
  std::swap(on_road_[random_.below(on_road_.size())], on_road_.back());
  Load load = std::move(on_road_.back());
  on_road_.pop_back();
  const std::int64_t at = load.at_ms + 20 * hour_ms;
  payload::Receipt p;
  p.common = papered(at);
  p.dispatch = load.id;
  p.seals_intact = true;
  p.ticket = name("B-");
  for (Card& card : load.cards) {
    payload::Measurement& m = card.measurement;
    m.wet_g.value += static_cast<std::int64_t>(random_.below(31)) * 1'000 - 15'000;
    m.cu_ppm.value += static_cast<std::int64_t>(random_.below(7)) * 100 - 300;
    m.status = MeasurementStatus::final;
    m.method = MeasurementMethod::scale;
    m.tare_g = Grams{14'500'000};
    m.gross_g = Grams{14'500'000 + m.wet_g.value};
    m.scale = ScaleId{"balanza-" + plant().id.value};
    m.ticket = name("B-");
    m.laboratory = plant().id;
    m.assay_certificate = paper();
    p.lots.push_back({card.id, m});
    const state::Figures figures = figures_of(m);
    card.dry_g = figures.dry_g.value;
    card.cu_g = figures.cu_g.value;
    card.at_ms = at;
    at_plant_.push_back(std::move(card));
  }
  return {Act::receipt, &plant(), std::move(p)};
}

// Two lots into concentrate of 24 % Cu, nine tenths of the copper recovered, the rest tailings.
Lane::Step Lane::process() {
  payload::Process p;
  p.id = ProcessId{name("B")};
  p.site = plant().site;
  Card out;
  std::int64_t dry = 0, cu = 0;
  for (int i = 0; i < 2; ++i) {
    const Card in = take(at_plant_);
    p.inputs.push_back({in.id, Grams{in.dry_g}, Grams{in.cu_g}});
    dry += in.dry_g;
    cu += in.cu_g;
    out.at_ms = std::max(out.at_ms, in.at_ms + 8 * hour_ms);
  }
  out.id = LotId{name("K")};
  out.measurement = measured(cu * 90 / 24 * 100 / 91, 90'000, 240'000);
  out.measurement.status = MeasurementStatus::final;
  out.measurement.method = MeasurementMethod::scale;
  const state::Figures figures = figures_of(out.measurement);
  out.dry_g = figures.dry_g.value;
  out.cu_g = figures.cu_g.value;
  p.common = common(out.at_ms);
  p.outputs.push_back({out.id, Material::concentrate, "bulk", out.measurement});
  p.tailings = payload::Mass{Grams{dry - out.dry_g}, Grams{cu - out.cu_g}};
  made_.push_back(std::move(out));
  return {Act::process, &plant(), std::move(p)};
}

// Into two children, both at the plant.
Lane::Step Lane::split() {
  const Card parent = take(at_plant_);
  payload::Split p;
  p.common = papered(parent.at_ms + hour_ms);
  p.lot = parent.id;
  Card first = parent, second = parent;
  first.id = LotId{name("S")};
  second.id = LotId{name("S")};
  first.at_ms = second.at_ms = parent.at_ms + hour_ms;
  first.dry_g = parent.dry_g * 2 / 5;
  first.cu_g = parent.cu_g * 2 / 5;
  second.dry_g = parent.dry_g - first.dry_g;
  second.cu_g = parent.cu_g - first.cu_g;
  for (const Card* card : {&first, &second})
    p.children.push_back({card->id, Grams{card->dry_g}, Grams{card->cu_g}});
  at_plant_.push_back(std::move(first));
  at_plant_.push_back(std::move(second));
  return {Act::split, &plant(), std::move(p)};
}

// All of the lot where the plant keeps copper apart; a tenth, which its account can always pay, where not.
Lane::Step Lane::certificate() {
  const Card card = take(made_);
  const bool account = Trade::keeps_account(plant_);
  payload::Certificate p;
  p.common = papered(card.at_ms + hour_ms);
  p.id = CertificateId{name("C")};
  p.lot = card.id;
  p.dry_g = Grams{account ? card.dry_g / 10 : card.dry_g};
  p.cu_g = Grams{account ? card.cu_g / 10 : card.cu_g};
  p.coc_model = account ? CocModel::mass_balance : CocModel::segregated;
  p.schemes = {SchemeId{scheme_id}};
  p.buyer = trade_.buyers()[random_.below(trade_.buyers().size())].id;
  p.valid_until = Millis{trade_.now().value + 1'000 * 24 * hour_ms};
  return {Act::certificate, &plant(), std::move(p)};
}

Lane::Step Lane::document() {
  const Trader& producer = trade_.producers()[random_.below(trade_.producers().size())];
  payload::Document p;
  p.common = common(trade_.now().value - 24 * hour_ms);
  p.digest = paper();
  p.media_type = "application/pdf";
  p.title = "Contrato de explotacion " + name("");
  p.subject = producer.id;
  return {Act::document, &producer, std::move(p)};
}

Lane::Step Lane::hold() {
  Card card = take(at_mine_);
  payload::Hold p;
  card.at_ms += hour_ms;
  p.common = papered(card.at_ms);
  p.lot = card.id;
  p.legal_basis = "Retencion preventiva por verificacion de procedencia, acta " + name("");
  const Trader& producer = trade_.producers()[card.producer];
  held_.push_back(std::move(card));
  return {Act::hold, &producer, std::move(p)};
}

Lane::Step Lane::release() {
  Card card = take(held_);
  payload::Release p;
  card.at_ms += hour_ms;
  p.common = papered(card.at_ms);
  p.lot = card.id;
  const Trader& producer = trade_.producers()[card.producer];
  at_mine_.push_back(std::move(card));
  return {Act::release, &producer, std::move(p)};
}

Lane::Step Lane::loss() {
  Card& card = any(at_plant_);
  payload::Loss p;
  p.common = papered(card.at_ms);
  p.lot = card.id;
  p.dry_g = Grams{card.dry_g / 100};
  p.cu_g = Grams{card.cu_g / 100};
  card.dry_g -= p.dry_g.value;
  card.cu_g -= p.cu_g.value;
  return {Act::loss, &plant(), std::move(p)};
}

Lane::Step Lane::adjust() {
  Card& card = any(at_plant_);
  payload::Adjust p;
  p.common = papered(card.at_ms);
  p.lot = card.id;
  p.dry_g = -(card.dry_g / 200);
  p.cu_g = -(card.cu_g / 200);
  card.dry_g += p.dry_g;
  card.cu_g += p.cu_g;
  return {Act::adjust, &plant(), std::move(p)};
}

// The plant offers a lot to a buyer; the next time, the buyer signs the same. The lot is then left alone.
Lane::Step Lane::ownership() {
  const bool completes = !offered_.empty();
  if (!completes) {
    offered_.push_back(take(at_plant_));
    offered_to_ = random_.below(trade_.buyers().size());
  }
  const Card card = offered_.back();
  if (completes) offered_.pop_back();
  const Trader& buyer = trade_.buyers()[offered_to_];
  payload::Ownership p;
  p.common = papered(card.at_ms);
  p.lot = card.id;
  p.from = plant().id;
  p.to = buyer.id;
  return {Act::ownership, completes ? &buyer : &plant(), std::move(p)};
}

}  // namespace anta::bench

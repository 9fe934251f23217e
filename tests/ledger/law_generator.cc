#include "tests/ledger/law_generator.h"

#include <algorithm>
#include <array>

#include "storage/ledger/mass.h"

namespace anta::test {
namespace {

bool is_open(const state::Dispatch& dispatch) {
  return dispatch.state == DispatchState::sent || dispatch.state == DispatchState::in_transit ||
         dispatch.state == DispatchState::received || dispatch.state == DispatchState::disputed;
}

std::string site_of(const std::string& holder) {
  if (holder == "miner") return "mine";
  if (holder == "miner2") return "mine2";
  if (holder == "plant") return "mill";
  return holder == "smelter" ? "works" : "store";
}

std::string next_of(const std::string& holder) {
  if (holder == "plant") return "smelter";
  return holder == "smelter" ? "buyer" : "plant";
}

}  // namespace

Generator::Generator(std::uint64_t seed) : random_(seed), network_random_(seed) {
  const std::size_t founding = world.log.size();
  world.attest("att-works-2", AttestationKind::chain_of_custody, "plant", "mill", {CocModel::mass_balance});
  EXPECT_EQ(world.log.size(), founding + 1);
  for (int i = 0; i < 6; ++i)
    open_account();  // of either site; what overlaps is refused
}

std::int64_t Generator::below(std::int64_t bound) {
  return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(bound));
}

std::string Generator::next_id(const std::string& prefix) { return prefix + std::to_string(++ids_); }

std::string Generator::submit(const std::string& as, const payload::Payload& payload) {
  const std::string outcome = world.submit(as, payload);
  EXPECT_NE(outcome, "malformed") << type_word(payload) << ": " << world.last_message;
  if (outcome == "accepted") {
    ++accepted[std::string(type_word(payload))];
    sent_.push_back({as, world.last_digest});
  }
  return outcome;
}

std::vector<state::Lot> Generator::lots(const std::function<bool(const state::Lot&)>& wanted) const {
  std::vector<state::Lot> found;
  for (const auto& [key, value] : world.view.records()) {
    if (key.kind != Kind::lot || !value) continue;
    auto lot = *state::decode_record<state::Lot>(*value);
    if (wanted(lot)) found.push_back(std::move(lot));
  }
  return found;
}

std::vector<state::Lot> Generator::stock(const std::string& holder) const {
  return lots([&](const state::Lot& lot) {
    return lot.holder.value == holder && !lot.dispatch && lot.remaining_dry_g.value > 1000;
  });
}

std::vector<state::Dispatch> Generator::dispatches(
    const std::function<bool(const state::Dispatch&)>& wanted) const {
  std::vector<state::Dispatch> found;
  for (const auto& [key, value] : world.view.records()) {
    if (key.kind != Kind::dispatch || !value) continue;
    auto dispatch = *state::decode_record<state::Dispatch>(*value);
    if (wanted(dispatch)) found.push_back(std::move(dispatch));
  }
  return found;
}

std::vector<state::Certificate> Generator::live() const {
  std::vector<state::Certificate> found;
  for (const auto& [key, value] : world.view.records()) {
    if (key.kind != Kind::certificate || !value) continue;
    auto certificate = *state::decode_record<state::Certificate>(*value);
    if (certificate.state == CertificateState::live) found.push_back(std::move(certificate));
  }
  return found;
}

payload::Measurement Generator::figures(const state::Lot& lot) const {
  const std::int64_t dry = lot.remaining_dry_g.value;
  const std::int64_t grade = dry == 0 ? 0 : half_even(lot.remaining_cu_g.value, ppm_whole, dry);
  return measured(dry, 0, std::min<std::int64_t>(grade, ppm_whole), lot.status);
}

payload::Measurement Generator::varied(payload::Measurement m) {
  constexpr std::array<std::int64_t, 6> off_ppm = {0, 0, 3000, -4000, -12000, 40000};
  m.wet_g.value += half_even(m.wet_g.value, off_ppm[static_cast<std::size_t>(below(6))], ppm_whole);
  m.cu_ppm.value = std::max<std::int64_t>(0, m.cu_ppm.value - below(300));
  return m;
}

std::size_t Generator::pick(const std::vector<state::Lot>& candidates) {
  const auto certified = std::find_if(candidates.begin(), candidates.end(),
                                      [](const state::Lot& lot) { return lot.certified_cu_g.value > 0; });
  if (certified != candidates.end() && one_in(2))
    return static_cast<std::size_t>(certified - candidates.begin());
  return static_cast<std::size_t>(below(static_cast<std::int64_t>(candidates.size())));
}

// At most half a percent of grade may go with a part (draw_grade_ppm); what stays is then poorer or richer.
payload::Take Generator::some_of(const state::Lot& lot) {
  payload::Take take = world.all_of(lot.id.value);
  if (one_in(2)) return take;
  constexpr std::array<std::int64_t, 4> shares_ppm = {100000, 500000, 800000, 950000};
  constexpr std::array<std::int64_t, 3> grades_ppm = {ppm_whole, 1004000, 996500};
  const std::int64_t share = shares_ppm[static_cast<std::size_t>(below(4))];
  const std::int64_t grade = grades_ppm[static_cast<std::size_t>(below(3))];
  take.dry_g.value = half_even(take.dry_g.value, share, ppm_whole);
  take.cu_g.value = half_even(half_even(take.cu_g.value, share, ppm_whole), grade, ppm_whole);
  return take;
}

void Generator::step() {
  using Action = void (Generator::*)();
  constexpr std::array<Action, 32> actions = {
      &Generator::originate,    &Generator::originate, &Generator::send,         &Generator::send,
      &Generator::send,         &Generator::hand_over, &Generator::receive,      &Generator::receive,
      &Generator::receive,      &Generator::answer,    &Generator::answer,       &Generator::resolve,
      &Generator::end,          &Generator::split,     &Generator::blend,        &Generator::work,
      &Generator::work,         &Generator::certify,   &Generator::certify,      &Generator::certify,
      &Generator::certify,      &Generator::work,      &Generator::certify,      &Generator::end_claim,
      &Generator::change_stock, &Generator::hold,      &Generator::change_owner, &Generator::correct,
      &Generator::relate,       &Generator::use_up,    &Generator::use_up,       &Generator::use_up};
  world.now += below(6 * hour);
  if (network_random_() % 30 == 0) govern();
  if (one_in(40)) return open_account();
  if (one_in(90)) return change_attestation();
  (this->*actions[static_cast<std::size_t>(below(actions.size()))])();
}

void Generator::originate() {
  const bool other_mine = one_in(2);
  payload::Lot p =
      world.lot(next_id("L"), measured(tonne + below(20 * tonne), below(90000), 10000 + below(200000)));
  if (other_mine) p.site = SiteId{"mine2"};
  submit(other_mine ? "miner2" : "miner", p);
}

void Generator::send() {
  constexpr std::array<const char*, 4> holders = {"miner", "miner2", "plant", "smelter"};
  const std::string holder = holders[static_cast<std::size_t>(below(4))];
  const auto candidates = stock(holder);
  if (candidates.empty()) return;
  load(holder, one_in(6) ? holder : next_of(holder), candidates);  // some send to themselves
}

void Generator::load(const std::string& holder, const std::string& to,
                     const std::vector<state::Lot>& candidates) {
  payload::Dispatch p = world.dispatch(next_id("D"), {});
  p.from_site = SiteId{site_of(holder)};
  p.to = PartyId{to};
  p.to_site = SiteId{site_of(to)};
  const std::size_t first = pick(candidates);
  for (std::size_t i = first; i < std::min(first + 2, candidates.size()); ++i) {
    p.lots.push_back({candidates[i].id, figures(candidates[i])});
  }
  if (one_in(3)) p.seals = payload::List<payload::Text>{"S-" + std::to_string(below(4))};
  if (one_in(4)) p.carrier.reset();
  if (one_in(5)) p.ownership_moves = false;
  submit(holder, p);
}

void Generator::hand_over() {
  for (const auto& dispatch : dispatches([](const auto& d) { return d.state == DispatchState::sent; })) {
    if (!dispatch.carrier || one_in(2)) continue;
    submit(dispatch.carrier->value, world.handover(dispatch.id.value));
    return;
  }
}

void Generator::receive() {
  const auto open = dispatches([](const state::Dispatch& d) {
    return d.state == DispatchState::sent || d.state == DispatchState::in_transit;
  });
  if (open.empty()) return;
  const auto& dispatch = open[static_cast<std::size_t>(below(static_cast<std::int64_t>(open.size())))];
  payload::Receipt p = world.receipt(dispatch.id.value, {});
  for (const auto& line : dispatch.lines)
    p.lots.push_back({line.lot, varied(line.sent)});
  submit(dispatch.to.value, p);
}

void Generator::answer() {
  const auto waiting = dispatches([](const state::Dispatch& d) {
    return d.state == DispatchState::received || d.state == DispatchState::disputed;
  });
  for (const auto& dispatch : waiting) {
    payload::ReceiptReply p;
    p.common = world.common();
    p.dispatch = dispatch.id;
    p.answer = one_in(4) ? ReceiptAnswer::dispute : ReceiptAnswer::accept;
    const bool to_consignee = dispatch.proposed_by == dispatch.sender;
    submit(to_consignee ? dispatch.to.value : dispatch.sender.value, p);
  }
}

void Generator::resolve() {
  const auto disputed =
      dispatches([](const state::Dispatch& d) { return d.state == DispatchState::disputed; });
  for (const auto& dispatch : disputed) {
    payload::DisputeResolution p;
    p.common = world.common();
    p.dispatch = dispatch.id;
    const bool umpire = one_in(3);
    p.by = umpire ? ResolutionBy::umpire : ResolutionBy::agreement;
    for (const auto& line : dispatch.lines)
      p.lots.push_back({line.lot, varied(line.sent)});
    submit(umpire ? "lab" : one_in(2) ? dispatch.sender.value : dispatch.to.value, p);
  }
}

void Generator::end() {
  const auto open = dispatches(is_open);
  if (open.empty()) return;
  const auto& dispatch = open[static_cast<std::size_t>(below(static_cast<std::int64_t>(open.size())))];
  payload::DispatchEnd p;
  p.common = world.common();
  p.dispatch = dispatch.id;
  p.outcome = static_cast<DispatchOutcome>(below(4));
  const bool senders = p.outcome == DispatchOutcome::cancelled || p.outcome == DispatchOutcome::returned;
  submit(senders ? dispatch.sender.value : dispatch.to.value, p);
}

void Generator::split() {
  const std::string holder = one_in(2) ? "plant" : "smelter";
  for (const state::Lot& lot : stock(holder)) {
    if (one_in(2)) continue;
    payload::Split p;
    p.common = world.common();
    p.lot = lot.id;
    const std::int64_t parts = 2 + below(3);
    for (std::int64_t i = 0; i < parts - below(2); ++i) {
      p.children.push_back({LotId{next_id("S")}, Grams{lot.remaining_dry_g.value / parts},
                            Grams{lot.remaining_cu_g.value / parts}});
    }
    submit(holder, p);
    return;
  }
}

void Generator::blend() {
  const auto candidates = stock("plant");
  if (candidates.size() < 2) return;
  const std::size_t i = static_cast<std::size_t>(below(static_cast<std::int64_t>(candidates.size()) - 1));
  payload::Blend p;
  p.common = world.common();
  p.inputs = {some_of(candidates[i]), some_of(candidates[i + 1])};
  p.output = {LotId{next_id("M")}, candidates[i].material, "bulk", std::nullopt};
  submit("plant", p);
}

void Generator::work() {
  const bool mill = one_in(2);
  const auto candidates = stock(mill ? "plant" : "smelter");
  if (candidates.empty()) return;
  const std::size_t first = pick(candidates);
  std::vector<payload::Take> taken;
  for (std::size_t i = first; i < std::min(first + 2, candidates.size()); ++i) {
    taken.push_back(some_of(candidates[i]));
  }
  process(mill, std::move(taken));
}

void Generator::process(bool mill, std::vector<payload::Take> taken) {
  payload::Process p = world.flotation_of(next_id("B"), std::move(taken), next_id("K"));
  if (p.outputs.front().measurement.wet_g.value < 1) return;
  if (p.tailings->dry_g.value < 0 || p.tailings->cu_g.value < 0) return;
  if (!mill) {
    p.site = SiteId{"works"};
    p.process = ProcessKind::smelting;
    p.outputs.front().material = Material::blister;
  }
  if (one_in(6)) p.tailings->dry_g.value = half_even(p.tailings->dry_g.value, 97, 100);
  submit(mill ? "plant" : "smelter", p);
}

CertificateId Generator::certificate_to_come() {
  announced_.push_back(next_id("C"));
  return CertificateId{announced_.back()};
}

std::string Generator::next_certificate() {
  if (announced_.empty() || one_in(2)) return next_id("C");
  std::string id = std::move(announced_.back());
  announced_.pop_back();
  return id;
}

// What is claimed goes on to whom it is claimed for, and is worked on there: the claim is used up with it.
void Generator::use_up() {
  for (const state::Certificate& certificate : live()) {
    const auto lot = world.get<state::Lot>(certificate.lot.value);
    if (lot.dispatch || lot.holder.value == "buyer" || one_in(3)) continue;
    const bool arrived = lot.holder == certificate.buyer || lot.holder != certificate.holder;
    if (!arrived) return load(lot.holder.value, next_of(lot.holder.value), {lot});
    std::vector<payload::Take> taken = {some_of(lot)};
    for (const state::Lot& other : stock(lot.holder.value)) {
      if (other.id != lot.id && one_in(2)) taken.push_back(some_of(other));
      if (taken.size() == 3) break;
    }
    return process(lot.holder.value == "plant", std::move(taken));
  }
}

void Generator::certify() {
  const std::string holder = one_in(2) ? "plant" : "smelter";
  for (const state::Lot& lot : stock(holder)) {
    if (one_in(3)) continue;
    const CocModel model = std::max(lot.coc_model, one_in(3) ? CocModel::mass_balance : CocModel::segregated);
    if (model == CocModel::none) continue;
    const auto buyer = one_in(4) ? std::nullopt : std::optional<std::string>(next_of(holder));
    payload::Certificate p = world.certificate(next_certificate(), lot.id.value, model, buyer);
    const std::int64_t parts = 1 + below(2) + (model == CocModel::mass_balance ? below(6) : 0);
    p.dry_g.value /= parts;
    p.cu_g.value /= parts;
    submit(holder, p);
    return;
  }
}

void Generator::end_claim() {
  const auto certificates = live();
  if (certificates.empty()) return;
  const auto& certificate =
      certificates[static_cast<std::size_t>(below(static_cast<std::int64_t>(certificates.size())))];
  payload::CertificateStatus p;
  p.common = world.common();
  p.certificate = certificate.id;
  p.status = one_in(2) ? CertificateChange::superseded : CertificateChange::voided;
  p.reason = "a reason";
  // Announced and perhaps issued later, on whatever lot; or issued already, lawfully on the same lot only.
  if (one_in(3)) p.by = certificate_to_come();
  if (one_in(6)) p.by = certificates.back().id;
  const auto balance = [&] {
    return certificate.debits.empty()
               ? 0
               : world.get<state::Account>(certificate.debits.front().account.value).balance_g;
  };
  const std::int64_t before = balance();
  if (submit(certificate.holder.value, p) == "accepted" && balance() != before) {
    refunded.insert(certificate.id.value);
  }
}

void Generator::change_stock() {
  constexpr std::array<const char*, 4> holders = {"miner", "miner2", "plant", "smelter"};
  const std::string holder = holders[static_cast<std::size_t>(below(4))];
  const auto candidates = stock(holder);
  if (candidates.empty()) return;
  const state::Lot& lot =
      candidates[static_cast<std::size_t>(below(static_cast<std::int64_t>(candidates.size())))];
  if (one_in(2)) {
    payload::Loss p;
    p.common = world.common();
    p.lot = lot.id;
    p.dry_g = Grams{lot.remaining_dry_g.value / 20};
    p.cu_g = Grams{lot.remaining_cu_g.value / 20};
    submit(holder, p);
    return;
  }
  payload::Adjust p;
  p.common = world.common();
  p.lot = lot.id;
  p.dry_g = one_in(2) ? -below(lot.remaining_dry_g.value / 100 + 1)
                      : below(half_even(lot.accepted.dry_g.value, 8000, ppm_whole) + 1);
  p.cu_g = -below(lot.remaining_cu_g.value / 100 + 1);
  submit(holder, p);
}

void Generator::hold() {
  const auto held = lots([](const state::Lot& lot) { return lot.hold.has_value(); });
  if (!held.empty() && one_in(2)) {
    payload::Release p;
    p.common = world.common();
    p.lot = held.front().id;
    submit(held.front().hold->value, p);
    return;
  }
  const auto candidates = one_in(2) ? stock("plant") : lots([](const state::Lot& lot) {
    return lot.dispatch.has_value() || lot.hold.has_value();  // on the road, or held already
  });
  if (candidates.empty()) return;
  const state::Lot& lot =
      candidates[static_cast<std::size_t>(below(static_cast<std::int64_t>(candidates.size())))];
  payload::Hold p;
  p.common = world.common();
  p.lot = lot.id;
  p.legal_basis = "Ley 27446";
  submit(one_in(3) ? "ministry" : lot.holder.value, p);
}

// Now and then a miner and the plant say that they are one interest, and that it is over.
void Generator::relate() {
  payload::Relation p;
  p.common = world.common();
  p.party = PartyId{"plant"};
  p.other = PartyId{one_in(2) ? "miner" : "miner2"};
  p.kind = static_cast<RelationKind>(below(4));
  p.from = Millis{t0};
  if (one_in(2)) p.until = Millis{t0 + below(30 * day)};
  submit(one_in(3) ? "registrar" : one_in(2) ? p.party.value : p.other.value, p);
}

void Generator::change_owner() {
  const auto candidates = stock("plant");
  if (candidates.empty()) return;
  const state::Lot& lot = candidates.back();
  payload::Ownership p;
  p.common = world.common();
  p.lot = lot.id;
  p.from = lot.owner;
  p.to = lot.owner_offered ? *lot.owner_offered : PartyId{"buyer"};
  submit(lot.owner_offered ? p.to.value : p.from.value, p);
}

void Generator::open_account() {
  const bool mill = one_in(2);
  payload::BalanceOpen p;
  p.common = world.common();
  p.id = AccountId{next_id("A")};
  p.site = SiteId{mill ? "mill" : "works"};
  p.scheme = SchemeId{"crp"};
  p.product = mill ? Material::concentrate : Material::blister;
  p.from = Millis{world.now};
  p.until = Millis{world.now + 90 * day};
  p.conversion_ppm = Ppm{800000 + below(100000)};
  submit(mill ? "plant" : "smelter", p);
}

void Generator::change_attestation() {
  payload::AttestationStatus p = world.attestation_status(one_in(2) ? "att-mine" : "att-mine2",
                                                          static_cast<AttestationChange>(below(3)));
  if (p.status == AttestationChange::revoked) p.void_from = Millis{world.now - below(20 * day)};
  p.effective_from = Millis{world.now};
  submit("body", p);
}

// Beside the goods: the founders change keys, learners and a limit that only flags, and vote on it.
void Generator::govern() {
  constexpr std::array<const char*, 3> founders = {"plant", "smelter", "owner"};
  const auto draw = [&](std::uint64_t bound) { return network_random_() % bound; };
  const std::string by = founders[draw(3)];
  const std::string of = founders[draw(3)];
  payload::Vote ballot{.common = world.common(), .proposal = {"P-" + std::to_string(proposals_)}};
  ballot.approve = draw(4) != 0;
  payload::Node node{.common = world.common(), .node = {"n-" + of}, .organisation = {of}};
  payload::ParameterProposal limit{.common = world.common(), .name = "transit_flag_hours"};
  limit.value = static_cast<std::int64_t>(40 + draw(60));
  limit.effective_from = Millis{world.now + static_cast<std::int64_t>(draw(5)) * day};
  const bool voted = proposals_ > 0 && draw(3) != 0;
  if (!voted) ++proposals_;
  node.proposal = limit.id = {"P-" + std::to_string(proposals_)};
  node.action = std::array{NodeAction::keys, NodeAction::learner, NodeAction::remove}[draw(3)];
  if (node.action != NodeAction::keys) node.node.value += "-2";
  if (node.action != NodeAction::remove) node.keys = node_keys(node.proposal.value);
  if (node.action == NodeAction::learner) node.address = "n.example:7101";
  const payload::Payload chosen = voted          ? payload::Payload(ballot)
                                  : draw(3) == 0 ? payload::Payload(limit)
                                                 : payload::Payload(node);
  if (world.submit(by, chosen) == "accepted") ++accepted[std::string(type_word(chosen))];
}

void Generator::correct() {
  if (sent_.empty()) return;
  const std::int64_t back = std::min<std::int64_t>(static_cast<std::int64_t>(sent_.size()), 12);
  const Signed& of = sent_[sent_.size() - 1 - static_cast<std::size_t>(below(back))];
  payload::Correction p;
  p.common = world.common();
  p.of = of.digest;
  submit(of.by, p);
}

}  // namespace anta::test

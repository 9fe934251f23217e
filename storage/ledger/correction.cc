// Corrections: the signer of a statement says that what it stated did not occur.
//
// The statement's bytes are found by its digest; that it was accepted, and that nothing accepted builds on
// it, is read from the records that it changed: each still carries its digest (`by`). Accounts are sums that
// many statements change, and a site's chain of lots only grows; those two are not asked. What the statement
// did is then taken back record by record; ids stay taken. Where it did what cannot be told apart any more
// (certificates consumed or reduced, credits merged by a blend), something was built on it: wrong_state.
#include <algorithm>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "crypto/text.h"
#include "storage/ledger/claims.h"
#include "storage/ledger/codec.h"
#include "storage/ledger/custody_chain.h"
#include "storage/ledger/origination.h"
#include "storage/ledger/rules.h"
#include "storage/ledger/transfer.h"

namespace anta {
namespace {

// --- what still stands as the statement left it ---

tl::unexpected<Error> built_on() { return violated("wrong_state", "something accepted builds on it"); }

template <typename T>
Result<T> untouched(const Draft& draft, std::string_view id, const SignedStatement& of) {
  std::optional<T> record = draft.get<T>(id);
  if (!record) return violated("unknown_reference", "the statement was not accepted");
  if (record->stamp.by != of.digest) return built_on();
  return std::move(*record);
}

// The lot, with none of its certificates changed by the statement.
Result<state::Lot> untouched_lot(const Draft& draft, const LotId& id, const SignedStatement& of) {
  Result<state::Lot> lot = untouched<state::Lot>(draft, id.value, of);
  if (!lot) return lot;
  for (const CertificateId& certificate_id : lot->certificates) {
    const auto certificate = draft.look<state::Certificate>(certificate_id.value);
    ANTA_INVARIANT(certificate != nullptr);
    if (certificate->stamp.by == of.digest) return built_on();
  }
  return lot;
}

void put_lot(Draft& draft, state::Lot lot) {
  const LotId id = lot.id;
  draft.put(id.value, std::move(lot));
}

// The state of a lot with something left in it and nobody on the way with it.
LotState state_at_rest(const state::Lot& lot) {
  if (lot.first_child) return LotState::partially_consumed;
  return lot.settled_at == lot.made_at ? LotState::registered : LotState::accepted;
}

void withdraw_lot(Draft& draft, state::Lot lot) {
  lot.state = LotState::withdrawn;
  lot.remaining_dry_g = {};
  lot.remaining_cu_g = {};
  lot.credits.clear();
  put_lot(draft, std::move(lot));
}

void give_back_mass(state::Lot& lot, Grams dry, Grams cu) {
  lot.remaining_dry_g.value += dry.value;
  lot.remaining_cu_g.value += cu.value;
}

// --- registration and stock ---

void book_lost_credits(Draft& draft, state::Lot& lot) {
  CreditJoin credits(lot.credits);
  for (const state::Lot::Credit& credit : lot.lost_credits) {
    move_balance(draft, credit.account, credit.cu_g.value);
    credits.add(credit);
  }
  lot.lost_credits.clear();
}

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Lot& p) {
  Result<state::Lot> lot = untouched_lot(draft, p.id, of);
  if (!lot) return pass(lot);
  originate(draft, lot->maker, lot->made_at, -lot->accepted.dry_g.value);
  draft.mass.originated = {-lot->accepted.dry_g.value, -lot->accepted.cu_g.value};
  withdraw_lot(draft, std::move(*lot));
  return {};
}

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Adjust& p) {
  Result<state::Lot> lot = untouched_lot(draft, p.lot, of);
  if (!lot) return pass(lot);
  lot->remaining_dry_g.value -= p.dry_g;
  lot->remaining_cu_g.value -= p.cu_g;
  if (p.dry_g > 0) lot->dry_raised = false;
  lot->state = state_at_rest(*lot);
  (p.dry_g > 0 ? draft.mass.gained : draft.mass.lost).dry_g = p.dry_g > 0 ? -p.dry_g : p.dry_g;
  draft.mass.lost.cu_g = p.cu_g;
  book_lost_credits(draft, *lot);
  put_lot(draft, std::move(*lot));
  return {};
}

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Loss& p) {
  Result<state::Lot> lot = untouched_lot(draft, p.lot, of);
  if (!lot) return pass(lot);
  give_back_mass(*lot, p.dry_g, p.cu_g);
  lot->state = state_at_rest(*lot);
  draft.mass.lost = {-p.dry_g.value, -p.cu_g.value};
  book_lost_credits(draft, *lot);
  put_lot(draft, std::move(*lot));
  return {};
}

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Hold& p) {
  Result<state::Lot> lot = untouched<state::Lot>(draft, p.lot.value, of);
  if (!lot) return pass(lot);
  lot->hold.reset();
  put_lot(draft, std::move(*lot));
  return {};
}

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Release& p) {
  Result<state::Lot> lot = untouched<state::Lot>(draft, p.lot.value, of);
  if (!lot) return pass(lot);
  lot->hold = draft.issuer();  // only who held it could release it
  put_lot(draft, std::move(*lot));
  return {};
}

// An offer is its signer's alone; a completed transfer has two signers.
Verdict undo(Draft& draft, const SignedStatement& of, const payload::Ownership& p) {
  Result<state::Lot> lot = untouched<state::Lot>(draft, p.lot.value, of);
  if (!lot) return pass(lot);
  if (!lot->owner_offered) return violated("not_enabled", "a completed transfer needs both its signers");
  lot->owner_offered.reset();
  put_lot(draft, std::move(*lot));
  return {};
}

// --- split, blend, process ---

// What was made, each untouched.
Result<std::vector<state::Lot>> made_lots(const Draft& draft, const std::vector<LotId>& ids,
                                          const SignedStatement& of) {
  std::vector<state::Lot> lots;
  for (const LotId& id : ids) {
    Result<state::Lot> lot = untouched_lot(draft, id, of);
    if (!lot) return pass(lot);
    lots.push_back(std::move(*lot));
  }
  return lots;
}

// The source takes back what was drawn, and loses the children that the statement made: the first of them
// names the child before.
Verdict refill(Draft& draft, const SignedStatement& of, const payload::Take& take, const state::Lot& first) {
  Result<state::Lot> source = untouched_lot(draft, take.lot, of);
  if (!source) return pass(source);
  give_back_mass(*source, take.dry_g, take.cu_g);
  for (const state::Lot::Source& link : first.sources) {
    if (link.lot == source->id) source->first_child = link.next;
  }
  source->state = state_at_rest(*source);
  put_lot(draft, std::move(*source));
  return {};
}

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Split& p) {
  std::vector<LotId> ids;
  payload::Take take = {p.lot, {}, {}};
  for (const payload::Child& child : p.children) {
    ids.push_back(child.id);
    take.dry_g.value += child.dry_g.value;
    take.cu_g.value += child.cu_g.value;
  }
  Result<std::vector<state::Lot>> children = made_lots(draft, ids, of);
  if (!children) return pass(children);
  if (const Verdict verdict = refill(draft, of, take, children->front()); !verdict) return verdict;
  state::Lot parent = *draft.get<state::Lot>(p.lot.value);
  CreditJoin credits(parent.credits);
  for (state::Lot& child : *children) {
    for (const state::Lot::Credit& part : child.credits)  // they are its parent's
      credits.add(part);
    withdraw_lot(draft, std::move(child));
  }
  put_lot(draft, std::move(parent));
  return {};
}

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Blend& p) {
  Result<std::vector<state::Lot>> made = made_lots(draft, {p.output.id}, of);
  if (!made) return pass(made);
  if (!made->front().credits.empty()) return built_on();  // whose credit is whose can not be told any more
  for (const payload::Take& take : p.inputs) {
    if (const Verdict verdict = refill(draft, of, take, made->front()); !verdict) return verdict;
  }
  withdraw_lot(draft, std::move(made->front()));
  return {};
}

// Whether the process may have given credits back (custody_chain.h: release_credits): its output keeps the
// claim, and the site has an account of the scheme.
bool may_have_released(const Draft& draft, const state::Process& process, const state::Lot& output) {
  if (output.coc_model >= CocModel::mass_balance) return false;
  const auto site = draft.look<state::Site>(process.site.value);
  ANTA_INVARIANT(site != nullptr);
  return std::any_of(site->accounts.begin(), site->accounts.end(), [&](const AccountId& id) {
    const auto account = draft.look<state::Account>(id.value);
    return account && std::any_of(output.schemes.begin(), output.schemes.end(),
                                  [&](const auto& entry) { return entry.scheme == account->scheme; });
  });
}

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Process& p) {
  Result<state::Process> process = untouched<state::Process>(draft, p.id.value, of);
  if (!process) return pass(process);
  Result<std::vector<state::Lot>> outputs = made_lots(draft, process->outputs, of);
  if (!outputs) return pass(outputs);
  if (may_have_released(draft, *process, outputs->front())) return built_on();
  std::int64_t dry = 0;  // in less out
  std::int64_t cu = 0;
  for (const payload::Take& take : p.inputs) {
    if (const Verdict verdict = refill(draft, of, take, outputs->front()); !verdict) return verdict;
    dry += take.dry_g.value;
    cu += take.cu_g.value;
  }
  for (state::Lot& output : *outputs) {
    dry -= output.accepted.dry_g.value;
    cu -= output.accepted.cu_g.value;
    withdraw_lot(draft, std::move(output));
  }
  draft.mass.processed_away = {-std::max<std::int64_t>(dry, 0), -std::max<std::int64_t>(cu, 0)};
  draft.mass.gained = {std::min<std::int64_t>(dry, 0), std::min<std::int64_t>(cu, 0)};
  draft.put(p.id.value, std::move(*process));
  return {};
}

// --- transfer ---

Result<state::Dispatch> untouched_dispatch(const Draft& draft, const DispatchId& id,
                                           const SignedStatement& of) {
  Result<state::Dispatch> dispatch = untouched<state::Dispatch>(draft, id.value, of);
  if (!dispatch) return dispatch;
  for (const state::Dispatch::Line& line : dispatch->lines) {
    const Result<state::Lot> lot = untouched_lot(draft, line.lot, of);
    if (!lot) return pass(lot);
  }
  return dispatch;
}

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Dispatch& p) {
  Result<state::Dispatch> dispatch = untouched_dispatch(draft, p.id, of);
  if (!dispatch) return pass(dispatch);
  give_back(draft, *dispatch, DispatchState::withdrawn);
  draft.remove(Kind::waybill, waybill_id(dispatch->sender, dispatch->waybill));
  return {};
}

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Handover& p) {
  Result<state::Dispatch> dispatch = untouched_dispatch(draft, p.dispatch, of);
  if (!dispatch) return pass(dispatch);
  dispatch->state = DispatchState::sent;
  dispatch->handed_over.reset();
  mark_lots(draft, *dispatch, LotState::reserved);
  draft.put(p.dispatch.value, std::move(*dispatch));
  return {};
}

// Takes back the acceptance of one lot: figures, custody, owner, and the credits it booked, unless they were
// used since.
Verdict unsettle(Draft& draft, const state::Dispatch& dispatch, const state::Dispatch::Line& line) {
  state::Lot lot = *draft.get<state::Lot>(line.lot.value);
  const auto booked = [](const state::Lot::Credit& credit) { return credit.over_cu_g.value > 0; };
  for (const state::Lot::Credit& credit : lot.credits) {
    if (!booked(credit)) continue;
    const auto account = draft.look<state::Account>(credit.account.value);
    ANTA_INVARIANT(account != nullptr);
    // A part of the ledger holds a part of the account's credits: what was spent is the cosigners' to answer.
    if (!draft.moment.partial && account->balance_g < credit.cu_g.value) return built_on();
    move_balance(draft, credit.account, -credit.cu_g.value);
  }
  std::erase_if(lot.credits, booked);
  const auto take_back = [](std::int64_t accepted, std::int64_t before, std::int64_t& gained,
                            std::int64_t& lost) {
    (accepted > before ? gained : lost) -= accepted > before ? accepted - before : before - accepted;
  };
  MassFlow& mass = draft.mass;
  take_back(lot.accepted.dry_g.value, line.before.dry_g.value, mass.gained.dry_g, mass.lost.dry_g);
  take_back(lot.accepted.cu_g.value, line.before.cu_g.value, mass.gained.cu_g, mass.lost.cu_g);
  lot.accepted = line.before_accepted;
  lot.remaining_dry_g = line.before.dry_g;
  lot.remaining_cu_g = line.before.cu_g;
  lot.settled_at = line.before_settled_at;
  lot.status = line.before_status;
  lot.dry_raised = line.before_dry_raised;
  lot.holder = dispatch.sender;
  lot.owner = line.before_owner;
  lot.site = dispatch.from_site;
  lot.dispatch = dispatch.id;
  put_lot(draft, std::move(lot));
  return {};
}

void seal_again(Draft& draft, const state::Dispatch& dispatch) {
  for (const std::string& seal : dispatch.seals) {
    const std::string id = seal_id(dispatch.sender, seal);
    if (draft.has<state::Taken>(id, Kind::container_seal)) continue;  // closes another load by now
    draft.put(id, state::Taken{{}, dispatch.id.value}, Kind::container_seal);
  }
}

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Receipt& p) {
  Result<state::Dispatch> dispatch = untouched_dispatch(draft, p.dispatch, of);
  if (!dispatch) return pass(dispatch);
  if (dispatch->state == DispatchState::accepted) {
    for (const state::Dispatch::Line& line : dispatch->lines) {
      if (const Verdict verdict = unsettle(draft, *dispatch, line); !verdict) return verdict;
    }
  }
  for (const std::string& id : ticket_ids(of.issuer(), p))
    draft.remove(Kind::ticket, id);
  seal_again(draft, *dispatch);
  const bool handed_over = dispatch->handed_over.has_value();
  dispatch->state = handed_over ? DispatchState::in_transit : DispatchState::sent;
  dispatch->received_at.reset();
  dispatch->settled_at.reset();
  for (state::Dispatch::Line& line : dispatch->lines)
    line.received.reset();
  for (const ReceiptFlag& of_receipt : flags_of_a_receipt())
    std::erase_if(dispatch->stamp.flags,
                  [&](const state::Flag& flag) { return flag.code == of_receipt.code; });
  mark_lots(draft, *dispatch, handed_over ? LotState::in_transit : LotState::reserved);
  draft.put(p.dispatch.value, std::move(*dispatch));
  return {};
}

// --- claims and what stands beside the metal ---

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Certificate& p) {
  Result<state::Certificate> certificate = untouched<state::Certificate>(draft, p.id.value, of);
  if (!certificate) return pass(certificate);
  Result<state::Lot> lot = untouched<state::Lot>(draft, p.lot.value, of);
  if (!lot) return pass(lot);
  unbind(*lot, *certificate);
  forget(*lot, *certificate);
  put_lot(draft, std::move(*lot));
  for (const state::Certificate::Debit& debit : certificate->debits) {
    move_balance(draft, debit.account, debit.cu_g.value);
  }
  certificate->state = CertificateState::withdrawn;
  draft.put(p.id.value, std::move(*certificate));
  return {};
}

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Document& p) {
  const std::string id = draft.issuer().value + "/" + hex(p.digest);
  Result<state::Document> document = untouched<state::Document>(draft, id, of);
  if (!document) return pass(document);
  document->withdrawn = true;
  draft.put(id, std::move(*document));
  return {};
}

Verdict undo(Draft& draft, const SignedStatement& of, const payload::Relation& p) {
  const std::string id = p.party.value + "/" + p.other.value;
  Result<state::Relation> relation = untouched<state::Relation>(draft, id, of);
  if (!relation) return pass(relation);
  ANTA_INVARIANT(!relation->entries.empty());
  if (relation->entries.back().again) return built_on();  // what it replaced is known no more
  relation->entries.pop_back();
  draft.put(id, std::move(*relation));
  return {};
}

template <typename P>
concept CanBeUndone = requires(Draft& draft, const SignedStatement& of, const P& p) { undo(draft, of, p); };

Verdict undo_any(Draft& draft, const SignedStatement& of) {
  return std::visit(
      [&](const auto& p) -> Verdict {
        if constexpr (CanBeUndone<std::decay_t<decltype(p)>>) {
          return undo(draft, of, p);
        } else {
          return violated("not_enabled", "no rule takes a statement of this type back: " + of.type);
        }
      },
      of.payload);
}

}  // namespace

Verdict rule(Draft& draft, const payload::Correction& p) {
  const SharedBytes bytes = draft.view().statement(p.of);
  if (!bytes || draft.view().read(Kind::rejected, hex(p.of))) {
    return violated("unknown_reference", "no accepted statement has this digest");
  }
  const Result<SignedStatement> of = decode_statement(bytes);
  if (!of) return violated("unknown_reference", "no accepted statement has this digest");
  if (of->issuer() != draft.issuer()) {
    return violated("not_issuer", "only the signer of a statement takes it back");
  }
  if (draft.event_time() < of->event_time()) {
    return violated("event_order", "before the event of the statement that it corrects");
  }
  // Whether something builds on it comes first (ledger.md 6.8), whatever the reason.
  if (const Verdict verdict = undo_any(draft, *of); !verdict) return verdict;
  if (p.reason == CorrectionReason::did_not_occur) return {};
  return violated("not_enabled", "the law has a rule for did_not_occur only");
}

}  // namespace anta

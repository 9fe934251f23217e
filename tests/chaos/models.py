"""What one statement and one lot of Anta are, to a client: the sequential specifications for linearizable.py."""
from linearizable import ILLEGAL, UNKNOWN

ABSENT = "absent"
DECIDED = "decided"  # by a submission whose answer nobody got: how, the next answer tells


class Statement:
    """Absent, then decided once and for ever. `submit` and `read` give the decision: ("accepted", leaf) or ("rejected", rule)."""
    initial = ABSENT

    @staticmethod
    def step(state, operation):
        if operation.name == "submit" and state == ABSENT:
            state = DECIDED
        if operation.result in (state, UNKNOWN):
            return state
        return operation.result if state == DECIDED and operation.result != ABSENT else ILLEGAL


class Lot:
    """Who holds a lot back, and the digest of the statement by which it changed last: at first nobody, and the lot's own statement.

    `hold` and `release` are made by a party with a statement: argument (party, digest), result "accepted" or the law's word for the
    refusal. All parties are authorities, so a hold keeps the others out like a lock; `read` gives the state.
    """

    def __init__(self, registration=None):
        self.initial = (None, registration)

    @staticmethod
    def step(state, operation):
        if operation.name == "read":
            return state if operation.result in (state, UNKNOWN) else ILLEGAL
        party, digest = operation.argument
        holder = state[0]
        if operation.name == "hold":
            wanted = "lot_on_hold" if holder else "accepted"
        else:
            wanted = "accepted" if holder == party else "not_issuer" if holder else "wrong_state"
        if operation.result not in (wanted, UNKNOWN):
            return ILLEGAL
        if wanted != "accepted":
            return state
        return (party if operation.name == "hold" else None, digest)

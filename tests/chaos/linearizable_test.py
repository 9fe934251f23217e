#!/usr/bin/env python3
"""The checker of histories is checked: histories that are linearizable, histories that are not, and brute force over small ones."""
import itertools
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from linearizable import ILLEGAL, UNKNOWN, Operation, Register, Violation, check, check_key, check_log
from models import ABSENT, Lot, Statement


def op(client, name, invoked, returned, argument=None, result=UNKNOWN, key="k"):
    return Operation(client, key, name, invoked, returned, argument, result)


def write(client, invoked, returned, value, key="k"):
    return op(client, "write", invoked, returned, value, key=key)


def read(client, invoked, returned, value, key="k"):
    return op(client, "read", invoked, returned, result=value, key=key)


def hold(party, invoked, returned, digest, result="accepted"):
    return op(party, "hold", invoked, returned, (party, digest), result)


def release(party, invoked, returned, digest, result="accepted"):
    return op(party, "release", invoked, returned, (party, digest), result)


def brute_force(operations, model):
    """Every order of every set of operations that holds all answered ones."""
    answered = [n for n, o in enumerate(operations) if o.returned is not None]
    silent = [n for n, o in enumerate(operations) if o.returned is None]
    for size in range(len(silent) + 1):
        for extra in itertools.combinations(silent, size):
            for order in itertools.permutations([*answered, *extra]):
                if explains(operations, order, model):
                    return True
    return False


def explains(operations, order, model):
    for place, number in enumerate(order):
        if any(operations[later].end < operations[number].invoked for later in order[place + 1:]):
            return False
    state = model.initial
    for number in order:
        state = model.step(state, operations[number])
        if state is ILLEGAL:
            return False
    return True


class Checker(unittest.TestCase):
    def linearizable(self, model, *operations):
        self.assertIsNone(check_key(list(operations), model))
        self.assertTrue(brute_force(operations, model))

    def refused(self, model, *operations):
        found = check_key(list(operations), model)
        self.assertIsInstance(found, Violation)
        self.assertFalse(brute_force(operations, model))
        return str(found)


class Registers(Checker):
    def test_one_after_the_other(self):
        """Goal: a history without concurrency is its own order; an empty one is linearizable."""
        self.linearizable(Register)
        self.linearizable(Register, write("a", 1, 2, 7), read("b", 3, 4, 7), write("a", 5, 6, 8), read("b", 7, 8, 8))

    def test_concurrent_in_either_order(self):
        """Goal: reads beside a write may see it or not, but not first see it and then not."""
        self.linearizable(Register, write("a", 1, 9, 7), read("b", 2, 3, None), read("c", 4, 5, 7))
        self.refused(Register, write("a", 1, 9, 7), read("b", 2, 3, 7), read("c", 4, 5, None))

    def test_stale_read(self):
        """Goal: a read after an answered write that gives the value before it is refused, and named."""
        said = self.refused(Register, write("a", 1, 2, 7), write("a", 3, 4, 8), read("b", 5, 6, 7))
        self.assertIn("b read k None -> 7", said)
        self.assertIn("the operations around it", said)

    def test_lost_update(self):
        """Goal: an answered write that nobody ever sees, though nothing was written after it, is refused."""
        self.refused(Register, write("a", 1, 2, 7), write("b", 3, 4, 8), read("c", 5, 6, 7), read("c", 7, 8, 7))

    def test_value_from_nowhere(self):
        """Goal: a value that nobody wrote is refused."""
        self.refused(Register, write("a", 1, 2, 7), read("b", 3, 4, 9))

    def test_value_before_it_was_written(self):
        """Goal: a value that is read before its write was asked is refused."""
        self.refused(Register, read("b", 1, 2, 7), write("a", 3, 4, 7))

    def test_unanswered_write_that_takes_effect_late(self):
        """Goal: without an answer it may be seen long after later writes, once; not before it was asked."""
        self.linearizable(Register, write("a", 1, None, 7), write("b", 2, 3, 8), read("c", 4, 5, 8), read("c", 6, 7, 7))
        self.refused(Register, write("a", 1, None, 7), write("b", 2, 3, 8), read("c", 4, 5, 7), write("b", 6, 7, 8), read("c", 8, 9, 7))
        self.refused(Register, read("c", 1, 2, 7), write("a", 3, None, 7))

    def test_unanswered_write_that_never_takes_effect(self):
        """Goal: nobody has to see it."""
        self.linearizable(Register, write("a", 1, None, 7), write("b", 2, 3, 8), read("c", 4, 5, 8), read("c", 6, 7, 8))

    def test_keys_are_apart(self):
        """Goal: each key is judged alone, and the one that is wrong is named."""
        history = [write("a", 1, 2, 7, "x"), read("b", 3, 4, 7, "x"), write("a", 1, 2, 8, "y"), read("b", 3, 4, None, "y")]
        found = check(history, lambda key: Register)
        self.assertEqual([violation.key for violation in found], ["y"])

    def test_a_long_history_is_quick(self):
        """Goal: thousands of operations, eight at a time, need no more than a few visits each."""
        rng, history, state, now = random.Random(7), [], None, 0.0
        for number in range(4000):
            now += 1
            moment = now  # where it takes effect; asked and answered up to four steps away
            if rng.random() < 0.5:
                state = number
                history.append(write("w", moment - rng.random() * 4, moment + rng.random() * 4, state))
            else:
                history.append(read("r", moment - rng.random() * 4, moment + rng.random() * 4, state))
        self.assertIsNone(check_key(history, Register))


class Lots(Checker):
    def test_a_lock_in_turn(self):
        """Goal: who comes second is refused until it is free; who releases twice is told so."""
        self.linearizable(Lot(), hold("a", 1, 2, "d1"), hold("b", 3, 4, "d2", "lot_on_hold"), release("b", 5, 6, "d3", "not_issuer"),
                          release("a", 7, 8, "d4"), release("a", 9, 10, "d5", "wrong_state"), hold("b", 11, 12, "d6"),
                          op("c", "read", 13, 14, result=("b", "d6")))

    def test_two_holders_at_once(self):
        """Goal: two parties that both got the lot, with no release between, are refused."""
        self.refused(Lot(), hold("a", 1, 5, "d1"), hold("b", 2, 6, "d2"))
        self.refused(Lot(), hold("a", 1, 2, "d1"), hold("b", 3, 4, "d2"), release("a", 5, 6, "d3"))

    def test_a_release_that_got_lost_and_took_effect(self):
        """Goal: an unanswered release explains the next holder; without any there is none."""
        self.linearizable(Lot(), hold("a", 1, 2, "d1"), release("a", 3, None, "d2", UNKNOWN), hold("b", 4, 5, "d3"))
        self.linearizable(Lot(), hold("a", 1, 2, "d1"), release("a", 3, None, "d2", UNKNOWN), hold("b", 4, 5, "d3", "lot_on_hold"))
        self.refused(Lot(), hold("a", 1, 2, "d1"), release("a", 6, None, "d2", UNKNOWN), hold("b", 4, 5, "d3"))

    def test_refused_for_a_hold_that_nobody_had(self):
        """Goal: a refusal needs a holder at some moment of the request."""
        self.refused(Lot(), hold("b", 1, 2, "d1", "lot_on_hold"))
        self.linearizable(Lot(), hold("b", 1, 4, "d1", "lot_on_hold"), hold("a", 2, 3, "d2"))

    def test_a_stale_read_of_a_lot(self):
        """Goal: the statement by which it changed tells an old hold of a party from its new one."""
        self.refused(Lot(), hold("a", 1, 2, "d1"), release("a", 3, 4, "d2"), hold("a", 5, 6, "d3"), op("c", "read", 7, 8, result=("a", "d1")))


class Statements(Checker):
    def test_decided_once(self):
        """Goal: the same bytes have one outcome for all; absent only before it."""
        one, other = ("accepted", 5), ("accepted", 6)
        self.linearizable(Statement, op("a", "submit", 1, 4, result=one), op("b", "submit", 2, 3, result=one), op("c", "read", 5, 6, result=one))
        self.linearizable(Statement, op("a", "submit", 1, None), op("c", "read", 2, 3, result=ABSENT))
        self.linearizable(Statement, op("a", "submit", 1, None), op("c", "read", 2, 3, result=one), op("b", "submit", 4, 5, result=one))
        self.refused(Statement, op("a", "submit", 1, None), op("c", "read", 2, 3, result=one), op("b", "submit", 4, 5, result=other))
        self.refused(Statement, op("a", "submit", 1, 4, result=one), op("b", "submit", 2, 3, result=other))
        self.refused(Statement, op("a", "submit", 1, 2, result=one), op("c", "read", 3, 4, result=ABSENT))
        self.refused(Statement, op("a", "submit", 1, 4, result=one), op("c", "read", 2, 3, result=one), op("d", "read", 5, 6, result=ABSENT))


class Logs(unittest.TestCase):
    def test_the_clock_agrees_with_the_places(self):
        """Goal: places in the order of the clock pass, concurrent ones in any order, a size that fell or lacks what was acknowledged not."""
        def place(operation):
            return operation.result
        good = [op("a", "append", 1, 4, result=6), op("b", "append", 2, 3, result=5), op("c", "size", 5, 6, result=6), op("c", "size", 7, 8, result=6)]
        self.assertIsNone(check_log(good, place))
        self.assertIsNone(check_log([*good, op("d", "append", 9, None, result=7), op("d", "append", 9, 10, result=None)], place))
        for wrong in (op("d", "append", 9, None, result=4), op("d", "size", 9, 10, result=5)):
            found = check_log([*good, wrong], place)
            self.assertIn("stands at", str(found))
            self.assertIs(found.around[1], wrong)


class AgainstBruteForce(unittest.TestCase):
    """Random small histories: the search and the enumeration of all orders agree, and both answers occur often."""

    def agree(self, model, draw, seed):
        rng, verdicts = random.Random(seed), {True: 0, False: 0}
        for _ in range(1500):
            history = []
            for _ in range(rng.randint(1, 5)):
                invoked = rng.randint(0, 8)
                returned = None if rng.random() < 0.2 else invoked + rng.randint(0, 5)
                history.append(draw(rng, invoked, returned))
            wanted = brute_force(history, model)
            verdicts[wanted] += 1
            self.assertEqual(check_key(history, model) is None, wanted, "\n".join(map(str, history)))
        self.assertGreater(min(verdicts.values()), 150, verdicts)

    def test_registers(self):
        """Goal: the same verdict on 1500 registers."""
        def draw(rng, invoked, returned):
            if rng.random() < 0.5:
                return write("c", invoked, returned, rng.randint(1, 2))
            return read("c", invoked, returned, rng.choice([None, 1, 2]))
        self.agree(Register, draw, 1)

    def test_lots(self):
        """Goal: the same verdict on 1500 lots."""
        def draw(rng, invoked, returned):
            party = rng.choice("ab")
            kind = rng.choice(["hold", "hold", "release", "read"])
            if kind == "read":
                return op("c", "read", invoked, returned, result=(rng.choice([None, "a", "b"]), rng.choice([None, 1, 2])))
            results = {"hold": ["accepted", "lot_on_hold"], "release": ["accepted", "not_issuer", "wrong_state"]}[kind]
            return op(party, kind, invoked, returned, (party, rng.randint(1, 2)), rng.choice([*results, UNKNOWN]))
        self.agree(Lot(), draw, 2)

    def test_places(self):
        """Goal: check_log and the search over a counter that only rises give the same verdict on 1500 logs."""
        class Log:
            initial = 0

            @staticmethod
            def step(state, operation):
                return operation.result if operation.result >= state else ILLEGAL
        rng, verdicts = random.Random(3), {True: 0, False: 0}
        for _ in range(1500):
            history = []
            for _ in range(rng.randint(1, 6)):
                invoked = rng.randint(0, 8)
                history.append(op("c", "size", invoked, invoked + rng.randint(0, 5), result=rng.randint(1, 4)))
            wanted = check_key(history, Log) is None
            verdicts[wanted] += 1
            self.assertEqual(check_log(history, lambda o: o.result) is None, wanted)
        self.assertGreater(min(verdicts.values()), 150, verdicts)


if __name__ == "__main__":
    unittest.main(verbosity=2)

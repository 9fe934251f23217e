"""Whether a history is linearizable: Wing and Gong's search with Lowe's memory of what was tried, one partition at a time.

A history is a list of Operation: who asked, when, what, when the answer came and what it was. `returned` None: no answer came, so
the operation took effect at any moment after it was asked, or never. `result` UNKNOWN: it took effect with whatever result. An
operation whose effect is known from elsewhere and whose answer was lost has a result and no `returned`.

A model says what one key is when nobody is concurrent: `initial`, and `step(state, operation)`, which gives the state after it, or
ILLEGAL when no such answer is possible there. States are hashable. A history is linearizable if its operations can be put in one
order that the model allows and in which whatever was answered before another was asked stands before it (Herlihy and Wing 1990).
Linearizability is local: the whole is linearizable if each key is, so `check` splits by `Operation.key` and searches each alone.

The search (Wing and Gong 1993): take any operation that was asked before the first open answer, place it next, go on with the rest;
where the model refuses, step back. Lowe (2017): a pair (placed operations, state) that was met once needs no second visit.

`check_log` is for objects that say their place themselves (an index in a log, a size): there the order is given, and only the clock
has to agree; no search.
"""
import bisect
import dataclasses
import math

UNKNOWN = "unknown"
ILLEGAL = object()


@dataclasses.dataclass
class Operation:
    client: str
    key: str
    name: str
    invoked: float
    returned: float | None = None
    argument: object = None
    result: object = UNKNOWN
    place: int | None = None  # in a log, where the object says it (check_log)

    @property
    def end(self):
        return math.inf if self.returned is None else self.returned

    def __str__(self):
        answered = "no answer" if self.returned is None else f"{self.returned:.6f}"
        return f"[{self.invoked:.6f} .. {answered}] {self.client} {self.name} {self.key} {self.argument} -> {self.result}"


@dataclasses.dataclass
class Violation:
    key: str
    what: str
    around: list

    def __str__(self):
        return "\n".join([f"{self.key}: {self.what}", *(f"    {operation}" for operation in self.around)])


class _Line:
    """The moments of a history in order, as a list from which placed operations are taken out and put back."""

    def __init__(self, operations):
        moments = []
        for number, operation in enumerate(operations):
            moments.append((operation.invoked, 0, number))  # at one moment asking comes first: then both orders are tried
            if operation.returned is not None:
                moments.append((operation.returned, 1, number))
        moments.sort()
        self.operation_of = [number for _, _, number in moments]
        self.asks = [kind == 0 for _, kind, _ in moments]
        size = len(moments)
        self.next = list(range(1, size + 2))  # [size] is the head, and also the end
        self.previous = list(range(-1, size + 1))
        self.end = size
        self.next[size] = 0
        self.previous[0] = size
        if size:
            self.next[size - 1] = size
            self.previous[size] = size - 1
        else:
            self.next[size] = self.previous[size] = size
        self.asked_at, self.answered_at = {}, {}
        for place, number in enumerate(self.operation_of):
            (self.asked_at if self.asks[place] else self.answered_at)[number] = place

    def first(self):
        return self.next[self.end]

    def _take(self, place):
        self.next[self.previous[place]] = self.next[place]
        self.previous[self.next[place]] = self.previous[place]

    def _put(self, place):
        self.next[self.previous[place]] = place
        self.previous[self.next[place]] = place

    def take(self, number):
        self._take(self.asked_at[number])
        if number in self.answered_at:
            self._take(self.answered_at[number])

    def put(self, number):
        if number in self.answered_at:
            self._put(self.answered_at[number])
        self._put(self.asked_at[number])


def check_key(operations, model):
    """None, or the Violation of one key's history: the operation for which no order leaves a place."""
    line = _Line(operations)
    state, placed, open_answers = model.initial, 0, len(line.answered_at)
    visited, path = {(0, state)}, []
    furthest = (-1, None, state)
    place = line.first()
    while open_answers:
        if place != line.end and line.asks[place]:
            number = line.operation_of[place]
            after = model.step(state, operations[number])
            seen = (placed | 1 << number, after)
            if after is not ILLEGAL and seen not in visited:
                visited.add(seen)
                path.append((number, state))
                state, placed = after, seen[0]
                line.take(number)
                open_answers -= number in line.answered_at
                place = line.first()
            else:
                place = line.next[place]
            continue
        if len(path) > furthest[0]:
            furthest = (len(path), line.operation_of[place], state)
        if not path:
            return _violation(operations, furthest)
        number, state = path.pop()
        placed &= ~(1 << number)
        line.put(number)
        open_answers += number in line.answered_at
        place = line.next[line.asked_at[number]]
    return None


def _violation(operations, furthest):
    count, number, state = furthest
    blocked = operations[number]
    near = [o for o in operations if o.end >= blocked.invoked and o.invoked <= blocked.end]
    before = sorted((o for o in operations if o.end < blocked.invoked), key=lambda o: o.end)[-4:]
    around = sorted([*before, *near[-20:]], key=lambda o: o.invoked)
    return Violation(blocked.key, f"no order explains it: {count} of {len(operations)} operations could be placed, after which the state was "
                     f"{state!r} and this one had no place:\n    {blocked}\n  the operations around it:", around)


def check(operations, model_of):
    """The violations of a history, one per key at most. `model_of(key)` is the model of that key."""
    keys = {}
    for operation in operations:
        keys.setdefault(operation.key, []).append(operation)
    return [found for key, part in keys.items() if (found := check_key(part, model_of(key)))]


def check_log(operations, place_of):
    """None, or the first Violation: an operation that was asked after another was answered stands before it.

    `place_of(operation)` is its place in the one order, or None when it is not known (such an operation is left out). Equal places
    may stand in either order. With every place known this decides linearizability.
    """
    known = [(place, operation) for operation in operations if (place := place_of(operation)) is not None]
    answered = sorted((o.returned, place, n) for n, (place, o) in enumerate(known) if o.returned is not None)
    times, highest = [], []
    for time, place, number in answered:
        times.append(time)
        highest.append(max(highest[-1], (place, number)) if highest else (place, number))
    for place, operation in sorted(known, key=lambda item: item[1].invoked):
        before = bisect.bisect_left(times, operation.invoked)  # answered strictly before this was asked
        if before and highest[before - 1][0] > place:
            earlier_place, number = highest[before - 1]
            return Violation(operation.key, f"asked after place {earlier_place} was answered, and stands at {place}", [known[number][1], operation])
    return None


class Register:
    """One value: write sets it, read gives it."""
    initial = None

    @staticmethod
    def step(state, operation):
        if operation.name == "write":
            return operation.argument
        return state if operation.result in (state, UNKNOWN) else ILLEGAL

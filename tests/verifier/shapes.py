"""Shapes of payloads, read from storage/ledger/statements.cddl itself: a small CDDL (RFC 8610) interpreter.

It knows what that file uses: maps, groups, arrays, choices, ranges, .size, .regexp, occurrence. The limits that the
file states in its comments ("Limits that CDDL cannot say well") are in check_limits. Types of statements are the rules
that begin with the group `common`.
"""
import pathlib
import re
import unicodedata

from formats import need

CDDL = pathlib.Path(__file__).resolve().parents[2] / "storage/ledger/statements.cddl"
TOKEN = re.compile(r'"[^"]*"|-?\d+\.\.-?\d+|-?\d+|\.size|\.regexp|=>|[A-Za-z][A-Za-z0-9_-]*|[{}()\[\],:/?*+=]')
WHOLE = 9007199254740991


class Reader:
    def __init__(self, text):
        self.tokens = TOKEN.findall(re.sub(r";[^\n]*", "", text))
        self.at = 0

    def peek(self, ahead=0):
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def take(self, expected=None):
        token = self.peek()
        assert expected in (None, token), (expected, self.tokens[self.at - 5:self.at + 5])
        self.at += 1
        return token

    def rules(self):
        found = {}
        while self.peek():
            name = self.take()
            self.take("=")
            found[name] = ("group", self.entries("(", ")")) if self.peek() == "(" and self.grouping() else self.type()
        return found

    def grouping(self):
        """A parenthesis that holds members, not a choice."""
        return self.peek(2) == ":" or self.peek(1) in ("?", "common")

    def type(self):
        choices = [self.one()]
        while self.peek() == "/":
            self.take()
            choices.append(self.one())
        return choices[0] if len(choices) == 1 else ("choice", choices)

    def one(self):
        token = self.take()
        if token == "(":
            inner = self.type()
            self.take(")")
        elif token == "{":
            self.at -= 1
            inner = ("map", self.entries("{", "}"))
        elif token == "[":
            self.at -= 1
            inner = ("array", self.entries("[", "]"))
        elif token[0] == '"':
            inner = ("literal", token[1:-1])
        elif ".." in token:
            inner = ("range", *map(int, token.split("..")))
        elif re.fullmatch(r"-?\d+", token):
            inner = ("literal", int(token))
        else:
            inner = ("name", token)
        if self.peek() == ".size":
            self.take()
            parenthesis = self.peek() == "("
            size = self.take() if not parenthesis else (self.take(), self.take(), self.take(")"))[1]
            low, _, high = size.partition("..")
            inner = ("size", inner, int(low), int(high or low))
        elif self.peek() == ".regexp":
            self.take()
            inner = ("regexp", inner, self.take()[1:-1])
        return inner

    def entries(self, opening, closing):
        """[(least, most, key or None, type)]"""
        self.take(opening)
        found = []
        while self.peek() != closing:
            least, most = 1, 1
            if re.fullmatch(r"\d+", self.peek()) and self.peek(1) == "*":
                least, most = int(self.take()), 256
                self.take()
            elif self.peek() in ("?", "*", "+"):
                least, most = {"?": (0, 1), "*": (0, 256), "+": (1, 256)}[self.take()]
            key = None
            if self.peek(1) == ":":
                key = self.take()
                key = int(key) if key.isdigit() else key
                self.take()
            elif self.peek(1) == "=>":
                key = ("name", self.take())
                self.take()
            found.append((least, most, key, self.type()))
            if self.peek() == ",":
                self.take()
        self.take(closing)
        return found


RULES = Reader(CDDL.read_text().split("; State values")[0]).rules()
TYPES = {name for name, rule in RULES.items() if rule[0] == "map" and rule[1][0][3] == ("name", "common")}


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def check_text(value, most=200):
    need(isinstance(value, str) and len(value.encode()) <= most, "malformed", "text")
    need(unicodedata.normalize("NFC", value) == value, "malformed", "text is not NFC")
    controls = [c for c in value if ord(c) < 0x20 and c not in "\t\n" or 0x80 <= ord(c) < 0xA0 and ord(c) != 0x85]
    need(not controls, "malformed", "control characters")


def primitive(value, name):
    if name == "text":
        check_text(value)
    elif name == "bytes":
        need(isinstance(value, bytes), "malformed", "bytes")
    elif name == "bool":
        need(isinstance(value, bool), "malformed", "bool")
    elif name == "ms":
        need(is_int(value) and -62135596800000 <= value <= 253402300799999, "malformed", "a time")
    else:
        need(is_int(value) and (0 if name == "uint" else -WHOLE) <= value <= WHOLE, "malformed", name)


def check(value, node):
    """Refused("malformed") unless the value has the shape."""
    kind = node[0]
    if kind == "name":
        return primitive(value, node[1]) if node[1] in ("text", "bytes", "bool", "ms", "uint", "int") else check(value, RULES[node[1]])
    if kind == "choice":
        need(any(fits(value, choice) for choice in node[1]), "malformed", "none of the choices")
    elif kind == "literal":
        need(type(value) is type(node[1]) and value == node[1], "malformed", "another literal")
    elif kind == "range":
        need(is_int(value) and node[1] <= value <= node[2], "malformed", "out of range")
    elif kind == "size":
        if node[1] == ("name", "text"):
            check_text(value, node[3])
        else:
            check(value, node[1])
        size = len(value.encode() if isinstance(value, str) else value)
        need(node[2] <= size <= node[3], "malformed", "size")
    elif kind == "regexp":
        need(isinstance(value, str) and re.fullmatch(node[2], value), "malformed", "form")
    elif kind == "array":
        need(isinstance(value, list), "malformed", "a list")
        least, most, _, inner = node[1][0]
        need(least <= len(value) <= most, "malformed", "a list's length")
        for item in value:
            check(item, inner)
    else:
        check_map(value, node)


def fits(value, node):
    try:
        check(value, node)
        return True
    except Exception:
        return False


def members(entries):
    for entry in entries:
        if entry[2] is None:
            yield from members(RULES[entry[3][1]][1])
        else:
            yield entry


def check_map(value, node):
    need(isinstance(value, dict) and len(value) <= 256, "malformed", "a map")
    entries = list(members(node[1]))
    if entries and isinstance(entries[0][2], tuple):
        for key, item in value.items():
            check(key, entries[0][2])
            check(item, entries[0][3])
        return
    known = {entry[2]: entry for entry in entries}
    need(set(value) <= set(known), "malformed", f"unknown members {set(value) - set(known)}")
    for key, (least, _, _, inner) in known.items():
        need(least == 0 or key in value, "malformed", f"no {key}")
        if key in value:
            check(value[key], inner)


def check_limits(type_, p):
    """What statements.cddl says in words."""
    if "country" in p:
        need(re.fullmatch("[A-Z]{2}", p["country"]), "malformed", "country")
    if "ubigeo" in p:
        need(re.fullmatch("[0-9]{6}", p["ubigeo"]), "malformed", "ubigeo")
    if type_ == "site":
        need("ubigeo" in p or "country" in p, "malformed", "neither ubigeo nor country")
        need(-9000 <= p.get("latitude_e2", 0) <= 9000 and -18000 <= p.get("longitude_e2", 0) <= 18000, "malformed", "position")
    if type_ == "dispatch":
        need(p["waybill"], "malformed", "no waybill")
    if type_ == "party":
        check_party(p)
    need("device_seq" not in p or "device" in p, "device_sequence")


def check_party(p):
    if p["kind"] == "person":
        need("name" not in p and "tax_id" not in p, "malformed", "a person in clear")
    if "tax_id" in p and p.get("country", "PE") == "PE":
        need(re.fullmatch("20[0-9]{9}", p["tax_id"]), "malformed", "tax_id")
        total = sum(int(digit) * weight for digit, weight in zip(p["tax_id"], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)))
        need((11 - total % 11) % 10 == int(p["tax_id"][10]), "malformed", "tax_id")


def subject_of(type_, p):
    """`id`, else the first id in the order of the CDDL, where members of `common` do not count; else `of` or `digest`."""
    if type_ in ("countersign", "correction", "document"):
        return p["digest" if type_ == "document" else "of"].hex()
    return p["id"] if "id" in p else first_id(RULES[type_], p, True)


def first_id(node, value, outermost=False):
    if node == ("name", "id"):
        return value
    if node[0] == "name" and node[1] in RULES:
        return first_id(RULES[node[1]], value)
    if node[0] == "array" and value:
        return first_id(node[1][0][3], value[0])
    if node[0] == "map":
        for entry in node[1] if outermost else members(node[1]):
            if entry[2] in value:
                found = first_id(entry[3], value[entry[2]])
                if found is not None:
                    return found
    return None

#!/usr/bin/env python3
"""The house's rules as a check: layers, library homes, locks, sizes, formatting, files that documents name, banned words.

    tests/tidy/tidy.py [--root DIR] [--no-format]
    tests/tidy/tidy.py --sizes      how large each room is and what is largest; judges nothing

Prints one line per offence (file:line: rule: what) and exits 1 if there is any. The rules are those of README.md's
map and of each folder's README. Header self-sufficiency is checked by the build itself (verified header sets).
"""
import argparse
import os
import re
import shutil
import subprocess
import sys

ROOMS = ("crypto", "storage/ledger", "storage", "consensus/raft", "consensus", "node/views", "node", "cli", "tests")

# What a room may include of the house. A file counts to the longest room that it lies in.
MAY_INCLUDE = {
    "crypto": ("crypto/",),
    "storage/ledger": ("storage/ledger/", "crypto/"),
    "storage": ("storage/", "crypto/"),
    "consensus/raft": ("consensus/raft/", "storage/log_entry.h", "crypto/error.h", "crypto/digest.h", "crypto/cbor.h", "storage/ledger/ids.h"),
    "consensus": ("consensus/", "storage/", "crypto/"),
    "node/views": ("node/views/", "storage/ledger/", "crypto/"),
    "node": ("node/", "consensus/", "storage/", "crypto/"),
    "cli": ("cli/", "node/views/", "storage/ledger/", "storage/backup_file.h", "crypto/"),
    "tests": ("",),
}

# Which library may be included where. Outside tests a library stays in .cc files of its rooms.
LIBRARIES = {
    r"rocksdb/": ("storage",),
    r"sodium": ("crypto",),
    r"openssl/": ("crypto", "consensus", "node"),
    r"utf8proc": ("crypto",),
    r"asio": ("consensus", "node"),
    r"boost/": ("node",),
    r"nlohmann/": ("node/views", "node", "cli"),
    r"yaml-cpp/": ("node/views",),
    r"CLI/": ("cli", "node"),
    r"curl/": ("cli",),
    r"spdlog/": ("node",),
    r"fmt/": ("node",),
    r"prometheus/": ("node",),
    r"gtest/|gmock/|rapidcheck": ("tests",),
}
# A library that only one file of a room knows.
ONE_FILE = {r"boost/beast": ("node/",), r"CLI/CLI": ("cli/",), r"curl/": ("cli/",), r"openssl/": ("consensus/", "node/"), r"prometheus/": ("node/",),
            r"spdlog/": ("node/",)}

BANNED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b|not imple" r"mented|place" r"holder|for " r"now\b|simpli" r"fied|\bdum" r"my\b",
                    re.IGNORECASE)
FILE_MAX = {".h": 300, ".cc": 500, ".py": 500, ".sh": 300, ".js": 500, "": 300}
FUNCTION_MAX = 70
COLUMNS_MAX = 120  # clang-format holds code to 110; tables of words may run on


def room_of(path):
    found = ""
    for room in ROOMS:
        if path.startswith(room + "/") and len(room) > len(found):
            found = room
    return found


def strip_code(text):
    """Blanks comments, strings and character literals, keeping line breaks, so that braces can be counted."""
    pattern = re.compile(r'R"(\w*)\((?:.|\n)*?\)\1"|//[^\n]*|/\*(?:.|\n)*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z])\'(?:\\.|[^\'\\\n])*\'')
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def functions(code):
    """Yields (first line, number of lines, head) of each function body: a brace block whose head ends in a parameter list."""
    stack, head_start = [], 0
    for i, c in enumerate(code):
        if c == "{":
            head = code[head_start:i].strip()
            is_function = bool(re.search(r"\)\s*(const|noexcept|override|final|mutable|->[^;{]*|:[^;{]*|\s)*$", head)) and not re.match(
                r"^(if|for|while|switch|catch|else|do|namespace|class|struct|enum|union|try)\b", head)
            stack.append((is_function and not any(f for f, _, _ in stack), i, head))
            head_start = i + 1
        elif c == "}":
            if stack:
                is_function, start, head = stack.pop()
                if is_function:
                    line = code.count("\n", 0, start) + 1
                    words = " ".join(part.strip() for part in head.splitlines() if not part.lstrip().startswith("#"))
                    yield line, code.count("\n", start, i) + 1, words[:60]
            head_start = i + 1
        elif c == ";":
            head_start = i + 1


def check_includes(path, lines, offences, users):
    room = room_of(path)
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not match:
            continue
        kind, target = match.groups()
        if kind == '"':
            if room and not any(target.startswith(p) for p in MAY_INCLUDE[room]):
                offences.append((path, number, "layer", f"{room} may not include {target}"))
            if room != "tests" and (target.startswith("tests/") or "../" in target):
                offences.append((path, number, "layer", f"include {target}: paths start at the root, and nothing includes tests"))
        else:
            for pattern, homes in LIBRARIES.items():
                if not re.match(pattern, target) or room == "tests":
                    continue
                if room not in homes:
                    offences.append((path, number, "library", f"{target} has no home in {room or 'the root'}"))
                elif path.endswith(".h"):
                    offences.append((path, number, "library", f"{target} in a header: keep it in a .cc file"))
            for pattern, folders in ONE_FILE.items():
                for folder in folders:
                    if re.match(pattern, target) and path.startswith(folder):
                        users.setdefault((pattern, folder), set()).add(path)


def check_sizes(path, text, lines, offences):
    ending = os.path.splitext(path)[1]
    if ending in FILE_MAX and len(lines) > FILE_MAX[ending]:
        offences.append((path, len(lines), "size", f"{len(lines)} lines, at most {FILE_MAX[ending]}"))
    if ending in (".h", ".cc"):
        for line, length, head in functions(strip_code(text)):
            if length > FUNCTION_MAX:
                offences.append((path, line, "size", f"function of {length} lines, at most {FUNCTION_MAX}: {head}"))
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX and "clang-format off" not in text:
                offences.append((path, number, "size", f"{len(line)} columns"))


def check_words(path, lines, offences):
    for number, line in enumerate(lines, 1):
        match = BANNED.search(line)
        if match:
            offences.append((path, number, "word", f"'{match.group(0)}' marks unfinished work"))


def check_style(path, text, lines, offences):
    if path.endswith(".h") and "#pragma once" not in text:
        offences.append((path, 1, "style", "a header begins with a comment and #pragma once"))
    if path.endswith(".h") and not text.startswith("//"):
        offences.append((path, 1, "style", "a header is a manual: it begins with a comment"))
    if path.startswith("tests/") and re.search(r"sleep_for|sleep_until|\busleep\(|\bsleep\(", text):
        offences.append((path, 1, "style", "a test sleeps"))
    for number, line in enumerate(lines, 1):
        if "co_await" in line and ("{" in line or "[" in line) and path.endswith((".h", ".cc")):
            offences.append((path, number, "style", "a brace or a lambda in a statement with co_await (g++ 12.2 miscompiles it)"))


LOCKS = re.compile(r"\bstd::(\w*mutex|lock_guard|unique_lock|scoped_lock|shared_lock|condition_variable\w*)\b")
LOCKS_HOME = "crypto/guarded.h"


def check_locks(path, text, offences):
    """Locks stand in one header, with the annotations by which thread_safety.py has clang check each use."""
    if path.startswith("tests/") or path == LOCKS_HOME:
        return
    for number, line in enumerate(strip_code(text).splitlines(), 1):
        match = LOCKS.search(line)
        if match:
            offences.append((path, number, "lock", f"{match.group(0)}: take Mutex, Lock and Condition of {LOCKS_HOME}, which clang checks"))


NAMED_FILE = re.compile(r"`([^`\s]+\.(?:cc|h|py|md|cddl|yaml|cmake))`")
# What documents name and the tree does not hold: files that the programs read or write where they run, the name of a rule, and the
# design notes of which README.md says that they are not here.
NOT_IN_THE_TREE = {
    "node-keys.yaml", "network/ID/node.yaml", "network.yaml", "genesis.yaml", "policy.assertions.yaml", "witness.yaml",
    "$XDG_CONFIG_HOME/anta/config.yaml", "~/.config/anta/config.yaml", "foo.cc", "foo_test.cc",
    "ledger.md", "proofs.md", "consensus.md", "performance.md", "interfaces.md", "house.md", "libraries.md"}


def check_named_files(path, lines, listing, offences):
    """A file that a document names in backticks is there: as a path from the root or from the document's folder, or by its last
    words anywhere. A star stands for any words of one name."""
    for number, line in enumerate(lines, 1):
        for name in NAMED_FILE.findall(line):
            words = re.escape(name).replace(r"\*", "[^/\n]*")
            if name not in NOT_IN_THE_TREE and not re.search(f"(^|/){words}$", listing, re.M):
                offences.append((path, number, "document", f"names {name}, which is not in the tree"))


def check_own_header(root, path, text, offences):
    """foo.cc includes foo.h first: compiling it proves that the header needs nothing before it."""
    header = path[: -len("cc")] + "h"
    if not path.endswith(".cc") or path.startswith("tests/") or not os.path.isfile(os.path.join(root, header)):
        return
    first = re.search(r'^#include [<"]([^>"]+)[>"]', text, re.M)
    if not first or first.group(1) != header:
        offences.append((path, 1, "header", f"includes something before its own {header}"))


def check_header_sets(root, paths, offences):
    """Each header stands in the HEADERS of a room: only those are proven to compile on their own."""
    listed = set()
    for path in paths:
        if os.path.basename(path) != "CMakeLists.txt" or path.startswith("tests/"):
            continue
        with open(os.path.join(root, path), encoding="utf-8") as file:
            listed |= {os.path.join(os.path.dirname(path), name) for name in re.findall(r"[\w./-]+\.h\b", file.read())}
    for path in paths:
        if path.endswith(".h") and not path.startswith("tests/") and path not in listed:
            offences.append((path, 1, "header", "in no HEADERS list: nothing compiles it on its own"))


def scenario_words(root):
    """Ids of the scenario's parties, sites and lots: no file of node, ledger or verifier may know them."""
    found = set()
    folder = os.path.join(root, "tests", "scenario")
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            found.update(re.findall(r'\bid: "?([\w-]{5,})"?', file.read()))
    return re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, sorted(found))) + r")(?![\w-])") if found else None


def check_scenario(path, lines, words, offences):
    if not words or not path.startswith(("crypto/", "storage/", "consensus/", "node/")):
        return
    for number, line in enumerate(lines, 1):
        match = words.search(line)
        if match:
            offences.append((path, number, "scenario", f"knows '{match.group(0)}', which is the scenario's"))


def tracked(root):
    listing = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True)
    if listing.returncode == 0 and listing.stdout:
        return [p for p in listing.stdout.decode().split("\0") if p and os.path.isfile(os.path.join(root, p))]
    found = []
    for folder, _, names in os.walk(root):
        found += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return found


def check_format(root, paths, offences):
    tool = shutil.which("clang-format-19") or sys.exit("tidy: clang-format-19 is missing (apt-get install clang-format-19)")
    sources = [p for p in paths if p.endswith((".h", ".cc"))]
    if not sources:
        return
    run = subprocess.run([tool, "--dry-run", "--style=file", *sources], cwd=root, capture_output=True, text=True)
    first = {}
    for match in re.finditer(r"^(.+?):(\d+):\d+: (?:warning|error): .*clang-format", run.stderr, re.M):
        first.setdefault(match.group(1), int(match.group(2)))
    for path, line in first.items():
        offences.append((path, line, "format", "run clang-format-19 -i on it"))


def judged(root):
    return [p for p in tracked(root) if not re.match(r"(build/|tests/(vectors|fuzz/corpus)/|.*/golden/)", p)]


def measure(root):
    """({room: [files, lines]} of .h and .cc, outside tests per room; files and functions as (lines, where), largest first)."""
    rooms, files, bodies = {room: [0, 0] for room in ROOMS}, [], []
    for path in judged(root):
        if not path.endswith((".h", ".cc")) or not room_of(path):
            continue
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        count = len(text.splitlines())
        rooms[room_of(path)][0] += 1
        rooms[room_of(path)][1] += count
        if room_of(path) != "tests":
            files.append((count, path))
            bodies += [(length, f"{path}:{line}: {head}") for line, length, head in functions(strip_code(text))]
    return rooms, sorted(files, reverse=True), sorted(bodies, reverse=True)


def print_sizes(root, largest=10):
    rooms, files, bodies = measure(root)
    for room in ROOMS:
        print(f"{rooms[room][1]:7} lines {rooms[room][0]:4} files  {room}")
    production = [size for room, size in rooms.items() if room != "tests"]
    print(f"{sum(lines for _, lines in production):7} lines {sum(count for count, _ in production):4} files  production, all rooms but tests")
    for title, found in (("files", files), ("functions", bodies)):
        print(f"largest {title} of production:")
        for lines, where in found[:largest]:
            print(f"{lines:7} lines  {where}")


def check(root, formatting=True):
    offences, users = [], {}
    paths, listing = judged(root), "\n".join(tracked(root))
    words = scenario_words(root)
    for path in paths:
        ending = os.path.splitext(path)[1]
        if ending not in (".h", ".cc", ".py", ".sh", ".js", ".md", ".txt", ".cddl", "") or path == "LICENSE":
            continue
        try:
            with open(os.path.join(root, path), encoding="utf-8") as file:
                text = file.read()
        except UnicodeDecodeError:
            continue
        lines = text.splitlines()
        if ending in (".h", ".cc"):
            check_includes(path, lines, offences, users)
            check_style(path, text, lines, offences)
            check_locks(path, text, offences)
            check_own_header(root, path, text, offences)
            check_scenario(path, lines, words, offences)
        if ending == ".md":
            check_named_files(path, lines, listing, offences)
        if ending in (".h", ".cc", ".py", ".sh", ".js"):
            check_sizes(path, text, lines, offences)
        if not path.startswith("tests/tidy/") and not path.endswith("statements.cddl"):
            check_words(path, lines, offences)
    for (pattern, folder), files in users.items():
        if len(files) > 1:
            offences.append((sorted(files)[1], 1, "library", f"{pattern} is known to several files of {folder}: {', '.join(sorted(files))}"))
    check_header_sets(root, paths, offences)
    if formatting:
        check_format(root, paths, offences)
    return sorted(set(offences))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    parser.add_argument("--no-format", action="store_true", help="leave clang-format out")
    parser.add_argument("--sizes", action="store_true", help="print lines per room and the largest files and functions")
    options = parser.parse_args()
    if options.sizes:
        print_sizes(os.path.abspath(options.root))
        return 0
    offences = check(os.path.abspath(options.root), not options.no_format)
    for path, line, rule, what in offences:
        print(f"{path}:{line}: {rule}: {what}")
    print(f"tidy: {len(offences)} offences")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())

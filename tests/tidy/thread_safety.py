#!/usr/bin/env python3
"""clang's thread-safety analysis over every file that holds a lock (node/guarded.h, consensus/published.h).

g++ builds Anta and does not know these annotations, so this check is what makes them more than comments. It first
convinces itself that an access without the lock is found."""
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
CLANG = ["clang++-19", "-std=c++20", "-fsyntax-only", "-Wno-everything", "-Wthread-safety", "-Werror=thread-safety", "-I", ROOT, "-DASIO_STANDALONE",
         "-DASIO_NO_DEPRECATED", "-DASIO_SEPARATE_COMPILATION"]
LOCKED = re.compile(r'#include "(node/guarded\.h|consensus/published\.h)"|ANTA_GUARDED_BY|ANTA_REQUIRES')
WRONG = """#include "node/guarded.h"
struct Counter {
  anta::Mutex mutex;
  int count ANTA_GUARDED_BY(mutex) = 0;
};
int read(Counter& counter) { return counter.count; }
"""


def sources():
    """The .cc files that lock, themselves or through a header of their room that does."""
    found, headers = set(), set()
    for room in ("crypto", "storage", "consensus", "node", "cli"):
        for folder, _, names in os.walk(os.path.join(ROOT, room)):
            for name in names:
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8", errors="replace") as file:
                    text = file.read()
                if name.endswith(".cc") and LOCKED.search(text):
                    found.add(path)
                if name.endswith(".h") and LOCKED.search(text) and not name.startswith(("guarded", "published")):
                    headers.add(path[:-2] + ".cc")
    return sorted(found | {path for path in headers if os.path.exists(path)})


def analyse(path):
    return path, subprocess.run([*CLANG, path], capture_output=True, text=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        wrong = os.path.join(folder, "wrong.cc")
        with open(wrong, "w", encoding="utf-8") as file:
            file.write(WRONG)
        _, run = analyse(wrong)
        if run.returncode == 0 or "thread-safety" not in run.stderr:
            print("an access without its lock was not found:\n" + run.stderr)
            return 1
    files = sources()
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for path, run in pool.map(analyse, files):
            if run.returncode != 0:
                failed += 1
                print(run.stderr)
    print(f"thread safety: {len(files)} files, {failed} with faults")
    return 1 if failed or len(files) < 4 else 0


if __name__ == "__main__":
    sys.exit(main())

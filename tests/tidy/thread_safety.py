#!/usr/bin/env python3
"""clang's thread-safety analysis over every file that holds a lock or sees one held (crypto/guarded.h, which tidy makes the only
home of locks, and consensus/published.h).

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
LOCKED = re.compile(r'#include "(crypto/guarded\.h|consensus/published\.h)"|ANTA_GUARDED_BY|ANTA_REQUIRES')
INCLUDE = re.compile(r'#include "([^"]+)"')
WRONG = """#include "crypto/guarded.h"
struct Counter {
  anta::Mutex mutex;
  int count ANTA_GUARDED_BY(mutex) = 0;
};
int read(Counter& counter) { return counter.count; }
"""


def sources():
    """The .cc files that lock, themselves or through a header that they include and that holds a lock."""
    texts = {}
    for room in ("crypto", "storage", "consensus", "node", "cli"):
        for folder, _, names in os.walk(os.path.join(ROOT, room)):
            for name in names:
                if name.endswith((".cc", ".h")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8", errors="replace") as file:
                        texts[os.path.relpath(path, ROOT)] = file.read()
    holders = {path for path, text in texts.items() if LOCKED.search(text)}
    return sorted(path for path, text in texts.items()
                  if path.endswith(".cc") and (path in holders or not holders.isdisjoint(INCLUDE.findall(text))))


def analyse(path):
    return path, subprocess.run([*CLANG, path], capture_output=True, text=True, cwd=ROOT)


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

#!/usr/bin/env python3
"""Runs one libFuzzer target on its committed corpus for some seconds, then says how much of its decoder was reached.

    fuzz.py PROGRAM CORPUS SECONDS SOURCE...

What the fuzzer finds grows beside the program and is not committed. Exits as the fuzzer does; 1 too when the decoder was
hardly reached, since a fuzzer that sees nothing finds nothing.
"""
import json
import os
import subprocess
import sys

REACHED_MIN = 50.0  # per cent of the lines of the sources named


def reached(program, profile, sources):
    merged = profile + ".merged"
    subprocess.run(["llvm-profdata-19", "merge", "-sparse", profile, "-o", merged], check=True)
    told = subprocess.run(["llvm-cov-19", "export", "-summary-only", f"-instr-profile={merged}", program, *sources],
                          check=True, capture_output=True, text=True)
    return {os.path.relpath(file["filename"]): file["summary"] for file in json.loads(told.stdout)["data"][0]["files"]}


def main():
    program, corpus, seconds, sources = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    name = os.path.basename(program)
    grown = program + ".corpus"
    os.makedirs(grown, exist_ok=True)
    profile = program + ".profraw"
    done = subprocess.run([program, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048", "-max_len=65536",
                           "-print_final_stats=1", f"-artifact_prefix={program}.", grown, corpus],
                          env={**os.environ, "LLVM_PROFILE_FILE": profile}, check=False)
    if done.returncode != 0:
        return done.returncode
    lines = []
    total = covered = 0
    for path, summary in sorted(reached(program, profile, sources).items()):
        total += summary["lines"]["count"]
        covered += summary["lines"]["covered"]
        lines.append(f"{name}: {path}: {summary['lines']['percent']:.0f} % of lines, {summary['branches']['percent']:.0f} % of branches")
    with open(program + ".coverage", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    print("\n".join(lines))
    return 0 if total and 100.0 * covered / total >= REACHED_MIN else 1


if __name__ == "__main__":
    sys.exit(main())

"""`python -m benchmarks.fuzz [COUNT] [--seed N]`: reads changed documents, 100,000 when not told otherwise, and says what it took.

Ends with 1 when one of them was answered by anything but problems with places, or took longer than `_LONGEST` seconds of processor time.
`tests/unit/catalog/test_fuzz.py` does the same with a few.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests import fuzzing

_LONGEST = 10.0
"""Seconds."""
_SHOWN = 120
"""Bytes of a document."""


def main(arguments: list[str]) -> int:
    """Exit code 0 when every document was answered as it should be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    reasons: Counter[str] = Counter()
    wrong, longest, begun = 0, 0.0, time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        ground = fuzzing.Ground(Path(folder))
        for number, content in enumerate(fuzzing.documents(asked.seed, asked.count)):
            before = time.process_time()
            said = _said(ground, content, reasons)
            took = time.process_time() - before
            longest = max(longest, took)
            said += [f"took {took:.1f} s"] if took > _LONGEST else []
            for line in said:
                print(f"{number}: {line}\n  {content[:_SHOWN]!r}", flush=True)
            wrong += bool(said)
    print(f"{asked.count} documents, {wrong} answered wrongly; {time.process_time() - begun:.0f} s, the longest {longest:.2f} s")
    print(", ".join(f"{reason} {count}" for reason, count in reasons.most_common()))
    return 1 if wrong else 0


def _said(ground: fuzzing.Ground, content: bytes, reasons: Counter[str]) -> list[str]:
    try:
        problems = ground.read(content)
    except Exception:  # noqa: BLE001 - that is what is looked for
        return [traceback.format_exc()]
    reasons.update(problem.reason for problem in problems)
    return fuzzing.complaints(problems, content, ground.names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""python -m tools.bench [--quick | --large] [--only posts door page …] [--engine sqlite] [--post registration]"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace

from tools.bench import report
from tools.bench.run import LARGE, NAMES, OPENERS, QUICK, Plan, everything


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description="Measure, and write docs/performance.md")
    parser.add_argument("--quick", action="store_true", help="short rounds; print, and write nothing")
    parser.add_argument("--large", action="store_true", help="pages and memory at a million guests, and nothing else")
    parser.add_argument("--only", nargs="+", choices=Plan.parts, help="these parts; print, and write nothing")
    parser.add_argument("--engine", choices=NAMES, help="this database; print, and write nothing")
    parser.add_argument("--post", choices=OPENERS, help="this post; print, and write nothing")
    chosen = parser.parse_args(arguments)
    plan = QUICK if chosen.quick else LARGE if chosen.large else Plan()
    plan = replace(plan, parts=tuple(chosen.only)) if chosen.only else plan
    plan = replace(plan, engines=(chosen.engine,)) if chosen.engine else plan
    plan = replace(plan, posts=(chosen.post,)) if chosen.post else plan
    results = everything(plan, _say)
    if plan == Plan() and not results.faults:
        report.write(results)
    if plan == LARGE and not results.faults:
        report.write_large(results)
    print(report.large_text(results) if chosen.large else report.text(results))
    return 1 if results.faults else 0


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

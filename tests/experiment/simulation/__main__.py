"""`make experiment-simulation`: thousands of experiments whose truth is known, read every day.

Writes each figure with its bound, and exits with 1 where one is not met.
"""

import argparse
import sys
import time

from tests.experiment.simulation.figures import figures


def main() -> int:
    """Runs all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=2000, help="of each kind")
    parser.add_argument("--seed", type=int, default=2026)
    asked = parser.parse_args()
    begin, missed = time.monotonic(), 0
    _say(f"{asked.experiments:,} experiments of each kind, a look every day, seed {asked.seed}\n")
    _say(f"{'figure':70}{'found':>7}   bound")
    for figure in figures(asked.experiments, asked.seed):
        mark = "" if figure.is_met else "   NOT MET"
        missed += not figure.is_met
        _say(f"{figure.name:70}{figure.share:7.2%}   {figure.bound}{mark}")
    took = time.monotonic() - begin
    _say(f"\n{f'{missed} not met' if missed else 'all met'}, in {took:.0f} seconds")
    return 1 if missed else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

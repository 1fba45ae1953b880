"""``python -m tests.simulator --seeds N [--from S]``: runs seeds, prints the first unsound one."""

from __future__ import annotations

import argparse
import os
import sys

import pytest


def main() -> int:
    """Run the seeds; 0 if all are sound."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000, help="how many")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first of them")
    chosen = parser.parse_args()
    os.environ |= {"SIMULATOR_SEEDS": str(chosen.seeds), "SIMULATOR_FIRST": str(chosen.first)}
    return int(
        pytest.main(["tests/simulator", "-k", "stays_sound", "-x", "-q", "-p", "no:randomly"])
    )


if __name__ == "__main__":
    sys.exit(main())

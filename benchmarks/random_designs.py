"""Random designs against svy, with weights as drawn, post-stratified, raked and calibrated linearly.

    python benchmarks/random_designs.py [designs=200] [seed=1]

The designs are those of `tests/peer_designs.py`, of which the tests try a few. A line for each weighting tells the
largest difference of estimates and errors, relative to the figure. Exit 1 where one is above 1e-10.
"""

from __future__ import annotations

import sys
import warnings
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from peer_designs import differences

TOLERANCE = 1e-10


def main(designs: int = 200, seed: int = 1) -> int:
    """Compare, print, and return 1 where anything differs."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for number in range(designs):
        for name, key, estimate, se in differences(number, seed):
            found[name].append((estimate, se))
            if max(estimate, se) > TOLERANCE:
                print(f"{name}, design {number}, {key}: estimates {estimate:.1e}, errors {se:.1e} apart")
    for name, each in found.items():
        estimates, errors = map(max, zip(*each, strict=True))
        print(f"{name:18}{len(each):7,} figures   estimates {estimates:.1e}   errors {errors:.1e}")
    return int(max(max(pair) for each in found.values() for pair in each) > TOLERANCE)


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys.exit(main(*map(int, sys.argv[1:])))

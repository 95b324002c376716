"""The estimators written naively, row by row, in exact fractions and plain loops: what the fast road must equal."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from math import isnan, sqrt


def scores(rows: list[list[float]], weights: list[Fraction]) -> list[Fraction | None]:
    """Each row's deprivation score; None where an indicator is missing."""
    return [
        None if any(isnan(g) for g in row) else sum(w for g, w in zip(row, weights, strict=True) if g) for row in rows
    ]


def figures(rows: list[list[float]], weights: list[Fraction], k: Fraction) -> dict[str, list[tuple[float, float]]]:
    """For every statistic of a group, (y, x) row by row: the statistic is the ratio of their weighted sums."""
    c = scores(rows, weights)
    poor = [ci is not None and ci >= k for ci in c]
    kept = [ci is not None for ci in c]
    cs = [float(ci or 0) for ci in c]
    out = {
        "H": [(float(p), float(s)) for p, s in zip(poor, kept, strict=True)],
        "M0": [(ci * p, float(s)) for ci, p, s in zip(cs, poor, kept, strict=True)],
        "A": [(ci * p, float(p)) for ci, p in zip(cs, poor, strict=True)],
    }
    for j, w in enumerate(weights):
        g = [row[j] if s else 0.0 for row, s in zip(rows, kept, strict=True)]
        out[f"uncensored_headcount {j}"] = [(gi, float(s)) for gi, s in zip(g, kept, strict=True)]
        out[f"censored_headcount {j}"] = [(gi * p, float(s)) for gi, p, s in zip(g, poor, kept, strict=True)]
        out[f"contribution {j}"] = [(float(w) * gi * p, float(s)) for gi, p, s in zip(g, poor, kept, strict=True)]
        out[f"contribution_share {j}"] = [(float(w) * gi * p, ci * p) for gi, p, ci in zip(g, poor, cs, strict=True)]
    return out


def ratio(
    pairs: list[tuple[float, float]], weight: list[float], inside: list[bool], stratum: list, psu: list
) -> tuple[float, float]:
    """A ratio and its linearised standard error, over strata and the PSUs within them."""
    use = [(w if i else 0.0) for w, i in zip(weight, inside, strict=True)]
    Y = sum(w * y for w, (y, _) in zip(use, pairs, strict=True))
    X = sum(w * x for w, (_, x) in zip(use, pairs, strict=True))
    if X == 0:
        return float("nan"), float("nan")
    theta = Y / X
    totals: dict = defaultdict(lambda: defaultdict(float))
    for w, (y, x), h, c in zip(use, pairs, stratum, psu, strict=True):
        totals[h][c] += w * (y - theta * x) / X
    variance = 0.0
    for of_stratum in totals.values():
        n = len(of_stratum)
        mean = sum(of_stratum.values()) / n
        variance += n / (n - 1) * sum((u - mean) ** 2 for u in of_stratum.values())
    return theta, sqrt(variance)

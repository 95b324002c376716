"""Make expected.json: monetary statistics of a small survey by pencil-and-paper formulas in 60 digits.

    python tests/oracles/money/make.py

Nothing of the library is used. Double sums are double sums; errors are those of the derivative of each statistic by
the weight of each row, found by central differences that 60 digits make exact to more than 17, summed by PSU and put
into the textbook formula of a stratified sample of PSUs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal, getcontext
from pathlib import Path

import numpy as np

getcontext().prec = 60
D = Decimal
HERE = Path(__file__).parent
LINE = D(100)
STEP = D(10) ** -20
Numbers = list[D]


def people() -> list[dict[str, str]]:
    """Forty persons, of two strata, ten PSUs and two groups: some incomes are alike, and one is at the line."""
    rng = np.random.default_rng(2024)
    out = []
    for i in range(40):
        income = round(float(rng.lognormal(4.8, 0.7)), 1)
        income = {3: 100.0, 17: 80.5, 18: 80.5, 30: 250.0, 31: 250.0}.get(i, income)
        weight = round(float(rng.uniform(0.5, 3)), 2)
        psu = i // 4
        group = "a" if rng.random() < 0.6 else "b"
        out.append(
            {"income": str(income), "weight": str(weight), "psu": str(psu), "stratum": str(psu % 2), "group": group}
        )
    return out


def statistics(y: Numbers, w: Numbers) -> dict[str, D]:
    """All statistics of some incomes."""
    n, money = sum(w), sum(a * b for a, b in zip(w, y, strict=True))
    mean = money / n
    gap = [max(1 - v / LINE, D(0)) for v in y]
    poor = [v < LINE for v in y]
    found = {"mean": mean}
    for a in (0, 1, 2):
        found[f"fgt({a})"] = sum(u * (g**a if a else D(1)) for u, g, p in zip(w, gap, poor, strict=True) if p) / n
    found["watts"] = sum(u * (LINE / v).ln() for u, v, p in zip(w, y, poor, strict=True) if p) / n
    found["gini"] = _gini(y, w)
    head = [(v, u) for v, u, p in zip(y, w, poor, strict=True) if p]
    short = found["fgt(1)"] / found["fgt(0)"]
    among = _gini([v for v, _ in head], [u for _, u in head])
    found["sen"] = found["fgt(0)"] * (short + (1 - short) * among)
    found["sst"] = found["fgt(1)"] * (1 + _gini(gap, w))
    logs = sum(u * v.ln() for u, v in zip(w, y, strict=True)) / n
    found["ge(0)"] = mean.ln() - logs
    found["ge(1)"] = sum(u * v / mean * (v / mean).ln() for u, v in zip(w, y, strict=True)) / n
    for a in (-1, 2):
        found[f"ge({a})"] = (sum(u * (v / mean) ** a for u, v in zip(w, y, strict=True)) / n - 1) / (a * (a - 1))
    found["atkinson(1)"] = 1 - logs.exp() / mean
    found["atkinson(2)"] = 1 - 1 / (sum(u / v for u, v in zip(w, y, strict=True)) / n) / mean
    for p in ("0.1", "0.4"):
        found[f"lorenz({p})"] = _lorenz(y, w, D(p))
    found["palma"] = (1 - _lorenz(y, w, D("0.9"))) / _lorenz(y, w, D("0.4"))
    return found


def _gini(y: Numbers, w: Numbers) -> D:
    """The mean absolute difference over twice the mean."""
    n, money = sum(w), sum(a * b for a, b in zip(w, y, strict=True))
    apart = sum(a * b * abs(u - v) for a, u in zip(w, y, strict=True) for b, v in zip(w, y, strict=True))
    return apart / (2 * n * money) if money else D(0)


def _lorenz(y: Numbers, w: Numbers, p: D) -> D:
    """The income of the poorest p, of the person at p in part, over all income."""
    left, got = p * sum(w), D(0)
    for v, u in sorted(zip(y, w, strict=True)):
        part = min(u, left)
        got, left = got + part * v, left - part
    return got / sum(a * b for a, b in zip(w, y, strict=True))


def errors(rows: list[dict[str, str]], inside: list[bool]) -> dict[str, tuple[D, D]]:
    """The statistics of a domain, and their errors."""
    y, w = ([D(r[c]) for r in rows] for c in ("income", "weight"))

    def of(weights: Numbers) -> dict[str, D]:
        return statistics(
            [v for v, i in zip(y, inside, strict=True) if i], [u for u, i in zip(weights, inside, strict=True) if i]
        )

    value = of(w)
    total = {name: {r["psu"]: D(0) for r in rows} for name in value}
    for k, row in enumerate(rows):
        if inside[k]:
            up, down = (of([u * (1 + d) if i == k else u for i, u in enumerate(w)]) for d in (STEP, -STEP))
            for name in value:
                total[name][row["psu"]] += (up[name] - down[name]) / (2 * STEP)
    stratum = {r["psu"]: r["stratum"] for r in rows}
    return {name: (value[name], _error(total[name], stratum)) for name in value}


def _error(total: dict[str, D], stratum: dict[str, str]) -> D:
    variance = D(0)
    for h in set(stratum.values()):
        scores = [t for p, t in total.items() if stratum[p] == h]
        mean = sum(scores) / len(scores)
        variance += sum((t - mean) ** 2 for t in scores) * len(scores) / (len(scores) - 1)
    return variance.sqrt()


def main() -> None:
    """Write the survey and the figures."""
    rows = people()
    tests: dict[str, Callable[[dict[str, str]], bool]] = {
        "total": lambda _: True, "a": lambda r: r["group"] == "a", "b": lambda r: r["group"] == "b",
    }  # fmt: skip
    found = {g: errors(rows, [inside(r) for r in rows]) for g, inside in tests.items()}
    figures = {g: {n: [float(v), float(e)] for n, (v, e) in of.items()} for g, of in found.items()}
    names = list(rows[0])
    lines = [",".join(names), *(",".join(r[n] for n in names) for r in rows)]
    (HERE / "survey.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (HERE / "expected.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

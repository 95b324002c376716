"""Monetary poverty and inequality against R convey on synthetic EU-SILC, and where convey is wrong, against why.

The reference numbers cannot be shipped; a slice of our own stands in tests/oracles/money.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.monetary import relative_line

EXACT = {"gini": 0.26489619211326754, "sen": 0.06031106794128288, "sst": 0.07905630694983498}
"""Gini, Sen and SST without the scale of the weights in them: convey subtracts sum(w y) for sum(w^2 y)."""

STATISTICS = [
    "fgt(0)", "fgt(1)", "fgt(2)", "watts", "sen", "sst", "gini", "ge(-1)", "ge(0)", "ge(0.5)", "ge(1)", "ge(2)",
    "atkinson(0.5)", "atkinson(1)", "atkinson(2)", "rmpg", "qsr", "lorenz(0.1)", "lorenz(0.2)", "lorenz(0.4)", "mean",
]  # fmt: skip
LINES = {
    "abs": 11_000, "relq": relative_line(), "relm": relative_line(0.5, "mean"),
    "own": relative_line(within="group"),
}  # fmt: skip


@cache
def silc(field: Path) -> tuple[pd.DataFrame, mpi.Estimates]:
    """The survey, and all statistics by region and sex."""
    frame = pd.read_csv(field / "data/eusilc_synth.csv.gz")
    survey = mpi.Survey(frame, weight="rb050", strata="db040", psu="db030")
    return frame, mpi.monetary.estimate(survey, "eqIncome", ["db040", "rb090"], line=LINES, statistics=STATISTICS)


def gold(field: Path) -> pd.DataFrame:
    """Convey's figures, by our names."""
    table = pd.read_csv(field / "golden_next/c_money.csv", keep_default_na=False)
    table["group"] = table.subg.replace("all", "total")
    named = [our_name(m, p) for m, p in zip(table.measure, table.parameter, strict=True)]
    table["statistic"], table["line"] = zip(*named, strict=True)
    return table


def our_name(measure: str, parameter: str) -> tuple[str, str]:
    number = re.search(r"=(-?[\d.]+)", parameter)
    at = f"({float(number[1]):g})" if number else ""
    if measure.startswith("fgt"):
        return f"fgt{at}", measure[4:]
    plain = {"arpt": ("line", "own"), "arpr": ("fgt(0)", "relq"), "rmpg": ("rmpg", "relq")}
    if measure in plain:
        return plain[measure]
    names = {"gei": "ge", "atkinson": "atkinson", "bottom_share": "lorenz"}
    if measure in names:
        return f"{names[measure]}{at}", ""
    return measure.removesuffix("_abs"), "abs" if measure.endswith("_abs") else ""


def both(field: Path) -> pd.DataFrame:
    """Convey's figures beside ours."""
    ours = silc(field)[1].table
    ours = ours.assign(line=ours.dimension.astype(object).fillna(""), group=ours.group.astype(str))
    keys = ["statistic", "line", "group"]
    table = gold(field).merge(
        ours[[*keys, "estimate", "se", "n"]], on=keys, suffixes=("_r", ""), validate="many_to_one"
    )
    assert len(table) == 348
    return table


def test_every_value_and_error_of_convey_that_is_right(field: Path) -> None:
    table = both(field)
    double = table.statistic.isin(EXACT)
    value = (table.estimate - table.est).abs() / table.est.abs().clip(lower=1)
    assert value[~double].max() < 1e-12
    error = (table.se / table.se_r - 1).abs()
    wrong = double | table.statistic.str.startswith("lorenz") | (table.line == "relm")
    assert (~wrong).sum() == 240
    assert error[~wrong].max() < 1e-9
    national = (table.line == "relm") & (table.group == "total") & (table.statistic != "fgt(0)")
    assert error[national].max() < 1e-9
    assert error[double].max() < 7e-3


def test_gini_sen_and_sst_are_exact(field: Path) -> None:
    _, est = silc(field)
    for name, value in EXACT.items():
        one = est.select(statistic=name, by="total", dimension=[None, "abs"])
        assert abs(one.value[0] - value) < 1e-12


def test_the_line_and_rates_that_were_published(field: Path) -> None:
    """Alfons and Templ (2013): 10,859.24 and 14.44422 per cent, and nine regions."""
    _, est = silc(field)
    total = est.select(by="total", dimension="relq")
    assert round(float(total.select(statistic="line").value[0]), 2) == 10859.24
    assert round(100 * float(total.select(statistic="fgt(0)").value[0]), 5) == 14.44422
    region = est.select(by="db040", statistic="fgt(0)", dimension="relq").table
    published = [19.53984, 13.08627, 13.84362, 13.78734, 14.37464, 15.30819, 10.88977, 17.23468, 16.53731]
    assert [round(100 * x, 5) for x in region.sort_values("group").estimate] == pytest.approx(
        [published[i] for i in (0, 1, 2, 3, 4, 5, 6, 7, 8)], abs=5.1e-6
    )


def error_of(frame: pd.DataFrame, influence: np.ndarray) -> float:
    """The textbook formula: strata and clusters, of row-wise influences."""
    totals = pd.Series(frame.rb050 * influence).groupby([frame.db040, frame.db030]).sum()
    by = totals.groupby(level=0)
    return float(np.sqrt((by.var(ddof=1) * by.size()).sum()))


def test_why_errors_below_half_the_mean_differ(field: Path) -> None:
    """Convey 0.2.3 takes the mean's influence for the line's (without its half), and in a domain within the domain."""
    frame, _ = silc(field)
    y, w = frame.eqIncome.to_numpy(), frame.rb050.to_numpy()
    table = both(field).query("line == 'relm'").set_index(["statistic", "group"])
    n, mean = w.sum(), np.average(y, weights=w)
    z = mean / 2
    h = np.sqrt(np.average((y - mean) ** 2, weights=w)) / n**0.2
    density = np.average(np.exp(-(((z - y) / h) ** 2) / 2), weights=w) / (h * np.sqrt(2 * np.pi))
    theirs = ((y < z) - table.loc[("fgt(0)", "total"), "est"] + density * (y - z)) / n
    assert error_of(frame, theirs) == pytest.approx(table.loc[("fgt(0)", "total"), "se_r"], rel=1e-9)
    inside = (frame.db040 == "Vienna").to_numpy()
    n, gap = w[inside].sum(), np.where(y < z, 1 - y / z, 0)
    slope = (w * (y < z) * y / z**2)[inside].sum() / n
    theirs = inside * (gap - table.loc[("fgt(1)", "Vienna"), "est"] + slope * (y / 2 - z)) / n
    assert error_of(frame, theirs) == pytest.approx(table.loc[("fgt(1)", "Vienna"), "se_r"], rel=1e-9)


def test_why_errors_of_bottom_shares_differ(field: Path) -> None:
    """Convey 0.2.3 computes influences in the order of income and sums them as if in the order of the file."""
    frame, _ = silc(field)
    table = pd.read_csv(field / "golden_next/c_lorenz.csv")
    order = np.argsort(frame.eqIncome.to_numpy(), kind="stable")
    y, w = frame.eqIncome.to_numpy()[order], frame.rb050.to_numpy()[order]
    n, money, cum = w.sum(), (w * y).sum(), np.cumsum(w)
    for p, share, se in table.itertuples(index=False):
        k = int(np.searchsorted(cum, p * n))
        q = y[k - 1] + (y[k] - y[k - 1]) * (p * n - cum[k - 1]) / w[k]
        theirs = ((y - q) * (y <= q) + p * q - share * y) / money
        assert error_of(frame, theirs) == pytest.approx(se, rel=1e-9)


def test_the_lorenz_curve(field: Path) -> None:
    frame, _ = silc(field)
    table = pd.read_csv(field / "golden_next/c_lorenz.csv")
    survey = mpi.Survey(frame, weight="rb050", strata="db040", psu="db030")
    est = mpi.monetary.estimate(survey, "eqIncome", statistics=[f"lorenz({p:g})" for p in table.p])
    assert np.abs(est.value - table.L).max() < 1e-12
    assert np.abs(est.se / table.se - 1).max() < 0.11  # convey's are of rows in a wrong order: see above

"""The World Bank's tables from one call: an error in every cell, and figures that plain estimators give too."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest

import mpi
from mpi.monetary import report
from mpi.monetary.reports import Report

NEEDS: dict[str, dict[str, Any]] = {
    "inequality": {}, "deciles": {}, "incidence": {},
}  # fmt: skip


@pytest.fixture(scope="module")
def sample() -> mpi.Survey:
    return mpi.load_sample()


@pytest.mark.parametrize("kind", get_args(Report))
def test_an_error_in_every_cell(kind: Any, sample: mpi.Survey) -> None:
    options = NEEDS.get(kind, {"line": 1500})
    est = report(kind, sample, "income", ["area", "sex"], **options)
    assert np.isfinite(est.value).all()
    assert (est.se > 0).all()
    assert {"total", "area", "sex"} & set(est.keys["by"].values)


def test_between_the_line_and_half_as_much_again(sample: mpi.Survey) -> None:
    wide = sample.with_column("between", lambda f: f["income"].between(1500, 2250, inclusive="left").astype(float))
    plain = mpi.mean(wide, "between", ["area"])
    for kind in ("core", "vulnerability"):
        est = report(kind, sample, "income", ["area"], line=1500).select(statistic="vulnerable_to_poverty")
        assert est.value == pytest.approx(plain.value, abs=1e-13)
        assert est.se == pytest.approx(plain.se, rel=1e-9)


def test_who_the_poor_are(sample: mpi.Survey) -> None:
    wide = sample.with_column("poor", lambda f: (f["income"] < 1500).astype(float))
    among = mpi.proportion(wide, "area", where="poor")
    est = report("groups", sample, "income", ["area"], line=1500)
    shares = est.select(statistic="poor_share")
    for i in range(len(shares)):
        one = among.select(indicator=shares.keys["group"].at(i), wave=shares.keys["wave"].at(i))
        assert shares.value[i] == pytest.approx(one.value[0], abs=1e-12)
        assert shares.se[i] == pytest.approx(one.se[0], rel=1e-9)
    everybody = mpi.proportion(sample, "area")
    assert np.sort(est.select(statistic="population_share").se) == pytest.approx(np.sort(everybody.se), rel=1e-9)


def test_means_of_fifths_and_tenths_recombine(sample: mpi.Survey) -> None:
    core = report("core", sample, "income", line=1500).select(wave=2018)
    fifths = core.select(statistic=[f"mean({i / 5:g},{(i + 1) / 5:g})" for i in range(5)])
    mean = core.select(statistic="mean")
    assert fifths.value.mean() == pytest.approx(mean.value[0])
    assert fifths.contrast(np.full(5, 0.2)).se[0] == pytest.approx(mean.se[0], rel=1e-9)
    tenths = report("deciles", sample, "income").select(wave=2018)
    shares = tenths.take([str(s).startswith("share") for s in tenths.keys["statistic"].to_list()])
    assert shares.value.sum() == pytest.approx(1.0)
    assert np.abs(shares.vcov().sum(axis=0)).max() < 1e-15


def test_what_is_lacking_is_told_at_once(sample: mpi.Survey) -> None:
    with pytest.raises(mpi.MpiError, match="did you mean 'core'"):
        report("cores", sample, "income")  # type: ignore[arg-type]  # what is wrong
    with pytest.raises(mpi.MpiError, match=r"2 problems:\n.*needs a poverty line.*\n.*needs groups"):
        report("groups", sample, "income")

"""The share of minorities among those below $1.90 (2011 PPP) a day: a published figure, as a key figure of a line."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.lines import key_figures

FOLDER = Path(__file__).parents[2] / "data" / "samples" / "vhlss2016"


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="module")
def sample() -> mpi.Survey:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mpi.with_deprivations(mpi.read_vhlss(FOLDER, 2016), mpi.load_line("vn-2016"))


def figure(survey: mpi.Survey, by: str) -> tuple[float, float, float]:
    est = key_figures(mpi.load_line("vn-2016").classify(survey))
    names = est.keys["group"].to_list()
    i = names.index(f"minorities among those below $1.90 (2011 PPP) a day by {by}, persons")
    return float(est.value[i]), float(est.se[i]), float(est.n[i])


def textbook(survey: mpi.Survey, money: str, weight: str) -> tuple[float, float, float]:
    """A ratio in a domain, from the columns alone."""
    names = (money, weight, "ethnicity", "stratum")
    frame = pd.DataFrame({c: survey.numbers(c) for c in names}).assign(psu=survey.unit)
    line = 1.90 * 7528.385254 * 1.22158 * 365 / 12
    inside = (frame[money] < line).to_numpy() * frame[weight]
    minority = ~frame.ethnicity.isin([1, 4])
    share = (inside * minority).sum() / inside.sum()
    score = inside * (minority - share) / inside.sum()
    total = score.groupby([frame.stratum, frame.psu]).sum()
    by = total.groupby(level=0)
    return share, float(np.sqrt((by.var(ddof=1) * by.size()).sum())), float((inside > 0).sum())


def test_by_expenditure_with_its_own_weights(sample: mpi.Survey) -> None:
    expected = textbook(sample, "expenditure", "weight_expenditure")
    assert figure(sample, "expenditure") == pytest.approx(expected, rel=1e-10)


def without(survey: mpi.Survey, *names: str) -> mpi.Survey:
    frame = survey.frames[0].drop(list(names)).to_native()
    return mpi.Survey(frame, **survey.roles, labels=survey.labels)  # type: ignore[arg-type]  # roles are keywords


def test_by_income_where_expenditure_was_not_asked(sample: mpi.Survey) -> None:
    expected = textbook(sample, "income", "weight")
    assert figure(without(sample, "expenditure"), "income") == pytest.approx(expected, rel=1e-10)


def test_expenditure_in_thousands_is_not_taken_for_dong(sample: mpi.Survey) -> None:
    frame = sample.frames[0].to_native()
    frame = frame.assign(expenditure=frame["expenditure"] / 1000)
    other = mpi.Survey(frame, **sample.roles, labels=sample.labels)  # type: ignore[arg-type]  # roles are keywords
    assert figure(other, "income") == figure(without(sample, "expenditure"), "income")


@pytest.mark.parametrize("year", [None, 2017, 1990])
def test_no_figure_without_the_prices_of_the_year(sample: mpi.Survey, year: int | None) -> None:
    frame = sample.frames[0].drop("year").to_native()
    frame = frame if year is None else frame.assign(year=year)
    other = mpi.Survey(frame, **sample.roles, labels=sample.labels)  # type: ignore[arg-type]  # roles are keywords
    est = key_figures(mpi.load_line("vn-2016").classify(other))
    assert not any("1.90" in name for name in est.keys["group"].to_list())
    assert "international line" not in est.about


def test_the_line_is_told_with_its_source(sample: mpi.Survey) -> None:
    est = key_figures(mpi.load_line("vn-2016").classify(sample))
    said = est.about["international line"]
    assert said.startswith("$1.90 (2011 PPP) a day: 531,482 VND a month in prices of 2016, compared with expenditure")
    assert "verified: github.com/PIP-Technical-Team/aux_ppp" in said

"""Estimates of one survey put together keep what binds them."""

from __future__ import annotations

import numpy as np
import pytest

import mpi
from mpi.results.concat import concat


@pytest.fixture(scope="module")
def survey() -> mpi.Survey:
    return mpi.load_sample()


def test_two_requests_put_together_are_one(survey: mpi.Survey) -> None:
    measure = mpi.load_measure("gso-mdp")
    whole = mpi.estimate(survey, measure, by=["area"], statistics=["M0", "H", "population_share"])
    pieces = [mpi.estimate(survey, measure, by=["area"], statistics=[s]) for s in ("M0", "H", "population_share")]
    both = concat(pieces)
    keys = ("statistic", "by", "group", "wave")
    at = {key: i for i, key in enumerate(zip(*(whole.keys[k].to_list() for k in keys), strict=True))}
    order = [at[key] for key in zip(*(both.keys[k].to_list() for k in keys), strict=True)]
    assert sorted(order) == list(range(len(whole)))
    assert both.value == pytest.approx(whole.value[order], abs=1e-15)
    assert both.se == pytest.approx(whole.se[order], abs=1e-15)
    assert both.vcov() == pytest.approx(whole.vcov()[np.ix_(order, order)], abs=1e-15)


def test_other_surveys_and_levels_are_refused(survey: mpi.Survey) -> None:
    a = mpi.mean(survey, "income")
    with pytest.raises(mpi.MpiError, match="different surveys"):
        concat([a, mpi.mean(mpi.load_sample(), "income")])
    with pytest.raises(mpi.MpiError, match=r"differ in level: 0\.95, 0\.9"):
        concat([a, mpi.mean(survey, "income", level=0.9)])
    with pytest.raises(mpi.MpiError, match="no estimates"):
        concat([])

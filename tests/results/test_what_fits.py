"""What makes pairs, or a covariance, of very many numbers is refused at once, with its size and the way out."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.core import room

MEASURE = mpi.Measure.nested("m", {"x": ["d"], "y": ["e"]}, cutoff="1/2")


def estimated(groups: int, statistics: list[str] | None = None) -> mpi.Estimates:
    """Return estimates of many groups, with two PSUs each; each third one is of the area B."""
    rows = np.arange(groups * 4)
    frame = pd.DataFrame({"g": rows % groups, "psu": rows // 2, "d": rows * 7 % 3 % 2, "e": rows * 5 % 3 % 2})
    frame["area"] = np.where(frame["g"] % 3 == 0, "B", "A")
    survey = mpi.Survey(frame, psu="psu")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*groups of .* cases on average", mpi.MpiWarning)
        return mpi.estimate(survey, MEASURE, by=["g", ("area", "g")], statistics=statistics or ["H"])


ASKED: dict[str, Callable[[mpi.Estimates], Any]] = {
    "gap: all pairs of 10,000 groups are 49,995,000 comparisons": lambda e: mpi.decompose.gap(e, by="g"),
    "comparisons of 10,000 figures, which": lambda e: mpi.decompose.gap(e, by=("area", "g"), along="g"),
    r"a covariance matrix of 20,001 estimates is too large \(3 GB\)": lambda e: e.vcov(),
    "a joint test of 20,001 estimates": lambda e: e.wald_test(),
    "the derivatives of 20,001 numbers by 20,001 estimates": lambda e: e.contrast(lambda v: v**2, name="square"),
    "max_t: the joint distribution of": lambda e: mpi.decompose.significance(e, adjust="max_t", family=[]),
}


@pytest.fixture(scope="module")
def many() -> mpi.Estimates:
    return estimated(10_000)


@pytest.mark.parametrize("said", ASKED)
def test_what_cannot_fit_is_refused_at_once(many: mpi.Estimates, said: str) -> None:
    begun = time.process_time()
    with pytest.raises(mpi.MpiError, match=said) as caught:
        ASKED[said](many)
    assert time.process_time() - begun < 4
    assert " GB" in str(caught.value)
    assert any(word in str(caught.value) for word in ("select", "holm"))


@pytest.mark.parametrize("by", ["g", ("area", "g")])
def test_comparisons_are_counted_as_they_are_made(by: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit stands exactly between what is made and one comparison fewer."""
    est = estimated(40, ["H", "M0"])
    options = {} if by == "g" else {"along": "g"}
    made = len(mpi.decompose.gap(est, by=by, kinds="difference", **options))
    from mpi.decompose.between_groups import gaps

    monkeypatch.setattr(room, "LARGEST", made * gaps._PAIR)
    assert len(mpi.decompose.gap(est, by=by, kinds="difference", **options)) == made
    monkeypatch.setattr(room, "LARGEST", made * gaps._PAIR - 1)
    with pytest.raises(mpi.MpiError, match=f"are {made:,} comparisons"):
        mpi.decompose.gap(est, by=by, kinds="difference", **options)
    assert len(mpi.decompose.gap(est, by=by, reference="0", kinds="difference", **options))

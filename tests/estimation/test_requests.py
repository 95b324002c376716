"""One opening of requests: whatever is estimated, a wrong request is refused in the same sentence."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi import decompose
from mpi.lines import load_line
from mpi.lines.estimates import estimate_classes

ROWS = 12
FRAME = pd.DataFrame(
    {
        "a": [1, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 1],
        "b": [0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1],
        "income": np.linspace(1e5, 2e6, ROWS // 2).repeat(2),
        "area": ["Urban", "Urban", "Rural", "Rural"] * 3,
        "home": np.repeat(np.arange(6), 2),
        "sex": ["Female", "Male", "Male", "Female"] * 3,
    }
)
MEASURE = mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2")
LINE = load_line("vn-2006")

ESTIMATORS: dict[str, Callable[..., Any]] = {
    "estimate": lambda s, **o: mpi.estimate(s, MEASURE, **o),
    "mean": lambda s, **o: mpi.mean(s, "income", **o),
    "proportion": lambda s, **o: mpi.proportion(s, "area", **o),
    "total": lambda s, **o: mpi.total(s, "income", **o),
    "ratio": lambda s, **o: mpi.ratio(s, "a", "b", **o),
    "retention": lambda s, **o: mpi.retention(s, MEASURE, **o),
    "distribution": lambda s, **o: decompose.distribution(s, MEASURE, **o),
    "estimate_line": lambda s, **o: mpi.estimate_line(s, LINE, income_in="thousands", **o),
    "estimate_classes": lambda s, **o: estimate_classes(LINE.classify(s, income_in="thousands"), **o),
    "estimate of a line": lambda s, **o: mpi.estimate(s, LINE, **o),
    "within_households": lambda s, **o: decompose.within_households(s, "a", **o),
    "oaxaca": lambda s, **o: decompose.oaxaca(s, "income", ["a"], group="area", reference="Urban", **o),
}
NO_DF, NO_BY, NO_WHERE = {"retention", "within_households"}, {"oaxaca"}, {"within_households"}
WRONG: dict[str, tuple[dict[str, Any], str, set[str]]] = {
    "an unknown column": (
        {"by": ["aera"]},
        r"there is no column 'aera'; did you mean 'area'\? Known: 'a', 'b', 'income', 'area', 'home', 'sex'.*",
        NO_BY,
    ),
    "no column": ({"by": [3]}, "by: a column, or a tuple of columns, was expected, not 3", NO_BY),
    "a column twice": ({"by": [("area", "area")]}, r"by: \('area', 'area'\) names a column twice", NO_BY),
    "the total": ({"by": ["total"]}, "by: a column named 'total' would be taken for the total; rename it", NO_BY),
    "a level in per cent": ({"level": 95}, "level 95 is not a number between 0 and 1; 95 per cent is 0.95", set()),
    "a level of 1": ({"level": 1.0}, "level 1.0 is not a number between 0 and 1; 95 per cent is 0.95", set()),
    "another unit": (
        {"unit": "persons"},
        r"unit: there is no unit 'persons'; did you mean 'person'\? Known: 'person', 'household'",
        set(),
    ),
    "other degrees": (
        {"df": "groups"},
        r"df: there is no choice 'groups'; did you mean 'group'\? Known: 'group', 'design'",
        NO_DF,
    ),
    "a short condition": ({"where": np.ones(ROWS - 1, dtype=bool)}, ".*12 rows.*11.*|.*11.*12.*", NO_WHERE),
}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [(name, wrong) for name in ESTIMATORS for wrong, (*_, without) in WRONG.items() if name not in without],
)
def test_a_wrong_request_is_refused_in_the_same_sentence(name: str, wrong: str) -> None:
    options, sentence, _ = WRONG[wrong]
    survey = mpi.Survey(FRAME, household="home")
    with pytest.raises(mpi.MpiError) as refused:
        ESTIMATORS[name](survey, **options)
    (problem,) = refused.value.problems
    assert pd.Series([problem]).str.fullmatch(sentence).all(), problem


@pytest.mark.parametrize("name", [name for name in ESTIMATORS if name not in NO_BY])
def test_all_that_is_wrong_with_a_request_is_said_at_once(name: str) -> None:
    with pytest.raises(mpi.MpiError) as refused:
        ESTIMATORS[name](mpi.Survey(FRAME, household="home"), by=["total"], level=95, unit="persons")
    assert str(refused.value).startswith("the estimate cannot be made, 3 problems:")
    assert [p.split(":")[0].split()[0] for p in refused.value.problems] == ["level", "unit", "by"]

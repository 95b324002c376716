"""Women and men by the sex of the head and of the person: the gap may have two signs, and both are right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.decompose.genders.sexes import sexes_of

ONE = mpi.Measure("one", [mpi.Indicator("poor", dimension="x", weight=1)], cutoff=1)


def village() -> mpi.Survey:
    """Ten small households headed by women and ten large ones headed by men.

    Poor are 4 of the women's (of 1 person each) and 3 of the men's, the three that are larger than the others.
    """
    rows = [(i, "woman", "F", int(i < 4)) for i in range(10)]
    for i in range(10, 20):
        poor, size = int(i < 13), 6 if i < 13 else 3
        rows += [(i, "man", "M" if k % 2 == 0 else "F", poor) for k in range(size)]
    frame = pd.DataFrame(rows, columns=["home", "head_sex", "sex", "poor"])
    return mpi.Survey(frame.assign(c=frame["home"] // 2), household="home", psu="c")


@pytest.fixture(scope="module")
def both() -> mpi.Estimates:
    survey = village()
    persons = mpi.estimate(survey, ONE, by=["head_sex", "sex"])
    homes = mpi.estimate(survey, ONE, by=["head_sex"], unit="household")
    return mpi.decompose.gender(persons, households=homes)


def test_the_sign_of_the_gap_depends_on_what_is_counted(both: mpi.Estimates) -> None:
    gap = both.select(statistic="H", contrast="difference")
    by = dict(zip(gap.keys["by"].to_list(), gap.value.tolist(), strict=True))
    assert by["head_sex"] == pytest.approx(4 / 10 - 18 / 39)
    assert by["head_sex (households)"] == pytest.approx(4 / 10 - 3 / 10)
    assert by["sex"] == pytest.approx(13 / 26 - 9 / 23)
    assert gap.flag.at(0) == "other sign by sex: +0.1087, head_sex (households): +0.1000"
    assert "H (k = 1) is higher for women by sex and" in both.about["signs"]
    assert "no two such signs are beyond sampling error" in both.about["signs"]


def test_differences_and_ratios_are_those_of_contrasts_with_all_covariances() -> None:
    est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["head_sex", "sex"])
    found = mpi.decompose.gender(est)
    for by in ("head_sex", "sex"):
        pair = est.select(statistic="M0", by=by, group=["Female", "Male"], wave=2018)
        gap = found.select(statistic="M0", contrast="difference", by=by, wave=2018)
        ratio = found.select(statistic="M0", contrast="ratio", by=by, wave=2018)
        np.testing.assert_allclose(gap.se, pair.contrast([1, -1]).se, rtol=1e-9)
        np.testing.assert_allclose(gap.value, pair.contrast([1, -1]).value)
        np.testing.assert_allclose(ratio.se, pair.contrast(lambda x: x[0] / x[1]).se, rtol=1e-6)
    lenses = found.select(statistic="M0", contrast="difference", wave=2018)
    four = est.select(statistic="M0", by=["head_sex", "sex"], group=["Female", "Male"], wave=2018)
    np.testing.assert_allclose(lenses.contrast([1, -1]).se, four.contrast([1, -1, -1, 1]).se, rtol=1e-9)
    assert set(found.keys["statistic"].to_list()) == {"M0", "H", "A", "censored_headcount"}


def test_one_lens_alone() -> None:
    est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["sex"])
    found = mpi.decompose.gender(est, head=None, statistics=["H"])
    assert set(found.keys["by"].to_list()) == {"sex"}
    assert found.about["signs"].startswith("the lenses agree")


def test_no_ratio_to_nothing() -> None:
    frame = pd.DataFrame({"sex": ["F", "M"] * 10, "poor": [1, 0] * 10})
    found = mpi.decompose.gender(mpi.estimate(mpi.Survey(frame), ONE, by=["sex"]), head=None)
    ratio = found.select(statistic="H", contrast="ratio")
    assert np.isnan(ratio.value[0])
    assert ratio.flag.at(0) == "0 for M: no ratio"
    assert ratio.n.tolist() == [10]
    gap = found.select(statistic="A", contrast="difference")
    assert gap.flag.at(0) == "no poor in group (M)"


def test_who_stands_for_women() -> None:
    assert sexes_of({1: "Nam", 2: "Nữ"}, "sex").women == "Nữ"
    assert sexes_of({"m": "m", "f": "f"}, "sex").female == "f"
    assert sexes_of({1: "1", 2: "2"}, "sex", female=2).male == 1
    with pytest.raises(mpi.MpiError, match=r"which of '1', '2' in 'sex' stands for women\? Say so: female="):
        sexes_of({1: "1", 2: "2"}, "sex")
    with pytest.raises(mpi.MpiError, match="did you mean 'Female'"):
        sexes_of({1: "Male", 2: "Female"}, "sex", female="Femal")
    with pytest.raises(mpi.MpiError, match="3 values"):
        sexes_of({1: "Male", 2: "Female", 3: "Other"}, "sex")


def test_what_is_wrong_is_told() -> None:
    est = mpi.estimate(village(), ONE, by=["head_sex", "sex"])
    with pytest.raises(mpi.MpiError, match=r"no disaggregation 'head'; did you mean 'head_sex'"):
        mpi.decompose.gender(est, head="head")
    with pytest.raises(mpi.MpiError, match="no lens is left"):
        mpi.decompose.gender(est, head=None, person=None)
    with pytest.raises(mpi.MpiError, match="unit='household'"):
        mpi.decompose.gender(est, households=est)
    with pytest.raises(mpi.MpiError, match="inequality"):
        mpi.decompose.gender(est.select(statistic="H"), statistics=["inequality"])


def test_ratios_stand_beside_the_differences_and_notes_say_of_which_lens(both: mpi.Estimates) -> None:
    table = both.publish(["H"])
    assert table.shape == (3, 2)
    assert (table != "").all().all()
    notes = " ".join(table.attrs["notes"])
    assert "woman - man (head_sex)" in notes
    assert "Lenses: head_sex: persons, by the sex of their household's head" in notes

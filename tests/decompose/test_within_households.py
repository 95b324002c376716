"""Gender within households: families worked by hand, and the fast counts against plain loops over households."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mpi
import naive

SETTINGS = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
OTHER, ANY = "beside_nondeprived_other_sex", "beside_nondeprived"
NONE = None

Family = list[tuple[str, int, int | None]]
"""Members: sex, age, and whether they are out of school (None: not asked, or not known)."""


def survey_of(families: list[Family], **columns: list) -> mpi.Survey:
    rows = [(i, *member) for i, family in enumerate(families) for member in family]
    frame = pd.DataFrame(rows, columns=["home", "sex", "age", "out"]).assign(**columns)
    return mpi.Survey(frame, household="home", single_psu="certainty")  # some are of one household


def of_school_age(frame: pd.DataFrame) -> pd.Series:
    return frame["age"].between(6, 14)


def shares(families: list[Family], **options: object) -> mpi.Estimates:
    return mpi.decompose.within_households(survey_of(families), "out", eligible=of_school_age, **options)


def share(est: mpi.Estimates, statistic: str, group: str = "total", **keys: object) -> float:
    (found,) = est.select(statistic=statistic, contrast="level", group=group, **keys).value
    return float(found)


GRANDMOTHER = ("Female", 70, NONE)


# --- families -------------------------------------------------------------------------------------------------------


def test_a_girl_out_of_school_whose_brother_goes_to_school() -> None:
    est = shares([[("Female", 9, 1), ("Male", 11, 0), GRANDMOTHER], [("Male", 8, 0)]])
    assert share(est, "deprived", "Female") == 1
    assert share(est, "deprived", "Male") == 0
    assert share(est, "deprived") == pytest.approx(1 / 3)
    assert share(est, OTHER, "Female") == share(est, ANY, "Female") == 1
    assert np.isnan(share(est, OTHER, "Male"))
    assert "nobody deprived" in est.select(statistic=OTHER, contrast="level", group="Male").flag.at(0)


def test_a_girl_out_of_school_whose_sister_goes_to_school() -> None:
    est = shares([[("Female", 9, 1), ("Female", 11, 0), GRANDMOTHER], [("Male", 8, 1)]])
    assert share(est, ANY, "Female") == 1
    assert share(est, OTHER, "Female") == 0


def test_two_children_out_of_school_and_nobody_beside_them() -> None:
    est = shares([[("Female", 9, 1), ("Male", 11, 1), GRANDMOTHER, ("Male", 40, 0)]])
    assert share(est, ANY) == share(est, OTHER) == 0, "the father is not of school age: he is no pioneer"
    assert share(est, "who_is_deprived", dimension="both") == 1


def test_an_only_child_out_of_school_has_nobody_beside() -> None:
    est = shares([[("Female", 9, 1), GRANDMOTHER], [("Male", 9, 0)]])
    assert share(est, ANY, "Female") == 0
    assert share(est, "who_is_deprived", dimension="only Female") == 1


def test_a_brother_whose_school_is_not_known_leaves_it_open() -> None:
    families = [[("Female", 9, 1), ("Male", 11, NONE)], [("Female", 9, 1), ("Male", 12, 0), ("Male", 11, NONE)]]
    est = shares([*families, [("Male", 7, 0)]])
    n = est.select(statistic=OTHER, contrast="level", group="Female").n[0]
    assert n == 1, "only of the second girl is it known, whatever her other brother does"
    assert share(est, OTHER, "Female") == 1


def test_a_brother_who_is_not_asked_is_no_companion_unless_he_is_eligible() -> None:
    families = [[("Female", 9, 1), ("Male", 11, NONE)], [("Male", 7, 0)]]
    found = mpi.decompose.within_households(survey_of(families), "out")
    assert share(found, OTHER, "Female") == 0
    assert np.isnan(share(shares(families), OTHER, "Female"))


def test_a_sibling_of_unknown_sex() -> None:
    families = [[("Female", 9, 1), (None, 11, 0)], [("Male", 7, 1), ("Female", 8, 0)]]
    est = shares(families)
    assert est.select(statistic=OTHER, contrast="level", group="Female").n[0] == 0, "the sibling may be a brother"
    assert share(est, ANY, "Female") == 1
    assert share(est, OTHER, "Male") == 1


def test_of_the_deprived_the_share_in_poor_households() -> None:
    families = [[("Female", 9, 1), ("Male", 11, 1)], [("Female", 9, 1)], [("Female", 10, 1)], [("Male", 7, 0)]]
    people = survey_of(families, poor=[1, 1, 0, np.nan, 1])
    est = mpi.decompose.within_households(people, "out", poor="poor")
    assert share(est, "deprived_in_poor_household", "Female") == 0.5, "of one girl's household it is not known"
    assert share(est, "deprived_in_poor_household", "Male") == 1


@pytest.mark.parametrize("missing", ["drop", "reweight", "bounds"])
def test_who_is_poor_by_a_measure(missing: str) -> None:
    families = [[("Female", 9, 1)], [("Female", 8, 1)], [("Male", 7, 0), GRANDMOTHER]]
    people = survey_of(families, a=[1, 1, 0, 0], b=[1, np.nan, 0, 0])
    indicators = [mpi.Indicator("a", dimension="x", weight="1/2"), mpi.Indicator("b", dimension="y", weight="1/2")]
    measure = mpi.Measure("two", indicators, cutoff="1", missing=missing)
    est = mpi.decompose.within_households(people, "out", measure=measure)
    row = est.select(statistic="deprived_in_poor_household", contrast="level", group="Female")
    assert row.n[0] == 1, "the second girl's household may be poor or not, under every policy"
    assert row.value[0] == 1


def test_who_in_a_household_is_deprived_counts_persons_or_households() -> None:
    only_girls = [("Female", 9, 1), ("Male", 11, 0), GRANDMOTHER]
    both = [("Female", 9, 1), ("Male", 11, 1)]
    families = [only_girls, both, [("Male", 7, 0), GRANDMOTHER]]
    persons, homes = shares(families), shares(families, unit="household")
    who = "who_is_deprived"
    assert share(persons, who, dimension="only Female") == pytest.approx(3 / 5)
    assert share(homes, who, dimension="only Female") == share(homes, who, dimension="both") == 0.5
    assert share(homes, who, dimension="only Male") == 0
    assert set(homes.select(statistic=who).keys["by"].to_list()) == {"total"}
    assert share(homes, "deprived", "Female") == share(persons, "deprived", "Female")


def test_the_gap_is_women_less_men_with_its_covariance() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"home": np.repeat(np.arange(150), 4), "sex": rng.choice(["boy", "girl"], 600)})
    frame["out"], frame["area"] = (rng.random(600) < 0.3).astype(int), (frame["home"] % 3 == 0).astype(int)
    people = mpi.Survey(frame.assign(c=frame["home"] // 5), household="home", psu="c")
    est = mpi.decompose.within_households(people, "out", by=["area"])
    for statistic in ("deprived", ANY, OTHER):
        girls_boys = est.select(statistic=statistic, contrast="level", by="sex", group=["girl", "boy"])
        gap = est.select(statistic=statistic, contrast="difference", by="sex")
        assert gap.keys["group"].to_list() == ["girl - boy"]
        assert gap.value[0] == pytest.approx(girls_boys.value[0] - girls_boys.value[1])
        assert gap.se[0] == pytest.approx(girls_boys.contrast([1, -1]).se[0], rel=1e-9, nan_ok=True)
    crossed = est.select(statistic="deprived", contrast="difference", by=("area", "sex"))
    assert crossed.keys["group"].to_list() == ["0 × girl - boy", "1 × girl - boy"]


def test_the_domain_is_whom_it_is_about_and_others_are_still_beside_them() -> None:
    people = survey_of([[("Female", 9, 1), ("Male", 11, 0)], [("Female", 9, 0), ("Male", 11, 1)]])
    girls = people.where(lambda f: f["sex"] == "Female")
    est = mpi.decompose.within_households(girls, "out", eligible=of_school_age)
    assert share(est, OTHER) == 1
    assert est.select(statistic="deprived", contrast="level", by="total").n[0] == 2


# --- loops ----------------------------------------------------------------------------------------------------------


@st.composite
def surveys(draw: st.DrawFn) -> pd.DataFrame:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n = draw(st.integers(40, 160))
    frame = pd.DataFrame({"h": rng.integers(2, size=n), "c": rng.integers(3, size=n)})
    frame = pd.concat([pd.DataFrame([(h, c) for h in range(2) for c in range(3)], columns=["h", "c"]), frame])
    n = len(frame)
    frame = frame.reset_index(drop=True).assign(home=rng.integers(6, size=n), w=rng.uniform(0.2, 4, n))
    frame["sex"] = rng.choice(["Female", "Male", None], n, p=[0.48, 0.48, 0.04])
    frame.loc[:1, "sex"] = ["Female", "Male"]
    frame["can"] = rng.random(n) < 0.7
    frame["out"] = (rng.random(n) < 0.4).astype(float)
    frame.loc[rng.random(n) < 0.07, "out"] = np.nan
    frame["poor"] = rng.integers(2, size=n).astype(float)
    return frame


def by_loops(frame: pd.DataFrame) -> dict[str, list[float]]:
    """Each statistic's answer, person by person; missing where the person is not below the fraction."""
    out: dict[str, list[float]] = {k: [] for k in (ANY, OTHER, "both", "only Female", "only Male")}
    homes = {k: g.to_dict("records") for k, g in frame.groupby(["h", "c", "home"])}
    for person in frame.to_dict("records"):
        home = homes[person["h"], person["c"], person["home"]]
        eligible = [m for m in home if m["can"]]
        out[ANY].append(_beside(person, eligible))
        out[OTHER].append(_beside_other(person, eligible))
        for name, answer in _who(eligible).items():
            out[name].append(answer)
    return out


def _beside(person: dict, eligible: list[dict]) -> float:
    if not (person["can"] and person["out"] == 1):
        return np.nan
    answers = [m["out"] for m in eligible]
    return 1.0 if 0 in answers else np.nan if any(np.isnan(a) for a in answers) else 0.0


def _beside_other(person: dict, eligible: list[dict]) -> float:
    """Try every sex for those whose sex is not known, and every answer for those whose answer is not."""
    if not (person["can"] and person["out"] == 1):
        return np.nan
    possible = set()
    for own in [person["sex"]] if isinstance(person["sex"], str) else ["Female", "Male"]:
        others = [m for m in eligible if m["out"] != 1 and m["sex"] != own]
        possible.add(any(m["out"] == 0 and isinstance(m["sex"], str) for m in others))
        possible.add(bool(others))
    return float(possible.pop()) if len(possible) == 1 else np.nan


def _who(eligible: list[dict]) -> dict[str, float]:
    found = {"both": np.nan, "only Female": np.nan, "only Male": np.nan}
    deprived = [m for m in eligible if m["out"] == 1]
    if not deprived:
        return found
    sure = {m["sex"] for m in deprived if isinstance(m["sex"], str)}
    perhaps = sure | {m["sex"] for m in eligible if np.isnan(m["out"])}
    if any(not isinstance(s, str) for s in perhaps) or any(not isinstance(m["sex"], str) for m in deprived):
        perhaps = {"Female", "Male"}
    if sure != perhaps:
        return found
    name = "both" if len(sure) == 2 else f"only {next(iter(sure))}"
    return {k: float(k == name) for k in found}


@SETTINGS
@given(surveys())
def test_the_counts_are_those_of_loops_and_the_errors_those_of_ratios(frame: pd.DataFrame) -> None:
    people = mpi.Survey(frame, weight="w", strata="h", psu="c", household="home")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mpi.MpiWarning)
        est = mpi.decompose.within_households(people, "out", eligible="can", poor="poor")
    level = est.select(contrast="level")
    for name, answers in by_loops(frame).items():
        kind = {"statistic": name} if name.startswith("beside") else {"statistic": "who_is_deprived", "dimension": name}
        for group, inside in (("total", [True] * len(frame)), ("Female", (frame["sex"] == "Female").tolist())):
            pairs = [(0.0, 0.0) if np.isnan(a) else (a, 1.0) for a in answers]
            value, se = naive.ratio(pairs, frame["w"].tolist(), inside, frame["h"].tolist(), frame["c"].tolist())
            found = level.select(group=group, **kind)
            np.testing.assert_allclose(found.value, value, atol=1e-11)
            np.testing.assert_allclose(found.se, se, atol=1e-9)
    shares = level.value[np.isfinite(level.value)]
    assert ((shares >= 0) & (shares <= 1)).all()
    who = level.select(statistic="who_is_deprived", group="total")
    assert np.isnan(who.value).all() or who.value.sum() == pytest.approx(1)


# --- frames, rounds, and what is said -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["polars", "pyarrow"])
def test_any_frame_gives_the_same(kind: str) -> None:
    frame = pd.DataFrame({"home": [1, 1, 2, 2, 3], "sex": ["Female", "Male", "Female", "Female", "Male"]})
    frame["out"] = [1, 0, 1, None, 0]
    frame["can"] = [1, 1, 1, 1, 1]
    if kind == "polars":
        import polars as pl

        other = pl.from_pandas(frame)
    else:
        import pyarrow as pa

        other = pa.Table.from_pandas(frame)
    a, b = (
        mpi.decompose.within_households(mpi.Survey(f, household="home"), "out", eligible="can", by=["can"])
        for f in (frame, other)
    )
    np.testing.assert_array_equal(a.value, b.value)
    np.testing.assert_array_equal(a.se, b.se)


def test_the_same_household_number_in_another_round_is_another_household() -> None:
    before = survey_of([[("Female", 9, 1)], [("Male", 9, 0)]])
    after = survey_of([[("Male", 9, 0)], [("Female", 9, 1), ("Male", 10, 0)]])
    both = mpi.pool({2016: before, 2018: after})
    est = mpi.decompose.within_households(both, "out", eligible=of_school_age)
    assert est.select(statistic=OTHER, contrast="level", group="Female", wave=[2016, 2018]).value.tolist() == [0, 1]
    change = mpi.decompose.change(est.select(contrast="level"), kinds=["change"])
    assert change.select(statistic=OTHER, group="Female").value[0] == 1


def test_a_household_deprivation_copied_to_its_members_is_suspected() -> None:
    with pytest.warns(mpi.MpiWarning, match="never differs between eligible members"):
        mpi.decompose.within_households(mpi.load_sample(), "water")


def test_what_is_wrong_is_told() -> None:
    people = survey_of([[("Female", 9, 1), ("Male", 9, 0)]])
    ask = mpi.decompose.within_households
    with pytest.raises(mpi.MpiError, match="household="):
        ask(mpi.Survey(pd.DataFrame({"sex": ["Female", "Male"], "out": [0, 1]})), "out")
    with pytest.raises(mpi.MpiError, match="did you mean 'out'"):
        ask(people, "outt")
    with pytest.raises(mpi.MpiError, match=r"'age' holds values other than 0, 1 and missing: 9 \(2 times\)"):
        ask(people, "age")
    with pytest.raises(mpi.MpiError, match="a Measure is needed, not int"):
        ask(people, "out", measure=3)
    lost = pd.DataFrame({"home": [1, np.nan, np.nan], "sex": ["Female", "Male", "Male"], "out": [1, 0, 1]})
    with pytest.raises(mpi.MpiError, match="'home' is missing in 2 rows, and who lives with whom is not known"):
        ask(mpi.Survey(lost, household="home"), "out")
    with pytest.raises(mpi.MpiError, match="crossed with every disaggregation"):
        ask(people, "out", by=["sex"])
    with pytest.raises(mpi.MpiError, match="stands for women"):
        ask(survey_of([[("1", 9, 1), ("2", 9, 0)]]), "out")
    with pytest.raises(mpi.MpiError, match="'age' has 1 values"):
        ask(people, "out", sex="age")
    with pytest.raises(mpi.MpiError, match=r"2 problems(.|\n)*poor= and measure=(.|\n)*names a column twice"):
        ask(people, "out", poor="out", measure=mpi.load_measure("gso-mdp"), by=[("age", "age")])
    coded = survey_of([[("1", 9, 1), ("2", 9, 0)], [("1", 9, 0)]])
    assert share(ask(coded, "out", female="1"), OTHER, "1") == 1


def test_a_table_tells_who_is_deprived_apart() -> None:
    frame = pd.DataFrame(
        {
            "home": [1, 1, 1, 2, 2, 3],
            "sex": ["F", "M", "F", "F", "M", "M"],
            "d": [1, 0, 0, 1, 1, 1],
            "psu": [1, 1, 1, 2, 2, 2],
        }
    )
    found = mpi.decompose.within_households(mpi.Survey(frame, household="home", psu="psu"), "d")
    columns = found.publish(percent=True, by="total").columns
    assert {"who_is_deprived: d, both, %", "who_is_deprived: d, only F, %", "deprived: d, %"} <= set(columns)

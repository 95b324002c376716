"""Schemes: what each calls a figure, and all that it is judged by, against R and against a scheme of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.release.conditions import INGREDIENTS, condition

SCHEMES = {
    "statcan": ("statcan", {"acceptable": "A", "marginal": "E", "unacceptable": "F"}),
    "dhs": ("dhs", {"shown": "publish", "in brackets": "parentheses", "not shown": "suppress"}),
    "ine-chile-2020": (
        "ine_chile",
        {"reliable": "reliable", "weakly reliable": "weakly reliable", "not reliable": "non-reliable"},
    ),
    "cepal-2020": ("cepal2020", {"publish": "publish", "review": "review", "suppress": "suppress"}),
    "cepal-2023": (
        "cepal2023",
        {"reliable": "reliable", "weakly reliable": "weakly-reliable", "not reliable": "non-reliable"},
    ),
}
FIGURES = {"n": "n", "n_with": "n_with", "psu": "psu", "df": "df", "estimate": "est", "se": "se", "deff": "deff",
           "cv": "cv", "log_cv": "log_cv", "ess": "ess", "ine_limit": "ine_limit"}  # fmt: skip


def synthetic(field: Path) -> tuple[mpi.Survey, list[tuple[list[str], list]]]:
    people = pd.read_csv(field / "golden/syn.csv.gz").query("complete == 1 and t == 1")
    twice, once = ["d_nutr", "d_cm", "d_satt", "d_educ"], ["d_elct", "d_sani", "d_wtr", "d_hsg", "d_ckfl", "d_asst"]
    score = 3 * people[twice].sum(axis=1) + people[once].sum(axis=1)  # in eighteenths
    people = people.assign(poor=(score >= 6) * 1, severe=(score >= 9) * 1)
    survey = mpi.Survey(people, weight="w2", strata="stratum", psu="psu")
    return survey, [(["poor", "severe"], ["region"]), (["severe"], [("region", "grp6")])]


def casen(field: Path) -> tuple[mpi.Survey, list[tuple[list[str], list]]]:
    people = pd.read_csv(field / "data/chl_casen2020.csv.gz").query("pobreza == pobreza")
    people = people.assign(poor=(people["pobreza"] <= 2) * 1, ext=(people["pobreza"] == 1) * 1)
    survey = mpi.Survey(people, weight="expr", strata="estrato", psu="cod_upm", single_psu="centered")
    return survey, [(["poor", "ext"], ["region"])]


@pytest.mark.parametrize(("data", "made"), [("syn_t1", synthetic), ("casen2020", casen)])
def test_each_label_and_each_ingredient_is_that_of_r(field: Path, data: str, made) -> None:
    """192 cells, each by five schemes, in R's survey 4.1, the rules typed from their sources; 17 digits, so 1e-9."""
    golden = pd.read_csv(field / "golden_next/d_reliability.csv").query("data == @data")
    golden = golden.assign(key=golden["group"].astype(str))
    survey, asked = made(field)
    compared = 0
    for columns, by in asked:
        est = mpi.mean(survey, columns, by=by)
        for name, (column, words) in SCHEMES.items():
            found = mpi.release.reliability(est, name).query("by != 'total'")
            keys = {
                "key": found["group"].astype(str).str.replace(" × ", " "),
                "variable": found["indicator"].astype(str),
            }
            both = found.assign(**keys).merge(golden, on=["key", "variable"], suffixes=("", "_r"))
            both = both[both["by_r"] == ("region" if by == ["region"] else "rg")]
            compared += len(both)
            for mine, theirs in FIGURES.items():
                r = both[f"{theirs}_r" if f"{theirs}_r" in both else theirs]
                np.testing.assert_allclose(both[mine].astype(float), r.astype(float), rtol=1e-9)
            assert both["label"].map(words).tolist() == both[column].tolist()
    assert compared == 5 * len(golden)


def test_cases_with_the_trait_are_counted_in_the_pass() -> None:
    survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    est = mpi.estimate(survey, measure, by=["area"])
    table = est.table.assign(trait=est.counts.n_with, below=est.counts.weight)
    first = table[table["wave"] == 2016].set_index(["statistic", "group"])
    poor, h = first.loc[[("A", "Urban")]].iloc[0], first.loc[[("H", "Urban")]].iloc[0]
    assert poor["n"] == h["trait"] == poor["trait"]
    number = mpi.estimate(survey, measure, by=["area"], statistics=["number_of_poor", "H"])
    n, h = (number.select(statistic=s, by="area") for s in ("number_of_poor", "H"))
    np.testing.assert_allclose(n.value, h.value * n.counts.weight)
    assert (n.counts.n_with == h.counts.n_with).all()


def test_counts_go_with_their_figures_and_not_with_what_is_derived() -> None:
    est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"], statistics=["H"])
    part = est.select(by="area", wave=2018)
    assert part.counts.n_with.tolist() == est.counts.n_with[est.keys.find({"by": "area", "wave": 2018})].tolist()
    both = mpi.concat([part, est.select(by="total")])
    assert len(both.counts.n_with) == len(both)
    assert np.isfinite(both.counts.n_with).all()
    assert part.contrast([1, -1]).counts is None
    mixed = mpi.concat([part, part.contrast([1, -1])])
    assert np.isnan(mixed.counts.n_with).tolist() == [False, False, True]


def test_a_scheme_of_ones_own() -> None:
    text = """
    name = "ours"
    rule = "Figures of fewer than 120 households are not shown, those of a cv above 20% are marked."
    few = 120
    [[labels]]
    name = "good"
    show = "plain"
    when = ["n >= 120", "cv <= 0.2"]
    [[labels]]
    name = "weak"
    show = "mark"
    mark = "?"
    when = ["n >= 120"]
    [[labels]]
    name = "not shown"
    show = "hidden"
    """
    est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"], statistics=["H"])
    own = mpi.release.Scheme.from_toml(text)
    found = mpi.release.reliability(est, own)
    cv = np.divide(est.se, est.value, out=np.full(len(est), np.nan), where=est.value > 0).tolist()
    expected = ["not shown" if n < 120 else "good" if c <= 0.2 else "weak" for n, c in zip(est.n, cv, strict=True)]
    assert found["label"].tolist() == expected
    assert len(set(expected)) == 3
    assert set(found.loc[found["show"] == "hidden", "reason"]) == {"fewer than 120 persons"}


def test_every_problem_of_a_scheme_is_told_at_once() -> None:
    text = """
    name = "ours"
    rul = "?"
    few = -1
    [[labels]]
    name = "good"
    show = "plane"
    when = ["m >= 60", "cv", 3, "n >= many"]
    """
    with pytest.raises(mpi.MpiError) as error:
        mpi.release.Scheme.from_toml(text)
    said = str(error.value)
    for part in ("did you mean 'rule'", "few: found the number -1", "did you mean 'plain'", "no ingredient 'm'",
                 "'cv' is no condition", "found the number 3", "'many' is neither"):  # fmt: skip
        assert part in said, part


def test_a_scheme_that_makes_no_sense_is_refused() -> None:
    label = {"name": "a", "show": "plain", "when": ["n >= 3"]}
    with pytest.raises(mpi.MpiError, match="fits no other"):
        mpi.release.Scheme.from_toml({"name": "x", "rule": "r", "labels": [label]})
    with pytest.raises(mpi.MpiError, match="protection is 2"):
        mpi.release.Scheme.from_toml(
            {"name": "x", "rule": "r", "protection": 2, "labels": [{"name": "b", "show": "hidden"}]}
        )
    with pytest.raises(mpi.MpiError, match="did you mean 'dhs'"):
        mpi.release.load_scheme("dsh")


@pytest.mark.parametrize("name", mpi.release.list_schemes())
def test_what_ships_says_where_it_is_from_and_how_sure_it_is(name: str) -> None:
    scheme = mpi.release.load_scheme(name)
    assert scheme.name == name
    assert all([scheme.rule, scheme.source, scheme.standing, scheme.title])
    assert set(scheme.needs) <= set(INGREDIENTS)
    assert [label.show for label in scheme.labels][-1] == "hidden"


def test_what_eurostat_says_was_not_confirmed() -> None:
    scheme = mpi.release.load_scheme("eurostat")
    assert all("not confirmed" in said for said in (scheme.standing, scheme.rule))


def test_an_unknown_ingredient_meets_no_condition() -> None:
    nan = {"cv": np.array([np.nan, 0.1])}
    assert condition("cv <= 0.2").met(nan).tolist() == condition("cv > 0.05").met(nan).tolist() == [False, True]

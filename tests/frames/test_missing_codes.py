"""Codes that are no answer: declared once, they are missing in every figure, whatever holds the rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
import mpi.decompose
import mpi.indicators
from frame_kinds import ENGINES, IN_MEMORY, arrow, polars
from mpi.frames.missing_codes import MissingCodes, read_missing, written_codes

DESIGN = {"weight": "w", "psu": "c"}
KINDS = ["int8", "int64", "float32", "float64", "Int16", "text", "category"]


def _column(kind: str, values: list[float | None]) -> Any:
    if kind in {"text", "category"}:
        texts = [None if v is None else f"{v:g}" for v in values]
        return pd.Series(texts, dtype=object if kind == "text" else "category")
    if kind == "Int16":
        return pd.array([None if v is None else int(v) for v in values], dtype="Int16")
    if kind.startswith("int"):
        return np.array([0 if v is None else int(v) for v in values], dtype=kind)
    return np.array([np.nan if v is None else v for v in values], dtype=kind)


@st.composite
def _cases(draw: Any) -> tuple[pd.DataFrame, dict[str, list[Any]]]:
    n = draw(st.integers(4, 12))
    values = st.one_of(st.none(), st.sampled_from([0, 1, 5, 8, 9, 12, 97, 98, 99]))
    codes = st.lists(st.sampled_from([8, 9, 97, "98", 99, "97-99", ">= 98", 998, -1, 9.5, 40000]), max_size=4)
    frame, declared = pd.DataFrame({"w": 1.0 + np.arange(n), "c": np.arange(n) % 4}), {}
    for i, kind in enumerate(draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=3))):
        frame[f"x{i}"] = _column(kind, draw(st.lists(values, min_size=n, max_size=n)))
        declared[f"x{i}"] = draw(codes)
    return frame, declared


def _is_code(value: Any, codes: list[Any], *, text: bool) -> bool:
    """Say it once more, value by value."""
    for code in codes:
        if isinstance(code, str) and (code.startswith(">=") or "-" in code):
            low, high = (float(code[2:]), np.inf) if code.startswith(">=") else map(float, code.split("-"))
            if not text and low <= float(value) <= high:
                return True
        elif (str(value) == f"{float(code):g}") if text else float(value) == float(code):
            return True
    return False


def _by_hand(frame: pd.DataFrame, declared: dict[str, list[Any]]) -> dict[str, list[Any]]:
    found = {}
    for name, codes in declared.items():
        text = not pd.api.types.is_numeric_dtype(frame[name])
        found[name] = [
            None if pd.isna(v) or _is_code(v, codes, text=text) else (v if text else float(v)) for v in frame[name]
        ]
    return found


def _held(survey: mpi.Survey, name: str) -> list[Any]:
    parts = [None if pd.isna(v) else v for f in survey.frames for v in f[name].to_list()]
    return [v if isinstance(v, str) or v is None else float(v) for v in parts]


@settings(max_examples=40, deadline=None)
@given(_cases())
def test_declared_codes_are_missing_and_nothing_else_changes_in_memory(case):
    frame, declared = case
    before = frame.copy(deep=True)
    wanted = _by_hand(frame, declared)
    for made in (frame, polars(frame), arrow(frame)):
        survey = mpi.Survey(made, missing=declared, **DESIGN)
        assert {n: _held(survey, n) for n in wanted} == wanted
        assert survey.columns == tuple(frame.columns)
    pd.testing.assert_frame_equal(frame, before)


@settings(max_examples=15, deadline=None)
@given(_cases())
def test_declared_codes_are_missing_on_engines(case):
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is an extra")
    frame, declared = case
    wanted = _by_hand(frame, declared)
    for made in (polars(frame).lazy(), duckdb.from_arrow(arrow(frame))):
        survey = mpi.Survey(made, missing=declared, **DESIGN)
        rows = survey.collect()
        order = np.argsort(rows.numbers("w"))
        assert {n: [_held(rows, n)[i] for i in order] for n in wanted} == wanted
        assert survey.columns == tuple(frame.columns)


@pytest.mark.parametrize("engine", ENGINES[:-1])  # what retention counts is asked of Spark
def test_figures_are_those_of_data_without_the_codes(engine, on_engine):
    rng = np.random.default_rng(4)
    n = 200
    frame = pd.DataFrame({
        "w": rng.integers(1, 5, n).astype(float),
        "c": np.arange(n) % 10,
        "yrs": rng.choice([0, 5, 9, 12, 97, 98, 99], n),
        "minutes": rng.choice([5.0, 30, 995, 998, np.nan], n),
        "a": rng.choice([0, 1, 9], n),
        "b": rng.choice([0.0, 1.0, 8.0], n),
        "g": rng.choice([1, 2, 9], n),
    })  # fmt: skip
    declared = {"yrs": [97, 98, 99], "minutes": "995-999", "*": [8, 9]}
    clean = frame.astype({"yrs": float, "a": float, "g": float})
    clean["yrs"] = clean["yrs"].where(clean["yrs"] < 97)
    clean["minutes"] = clean["minutes"].where(~(clean["minutes"] >= 995))
    clean[["a", "b", "g"]] = clean[["a", "b", "g"]].where(~clean[["a", "b", "g"]].isin([8, 9]))
    measure = mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2")
    survey, other = mpi.Survey(on_engine(engine, frame), missing=declared, **DESIGN), mpi.Survey(clean, **DESIGN)
    for ours, theirs in (
        (mpi.mean(survey, ["yrs", "minutes"], by=["g"]), mpi.mean(other, ["yrs", "minutes"], by=["g"])),
        (mpi.estimate(survey, measure, by=["g"]), mpi.estimate(other, measure, by=["g"])),
    ):
        np.testing.assert_allclose(ours.value, theirs.value, rtol=1e-12)
        np.testing.assert_allclose(ours.se, theirs.se, rtol=1e-9)
        assert ours.table["group"].tolist() == theirs.table["group"].tolist()


def test_design_columns_are_touched_by_their_names_only():
    frame = pd.DataFrame({"w": [9.0, 1, 1, 1], "c": [1, 2, 3, 9], "x": [9, 1, 2, 3]})
    survey = mpi.Survey(frame, missing=[9], **DESIGN)
    assert (survey.numbers("w")[0], survey.numbers("c")[3]) == (9, 9)
    assert np.isnan(survey.numbers("x")[0])
    with pytest.raises(mpi.MpiError, match="weight column 'w'"):
        mpi.Survey(frame, missing={"w": [9]}, **DESIGN)


def test_identifiers_that_no_float_holds_stay_whole():
    big = 2**53 + 1
    survey = mpi.Survey(pd.DataFrame({"x": [big, 99]}), missing={"x": [99]})
    assert survey.categories("x").levels == (big, None)


@pytest.mark.parametrize("kind", IN_MEMORY)
def test_a_value_label_stands_for_its_code(kind, on_engine):
    frame = on_engine(kind, pd.DataFrame({"x": [1, 2, 98], "y": [98, 1, 2]}))
    labels = {"x": {98: "Don't  know"}, "y": {98: "Ninety-eight"}}
    survey = mpi.Survey(frame, labels=labels, missing={"x": "don't know"})
    assert np.isnan(survey.numbers("x")).tolist() == [False, False, True]
    survey = mpi.Survey(frame, labels=labels, missing=["Don't know"])
    assert np.isnan(survey.numbers("x")).tolist() == [False, False, True]
    assert not np.isnan(survey.numbers("y")).any()
    with pytest.raises(mpi.MpiError, match="no value of it is labelled 'Dont know'; did you mean"):
        mpi.Survey(frame, labels=labels, missing={"x": "Dont know"})


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(mpi.MpiError) as error:
        read_missing({"a": True, "b": "9-3", 3: [1], "c": [float("nan")], "d": ""})
    assert len(error.value.problems) == 5
    with pytest.raises(mpi.MpiError, match="no column 'yr'; did you mean 'yrs'"):
        mpi.Survey(pd.DataFrame({"yrs": [1]}), missing={"yr": [9]})
    with pytest.raises(mpi.MpiError, match="no column 'yr'; did you mean 'yrs'"):
        mpi.Survey(polars(pd.DataFrame({"yrs": [1]})).lazy(), missing={"yr": [9]})


@given(
    st.lists(st.one_of(st.integers(-99, 9999), st.sampled_from(["DK", "5-9", "-9 to -1", ">= 9990", "<= -1", 99.97])))
)
def test_codes_read_back_as_they_were_written(codes):
    found = read_missing({"x": codes}).columns["x"]
    assert read_missing({"x": written_codes(found)}) == MissingCodes({"x": found})


def test_files_scans_and_profiles(tmp_path):
    pytest.importorskip("duckdb", reason="DuckDB is an extra")
    frame = pd.DataFrame({"w": [1.0, 2, 3, 4], "c": [1, 1, 2, 2], "a": [0, 1, 9, 1], "z": [99.97, 1.5, -2, 9.5]})
    measure = mpi.Measure.nested("m", {"x": ["a"]}, cutoff="1")
    frame.astype({"z": "float32"}).to_stata(tmp_path / "p.dta", write_index=False)
    frame.to_csv(tmp_path / "p.csv", index=False)
    for path in (tmp_path / "p.dta", tmp_path / "p.csv"):
        for memory in (None, "1GB"):
            survey = mpi.read_survey(path, missing={"a": 9, "z": [99.97]}, memory=memory, **DESIGN)
            assert mpi.estimate(survey, measure, statistics=["H"]).value[0] == pytest.approx(6 / 7)
            assert mpi.mean(survey, "z").value[0] == pytest.approx((3 - 6 + 38) / 9)
            few = mpi.read_survey(path, columns=["a"], missing={"a": 9, "z": [99.97]}, memory=memory, **DESIGN)
            assert mpi.mean(few, "a").value[0] == pytest.approx(6 / 7)
            with pytest.raises(mpi.MpiError, match="no column 'aa'"):
                mpi.read_survey(path, columns=["a"], missing={"aa": 9}, memory=memory, **DESIGN)
        relation = mpi.scan(path, missing={"a": [9]})
        assert sorted(relation.df()["a"].dropna()) == [0, 1, 1]
        assert "a" in relation.columns
        assert len(relation.columns) == 4
    small = mpi.profile(frame, measure, missing={"a": [9]}, **DESIGN)
    assert mpi.estimate(small, measure, statistics=["H"]).value[0] == pytest.approx(6 / 7)
    with pytest.raises(mpi.MpiError, match="missing: the survey brings its own design"):
        mpi.profile(mpi.Survey(frame, **DESIGN), measure, missing={"a": [9]})


def test_an_indicator_with_other_values_says_how_to_declare_them():
    frame = pd.DataFrame({"a": [0, 1, 9], "c": [1, 2, 3]})
    measure = mpi.Measure.nested("m", {"x": ["a"]}, cutoff="1")
    for made in (frame, polars(frame).lazy()):
        with pytest.raises(mpi.MpiError, match=r"declared, such as missing=\{'a': \[9\]\}"):
            mpi.estimate(mpi.Survey(made, psu="c"), measure)


LABELS = {"yrs": {0: "None", 97: "Inconsistent", 98: "DK", 99: "Missing"}, "g": {1: "A", 9: "No response"}}


def _people() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    n = 60
    return pd.DataFrame({
        "w": rng.integers(1, 4, n).astype(float), "c": np.arange(n) % 6, "g": rng.choice([1, 9], n),
        "yrs": np.where(np.arange(n) < 5, 98, np.where(np.arange(n) < 8, 99, rng.integers(0, 12, n))),
        "inc": rng.uniform(1, 9, n), "first": (np.arange(n) < 6).astype(int),
    })  # fmt: skip


@pytest.mark.parametrize("engine", ["pandas", "polars", "arrow", "lazy polars", "duckdb"])
def test_labelled_codes_that_read_like_missing_ones_are_told(engine, on_engine):
    """Mean schooling was 9.74 where it is 7.94."""
    survey = mpi.Survey(on_engine(engine, _people()), labels=LABELS, **DESIGN)
    figures = {
        "mean": lambda s: mpi.mean(s, "yrs"), "total": lambda s: mpi.total(s, "yrs"),
        "ratio": lambda s: mpi.ratio(s, "inc", "yrs"), "proportion": lambda s: mpi.proportion(s, "yrs"),
        "linear": lambda s: mpi.decompose.regression(s, "inc", ["yrs"]),
        "outcome": lambda s: mpi.decompose.regression(s, "yrs", ["inc"]),
    }  # fmt: skip
    for name, figure in figures.items():
        with pytest.warns(mpi.MpiWarning, match=r"'yrs' holds 98 \('DK'\) in 5 rows and 99 \('Missing'\) in 3") as seen:
            figure(survey)
        assert len(seen) == 1, name
        assert "missing={'yrs': [98, 99]}" in str(seen[0].message)
    with pytest.warns(mpi.MpiWarning, match=r"'yrs' holds 98 \('DK'\) in 5 rows and 99 \('Missing'\) in 1 rows"):
        mpi.mean(survey, "yrs", where="first")
    mpi.mean(survey, "inc", by=["g"])  # a group of those who did not answer is a group
    for declared in ({"yrs": [97, 98, 99]}, {"yrs": ["DK", "Missing"]}, {"yrs": []}):
        made = mpi.Survey(on_engine(engine, _people()), labels=LABELS, missing=declared, **DESIGN)
        found = mpi.mean(made, "yrs").value[0]
        rows = _people()
        rows = rows[rows["yrs"] < 97] if declared["yrs"] else rows
        assert found == pytest.approx(np.average(rows["yrs"], weights=rows["w"]), rel=1e-12)
    with pytest.warns(mpi.MpiWarning, match=r"'yrs' holds 99 \('Missing'\) in 3 rows"):
        mpi.mean(mpi.Survey(on_engine(engine, _people()), labels=LABELS, missing={"yrs": 98}, **DESIGN), "yrs")


@pytest.mark.parametrize("engine", ["pandas", "polars", "arrow", "lazy polars", "duckdb"])
def test_indicators_whose_labels_contradict_the_coding_are_told(engine, on_engine):
    frame = pd.DataFrame({"a": [0, 1, 1, 0], "c": [1, 2, 3, 4]})
    measure = mpi.Measure.nested("m", {"x": ["a"]}, cutoff="1")
    wrong = {"a": {0: "Yes, deprived", 1: "No"}}
    with pytest.warns(mpi.MpiWarning, match="column 'a': 0 is 'Yes, deprived' and 1 is 'No'"):
        mpi.estimate(mpi.Survey(on_engine(engine, frame), psu="c", labels=wrong), measure)
    for right in ({0: "Not deprived", 1: "Deprived"}, {0: "no", 1: "yes"}, {0: "Không", 1: "Có"}, {1: "No toilet"}):
        mpi.estimate(mpi.Survey(on_engine(engine, frame), psu="c", labels={"a": right}), measure)


@pytest.mark.parametrize("engine", ENGINES)
def test_retention_says_how_many_by_which_code(engine, on_engine):
    frame = pd.DataFrame({
        "c": [1, 1, 2, 2, 3, 3], "a": [0, 1, 9, 8, 9, 1], "b": [0.0, 1, np.nan, 0, 1, 8], "in": [1, 1, 1, 1, 0, 1],
    })  # fmt: skip
    measure = mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2")
    survey = mpi.Survey(on_engine(engine, frame), psu="c", missing=[8, 9], labels={"a": {9: "DK"}})
    report = mpi.retention(survey, measure, where="in")
    assert report.indicators.set_index("indicator")["n_missing"].to_dict() == {"a": 2, "b": 2}
    b = ["b", "b", 8, "", 1, 1]
    assert report.codes.to_numpy().tolist() == [["a", "a", 8, "", 1, 1], ["a", "a", 9, "DK", 1, 1], b]
    assert "DK" in repr(report)
    if engine != "spark":
        assert mpi.retention(survey, measure).codes["n"].tolist() == [1, 2, 1]


@pytest.mark.parametrize("engine", ["pandas", "polars", "arrow", "lazy polars", "duckdb"])
def test_retention_traces_what_rules_made(engine, on_engine):
    people = pd.DataFrame({"household": [1, 1, 2, 3, 4], "yrs": [98, 7, 99, 3, 8], "c": [1, 1, 2, 2, 3]})
    rules = mpi.indicators.Rules(
        "r",
        [mpi.indicators.Rule(name="educ", deprived=mpi.indicators.column("yrs") < 6, household="all")],
        missing={"yrs": 99},
    )
    survey = mpi.Survey(on_engine(engine, people), household="household", psu="c", missing={"yrs": 98})
    made = mpi.indicators.add_deprivations(survey, rules)
    measure = mpi.Measure.nested("m", {"x": ["dep_educ"]}, cutoff="1")
    report = mpi.retention(made, measure)
    assert report.codes.to_numpy().tolist() == [
        ["dep_educ", "yrs", 98, "", 1, 0],  # another member has finished school
        ["dep_educ", "yrs", 99, "", 1, 1],
    ]
    other = mpi.Survey(on_engine(engine, people.assign(dep_educ=0.0)), household="household", psu="c")
    pooled = mpi.pool({1: made, 2: other}, shared_psus=False)
    assert mpi.retention(pooled, measure).codes["n"].tolist() == [1, 1]
    assert made.columns == ("household", "yrs", "c", "dep_educ")

"""Estimates as JSON: nothing but plain values, and the same estimates again, covariances included."""

from __future__ import annotations

import datetime as dt
import io
import json
import tomllib
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from mpi.core.errors import MpiError
from mpi.measures.measure import Measure
from mpi.results.as_json import _read, _written, arguments_of


def frame(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({name: rng.binomial(1, p, 90).astype(float) for name, p in (("a", 0.3), ("b", 0.6))})
    table.loc[:3, "a"] = np.nan
    groups = rng.choice(["Hà Nội", "=1+1", "x"], 90)
    return table.assign(g=groups, h=np.repeat(range(3), 30), c=np.tile(range(10), 9), w=rng.uniform(1, 3, 90))


def survey(seed: int = 1) -> mpi.Survey:
    return mpi.Survey(frame(seed), weight="w", strata="h", psu="c")


MEASURE = Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/3")


def made(number: int) -> mpi.Estimates:
    if number < 3:
        rounds = mpi.pool({2016: survey(), 2018: survey(2)}, shared_psus=True)
        est = mpi.estimate(rounds, MEASURE, by=["g", ("g", "h")], cutoffs=["1/3", "1"])
        return [lambda: est, lambda: mpi.gap(est, "g"), lambda: mpi.change(est.select(by=["total", "g"]))][number]()
    if number == 3:
        return mpi.estimate(mpi.Survey(frame(3), census=True), MEASURE, by=["g"])
    single = mpi.Survey(frame(4).assign(c=lambda f: f.c.where(f.h > 0, 0)), strata="h", psu="c", single_psu="scaled")
    return mpi.estimate(single, MEASURE, ["g"], statistics=["H", "poor_share"])


def test_every_field_comes_back_but_that_of_a_release() -> None:
    """What is not written is lost without a word, as the cases with the trait once were."""
    assert set(arguments_of(made(0).to_dict())) == {f.name for f in fields(mpi.Estimates)} - {"status"}


def test_what_comes_back_is_released_alike() -> None:
    est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"], deff=True)
    again = mpi.Estimates.from_json(est.to_json())
    for name in ("n_with", "weight"):
        np.testing.assert_array_equal(getattr(again.counts, name), getattr(est.counts, name))
    for name in ("variance", "weight", "square"):
        np.testing.assert_array_equal(getattr(again.simple, name), getattr(est.simple, name))
    for chosen in mpi.release.list_schemes():
        assert again.release(chosen).table["status"].tolist() == est.release(chosen).table["status"].tolist()
    assert "counts" not in est.to_dict(influence=False)


def test_files_with_more_than_is_read_now_are_read() -> None:
    est = mpi.estimate(survey(), MEASURE, by=["g"], deff=True)
    older = est.to_dict()
    older["simple"]["positive"] = older["simple"]["weight"]
    del older["counts"]
    again = mpi.Estimates.from_dict(older)
    assert again.counts is None
    np.testing.assert_array_equal(again.simple.variance, est.simple.variance)


@pytest.mark.parametrize("number", range(5))
def test_estimates_come_back_with_their_covariances(number: int) -> None:
    est = made(number)
    text = est.to_json()
    again = mpi.Estimates.from_json(text)
    pd.testing.assert_frame_equal(again.table, est.table, check_categorical=False)
    np.testing.assert_array_equal(again.vcov(), est.vcov())
    assert again.measures == est.measures
    assert (again.about, again.titles, again.codes) == (est.about, est.titles, est.codes)
    L = np.zeros(len(est))
    L[[0, 1]] = 1, -1
    one, other = est.contrast(L), again.contrast(L)
    np.testing.assert_array_equal((one.value, one.se, one.df), (other.value, other.se, other.df))
    assert again.to_json() == text


def test_the_text_is_strict_json_of_plain_values() -> None:
    est = made(0)
    data = json.loads(est.to_json(), parse_constant=lambda token: pytest.fail(f"{token} is no JSON"))
    first = data["estimates"][0]
    assert (first["statistic"], first["by"], first["group"], first["wave"]) == ("M0", "total", "total", 2016)
    assert {row["cutoff"] for row in data["estimates"]} == {"1/3", "1", None}
    numbers = pd.DataFrame(data["estimates"])["estimate"].to_numpy(dtype=float)
    np.testing.assert_array_equal(numbers, est.value)
    assert Measure.from_toml(data["measures"][0]) == MEASURE


def test_a_table_to_hand_out_has_no_influences() -> None:
    data = made(0).to_dict(influence=False)
    assert "influence" not in data
    with pytest.raises(MpiError, match="influence=False, as a table that has no covariances"):
        mpi.Estimates.from_dict(data)


@settings(max_examples=100, deadline=None)
@given(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.text(), st.floats(allow_nan=False), st.dates(), st.datetimes(),
        st.times(), st.decimals(allow_nan=False), st.fractions(),
    )
)  # fmt: skip
def test_values_come_back_as_they_were(value: Any) -> None:
    written = json.loads(json.dumps(_written(value), allow_nan=False))
    again = _read(written)
    assert again == value
    assert type(again) is type(value)


def test_values_of_other_libraries_are_plain() -> None:
    assert [_written(v) for v in (np.int64(3), np.float32(0.5), np.str_("x"))] == [3, 0.5, "x"]
    assert _written(pd.Timestamp("2016-01-01")) == {"datetime": "2016-01-01T00:00:00"}
    assert (_written(Fraction(1, 3)), _written(Decimal("0.1"))) == ({"fraction": "1/3"}, {"decimal": "0.1"})
    assert _written(dt.date(2016, 1, 1)) == {"date": "2016-01-01"}


def test_files_and_what_is_wrong_with_them(tmp_path) -> None:
    est, file = made(4), tmp_path / "est.json"
    est.to_json(file)
    assert len(mpi.Estimates.from_json(file)) == len(est)
    with pytest.raises(MpiError, match=r"did you mean 'est\.json'"):
        mpi.Estimates.from_json(tmp_path / "ets.json")
    with pytest.raises(MpiError, match=r"end it in '\.json'"):
        est.to_json(tmp_path / "est.csv")
    for text, told in (("{", "this is not JSON"), ('{"a": 1}', "schema is None"), ("{}", "schema is None")):
        with pytest.raises(MpiError, match=told):
            mpi.Estimates.from_json(text)
    data = est.to_dict()
    data["influence"]["jacobian"]["data"]["zlib"] = "AAAA"
    with pytest.raises(MpiError, match="were they changed"):
        mpi.Estimates.from_dict(data)


def test_writers_return_text_or_fill_buffers(tmp_path) -> None:
    est = made(4)
    est.to_csv(tmp_path / "a.csv")
    text = est.to_csv()
    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig") == text
    as_text, as_bytes = io.StringIO(), io.BytesIO()
    est.to_csv(as_text)
    est.to_csv(as_bytes)
    assert as_text.getvalue() == text
    assert as_bytes.getvalue().decode("utf-8-sig") == text
    book = io.BytesIO()
    est.to_excel(book)
    assert book.getvalue()[:2] == (est.to_excel() or b"")[:2] == b"PK"
    with pytest.raises(MpiError, match="excel is no text"):
        est.to_excel(io.StringIO())
    assert "<table" in (est.to_html() or "")
    assert "tabular" in (est.to_latex(statistics=["H"]) or "")


def test_toml_is_read_from_text_and_tables() -> None:
    text = MEASURE.to_toml()
    assert Measure.from_toml(text) == Measure.from_toml(tomllib.loads(text)) == MEASURE
    halves: dict[str, Any] = {"x": {"weight": 0.3, "indicators": ["a"]}, "y": {"weight": 0.7, "indicators": ["b"]}}
    assert Measure.from_toml({"name": "m", "cutoff": 0.5, "dimensions": halves}).weights["a"] == Fraction(3, 10)
    with pytest.raises(MpiError, match="measure text, line 1, column"):
        Measure.from_toml("name = \nx")
    with pytest.raises(MpiError, match="measure tables"):
        Measure.from_toml({"nmae": "m"})
    with pytest.raises(MpiError, match="a path of a measure, its text or its tables are needed, not int"):
        Measure.from_toml(3)
    rules = mpi.indicators.load_rules("vn-2022")
    assert mpi.indicators.Rules.from_toml(rules.to_toml()) == rules

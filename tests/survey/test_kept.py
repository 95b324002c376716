"""What a survey was made of stays what it was; values with an index are of the rows that it names."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from mpi import MpiError
from mpi.core.cache import Cache

pytestmark = pytest.mark.filterwarnings("ignore:The inplace keyword")

ONE = mpi.Measure.nested("one", {"x": ["d"]}, 1)


def people(rows: int = 40, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "d": rng.integers(0, 2, rows),
            "w": rng.uniform(0.5, 2, rows).round(3),
            "psu": np.arange(rows) // 4,
            "g": rng.integers(0, 3, rows),
            "age": rng.integers(0, 80, rows).astype(float),
        }
    )


def survey(frame: Any, **options: Any) -> mpi.Survey:
    return mpi.Survey(frame, weight="w", psu="psu", **options)


def figures(s: mpi.Survey, **options: Any) -> list[float]:
    est = mpi.estimate(s, ONE, by=["g"], statistics=["H"], **options)
    return [*est.value, *est.se, *mpi.mean(s, "age", **options).value]


# --- what is computed once ------------------------------------------------------------------------------------------

REQUESTS: dict[str, dict[str, Any]] = {
    "total": {},
    "by g": {"by": ["g"]},
    "by both": {"by": ["h", ("g", "h")]},
    "domain": {"by": ["g"], "where": "h"},
    "households": {"by": ["h"], "unit": "household"},
    "cutoffs": {"by": ["g"], "cutoffs": ["1/2", 1]},
    "statistics": {"by": ["h"], "statistics": ["H", "poor_share"]},
    "other measure": {"by": ["g"], "measure": mpi.Measure.nested("two", {"x": ["d"], "y": ["h"]}, "1/2")},
    "effects": {"by": ["g"], "deff": True},
}


def _asked(s: mpi.Survey, request: str) -> bytes:
    est = mpi.estimate(s, **{"measure": ONE, **REQUESTS[request]})
    return est.table.to_csv().encode() + est.vcov().tobytes()


def _homes() -> pd.DataFrame:
    """Two households of two in each PSU: `g` lies within PSUs, `h` crosses them."""
    frame = people()
    home = np.arange(len(frame)) // 2
    return frame.assign(home=home, h=home % 2, g=frame["psu"] % 3, d=frame["psu"] % 2)


def test_what_was_asked_before_changes_no_figure() -> None:
    """Each request follows each other one, on the way there or back."""

    def fresh() -> mpi.Survey:
        return mpi.Survey(_homes().assign(w=1.0), weight="w", psu="psu", household="home")

    alone = {request: _asked(fresh(), request) for request in REQUESTS}
    kept = fresh()
    for request in (*REQUESTS, *reversed(REQUESTS)):
        assert _asked(kept, request) == alone[request]


def test_surveys_made_of_one_that_was_asked_are_read_anew() -> None:
    s = mpi.Survey(_homes(), weight="w", psu="psu")
    figures(s)
    for made in (s.where("h"), s.calibrate({"g": {0: 10, 1: 20, 2: 30}}, "poststratify")):
        assert figures(made) != figures(s)
    other = s.with_groups("k", "g", {0: "a", 1: "a", 2: "b"})
    assert len(mpi.estimate(other, ONE, by=["k"]).select(statistic="H", by="k")) == 2


def test_what_is_odd_is_told_every_time() -> None:
    s = survey(people().assign(g=lambda f: np.where(f["g"] == 0, "North", "north")))
    for _ in range(2):
        with pytest.warns(mpi.MpiWarning, match="differ only by"):
            mpi.estimate(s, ONE, by=["g"])


def test_what_was_computed_is_in_no_pickle() -> None:
    s = survey(people())
    s.categories("g")
    before = len(pickle.dumps(s))
    est = mpi.estimate(s, ONE, by=["g"])
    assert len(pickle.dumps(s)) == before
    again = mpi.estimate(pickle.loads(pickle.dumps(s)), ONE, by=["g"])  # noqa: S301  # our own
    assert (again.value == est.value).all()
    caches = [c for _, c in reached(pickle.loads(pickle.dumps(est))) if isinstance(c, Cache)]  # noqa: S301  # our own
    assert caches
    assert not any(c._found for c in caches)


def test_of_many_rows_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mpi.core.cache.SMALL", 10)
    s = survey(people())
    mpi.estimate(s, ONE, by=["g"])
    rows = s.rows.collect()
    assert not any(key[0] == "rows" for key in rows.cache._found)


# --- what becomes of the frame afterwards ---------------------------------------------------------------------------


def _drop(frame: Any) -> None:
    frame.drop(index=frame.index[:7], inplace=True)  # noqa: PD002  # to be changed is the point


def _values(frame: Any) -> None:
    frame.loc[:, ["d", "w", "age"]] = 0


def _column(frame: Any) -> None:
    frame["w"] = 1.0
    del frame["age"]


CHANGES: dict[str, Callable[[Any], None]] = {
    "sorted": lambda frame: frame.sort_values(["age", "w"], inplace=True),  # noqa: PD002  # to be changed is the point
    "dropped": _drop,
    "written into": _values,
    "columns": _column,
    "renamed": lambda frame: frame.rename(columns={"d": "x"}, inplace=True),  # noqa: PD002  # to be changed is the point
    "reset": lambda frame: frame.reset_index(inplace=True),  # noqa: PD002  # to be changed is the point
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_survey_keeps_what_it_was_made_of(change: str) -> None:
    frame = people()
    s = survey(frame)
    expected = figures(survey(people()))
    CHANGES[change](frame)
    assert figures(s) == expected
    assert figures(s.where(nw.col("age") < 30)) == figures(survey(people()), where=nw.col("age") < 30)


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(12)))
def test_no_order_of_the_frame_afterwards_changes_a_figure(order: list[int]) -> None:
    frame = people(12)
    s = survey(frame)
    expected = figures(s)
    frame["order"] = np.argsort(order)
    frame.sort_values("order", inplace=True)  # noqa: PD002  # to be changed is the point
    assert figures(s) == expected
    assert figures(survey(frame)) == pytest.approx(expected, rel=1e-12, abs=1e-14, nan_ok=True)


def test_a_frame_of_polars_that_is_changed_in_place() -> None:
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    frame = pl.from_pandas(people())
    s = survey(frame)
    frame[0, "w"] = 1000.0
    frame.replace_column(0, pl.Series("d", [0] * 40))
    frame.extend(frame.head(3))
    assert figures(s) == figures(survey(pl.from_pandas(people())))


def test_a_function_of_the_frame_may_write_into_it() -> None:
    frame = people()
    s = survey(frame)

    def young(given: pd.DataFrame) -> Any:
        given["young"] = given["age"] < 30
        given.sort_values("w", inplace=True)  # noqa: PD002  # to be changed is the point
        return given["young"]

    assert figures(s, where=young) == figures(s, where=nw.col("age") < 30)
    assert list(frame.columns) == list(s.columns) == ["d", "w", "psu", "g", "age"]


def test_labels_are_kept_too_and_can_be_read_only() -> None:
    labels = {"g": {0: "a", 1: "b", 2: "c"}}
    s = survey(people(), labels=labels)
    labels["g"][0] = "z"
    assert s.categories("g").labels == ("a", "b", "c")
    for write in (
        lambda: s.labels.update(g={}),
        lambda: s.labels["g"].__setitem__(0, "z"),
        lambda: s.roles.pop("weight"),
        s.labels["g"].clear,
    ):
        with pytest.raises(MpiError, match="read-only"):
            write()
    for array in (s.weight, s.unit, s.numbers("d"), s.numbers("age"), s.categories("g").index, s.design.stratum):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


def test_surveys_and_estimates_are_copied_and_pickled() -> None:
    s = survey(people(), labels={"g": {0: "a"}})
    est = mpi.estimate(s, ONE, by=["g"])
    for made in (copy.deepcopy(est), pickle.loads(pickle.dumps(est))):  # noqa: S301  # our own
        np.testing.assert_array_equal(made.value, est.value)
        np.testing.assert_array_equal(made.vcov(), est.vcov())
        assert made.codes == est.codes
    assert figures(copy.deepcopy(s)) == figures(s)


# --- what is handed out ---------------------------------------------------------------------------------------------


def results() -> dict[str, mpi.Estimates]:
    s = mpi.load_sample()
    est = mpi.estimate(s, mpi.load_measure("gso-mdp"), by=["area", ("area", "sex")], cutoffs=["1/5", "1/3"])
    head = est.select(statistic=["H", "M0"], by="area", cutoff="1/3")
    return {
        "estimate": est,
        "mean": mpi.mean(s, "income", by=["area"]),
        "change": mpi.decompose.change(head),
        "gap": mpi.decompose.gap(head, by="area"),
        "shapley": mpi.decompose.shapley(est.select(cutoff="1/3"), 2016, 2018),
        "contrast": head.contrast(lambda x: x**2),
        "retention": mpi.retention(s, mpi.load_measure("gso-mdp"), ["area"]).estimates,
    }


def reached(thing: Any, path: str = "est", seen: set[int] | None = None) -> list[tuple[str, Any]]:
    """Everything that attributes lead to, with the way to it."""
    seen = set() if seen is None else seen
    if id(thing) in seen or isinstance(thing, (str, int, float, type(None), bool)):
        return []
    seen.add(id(thing))
    out = [(path, thing)]
    if dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            out += reached(getattr(thing, field.name), f"{path}.{field.name}", seen)
    elif isinstance(thing, Mapping):
        for key, value in thing.items():
            out += reached(value, f"{path}[{key!r}]", seen)
    elif isinstance(thing, tuple):
        for i, value in enumerate(thing):
            out += reached(value, f"{path}[{i}]", seen)
    elif isinstance(thing, Cache):
        out += reached(tuple(thing._found.values()), f"{path}._found", seen)
    elif hasattr(thing, "indptr"):
        for name in ("data", "indices", "indptr"):
            out += reached(getattr(thing, name), f"{path}.{name}", seen)
    return out


def shown(est: mpi.Estimates, folder: Path) -> list[Any]:
    est.to_csv(folder / "e.csv")
    one = est.take(np.flatnonzero(~np.isnan(est.value))[:3])
    contrast = one.contrast([1, *[-1] * (len(one) - 1)])
    numbers = [repr(contrast.value[0]), repr(contrast.se[0])]  # an error that is missing is not equal to itself
    return [(folder / "e.csv").read_text(), est.take([0]).publish().to_string(), *numbers]


def test_what_estimates_hold_cannot_be_written_into() -> None:
    for name, est in results().items():
        found = reached(est)
        assert len(found) > 30
        for path, thing in found:
            if isinstance(thing, np.ndarray):
                assert not thing.flags.writeable, (name, path)
            elif isinstance(thing, Mapping):
                with pytest.raises((MpiError, TypeError)):
                    thing["new"] = 1
            else:
                assert (
                    isinstance(thing, (tuple, Cache))
                    or dataclasses.is_dataclass(thing)
                    or hasattr(thing, "indptr")
                    or (type(thing).__module__ in {"fractions", "datetime"})
                ), (name, path, type(thing))


def test_what_is_written_into_a_table_stays_there(tmp_path: Path) -> None:
    for est in results().values():
        before = shown(est, tmp_path)
        table = est.table
        for column in table.columns:
            if table[column].dtype.kind in "fi":
                table.loc[:, column] = -1
                inner = table[column].to_numpy(copy=False)
                inner.flags.writeable = True
                inner[:] = -2
            else:
                table[column] = table[column].cat.rename_categories(lambda x: f"{x}!")
        low, high = est.conf_int()
        for array in (est.vcov() if len(est) < 900 else low, low, high, est.pvalues()):
            array[...] = -1
        wide = est.take([0]).publish()
        wide.iloc[:, 0] = "x"
        assert shown(est, tmp_path) == before


def test_small_cells_hidden_in_a_table_are_still_there() -> None:
    est = results()["estimate"]
    values = est.value.copy()
    table = est.table
    table.loc[table["n"] < 500, ["estimate", "se"]] = np.nan
    table.loc[:, "estimate"] *= 100
    np.testing.assert_array_equal(est.value, values)
    np.testing.assert_array_equal(est.table["estimate"], values)


def test_reports_and_classifications_are_read_only() -> None:
    report = mpi.retention(mpi.load_sample(), mpi.load_measure("gso-mdp"))
    said = repr(report)
    groups, indicators = report.groups, report.indicators
    groups.loc[:, "n"] = 0
    indicators.drop(index=0, inplace=True)  # noqa: PD002  # to be changed is the point
    assert repr(report) == said
    status = mpi.load_line("vn-2006").classify(mpi.Survey(pd.DataFrame({"income": [1.0, 2e6], "area": [2, 2]})))
    for array in (status.code, status.possible, status.evidence.income, status.survey.weight):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0
    table = status.table
    table.loc[:, "rows"] = 0
    assert status.table["rows"].max() > 0


# --- values with an index -------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(12)), st.permutations(range(12)), st.sampled_from(["pandas", "polars", "arrow"]))
def test_a_series_is_of_the_rows_that_its_index_names(rows: list[int], order: list[int], kind: str) -> None:
    frame = people(12)
    if kind == "pandas":
        frame = frame.iloc[rows]  # whose labels are in no order
        made: Any = frame
    else:
        table = pytest.importorskip("polars", reason="Polars is an extra").from_pandas(frame)
        made = table if kind == "polars" else table.to_arrow()
    s = survey(made)
    young = (frame["age"] < 30).iloc[order]
    assert s.where(young).domain.tolist() == (frame["age"] < 30).tolist()
    assert s.where(nw.from_native(young, series_only=True)).domain.tolist() == (frame["age"] < 30).tolist()
    assert s.with_column("y", frame["age"].iloc[order]).numbers("y").tolist() == frame["age"].tolist()
    assert figures(s, where=young) == figures(s, where=young.sort_index().loc[frame.index].to_numpy())


def test_a_series_of_other_rows_is_refused() -> None:
    frame = people(12)
    s = survey(frame)
    wrong = {
        "no entry for 1 rows": frame["age"].rename({3: 99}),
        "10 entries; there are 12 rows": frame["age"].head(10),
        "several rows have": frame["age"].rename({3: 4}),
    }
    for told, series in wrong.items():
        with pytest.raises(MpiError, match=told):
            s.where(series < 30)
        with pytest.raises(MpiError, match=told):
            s.with_column("y", series)
        with pytest.raises(MpiError, match=told):
            s.where(lambda _, series=series: series < 30)
    twice = frame.rename({3: 4})
    assert survey(twice).where(twice["age"] < 30).domain.tolist() == (frame["age"] < 30).tolist()


def test_a_series_of_polars_is_refused_where_no_frame_gave_it() -> None:
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    frame = pl.from_pandas(people(12))
    s = survey(frame)
    for given_ in (frame["age"] < 30, nw.from_native(frame["age"] < 30, series_only=True)):
        with pytest.raises(MpiError, match=r"no index.*pl\.col\('age'\) < 5.*to_numpy"):
            s.where(given_)
    with pytest.raises(MpiError, match="no index"):
        s.with_column("y", frame["age"])
    expected = figures(s, where=pl.col("age") < 30)
    assert figures(s, where=lambda f: f["age"] < 30) == expected
    assert figures(s, where=(frame["age"] < 30).to_numpy()) == expected


def test_rows_of_several_rounds() -> None:
    one, two = people(12), people(12, seed=2)
    both = mpi.pool({1: survey(one), 2: survey(two)}, shared_psus=False)
    rows = pd.concat([one, two])
    young = rows["age"] < 30
    assert both.where(young).domain.tolist() == young.tolist()
    with pytest.raises(MpiError, match="several rows have"):
        both.where(young.sort_index())
    apart = mpi.pool({1: survey(one), 2: survey(two.set_axis(range(50, 62)))}, shared_psus=False)
    young = young.set_axis([*range(12), *range(50, 62)])
    assert apart.where(young.iloc[::-1]).domain.tolist() == young.tolist()


def test_masks_and_coefficients_of_estimates_go_by_their_index() -> None:
    est = mpi.estimate(survey(people()), ONE, by=["g"], statistics=["H"])
    table = est.table
    mask, coefficients = table["group"] == "1", pd.Series([0.0, 1, -1, 0])
    assert est.take(mask.iloc[::-1]).value.tolist() == est.take(mask.to_numpy()).value.tolist()
    assert est.contrast(coefficients.iloc[[2, 0, 3, 1]]).value.tolist() == est.contrast([0.0, 1, -1, 0]).value.tolist()
    with pytest.raises(MpiError, match="3 entries; there are 4 rows"):
        est.take(mask.head(3))
    with pytest.raises(MpiError, match="no entry for 1 rows"):
        est.contrast(coefficients.rename({0: 9}))


def test_measurements_of_different_children_are_refused() -> None:
    from mpi.indicators.rules import growth

    sex, age, height = pd.Series([1, 2]), pd.Series([30.0, 40]), pd.Series([90.0, 80])
    whole = growth.height_for_age_z(sex, age, height)
    assert whole.tolist() == growth.height_for_age_z(*(x.to_numpy() for x in (sex, age, height))).tolist()
    for given_ in ((sex.iloc[::-1], age, height), (sex, age.iloc[::-1], height), (sex, age, height.iloc[::-1])):
        with pytest.raises(MpiError, match="different indexes"):
            growth.height_for_age_z(*given_)
        with pytest.raises(MpiError, match="different indexes"):
            growth.bmi_for_age_z(*given_, weight_kg=pd.Series([12.0, 13]))

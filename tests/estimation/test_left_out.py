"""Rows that leave the figures for a missing answer are counted, alike on all roads, wherever figures are shown."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import mpi

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEASURE = mpi.Measure.nested("m", {"x": ["a", "b"], "y": ["c"]}, cutoff="1/2")
POLICIES = ("drop", "reweight", "bounds")


def people(seed: int, rows: int, absent: tuple[float, float, float], rounds: int) -> pd.DataFrame:
    """Return rows with answers missing at some rates, some of weight 0."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        name: np.where(rng.random(rows) < rate, np.nan, rng.integers(0, 2, rows))
        for name, rate in zip("abc", absent, strict=True)
    })  # fmt: skip
    frame.iloc[0] = 0.0  # no column is missing throughout
    frame["income"] = np.where(rng.random(rows) < absent[0], np.nan, rng.uniform(1, 9, rows).round(2))
    frame["food"] = np.where(rng.random(rows) < absent[1], np.nan, rng.uniform(1, 2, rows).round(2))
    frame.loc[0, ["income", "food"]] = 1.0
    frame["w"] = rng.choice([0.0, 1.0, 2.5, 3.25], rows)
    frame.loc[0, "w"] = 1.0
    frame["psu"] = np.arange(rows) % 4
    frame["t"] = 2000 + np.arange(rows) // 4 % rounds
    return frame


def roads(frame: pd.DataFrame, design: dict[str, Any]) -> dict[str, Callable[[], mpi.Survey]]:
    pl, duckdb = (
        pytest.importorskip("polars", reason="Polars is an extra"),
        pytest.importorskip("duckdb", reason="DuckDB is an extra"),
    )
    table = pl.from_pandas(frame, nan_to_null=False)
    half = {"shared_psus": "wave" not in design}
    return {
        "pandas": lambda: mpi.Survey(frame, **design),
        "arrow": lambda: mpi.Survey(table.to_arrow(), **design),
        "lazy polars": lambda: mpi.Survey(table.lazy(), **design),
        "duckdb": lambda: mpi.Survey(duckdb.from_arrow(table.to_arrow()), **design),
        "profile": lambda: mpi.profile(frame, MEASURE, **design),
        "merged profiles": lambda: mpi.merge_profiles(
            [mpi.profile(f, MEASURE, **design) for f in (frame.iloc[:8], frame.iloc[8:])], **half
        ),
    }


def naive(frame: pd.DataFrame, lost: pd.Series, reasons: dict[str, pd.Series], *, rounds: int, share: bool) -> str:
    """Count row by row."""
    counts = frame["w"] > 0
    lost = lost & counts
    if not lost.any():
        return ""
    missing = {name: int((x & lost).sum()) for name, x in reasons.items()}
    missing = dict(sorted(((k, n) for k, n in missing.items() if n), key=lambda item: -item[1]))
    said = ", ".join(f"{name} missing in {n:,}" for name, n in missing.items())
    if len(missing) == 1 and next(iter(missing.values())) == lost.sum():
        said = f"{next(iter(missing))} missing"
    parts = []
    for t in sorted(frame["t"].unique()):
        here = frame["t"] == t if rounds > 1 else frame["t"] > 0
        of_all = frame["w"][lost & here].sum() / frame["w"][here].sum()
        told = f"{round(100 * of_all, 9):.2f}% of the population"
        if rounds == 1:
            parts = [told] if share else []
        elif (lost & here).any():
            parts.append(f"{t}: {(lost & here).sum():,}" + (f", {told}" if share else ""))
    return f"{lost.sum():,} of {counts.sum():,} rows left out: {said}" + (f" ({'; '.join(parts)})" if parts else "")


def expected(frame: pd.DataFrame, policy: str, rounds: int) -> str:
    gone = frame[["a", "b", "c"]].isna()
    each = {name: gone[name] for name in gone}
    if policy == "drop":
        return naive(frame, gone.any(axis=1), each, rounds=rounds, share=True)
    whole = {"every indicator of x": gone["a"] & gone["b"], "every indicator of y": gone["c"]}
    lost = whole["every indicator of x"] | whole["every indicator of y"]
    parts = [naive(frame, lost, whole, rounds=rounds, share=True)] if policy == "reweight" else []
    some = gone.any(axis=1) & ~lost if policy == "reweight" else gone.any(axis=1)
    partly = naive(frame, some, each, rounds=1, share=False)
    how = "count by their other answers" if policy == "reweight" else "count at both bounds"
    return "; ".join(filter(None, [*parts, partly.replace("left out", how)]))


rates = st.sampled_from([0.0, 0.1, 0.4])


@settings(max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate])  # each takes a second
@given(st.integers(0, 999), st.tuples(rates, rates, rates), st.sampled_from([1, 2]))
def test_counts_are_those_of_a_naive_count_on_every_road(
    seed: int, absent: tuple[float, float, float], rounds: int
) -> None:
    frame = people(seed, 40, absent, rounds)
    design = {"weight": "w", "psu": "psu", **({"wave": "t", "shared_psus": False} if rounds > 1 else {})}
    for name, make in roads(frame, design).items():
        survey = make()
        for policy in POLICIES:
            est = mpi.estimate(survey, MEASURE.with_missing(policy), statistics=["H"])
            assert est.about.get("rows", "") == expected(frame, policy, rounds), (name, policy)
        if "profile" in name or name == "arrow":
            continue
        for columns in (["income"], ["income", "food"]):
            one = [naive(frame, frame[c].isna(), {c: frame[c].isna()}, rounds=rounds, share=True) for c in columns]
            if len(columns) > 1:
                one = [
                    x.replace(f"left out: {c} missing", f"left out of {c}: missing there")
                    for x, c in zip(one, columns, strict=True)
                ]
            for figure in (mpi.mean, mpi.total):
                assert figure(survey, columns).about.get("rows", "") == "; ".join(filter(None, one)), name
        either = frame["income"].isna() | frame["food"].isna()
        said = naive(frame, either, {"food or income": either}, rounds=rounds, share=False)
        assert mpi.ratio(survey, "food", "income").about.get("rows", "") == said, name
        shares = naive(frame, frame["a"].isna(), {"a": frame["a"].isna()}, rounds=rounds, share=True)
        assert mpi.proportion(survey, "a").about.get("rows", "") == shares, name


def test_a_domain_counts_its_own_rows_and_members_alone() -> None:
    frame = people(1, 60, (0.2, 0.0, 0.0), 1).assign(w=1.0)
    inside = (frame["t"] > 0) & (np.arange(60) % 3 == 0)
    survey = mpi.Survey(frame.assign(here=inside.astype(int)), psu="psu")
    lost = int(frame["a"][inside].isna().sum())
    for given_ in (
        survey,
        mpi.Survey(
            pytest.importorskip("polars", reason="Polars is an extra").from_pandas(survey.frames[0].to_native()).lazy(),
            psu="psu",
        ),
    ):
        est = mpi.estimate(given_, MEASURE, where="here", statistics=["H"])
        assert est.about["rows"].startswith(f"{lost} of 20 rows left out: a missing (")
    homes = mpi.Survey(frame, psu="psu", rows="households")
    told = mpi.estimate(homes, MEASURE, unit="household", statistics=["H"]).about["rows"]
    assert told.startswith(f"{frame['a'].isna().sum()} of 60 households left out: a missing (")


def test_regressions_and_gaps_say_it_too() -> None:
    frame = people(3, 80, (0.2, 0.0, 0.0), 1).assign(w=1.0, g=lambda f: f.index % 2, age=lambda f: f.index % 7 + f.b)
    survey = mpi.Survey(frame, psu="psu")
    gone = frame["income"].isna()
    with pytest.warns(mpi.MpiWarning, match="rows are dropped"):
        est = mpi.decompose.regression(survey, "income", ["age"])
    share = f"{round(100 * gone.mean(), 9):.2f}% of the population"
    assert est.about["rows"] == f"{gone.sum()} of 80 rows left out: income missing ({share})"
    groups = mpi.estimate(survey, MEASURE, by=["g"], statistics=["H"])
    assert mpi.decompose.gap(groups, by="g").about["rows"] == groups.about["rows"]


def test_many_reasons_are_cut() -> None:
    names = [f"d{i}" for i in range(9)]
    frame = pd.DataFrame({n: [np.nan if i <= j else 0.0 for j in range(20)] for i, n in enumerate(names)})
    frame.iloc[-1] = 1.0
    est = mpi.estimate(mpi.Survey(frame), mpi.Measure.nested("m", {"x": names}, cutoff="1/2"), statistics=["H"])
    assert est.about["rows"].startswith("19 of 20 rows left out: d0 missing in 19, d1 missing in 18, ")
    assert "d5 missing in 14 and 3 more in fewer (" in est.about["rows"]


SAID = "1,000 of 6,000 rows left out: b missing (16.67% of the population)"


@pytest.fixture(scope="module")
def lacking() -> pd.DataFrame:
    """Six parts of 1,000 rows, one of them without the column b."""
    rng = np.random.default_rng(5)
    parts = [
        pd.DataFrame(
            {"a": rng.integers(0, 2, 1000), "b": rng.integers(0, 2, 1000), "c": 1, "psu": 10 * i + np.arange(1000) % 10}
        )
        for i in range(6)
    ]
    return pd.concat([*parts[:5], parts[5].drop(columns="b")], ignore_index=True)


def test_a_column_that_a_part_lacks_is_told_wherever_figures_are_shown(lacking: pd.DataFrame, tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is an extra")
    est = mpi.estimate(mpi.Survey(lacking, psu="psu"), MEASURE, statistics=["H"])
    assert est.about["rows"] == SAID
    assert f"{SAID}." in est.publish().attrs["notes"]
    assert repr(est).endswith(f"\n{SAID}.")
    assert SAID in est._repr_html_()
    change = est.contrast([1.0], name="itself")
    assert f"{SAID}." in change.publish().attrs["notes"]
    for suffix in ("csv", "parquet", "xlsx", "tex", "html"):
        mpi_path = tmp_path / f"t.{suffix}"
        from mpi.tables.files import write_any

        write_any(est, mpi_path)
    assert pd.read_csv(tmp_path / "t.csv")["left_out"].tolist() == [SAID]
    assert pd.read_parquet(tmp_path / "t.parquet")["left_out"].tolist() == [SAID]
    assert SAID.replace("%", r"\%") in (tmp_path / "t.tex").read_text()
    assert SAID in (tmp_path / "t.html").read_text()
    book = openpyxl.load_workbook(tmp_path / "t.xlsx")
    assert ("Rows", SAID) in [tuple(row[:2]) for row in book["Notes"].iter_rows(values_only=True)]
    assert any(SAID in str(cell) for row in book.worksheets[1].iter_rows(values_only=True) for cell in row)


def test_files_say_nothing_where_no_row_is_left_out(lacking: pd.DataFrame, tmp_path: Path) -> None:
    est = mpi.estimate(mpi.Survey(lacking[:5000], psu="psu"), MEASURE, statistics=["H"])
    assert "rows" not in est.about
    est.to_csv(tmp_path / "t.csv")
    assert "left_out" not in pd.read_csv(tmp_path / "t.csv")


def test_the_command_line_counts_them(lacking: pd.DataFrame, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from mpi.cli.app import app

    (tmp_path / "m.toml").write_text(MEASURE.to_toml())
    lacking.to_csv(tmp_path / "all.csv", index=False)
    (tmp_path / "parts").mkdir()
    for i, part in enumerate((lacking[:3000], lacking[3000:])):
        part.to_parquet(tmp_path / "parts" / f"p{i}.parquet", index=False)
    for where in ("all.csv", "parts"):
        args = [str(tmp_path / where), "--measure", str(tmp_path / "m.toml"), "--psu", "psu"]
        out = CliRunner().invoke(app, ["estimate", *args, "--out", str(tmp_path / "o.csv")])
        assert out.exit_code == 0, out.output
        assert f"{SAID}." in out.output
        assert set(pd.read_csv(tmp_path / "o.csv")["left_out"]) == {SAID}


def test_a_line_tells_whose_class_is_undecided_and_whom_its_measure_leaves_out() -> None:
    columns = [i.column for i in mpi.load_line("vn-2016").indicators]
    frame = pd.DataFrame({"income": [200_000.0, np.nan, 9e6, 9e6], "area": [2, 2, 1, 1], **dict.fromkeys(columns, 0.0)})
    frame.loc[3, columns[0]] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mpi.MpiWarning)  # of what is not verified, which is told once in a session
        est = mpi.estimate(mpi.Survey(frame), mpi.load_line("vn-2016"))
    assert "The class of 1 of 4 persons (25.00% of the population) is undecided and left out" in est.about["rows"]
    assert "M0, H and A leave out 1 of 4 persons (25.00% of the population)" in est.about["rows"]
    assert any("is undecided and left out" in note for note in est.publish().attrs["notes"])


# --- parts that an engine passes over, or fills up -------------------------------------------------------------------


READERS = {
    "lazy polars": lambda folder, _: pytest.importorskip("polars", reason="Polars is an extra").scan_parquet(
        folder / "*.parquet", missing_columns="insert"
    ),
    "dataset": lambda folder, _: pytest.importorskip("pyarrow.dataset", reason="PyArrow is an extra").dataset(
        folder, format="parquet"
    ),
    "spark": lambda folder, spark: spark().read.parquet(str(folder)),
}
ENGINES = ["lazy polars", "dataset", pytest.param("spark", marks=pytest.mark.filterwarnings("ignore"))]


@pytest.fixture
def parts(lacking: pd.DataFrame, tmp_path: Path) -> Path:
    folder = tmp_path / "census"
    folder.mkdir()
    for i in range(6):
        part = lacking[1000 * i : 1000 * i + 1000]
        part = part.drop(columns="b") if i == 5 else part.astype({"b": int})
        part.to_parquet(folder / f"p{i}.parquet", index=False)
    return folder


@pytest.mark.parametrize("engine", ENGINES)
def test_a_part_without_a_column_is_told_and_its_rows_are_counted(
    engine: str, parts: Path, request: pytest.FixtureRequest
) -> None:
    frame = READERS[engine](parts, lambda: request.getfixturevalue("spark"))
    with pytest.warns(mpi.MpiWarning, match=r"absent in some files, and missing in all of their rows: 'b' in .*p5"):
        survey = mpi.Survey(frame, psu="psu")
    assert mpi.estimate(survey, MEASURE, statistics=["H"]).about["rows"] == SAID


@pytest.mark.parametrize("engine", ENGINES)
def test_a_part_of_nothing_is_refused_or_told(engine: str, parts: Path, request: pytest.FixtureRequest) -> None:
    for name in ("p5.parquet", "p4.parquet"):
        (parts / name).unlink()
    (parts / "p6.parquet").write_bytes(b"")
    (parts / "_SUCCESS").write_bytes(b"")
    frame = READERS[engine](parts, lambda: request.getfixturevalue("spark"))
    if engine == "lazy polars":  # whose pattern does not name it any more
        with pytest.warns(mpi.MpiWarning, match=r"p6\.parquet': of 0 bytes, and passed over"):
            mpi.Survey(frame, psu="psu")
        return
    with pytest.raises(mpi.MpiError, match=r"the files cannot be read: '.*p6\.parquet': of 0 bytes"):
        mpi.Survey(frame, psu="psu")

"""Profiles: one group-by on any engine, and every figure as from the microdata; parts that add up to the whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest

import mpi

ROWS = 120_000
NAMES = [f"d{j}" for j in range(6)]
MEASURE = mpi.Measure.nested("m", {"x": NAMES[:3], "y": NAMES[3:]}, cutoff="1/3")
DESIGN = {"weight": "w", "strata": "stratum", "psu": "psu"}
BY = ["region", "sex", ("region", "sex")]
CUTOFFS = ["1/6", "1/3", "1/2"]


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """Unsorted people: PSU codes used again in other strata, nulls and NaN, columns of every kind."""
    rng = np.random.default_rng(11)
    stratum = rng.integers(0, 9, ROWS)
    frame = pd.DataFrame({"stratum": stratum, "psu": rng.integers(0, 30, ROWS), "w": rng.uniform(0, 3, ROWS)})
    frame["region"] = pd.Categorical(np.array(["north", "centre", "south"])[stratum % 3])
    frame["sex"] = rng.choice(["f", "m", None], ROWS, p=[0.5, 0.49, 0.01])
    kinds: list[Any] = [np.int8, np.float64, bool, np.float32, np.int64, np.float64]
    for name, kind in zip(NAMES, kinds, strict=True):
        frame[name] = (rng.random(ROWS) < 0.3).astype(kind)
    for name in ("d1", "d3", "d5"):
        frame.loc[rng.random(ROWS) < 0.02, name] = np.nan
    return frame


@pytest.fixture(scope="module")
def known(people: pd.DataFrame) -> mpi.Estimates:
    return mpi.estimate(mpi.Survey(people, **DESIGN), MEASURE, by=BY, cutoffs=CUTOFFS)


def on_engine(frame: pd.DataFrame, engine: str) -> Any:
    if engine == "pandas":
        return frame
    if engine == "dask":
        return pytest.importorskip("dask.dataframe", reason="Dask is an extra").from_pandas(frame, npartitions=3)
    if engine == "ibis":
        return pytest.importorskip("ibis", reason="Ibis is an extra").memtable(frame)
    if engine == "duckdb":
        return pytest.importorskip("duckdb", reason="DuckDB is an extra").connect().from_df(frame)
    made = pytest.importorskip("polars", reason="Polars is an extra").from_pandas(frame)
    return {"polars": made, "lazy polars": made.lazy(), "pyarrow": made.to_arrow()}[engine]


def same(one: mpi.Estimates, other: mpi.Estimates) -> None:
    keys = ["statistic", "contrast", "indicator", "dimension", "by", "group", "wave", "cutoff", "flag"]
    a, b = one.table, other.table
    assert a[keys].astype(object).equals(b[keys].astype(object))
    assert one.value == pytest.approx(other.value, abs=1e-12, nan_ok=True)
    assert one.se == pytest.approx(other.se, abs=1e-10, nan_ok=True)
    for name in ("n", "n_psu", "df"):
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)


@pytest.mark.filterwarnings("ignore:Dask support is moving:FutureWarning")
@pytest.mark.filterwarnings("ignore:The 'future.infer_string' option is deprecated")
@pytest.mark.parametrize("engine", ["pandas", "polars", "lazy polars", "pyarrow", "duckdb", "dask", "ibis"])
def test_every_engine_gives_the_figures_of_the_microdata(
    people: pd.DataFrame, known: mpi.Estimates, engine: str
) -> None:
    small = mpi.profile(on_engine(people, engine), MEASURE, by=["region", "sex"], **DESIGN)
    assert len(small) < ROWS
    assert f"of {ROWS:,} rows" in repr(small)
    same(mpi.estimate(small, MEASURE, by=BY, cutoffs=CUTOFFS), known)


@pytest.mark.parametrize("missing", ["reweight", "bounds"])
def test_policies_weights_and_domains_are_chosen_afterwards(people: pd.DataFrame, missing: str) -> None:
    small, whole = mpi.profile(people, MEASURE, by=["region", "sex"], **DESIGN), mpi.Survey(people, **DESIGN)
    measure = MEASURE.with_missing(missing)
    options = {"by": ["sex"], "weightings": {"other": {"x": "1/4", "y": "3/4"}}}
    one, other = (mpi.estimate(s, measure, where=_south(s), **options) for s in (small, whole))
    same(one, other)


def _south(survey: mpi.Survey) -> np.ndarray:
    groups = survey.categories("region")
    return groups.index == groups.levels.index("south")


def test_retention_counts_rows_not_profiles(people: pd.DataFrame) -> None:
    small, whole = mpi.profile(people, MEASURE, by=["region"], **DESIGN), mpi.Survey(people, **DESIGN)
    one, other = (mpi.retention(s, MEASURE, by=["region"]) for s in (small, whole))
    pd.testing.assert_frame_equal(one.groups, other.groups, rtol=1e-9)


def test_means_of_indicators_from_a_profile(people: pd.DataFrame) -> None:
    small, whole = mpi.profile(people, MEASURE, by=["region"], **DESIGN), mpi.Survey(people, **DESIGN)
    same(*(mpi.mean(s, ["d0", "d1"], by=["region"]) for s in (small, whole)))


def test_households_keep_their_size(people: pd.DataFrame) -> None:
    homes = people.assign(members=np.random.default_rng(1).integers(1, 8, ROWS))
    design = {**DESIGN, "size": "members"}
    small, whole = mpi.profile(homes, MEASURE, by=["region"], **design), mpi.Survey(homes, **design)
    for unit in ("person", "household"):
        same(*(mpi.estimate(s, MEASURE, by=["region"], unit=unit) for s in (small, whole)))


def test_a_profile_of_persons_counts_no_households(people: pd.DataFrame) -> None:
    small = mpi.profile(people, MEASURE, **DESIGN)
    with pytest.raises(mpi.MpiError, match="households cannot be counted"):
        mpi.estimate(small, MEASURE, unit="household")


def test_rounds_and_changes(people: pd.DataFrame) -> None:
    rounds = people.assign(year=np.where(np.arange(ROWS) % 2, 2016, 2018))
    options = {**DESIGN, "wave": "year", "shared_psus": True}
    small, whole = mpi.profile(rounds, MEASURE, by=["sex"], **options), mpi.Survey(rounds, **options)
    same(*(mpi.decompose.change(mpi.estimate(s, MEASURE, by=["sex"])) for s in (small, whole)))


def test_a_census_has_no_sampling_error(people: pd.DataFrame) -> None:
    est = mpi.estimate(mpi.profile(people, MEASURE, by=["region"]), MEASURE, by=["region"])
    plain = mpi.estimate(mpi.Survey(people), MEASURE, by=["region"])
    assert est.value == pytest.approx(plain.value, abs=1e-12, nan_ok=True)
    assert np.nanmax(est.se) == 0


# --- parts ----------------------------------------------------------------------------------------------------------


def parts_of(people: pd.DataFrame) -> dict[str, mpi.Survey]:
    return {
        str(r): mpi.profile(part, MEASURE, by=["region", "sex"], **DESIGN)
        for r, part in people.assign(region=people.region.astype(str)).groupby("region")
    }


def test_parts_add_up_to_the_whole(people: pd.DataFrame, known: mpi.Estimates) -> None:
    same(mpi.estimate(mpi.merge_profiles(parts_of(people)), MEASURE, by=BY, cutoffs=CUTOFFS), known)
    halves = [people[: ROWS // 3], people[ROWS // 3 :]]  # parts that cut through PSUs add up too
    whole = mpi.merge_profiles(
        [mpi.profile(h, MEASURE, by=["region", "sex"], **DESIGN) for h in halves], shared_psus=True
    )
    same(mpi.estimate(whole, MEASURE, by=BY, cutoffs=CUTOFFS), known)


def test_written_and_read_again(people: pd.DataFrame, known: mpi.Estimates, tmp_path: Path) -> None:
    for name, part in parts_of(people).items():
        mpi.save_profile(part, tmp_path / f"{name}.parquet")
    again = mpi.load_profile(*sorted(tmp_path.glob("*.parquet")))
    same(mpi.estimate(again, MEASURE, by=BY, cutoffs=CUTOFFS), known)


def test_labels_and_design_travel_with_a_file(people: pd.DataFrame, tmp_path: Path) -> None:
    coded = people.assign(sex=people.sex.map({"f": 2, "m": 1}))
    small = mpi.profile(coded, MEASURE, by=["sex"], labels={"sex": {1: "men", 2: "women"}}, **DESIGN)
    mpi.save_profile(small, tmp_path / "a.parquet")
    est = mpi.estimate(mpi.load_profile(tmp_path / "a.parquet"), MEASURE, by=["sex"])
    assert est.select(by="sex").keys["group"].values[-3:] == ("men", "women", "(missing)")


def test_a_new_round_is_added_without_the_old_microdata(people: pd.DataFrame, tmp_path: Path) -> None:
    rounds = people.assign(year=np.where(np.arange(ROWS) % 2, 2016, 2018))
    options = {**DESIGN, "wave": "year"}
    for year, part in rounds.groupby("year"):
        mpi.save_profile(mpi.profile(part, MEASURE, **options), tmp_path / f"{year}.parquet")
    both = mpi.load_profile(*sorted(tmp_path.glob("*.parquet")), shared_psus=True)
    whole = mpi.Survey(rounds, **options, shared_psus=True)
    same(*(mpi.decompose.change(mpi.estimate(s, MEASURE)) for s in (both, whole)))


# --- files ----------------------------------------------------------------------------------------------------------


def test_files_of_a_pattern_are_condensed_where_they_lie(
    people: pd.DataFrame, known: mpi.Estimates, tmp_path: Path
) -> None:
    plain = people.assign(region=people.region.astype(str))
    for i, part in enumerate(np.array_split(np.arange(ROWS), 3)):
        plain.iloc[part].to_parquet(tmp_path / f"{i}.parquet", index=False)
    files = mpi.scan(str(tmp_path / "*.parquet"), memory="500MB")
    small = mpi.profile(files, MEASURE, by=["region", "sex"], **DESIGN)
    same(mpi.estimate(small, MEASURE, by=BY, cutoffs=CUTOFFS), known)


def test_csv_files_too(people: pd.DataFrame, tmp_path: Path) -> None:
    few = people.head(2000).astype({"d2": int, "region": str})
    few.to_csv(tmp_path / "a.csv", index=False)
    one, other = (mpi.profile(d, MEASURE, by=["region"], **DESIGN) for d in (tmp_path / "a.csv", few))
    same(*(mpi.estimate(s, MEASURE, by=["region"]) for s in (one, other)))


def test_files_that_cannot_be_read_are_named(people: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(mpi.MpiError, match="no file matches"):
        mpi.profile(str(tmp_path / "*.parquet"), MEASURE)
    people.head(100).to_parquet(tmp_path / "a.parquet")
    people.head(100).drop(columns="d3").to_parquet(tmp_path / "b.parquet")
    with pytest.raises(mpi.MpiError, match=r"b\.parquet' lacks 'd3', unlike .*a\.parquet"):
        mpi.profile(str(tmp_path / "*.parquet"), MEASURE)
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[:-50])
    with pytest.raises(mpi.MpiError, match=r"(?s)cannot be read.*b\.parquet"):
        mpi.profile(str(tmp_path / "*.parquet"), MEASURE)
    with pytest.raises(mpi.MpiError, match="such as '4GB'"):
        mpi.scan(tmp_path / "a.parquet", memory="much")


# --- what is refused ------------------------------------------------------------------------------------------------


def test_all_that_is_wrong_with_a_request_is_told_at_once(people: pd.DataFrame) -> None:
    with pytest.raises(mpi.MpiError) as error:
        mpi.profile(people.rename(columns={"d3": "D3"}), MEASURE, by=["regin", "d0"], weight="W", psu="psu")
    said = str(error.value)
    assert "did you mean 'region'" in said
    assert "did you mean 'D3'" in said
    assert "did you mean 'w'" in said


@pytest.mark.parametrize("engine", ["pandas", "lazy polars", "duckdb"])
def test_wrong_values_are_counted(people: pd.DataFrame, engine: str) -> None:
    bad = people.astype({"d4": float})
    bad.loc[:4, "d4"] = 2.0
    bad.loc[5:6, "w"] = np.nan
    bad.loc[7, "w"] = -1.0
    with pytest.raises(mpi.MpiError) as error:
        mpi.profile(on_engine(bad, engine), MEASURE, **DESIGN)
    assert "column 'd4' holds values other than 0, 1 and missing: 2 (5 times)" in str(error.value)
    assert "in 3 of 120,000 rows" in str(error.value)


def test_too_many_cells_are_not_collected(people: pd.DataFrame) -> None:
    with pytest.raises(
        mpi.MpiError,
        match=r"rows, more than the 1,000 that most= allows; .* nothing was made of them\. Distinct values: psu 30",
    ):
        mpi.profile(people, MEASURE, by=["region"], most=1000, **DESIGN)


def test_small_cells_are_not_written(people: pd.DataFrame, tmp_path: Path) -> None:
    small = mpi.profile(people, MEASURE, by=["sex"], **DESIGN)
    with pytest.raises(mpi.MpiError, match=r"fewer than 10 rows of microdata; nothing was written.*without 'sex'"):
        mpi.save_profile(small, tmp_path / "a.parquet", smallest=10)
    assert not list(tmp_path.iterdir())
    mpi.save_profile(mpi.profile(people, MEASURE, by=["region"], **DESIGN), tmp_path / "b.parquet", smallest=10)


def test_a_group_of_0_and_1_is_no_indicator(tmp_path: Path) -> None:
    few = pd.DataFrame({"d": [0, 1] * 20, "psu": [1, 2] * 20, "migrant": [1] + [0] * 39})
    measure = mpi.Measure.nested("m", {"x": ["d"]}, cutoff=1)
    small = mpi.profile(few, measure, by=["migrant"], psu="psu")
    with pytest.raises(mpi.MpiError, match="1 cells have fewer than 10 rows"):
        mpi.save_profile(small, tmp_path / "a.parquet", smallest=10)


def test_parts_that_do_not_fit_are_named(people: pd.DataFrame) -> None:
    one = mpi.profile(people, MEASURE, by=["region"], **DESIGN)
    two = mpi.profile(people, MEASURE, by=["sex"], **DESIGN)
    with pytest.raises(mpi.MpiError, match=r"(?s)part 2: has no column 'region'.*part 2: has column 'sex'"):
        mpi.merge_profiles([one, two])
    numbers = mpi.profile(people.assign(region=1), MEASURE, by=["region"], **DESIGN)
    with pytest.raises(mpi.MpiError, match="b: column 'region' holds numbers, not text"):
        mpi.merge_profiles({"a": one, "b": numbers})
    with pytest.raises(mpi.MpiError, match="part 1 is no profile"):
        mpi.merge_profiles([mpi.Survey(people)])


def test_other_labels_are_told(people: pd.DataFrame) -> None:
    coded = people.assign(sex=people.sex.map({"f": 2, "m": 1}))
    names = [{1: "men", 2: "women"}, {1: "women", 2: "men"}]
    parts = [mpi.profile(coded, MEASURE, by=["sex"], labels={"sex": n}, **DESIGN) for n in names]
    both = mpi.merge_profiles(parts, shared_psus=True)
    men = mpi.estimate(both, MEASURE, by=["sex"], statistics=["H"]).select(group="men")
    rows = pd.concat([coded, coded.assign(sex=3 - coded.sex)])
    whole = mpi.Survey(rows, labels={"sex": names[0]}, **DESIGN)
    assert men.value == pytest.approx(
        mpi.estimate(whole, MEASURE, by=["sex"], statistics=["H"]).select(group="men").value, abs=1e-15
    )
    other = mpi.profile(coded, MEASURE, by=["sex"], labels={"sex": {1: "boys", 2: "women"}}, **DESIGN)
    with pytest.raises(mpi.MpiError, match="'sex': 1 is 'men' in part 1 and 'boys' in part 2"):
        mpi.merge_profiles([parts[0], other])
    assert mpi.merge_profiles([parts[0], other], shared_psus=True, labels="first").labels["sex"] == names[0]


def test_damaged_files_are_named(people: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    mpi.save_profile(mpi.profile(people, MEASURE, **DESIGN), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(mpi.MpiError, match=r"a\.parquet' is no whole Parquet file"):
        mpi.load_profile(path)
    with pytest.raises(mpi.MpiError, match="there is no file"):
        mpi.load_profile(tmp_path / "b.parquet")
    people.head().to_parquet(path)
    with pytest.raises(mpi.MpiError, match="holds no profile"):
        mpi.load_profile(path)


def test_profiles_are_named_by_pattern_folder_or_list(people: pd.DataFrame, tmp_path: Path) -> None:
    for i, part in enumerate(people[people.region == r] for r in sorted(set(people.region))):
        mpi.save_profile(mpi.profile(part, MEASURE, by=["region"], **DESIGN), tmp_path / f"{i}.parquet")
    paths = sorted(tmp_path.glob("*.parquet"))
    whole = repr(mpi.load_profile(*paths))
    assert repr(mpi.load_profile(tmp_path / "*.parquet")) == whole
    assert repr(mpi.load_profile(tmp_path)) == repr(mpi.load_profile(paths, paths[0])) == whole
    with pytest.raises(mpi.MpiError, match=r"no file matches .*\*\.parq'; there are files of '\.parquet'"):
        mpi.load_profile(tmp_path / "*.parq")


def test_a_census_and_a_sample_are_told_apart_in_words(people: pd.DataFrame) -> None:
    parts = [mpi.profile(people, MEASURE), mpi.profile(people, MEASURE, psu=DESIGN["psu"])]
    with pytest.raises(mpi.MpiError, match="part 2: is a sample with psu 'psu', not a census") as caught:
        mpi.merge_profiles(parts)
    assert "_everybody" not in str(caught.value)


def test_names_are_no_measures(people: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(mpi.MpiError, match="a Measure is needed, not str"):
        mpi.profile(people, "my.toml")
    with pytest.raises(mpi.MpiError, match="a Measure is needed, not str"):
        mpi.retention(mpi.Survey(people, **DESIGN), "gso-mdp")
    with pytest.raises(mpi.MpiError, match="smallest: a whole number is needed, not str"):
        mpi.save_profile(mpi.profile(people, MEASURE), tmp_path / "a.parquet", smallest="ten")


def test_readers_of_figures_are_told_rows_and_not_profiles(people: pd.DataFrame) -> None:
    small = mpi.profile(people, MEASURE, by=["region"], **DESIGN)
    assert "profiles of" in repr(small)
    assert mpi.estimate(small, MEASURE).about["survey"].startswith(f"Survey: {len(people):,} rows, ")
    inside = small.where(nw.col("region") == people.region.iloc[0])
    assert f", {(people.region == people.region.iloc[0]).sum():,} in the domain" in repr(inside)


def test_a_newer_file_says_so(people: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mpi.profiles import files as profile_files

    monkeypatch.setattr(profile_files, "_PLAIN", profile_files._VERSION + 1)
    mpi.save_profile(mpi.profile(people, MEASURE, **DESIGN), tmp_path / "a.parquet")
    monkeypatch.undo()
    with pytest.raises(mpi.MpiError, match="newer version"):
        mpi.load_profile(tmp_path / "a.parquet")


def test_an_interrupted_writing_leaves_the_old_file(
    people: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="PyArrow is an extra")
    path = tmp_path / "a.parquet"
    small = mpi.profile(people, MEASURE, **DESIGN)
    mpi.save_profile(small, path)
    before = path.read_bytes()

    def dies(table: Any, target: Path) -> None:
        Path(target).write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(parquet, "write_table", dies)
    with pytest.raises(KeyboardInterrupt):
        mpi.save_profile(small, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]

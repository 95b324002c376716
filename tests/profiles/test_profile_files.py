"""Profiles and files that would count somebody twice, mix unlike things, or were damaged."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from mpi.survey.origin import Origin
from mpi.survey.survey import of_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEASURE = mpi.Measure.nested("m", {"x": ["d"], "y": ["e"]}, cutoff="1/2")


def people(seed: int = 0, rows: int = 300) -> pd.DataFrame:
    """Return rows of PSUs that no other seed has."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "d": rng.integers(0, 2, rows).astype(float),
            "e": rng.integers(0, 2, rows),
            "province": rng.choice(["Bắc Kạn", "Lào Cai", "Sơn La"], rows),
            "w": rng.uniform(1, 2, rows),
            "psu": 1000 * seed + np.repeat(np.arange(rows // 10), 10),
        }
    )
    return frame.mask(frame.index.to_series() % 9 == 0, frame.assign(d=np.nan))


def profile(frame: pd.DataFrame, **design: Any) -> mpi.Survey:
    return mpi.profile(frame, MEASURE, by=["province"], **{"weight": "w", "psu": "psu", **design})


def figures(survey: mpi.Survey) -> np.ndarray[Any, Any]:
    table = mpi.estimate(survey, MEASURE, by=["province"]).table
    return table[["estimate", "se", "n"]].to_numpy(dtype=float)


# --- one file, several names ----------------------------------------------------------------------------------------

SPELLINGS: dict[str, Callable[[Path], str]] = {
    "absolute": lambda p: str(p.resolve()),
    "dot": lambda p: f"./{p}",
    "up and down": lambda p: f"{p.parent}/../{p.parent.name}/{p.name}",
    "link": lambda p: _linked(p, os.symlink),
    "hard link": lambda p: _linked(p, os.link),
}


def _linked(path: Path, link: Callable[[Any, Any], None]) -> str:
    other = path.with_name(f"other-{path.name}")
    link(path.resolve(), other)
    return str(other)


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_a_file_under_two_names_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelling: str, suffix: str
) -> None:
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    (tmp_path / "y").mkdir()
    path = Path("y") / f"p{suffix}"
    frame = people()
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_csv(path, index=False)
    names = [str(path), SPELLINGS[spelling](path)]
    assert len(mpi.scan(names).df()) == len(frame)
    assert len(mpi.read_survey(names, weight="w", psu="psu")) == len(frame)
    if suffix == ".parquet":
        mpi.save_profile(profile(frame), path.with_name("profile.parquet"))
        names = [str(path.with_name("profile.parquet")), SPELLINGS[spelling](path.with_name("profile.parquet"))]
        assert np.array_equal(figures(mpi.load_profile(*names)), figures(profile(frame)), equal_nan=True)


def test_copies_are_refused_by_name_unless_both_are_meant(tmp_path: Path) -> None:
    people().to_parquet(tmp_path / "a.parquet")
    people(1).to_parquet(tmp_path / "b.parquet")
    shutil.copy(tmp_path / "a.parquet", tmp_path / "c.parquet")
    for read in (mpi.scan, lambda p: mpi.read_survey(p, psu="psu"), lambda p: mpi.profile(p, MEASURE)):
        with pytest.raises(mpi.MpiError, match=r"c\.parquet' is a copy of .*a\.parquet', byte by byte"):
            read(tmp_path)
    assert len(mpi.scan(tmp_path, copies="keep").df()) == 900
    with pytest.raises(mpi.MpiError, match="no word for copies 'kep'; did you mean 'keep'"):
        mpi.scan(tmp_path, copies="kep")


# --- profiles that do not fit together ------------------------------------------------------------------------------


def test_a_profile_is_not_merged_with_itself(tmp_path: Path) -> None:
    one, other = profile(people()), profile(people(1))
    with pytest.raises(mpi.MpiError, match="part 3: holds the same as part 1, and everybody in it would count twice"):
        mpi.merge_profiles([one, other, profile(people())])
    mpi.save_profile(one, tmp_path / "a.parquet")
    shutil.copy(tmp_path / "a.parquet", tmp_path / "b.parquet")
    with pytest.raises(mpi.MpiError, match=r"b\.parquet: holds the same as .*a\.parquet"):
        mpi.load_profile(tmp_path)


def test_weighted_and_unweighted_profiles_do_not_add_up(tmp_path: Path) -> None:
    weighted, bare = profile(people()), profile(people(1), weight=None)
    with pytest.raises(mpi.MpiError, match=r"B: is without weights, as each row counts once, not weighted \(unlike A"):
        mpi.merge_profiles({"A": weighted, "B": bare})
    for name, part in {"a": weighted, "b": bare}.items():
        mpi.save_profile(part, tmp_path / f"{name}.parquet")
    with pytest.raises(mpi.MpiError, match=r"b\.parquet: is without weights"):
        mpi.load_profile(tmp_path)


def test_profiles_without_weights_stay_without() -> None:
    whole = mpi.merge_profiles([profile(people(i), weight=None) for i in range(2)])
    assert "weight" not in whole.roles
    with pytest.raises(mpi.MpiError, match="not weighted"):
        mpi.merge_profiles([profile(people(3)), whole])


def test_weights_of_different_scales_are_told() -> None:
    small = people(1).assign(w=lambda f: f.w / 1e6)
    with pytest.warns(mpi.MpiWarning, match="a row weighs 1.*e-06 on average in B, and 1.* in A"):
        mpi.merge_profiles({"A": profile(people()), "B": profile(small)})


# --- what a profile is made of --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("census")
    paths = [folder / f"p{i}.parquet" for i in range(4)]
    for i, path in enumerate(paths):
        people(i, rows=40 + 10 * i).to_parquet(path)
    return paths


chosen = st.sets(st.integers(0, 3), min_size=1).map(sorted)


@settings(max_examples=6, deadline=None)
@given(chosen, chosen)
def test_what_stands_in_two_profiles_is_refused_by_name(files: list[Path], one: list[int], other: list[int]) -> None:
    both = sorted({*one} & {*other})
    for of in (lambda i: str(files[i]), None):
        parts = []
        for indices in (one, other):
            each = [profile(of(i) if of else people(i, rows=40 + 10 * i)) for i in indices]
            parts.append(mpi.merge_profiles(each) if len(each) > 1 else each[0])
        if of:
            parts[0] = profile([of(i) for i in one])  # one reading of several files
        if not both:
            whole = mpi.merge_profiles(parts)
            assert int(whole.numbers("cases").sum()) == sum(40 + 10 * i for i in [*one, *other])
            continue
        with pytest.raises(mpi.MpiError) as told:
            mpi.merge_profiles({"A": parts[0], "B": parts[1]})
        said = str(told.value)
        if one == other and "B: holds the same as A" in said:
            continue
        rows = (f"p{i}.parquet ({40 + 10 * i} rows)" if of else f"a frame of {40 + 10 * i} rows" for i in both)
        assert "which A holds too: everybody in it would count twice" in said
        assert all(x in said for x in rows), said


def test_rows_that_were_chosen_from_one_file_are_no_copies(files: list[Path]) -> None:
    pl = pytest.importorskip("polars", reason="Polars is an extra")
    frame = pl.scan_parquet(files[1])
    first, second = (profile(frame.filter(pl.col("psu") % 2 == i)) for i in range(2))
    assert first.about["sources"] == "rows of p1.parquet (50 rows)"
    whole = mpi.merge_profiles([first, second])
    assert np.allclose(figures(whole), figures(profile(str(files[1]))), equal_nan=True)
    with pytest.raises(mpi.MpiError, match=r"part 2: holds rows of p1.parquet \(50 rows\), which part 1 holds too"):
        mpi.merge_profiles([first, profile(str(files[1]))])


def test_a_profile_says_what_it_is_made_of_wherever_it_goes(files: list[Path], tmp_path: Path) -> None:
    one = mpi.profile(mpi.read_survey(files[0], weight="w", psu="psu", missing={"d": [8, 9]}), MEASURE, by=["province"])
    told = {
        "rows": "persons", "weights": f"column 'w', {people(0, 40)['w'].sum():,.10g} in all", "indicators": "d, e",
        "disaggregations": "province", "no answers": "d 8, 9", "sources": "p0.parquet (40 rows)",
    }  # fmt: skip
    assert {k: v for k, v in one.about.items() if k != "library"} == told
    other = mpi.profile(people(7), MEASURE, by=["province"], weight="w", psu="psu", missing={"d": [9, 8]})
    whole = mpi.merge_profiles([one, other])
    mpi.save_profile(whole, tmp_path / "whole.parquet")
    again = mpi.load_profile(tmp_path / "whole.parquet")
    assert again.about == whole.about
    assert again.about["sources"] == "p0.parquet (40 rows), a frame of 300 rows"
    assert str(tmp_path) not in (tmp_path / "whole.parquet").read_bytes().decode("latin-1")
    for est in (mpi.estimate(again, MEASURE), mpi.proportion(again, "province")):
        assert "sources: p0.parquet (40 rows), a frame of 300 rows" in est.about["profile"]
    fewer = mpi.profile(again, MEASURE)
    assert fewer.about["sources"] == again.about["sources"]
    assert mpi.Survey(people()).about == {}


def test_all_that_is_unlike_is_told_at_once() -> None:
    frame = people(1).rename(columns={"w": "v"}).assign(size=lambda f: f.index * 7 % 5 + 1)
    one = profile(people(), missing={"d": [8]})
    other = mpi.profile(frame, MEASURE, weight="v", psu="psu", size="size")
    with pytest.raises(mpi.MpiError) as told:
        mpi.merge_profiles({"A": one, "B": other})
    for words in (
        "B: has no column 'province' (unlike A)", "B: has column 'size'", "is a sample with psu 'psu', size 'size'",
        "its weights are those of column 'v', not of 'w'", "its rows are households, not persons",
        "is by nothing, not by province", "codes of column 'd' that are no answer: none, not 8",
    ):  # fmt: skip
        assert words in str(told.value)


def test_indicators_made_by_other_rules_do_not_add_up() -> None:
    from mpi.indicators import Rule, Rules, add_deprivations, column

    measure = mpi.Measure.nested("m", {"x": ["dep_crowded"]}, cutoff=1)

    def part(seed: int, rooms: int | None, label: str = "", *, lazy: bool = False) -> mpi.Survey:
        frame = people(seed).assign(home=lambda f: 100 * f.psu + f.groupby("psu").cumcount() // 3)
        frame = frame.assign(rooms=frame.home % 4)
        if rooms is None:
            own = mpi.Survey(frame.assign(dep_crowded=(frame.rooms < 2) * 1), weight="w", psu="psu")
            return mpi.profile(own, measure)
        rule = Rule(name="crowded", deprived=column("rooms") < rooms, of="household", label=label)
        held = pytest.importorskip("polars", reason="Polars is an extra").from_pandas(frame).lazy() if lazy else frame
        survey = add_deprivations(mpi.Survey(held, weight="w", psu="psu", household="home"), Rules("own", [rule]))
        return mpi.profile(survey.collect() if lazy else survey, measure)

    whole = mpi.merge_profiles([part(0, 2), part(1, 2, "in words of its own", lazy=True)])
    assert whole.about["indicators"] == "dep_crowded (by the rules 'own')"
    with pytest.raises(
        mpi.MpiError, match="'dep_crowded' is made by rule 'crowded' of 'own', not by another rule 'crow"
    ):
        mpi.merge_profiles([part(0, 2), part(1, 3)])
    with pytest.warns(
        mpi.MpiWarning, match="'dep_crowded' is made by rule 'crowded' of 'own' in part 1, and is a column"
    ):
        mpi.merge_profiles([part(0, 2), part(1, None)])


def test_psus_of_several_profiles_are_told_unless_they_are_said_to_be_shared() -> None:
    january, february = profile(people(1)), profile(people(2).assign(psu=people(1).psu + 5))
    with pytest.warns(mpi.MpiWarning, match="profiles share PSUs: 25 of part 1 also in part 2"):
        told = mpi.merge_profiles([january, february])
    meant = mpi.merge_profiles([january, february], shared_psus=True)
    with pytest.raises(mpi.MpiError, match=r"share PSUs: 25 of part 1 also in part 2\. Where they are other places"):
        mpi.merge_profiles([january, february], shared_psus=False)
    assert np.array_equal(figures(told), figures(meant), equal_nan=True)
    assert meant.design.units == 35


def test_a_file_of_the_version_before_is_read_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mpi.profiles import files as profile_files

    own = profile(people())
    with monkeypatch.context() as earlier:
        earlier.setattr(profile_files, "_PLAIN", 2)
        mpi.save_profile(of_rows(replace(own.rows, origin=Origin())), tmp_path / "old.parquet")
    with pytest.warns(
        mpi.MpiWarning, match=r"old\.parquet: written by an earlier version of this library, without what"
    ):
        old = mpi.load_profile(tmp_path / "old.parquet")
    assert np.array_equal(figures(old), figures(own), equal_nan=True)
    assert old.about == {}
    assert len(mpi.merge_profiles([old, profile(people(1))])) == len(own) + len(profile(people(1)))


# --- damage ---------------------------------------------------------------------------------------------------------


def test_no_flipped_bit_changes_a_figure_in_silence(tmp_path: Path) -> None:
    path, rng = tmp_path / "p.parquet", np.random.default_rng(11)
    mpi.save_profile(profile(people()), path)
    raw, known = path.read_bytes(), figures(mpi.load_profile(path))
    refused = 0
    for at in rng.integers(0, 8 * len(raw), 300):
        flipped = bytearray(raw)
        flipped[at // 8] ^= 1 << (at % 8)
        path.write_bytes(flipped)
        try:
            found = figures(mpi.load_profile(path))
        except mpi.MpiError:
            refused += 1
        else:
            assert np.array_equal(found, known, equal_nan=True)
    assert refused > 100


def test_what_a_profile_says_of_itself_is_part_of_it(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    mpi.save_profile(profile(people()), tmp_path / "a.parquet")
    table = pq.read_table(tmp_path / "a.parquet")
    said = dict(table.schema.metadata)
    for key, value in {
        b"mpi_profile": said[b"mpi_profile"].replace(b'"error"', b'"certainty"'),
        b"mpi_digest": b"0" * 64,
    }.items():
        pq.write_table(table.replace_schema_metadata({**said, key: value}), tmp_path / "b.parquet")
        with pytest.raises(mpi.MpiError, match=r"b\.parquet' is damaged: its content is not what was written"):
            mpi.load_profile(tmp_path / "b.parquet")
    for broken in (b"{", b"[]", b"{}", b"\xff", b'{"version": 1}'):
        pq.write_table(table.replace_schema_metadata({**said, b"mpi_profile": broken}), tmp_path / "b.parquet")
        with pytest.raises(mpi.MpiError, match=r"b\.parquet"):
            mpi.load_profile(tmp_path / "b.parquet")

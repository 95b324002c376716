"""Profiles and files that would count somebody twice, mix unlike things, or were damaged."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import mpi

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEASURE = mpi.Measure.nested("m", {"x": ["d"], "y": ["e"]}, cutoff="1/2")


def people(seed: int = 0, rows: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "d": rng.integers(0, 2, rows).astype(float),
            "e": rng.integers(0, 2, rows),
            "province": rng.choice(["Bắc Kạn", "Lào Cai", "Sơn La"], rows),
            "w": rng.uniform(1, 2, rows),
            "psu": np.repeat(np.arange(rows // 10), 10),
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
        mpi.scan(tmp_path, copies="kep")  # type: ignore[arg-type]


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

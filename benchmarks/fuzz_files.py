"""Damaged files of every format, read as users read them: a sentence or the truth, never a traceback or a crash.

usage: python benchmarks/fuzz_files.py [files=10000] [seed=1]

Files of every format are cut, have bits flipped, pieces removed, doubled, zeroed or swapped, rubbish appended, or
bear the suffix of another format. Each is read whole, in part, and (where an engine reads such files) by DuckDB, in
processes that may die without ending the run. Reported as a fault, exit 1 on any:

- any exception other than `MpiError`, a process that dies, runs for more than 20 seconds or needs more than 4 GB;
- a file that lost bytes (cut, or a piece removed) and is read as something else than the whole without a warning;
- a file of the wrong suffix that is read as something else than what it is;
- a file whose number of rows changed without a warning, or in which more cells changed than bits were flipped among the
  data of a format whose cells have fixed places (.dta, .sav that is not compressed).

A flipped bit inside the data of a format without checksums cannot be noticed by anybody: such changes are counted and
shown, not called faults; nor can a piece be missed in packed .sav data where as many values are left by chance.
Delimited text and .xpt have no end mark: of a text that was cut only the last row may differ.
"""

from __future__ import annotations

import gzip
import io
import json
import random
import resource
import signal
import subprocess
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import mpi
from mpi.core.errors import MpiError, MpiWarning
from mpi.readers import column_names, read_table
from mpi.readers.large.parts import kind_of

SEX = {1: "Male", 2: "Female"}
TEXT = (".csv", ".tsv", ".txt", ".csv.gz")
FIXED = ("dta114", "dta117", "dta118", "dta119", "sav")
DAMAGES = ("cut", "flip", "flip", "flip", "suffix", "gone", "twice", "zero", "swap", "more", "head")
SECONDS, MEMORY = 20, 4 << 30


@dataclass(frozen=True, slots=True)
class Whole:
    """An undamaged file, and what is read from it."""

    kind: str
    suffix: str
    data: bytes
    rows: pd.DataFrame
    labels: dict[str, Any]
    start: int
    """Where its data begin, as far as that is known."""


def people(rows: int = 40) -> pd.DataFrame:
    """Return the table that all files hold."""
    i = np.arange(rows)
    names = np.array(["Hà Nội", "Cao Bằng", "Huế", "x y"], dtype=object)
    return pd.DataFrame(
        {
            "province": names[i % 4],
            "sex": (i % 2 + 1).astype("int8"),
            "weight": i * 1.5 + 0.25,
            "code": (i * 7919 % 32000).astype("int16"),
            "visit": pd.to_datetime("2016-05-01") + pd.to_timedelta(i, unit="D"),
            "income": np.where(i % 5 == 0, np.nan, i * 1e5),
        }
    )


def wholes(folder: Path) -> list[Whole]:
    """Write a file of every format, and read each back."""
    import pyreadstat

    frame = people()
    plain = frame.assign(
        province=frame["province"].map({"Hà Nội": "Ha", "Cao Bằng": "Cao", "Huế": "Hue", "x y": "x y"})
    )
    titles = {"sex": "Sex of the member"}
    paths = {}
    for version in (114, 117, 118, 119):
        path = paths[f"dta{version}"] = folder / f"whole{version}.dta"
        of = plain if version < 118 else frame
        of.to_stata(path, version=version, write_index=False, value_labels={"sex": SEX}, variable_labels=titles)
    paths["strl"] = folder / "strl.dta"
    frame.to_stata(paths["strl"], version=118, write_index=False, convert_strl=["province"])
    labels: dict[str, Any] = {"variable_value_labels": {"sex": SEX}, "column_labels": titles}
    for kind, name, more in (
        ("sav", "whole.sav", {}),
        ("sav packed", "packed.sav", {"row_compress": True}),
        ("zsav", "whole.zsav", {"compress": True}),
    ):
        paths[kind] = folder / name
        pyreadstat.write_sav(frame, paths[kind], missing_ranges={"code": [7919]}, **labels, **more)
    numbers = plain.drop(columns=["visit"])
    paths["por"], paths["xpt"] = folder / "whole.por", folder / "whole.xpt"
    pyreadstat.write_por(numbers, paths["por"], column_labels=titles)
    pyreadstat.write_xport(numbers, paths["xpt"], column_labels=titles)
    for suffix, mark in ((".csv", ","), (".tsv", "\t"), (".txt", ";"), (".csv.gz", ",")):
        paths[suffix[1:]] = folder / f"whole{suffix}"
        frame.to_csv(paths[suffix[1:]], sep=mark, index=False)
    paths["parquet"], paths["feather"] = folder / "whole.parquet", folder / "whole.feather"
    frame.to_parquet(paths["parquet"])
    frame.to_feather(paths["feather"])
    paths["xlsx"] = folder / "whole.xlsx"
    frame.to_excel(paths["xlsx"], index=False)
    paths["gz"], paths["zip"] = folder / "packed.dta.gz", folder / "packed.zip"
    paths["gz"].write_bytes(gzip.compress(paths["dta118"].read_bytes()))
    with zipfile.ZipFile(paths["zip"], "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(paths["sav"], "people.sav")
    return [_read_whole(kind, path) for kind, path in paths.items()]


def _read_whole(kind: str, path: Path) -> Whole:
    data = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MpiWarning)
        table = read_table(path)
    suffix = "".join(path.suffixes)
    start = {"dta": data.find(b"<data>"), "sav": data.find(b"\xe7\x03\x00\x00\x00\x00\x00\x00")}.get(kind[:3], -1)
    if kind == "dta114":
        start = data.find(b"Ha\0\x01")  # the first row
    return Whole(kind, suffix, data, as_pandas(table.frame), {c: dict(v) for c, v in table.labels.items()}, start)


def as_pandas(frame: Any) -> pd.DataFrame:
    """Return a frame as one of pandas."""
    found: pd.DataFrame = frame if isinstance(frame, pd.DataFrame) else frame.to_pandas()
    return found


# --- damage ---------------------------------------------------------------------------------------------------------


def damaged(rng: random.Random, whole: Whole, others: list[Whole]) -> tuple[str, str, bytes, int]:
    """Return what was done, the suffix, the bytes, and how many bytes were changed."""
    kind, data = rng.choice(DAMAGES), bytearray(whole.data)
    place = rng.randrange(len(data))
    length = min(rng.choice([1, 4, 8, 80, 500]), len(data) - place)
    if kind == "suffix":
        return kind, rng.choice([w.suffix for w in others]), bytes(data), 0
    if kind == "cut":
        return kind, whole.suffix, bytes(data[:place]), 0
    if kind in {"flip", "head"}:
        times = rng.choice([1, 1, 1, 3, 10])
        for _ in range(times):
            data[rng.randrange(min(len(data), 400 if kind == "head" else len(data)))] ^= 1 << rng.randrange(8)
        return kind, whole.suffix, bytes(data), times
    if kind == "gone":
        del data[place : place + length]
    elif kind == "twice":
        data[place:place] = data[place : place + length]
    elif kind == "zero":
        data[place : place + length] = bytes(length)
    elif kind == "more":
        data += rng.randbytes(length)
    else:
        other = rng.randrange(len(data))
        a, b = data[place : place + 8], data[other : other + 8]
        data[place : place + len(b)], data[other : other + len(a)] = b, a
    return kind, whole.suffix, bytes(data), length


# --- judgement ------------------------------------------------------------------------------------------------------


def judged(rng: random.Random, whole: Whole, done: tuple[str, str, bytes, int], folder: Path) -> dict[str, str]:
    """Read a damaged file by every road; return the outcome of each."""
    path = folder / f"damaged{done[1]}"
    path.write_bytes(done[2])
    columns = rng.sample(list(whole.rows.columns), 2)
    roads = {
        "whole": lambda: as_pandas(read_table(path).frame),
        "columns": lambda: as_pandas(read_table(path, columns=columns).frame),
        "names": lambda: column_names(path),
    }
    if kind_of(path.name) and rng.random() < 0.1:
        roads["engine"] = lambda: collected(path)
    return {road: outcome(whole, done, read) for road, read in roads.items()}


def collected(path: Path) -> pd.DataFrame:
    """Return the rows of a file that an engine reads, as a survey collects them."""
    survey = mpi.Survey(mpi.scan(path, progress=False), psu="sex")
    return as_pandas(survey.collect().frames[0].to_native())


def outcome(whole: Whole, done: tuple[str, str, bytes, int], read: Any) -> str:
    """Return what came of reading: refused, the same, told, changed where nobody can tell, or a fault."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            found = read()
        except MpiError:
            return "refused"
        except BaseException as error:  # noqa: BLE001  # that is the question
            return f"FAULT: {type(error).__name__}: {str(error)[:100]}"
    if any(not issubclass(w.category, MpiWarning) for w in seen):
        return f"FAULT: a warning not of ours: {str(seen[0].message)[:100]}"
    if not isinstance(found, pd.DataFrame):
        return "names"
    wrong = differing(whole, found)
    if wrong == 0:
        return "same"
    kept = [w for w in seen if "does not say how many rows" not in str(w.message)]
    return "told" if kept else silent(whole, done, found, wrong)


def differing(whole: Whole, found: pd.DataFrame) -> float:
    """Return how many cells differ; infinitely many where columns or rows do."""
    truth = whole.rows
    known = [c for c in found if c in truth]
    if len(known) < min(2, len(truth.columns)) or len(found) != len(truth):
        return float("inf")
    other = sum(c not in truth for c in found)
    return float(sum(int((~same(found[c], truth[c])).sum()) for c in known) + other)


def same(found: pd.Series[Any], truth: pd.Series[Any]) -> Any:
    """Say cell by cell whether two columns are equal; missing equals missing."""
    a, b = found.reset_index(drop=True), truth.reset_index(drop=True)
    if a.dtype.kind in "iufb" and b.dtype.kind in "iufb":
        x, y = a.to_numpy(np.float64), b.to_numpy(np.float64)
        return (x == y) | (np.isnan(x) & np.isnan(y))
    said = [["" if pd.isna(v) else str(v) for v in s.astype(object)] for s in (a, b)]
    return np.array([x == y or x == str(y) for x, y in zip(*said, strict=True)])


def silent(whole: Whole, done: tuple[str, str, bytes, int], found: pd.DataFrame, wrong: float) -> str:
    """Judge what is read differently from the whole, and of which nothing was said."""
    kind, suffix, data, bytes_changed = done
    rows = len(whole.rows)
    if suffix in TEXT and whole.suffix in TEXT:
        prefix = whole.rows.iloc[: max(len(found) - 1, 0)]
        sound = kind != "cut" or (set(found) <= set(whole.rows) and len(found) <= rows)
        sound = sound and (
            kind != "cut" or all(same(found[c].iloc[:-1], prefix[c]).all() for c in found if text(found[c], whole))
        )
        return "text changed" if sound else f"FAULT: {kind} text is another table"
    records = kind == "cut" and whole.kind == "xpt" and len(data) % 80 == 0  # of which every reading warns
    missed = kind == "gone" and whole.kind in {"xpt", "sav packed"}
    if kind in {"cut", "suffix", "gone"} and not records and not missed:
        return f"FAULT: {kind} is read as something else ({len(found)} rows of {rows}, {wrong} cells)"
    if len(found) != rows and whole.kind not in {"xpt", "por"}:
        return f"FAULT: {len(found)} rows of {rows}"
    first = next((i for i, (a, b) in enumerate(zip(data, whole.data, strict=False)) if a != b), 0)
    if whole.kind in FIXED and kind == "flip" and 0 <= whole.start < first and wrong > bytes_changed:
        return f"FAULT: {wrong} cells from {bytes_changed} bytes"
    return "changed"


def text(column: pd.Series[Any], whole: Whole) -> bool:
    """Say whether a column of a text that was cut has its kind still: the last row may have taken it away."""
    return column.dtype.kind == whole.rows[column.name].dtype.kind


# --- the run --------------------------------------------------------------------------------------------------------


def work(files: int, seed: int, first: int) -> None:
    """Read files from the first on, and print what came of each; the parent restarts where a file ends the process."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        all_of = wholes(folder)
        for number in range(first, files):
            rng = random.Random(f"{seed} {number}")  # noqa: S311  # no secret
            whole = all_of[number % len(all_of)]
            done = damaged(rng, whole, all_of)
            print(json.dumps([number, whole.kind, done[0], None]), flush=True)
            signal.alarm(SECONDS)
            found = judged(rng, whole, done, folder)
            signal.alarm(0)
            print(json.dumps([number, whole.kind, done[0], found]), flush=True)


def run(files: int, seed: int) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Read all files in processes that may die; return how often what came, and the faults."""
    counted: Counter[tuple[str, str]] = Counter()
    faults: list[str] = []
    number = 0
    while number < files:
        with subprocess.Popen(
            [sys.executable, __file__, "--work", str(files), str(seed), str(number)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as worker:  # fmt: skip
            last: list[Any] = []
            for line in worker.stdout or ():
                last = json.loads(line)
                for road, what in (last[3] or {}).items():
                    counted[last[1], what.split(":")[0]] += 1
                    if what.startswith("FAULT"):
                        faults.append(f"file {last[0]}, {last[1]}, {last[2]}, {road}: {what}")
            said = worker.stderr.read() if worker.stderr else ""
        if not last:
            return counted, [*faults, f"the worker does not start: {said[-500:]}"]
        if last[3] is None:
            counted[last[1], "DIED"] += 1
            faults.append(
                f"file {last[0]}, {last[1]}, {last[2]}: the process ended with {worker.returncode} {said[-200:]}"
            )
        elif last[0] + 1 < files:
            faults.append(f"file {last[0]}: the worker stopped: {said[-500:]}")
        number = last[0] + 1
    return counted, faults


def main() -> int:
    """Run, and print a table."""
    files, seed = (int(x) for x in (sys.argv[1:] + ["10000", "1"][len(sys.argv) - 1 :])[:2])
    counted, faults = run(files, seed)
    kinds, outcomes = sorted({k for k, _ in counted}), sorted({o for _, o in counted})
    out = io.StringIO()
    pd.DataFrame([[counted[k, o] for o in outcomes] for k in kinds], kinds, outcomes).to_string(out)
    print(out.getvalue())
    print("\n".join(faults[:40]))
    print(f"{files:,} files, {sum(counted.values()):,} readings, {len(faults)} faults")
    return bool(faults)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(*map(int, sys.argv[2:5]))
    else:
        sys.exit(main())

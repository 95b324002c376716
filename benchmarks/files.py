"""How long files take to read, beside one plain read of the same file, pandas, pyreadstat and polars-readstat.

usage: python benchmarks/files.py [rows=200000]

Makes a file of each format with as many rows of 319 columns as are asked for (int8 to float64, 20 of them texts), and
one .dta file of 40,000 columns. Each is read by `mpi.readers.read_table`, 15 columns of it and all, and by the others
where they are installed (polars-readstat, python-calamine). Every figure is the best of three in one process, in
processor seconds and as a multiple of one plain read of the file's bytes, which the page cache holds by then. Memory
is by how much a process of its own grew.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

COLUMNS, SOME, WIDE = 319, 15, 40_000
TIMES = 3
Job = Callable[[], Any]


def people(rows: int, columns: int = COLUMNS) -> pd.DataFrame:
    """Return a table of the kinds that surveys hold, text in every sixteenth column."""
    rng = np.random.default_rng(1)
    texts = np.array(["Hà Nội", "Cao Bằng", "Huế", "x"], dtype=object)
    made: dict[str, Any] = {}
    for k in range(columns):
        kind = k % 16
        if kind < 12:
            made[f"v{k}"] = rng.integers(0, (90, 9000, 900_000)[kind % 3], rows).astype(
                ("int8", "int16", "int32")[kind % 3]
            )
        elif kind == 14:
            made[f"v{k}"] = texts[rng.integers(0, len(texts), rows)]
        else:
            values = np.where(rng.random(rows) < 0.1, np.nan, rng.random(rows))
            made[f"v{k}"] = values.astype("float32") if kind == 12 else values
    return pd.DataFrame(made)


def written(folder: Path, rows: int) -> dict[str, Path]:
    """Write a file of each format."""
    import pyreadstat

    frame, paths = people(rows), {}
    labels: dict[str, Any] = {f"v{k}": {1: "one", 2: "two"} for k in range(0, COLUMNS, 16)}
    for name in (
        "people.dta",
        "packed.dta.gz",
        "plain.sav",
        "people.sav",
        "people.zsav",
        "people.csv",
        "people.parquet",
    ):
        paths[name] = folder / name
    frame.to_stata(paths["people.dta"], write_index=False, version=118, value_labels=labels)
    frame.to_stata(paths["packed.dta.gz"], write_index=False, version=118, value_labels=labels)
    options: dict[str, Any] = {"variable_value_labels": labels, "missing_ranges": {"v0": [89]}}
    pyreadstat.write_sav(frame, paths["plain.sav"], **options)
    pyreadstat.write_sav(frame, paths["people.sav"], row_compress=True, **options)
    pyreadstat.write_sav(frame, paths["people.zsav"], compress=True, **options)
    frame.to_csv(paths["people.csv"], index=False)
    frame.to_parquet(paths["people.parquet"])
    paths["sheet.xlsx"] = folder / "sheet.xlsx"
    frame.iloc[: max(rows // 100, 10), :20].to_excel(paths["sheet.xlsx"], index=False)
    paths["wide.dta"] = folder / "wide.dta"
    digits = np.random.default_rng(2).integers(0, 90, (50, WIDE)).astype("int8")
    pd.DataFrame(digits, columns=[f"v{k}" for k in range(WIDE)]).to_stata(
        paths["wide.dta"], write_index=False, version=119
    )
    return paths


def some_of(path: Path) -> list[str]:
    """Return the names of the 15 columns that are read: one of them a text."""
    last = {"sheet.xlsx": 20, "wide.dta": WIDE}.get(path.name, COLUMNS)
    names = [f"v{k}" for k in range(0, last, max(last // SOME, 1))][: SOME - 1]
    return [*names, "v14"] if "v14" not in names else names


def jobs(path: Path) -> dict[str, Job]:
    """Return the ways to read a file: 15 columns by each, and all by `mpi`."""
    import pyreadstat

    from mpi.readers import read_table

    some = some_of(path)
    kind = path.name.partition(".")[2]
    found: dict[str, Job] = {
        "plain read": lambda: plainly(path),
        "mpi": lambda: read_table(path, some),
        "mpi, all": lambda: read_table(path),
    }
    by_pandas: dict[str, Job] = {
        "dta": lambda: pd.read_stata(path, columns=some, convert_categoricals=False),
        "dta.gz": lambda: pd.read_stata(path, columns=some, convert_categoricals=False),
        "csv": lambda: pd.read_csv(path, usecols=some),
        "parquet": lambda: pd.read_parquet(path, columns=some),
        "xlsx": lambda: pd.read_excel(path, usecols=some),
    }
    by_readstat: dict[str, Job] = {
        "dta": lambda: pyreadstat.read_dta(path, usecols=some),
        **dict.fromkeys(("sav", "zsav"), lambda: pyreadstat.read_sav(path, usecols=some)),
    }
    found |= {"pandas": by_pandas[kind]} if kind in by_pandas else {}
    found |= {"pyreadstat": by_readstat[kind]} if kind in by_readstat else {}
    if kind in by_readstat and importlib.util.find_spec("polars_readstat"):
        scan = importlib.import_module("polars_readstat").scan_readstat
        found["polars-readstat"] = lambda: scan(str(path), preserve_order=True).select(some).collect()
    return found


def plainly(path: Path) -> None:
    """Read all bytes of a file, a mebibyte at a time."""
    buffer = bytearray(1 << 20)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):  # type: ignore[attr-defined]  # of a file that is not buffered
            pass


def seconds(job: Job) -> float:
    """Return the least processor time of a few times; one that takes long is done once."""
    taken: list[float] = []
    for _ in range(TIMES):
        start = time.process_time()
        job()
        taken.append(time.process_time() - start)
        if taken[-1] > 10:
            break
    return min(taken)


def memory(path: Path, way: str) -> float:
    """Return by how many megabytes a process of its own grew by reading a file one way."""
    command = [sys.executable, __file__, "--memory", str(path), way]
    return float(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def grown(path: Path, way: str) -> float:
    """Return by how many megabytes this process grows."""
    job = jobs(path)[way]
    pd.Series(["x"]).array.take([0])  # what pandas loads late
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    job()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main() -> int:
    """Print the tables."""
    rows = int(sys.argv[1]) if sys.argv[1:] else 200_000
    ways = ["mpi", "mpi, all", "pandas", "pyreadstat", "polars-readstat"]
    with tempfile.TemporaryDirectory() as name:
        print(f"{rows:,} rows of {COLUMNS} columns; processor time in multiples of one plain read of the file\n")
        print("| file | MB | plain read, s | " + " | ".join(ways) + " |\n|" + "---|" * (3 + len(ways)))
        for path in written(Path(name), rows).values():
            taken = {way: seconds(job) for way, job in jobs(path).items()}
            one = taken["plain read"]
            said = [f"{taken[w] / one:.1f} ({taken[w]:.2f} s)" if w in taken else "" for w in ways]
            print(
                f"| {path.name} | {path.stat().st_size / 1e6:.0f} | {one:.3f} | " + " | ".join(said) + " |", flush=True
            )
        path = Path(name) / "people.dta"
        held = people(rows)[some_of(path)].memory_usage(deep=False, index=False).sum() / 1e6
        print(f"\nmemory for {SOME} columns of people.dta, which hold {held:.0f} MB:")
        for way in ("mpi", "pandas", "pyreadstat"):
            print(f"  {way}: {memory(path, way):.0f} MB")
    return 0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:2] == ["--memory"]:
        print(json.dumps(grown(Path(sys.argv[2]), sys.argv[3])))
    else:
        sys.exit(main())

"""What becomes of a run when something goes wrong: each fault on each engine, in a process of its own.

    python benchmarks/faults.py                          # all cases; some minutes, 0.5 GB of disk
    python benchmarks/faults.py ctrl-c --rows 30000000   # those whose name begins so; longer queries for Ctrl-C
    python benchmarks/faults.py --list

Prints a table: the figure was right, or what was said, or when Ctrl-C was answered. Engines that are not installed are
left out; 2 GB of memory are a control group where this user may make one, and else a limit of addresses.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

FLAGS = [f"d{j}" for j in range(10)]
PARTS = 4
LOCAL = ["polars", "duckdb", "scan", "dataset", "filtered", "ibis", "dask"]
ENGINES = [*LOCAL, "distributed", "spark"]
NEEDS = {"distributed": "distributed", "spark": "pyspark", "ibis": "ibis", "dask": "dask", "polars": "polars"}
GIGABYTES, PATIENCE = 2, 240


# --- the data and the engines ---------------------------------------------------------------------------------------


def make(folder: Path, rows: int) -> float:
    """Write people in four parts, and return the share of the poor, computed by plain SQL."""
    import duckdb

    folder.mkdir()
    flags = ", ".join(f"(hash(i * 31 + {j}) % 100 < {20 + 3 * j})::TINYINT AS d{j}" for j in range(10))
    keys = "(hash(i) % 20000)::INTEGER AS psu, (hash(i) % 20000 % 63)::SMALLINT AS province, "
    keys += (
        "(hash(i + 7) % 54)::SMALLINT AS ethnicity, (hash(i + 3) % 2)::TINYINT AS sex, (1 + hash(i) % 7)::DOUBLE AS w"
    )
    for part in range(PARTS):
        start, end = (rows * k // PARTS for k in (part, part + 1))
        table = duckdb.sql(f"SELECT {keys}, {flags} FROM range({start}, {end}) t(i)")  # noqa: S608  # our own columns

        table.write_parquet(str(folder / f"part-{part}.parquet"))
    poor = f"({' + '.join(FLAGS)}) * 3 >= 10"
    asked = f"SELECT sum(w * ({poor})::INT) / sum(w) FROM read_parquet('{folder}/*.parquet')"  # noqa: S608  # as above

    return float(duckdb.sql(asked).fetchall()[0][0])


def opened(engine: str, folder: str) -> Any:  # noqa: PLR0911  # one for each engine
    """Return the parts as a frame of an engine."""
    pattern = f"{folder}/*.parquet"
    if engine == "polars":
        return importlib.import_module("polars").scan_parquet(pattern)
    if engine == "duckdb":
        return importlib.import_module("duckdb").read_parquet(pattern)
    if engine == "ibis":
        return importlib.import_module("ibis").duckdb.connect().read_parquet(pattern)
    if engine in {"dataset", "filtered"}:
        arrow = importlib.import_module("pyarrow.dataset")
        found = arrow.dataset(folder)
        return found.filter(arrow.field("psu") >= 0) if engine == "filtered" else found
    if engine == "scan":
        return importlib.import_module("mpi").scan(pattern)
    if engine == "spark":
        return session().read.parquet(folder)
    return importlib.import_module("dask.dataframe").read_parquet(folder)


def session() -> Any:
    """Return a session of Spark, quiet, on two cores; with executors of their own where they are to be killed."""
    builder = importlib.import_module("pyspark.sql").SparkSession.builder
    master = "local-cluster[2,1,1024]" if os.environ.get("FAULT") == "killed" else "local[2]"
    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "4", "spark.driver.memory": "2g"}
    for name, value in {**settings, "spark.ui.showConsoleProgress": "false"}.items():
        builder = builder.config(name, value)
    made = builder.master(master).getOrCreate()
    made.sparkContext.setLogLevel("OFF")
    return made


# --- one case, in a process of its own ------------------------------------------------------------------------------


def run(fault: str, engine: str, folder: str) -> dict[str, Any]:
    """Do the work of one case, and return what came of it."""
    warnings.simplefilter("ignore")
    _limit(fault)
    import mpi

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", mpi.MpiWarning)
        found = _worked(fault, engine, folder)
    warned = [str(w.message) for w in heard if issubclass(w.category, mpi.MpiWarning)]
    return {**found, "warned": "; ".join(dict.fromkeys(warned))}


def _worked(fault: str, engine: str, folder: str) -> dict[str, Any]:
    import mpi

    measure = mpi.Measure.nested("m", {"x": FLAGS[:5], "y": FLAGS[5:]}, cutoff="1/3")
    by = ["province"] if fault in {"memory", "parts"} else ["province", "ethnicity", "sex"]
    client: Any = None
    try:
        if engine == "distributed":
            distributed = importlib.import_module("distributed")
            client = distributed.Client(n_workers=2, threads_per_worker=1, dashboard_address=None)
        people = mpi.scan(f"{folder}/*.parquet", memory="200MB") if fault == "spill" else opened(engine, folder)
        print("ready", flush=True)
        if fault in {"killed", "jvm"}:
            _kill_soon(fault, client)
        small = mpi.profile(people, measure, by=by, weight="w", psu="psu", most=10**9)
        value = float(mpi.estimate(small, measure, statistics=["H"]).value[0])
    except BaseException as error:  # noqa: BLE001  # whatever came is the outcome
        told = {"raised": type(error).__name__, "said": str(error), "at": time.monotonic()}
        return {**told, "cause": type(error.__cause__).__name__}
    return {"value": value}


def _kill_soon(fault: str, client: Any) -> None:
    """Kill a worker, an executor or the JVM after a second."""

    def strike() -> None:
        if client is not None:
            pids = list(client.run(os.getpid).values())[:1]
        else:
            gateway = importlib.import_module("pyspark").SparkContext._gateway  # noqa: SLF001  # there is no other way
            driver = _java_below(gateway.proc.pid)
            pids = driver[:1] if fault == "jvm" else driver[-1:]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    threading.Timer(1.5, strike).start()


def _java_below(pid: int) -> list[int]:
    """Return a process and all that it started."""
    below = [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    threads = [int(t.name) for t in Path(f"/proc/{pid}/task").iterdir()]
    for thread in threads:
        below += [int(p) for p in Path(f"/proc/{pid}/task/{thread}/children").read_text(encoding="ascii").split()]
    return [pid, *(p for child in dict.fromkeys(below) for p in _java_below(child))]


# --- what is done to a case from outside ----------------------------------------------------------------------------


def outcome(fault: str, engine: str, folder: str, truth: float, after: float = 2.0) -> str:
    """Run a case, and say in a few words what came of it."""
    command = [sys.executable, __file__, "--case", fault, engine, folder]
    group = _group() if fault == "memory" else None
    with tempfile.TemporaryDirectory() as spill:
        child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
            env={**os.environ, "FAULT": fault, "TMPDIR": spill, "GROUP": str(group or "")},
        )  # fmt: skip
        stopped = 0.0
        try:
            if fault == "ctrl-c":
                while child.stdout and (line := child.stdout.readline()) and line.strip() != "ready":
                    pass
                time.sleep(after)
                stopped = time.monotonic()
                child.send_signal(signal.SIGINT)
            out, _ = child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            return f"**no answer within {PATIENCE} s**"
        finally:
            if group is not None:
                group.rmdir()
    ended = time.monotonic() - stopped
    found = json.loads(out.splitlines()[-1]) if out.strip().endswith("}") else {}
    return _told(found, child.returncode, truth, stopped, ended)


def _told(found: dict[str, Any], status: int, truth: float, stopped: float, ended: float) -> str:
    ends = "" if status == 0 else f"; **exit {status}**"
    if "value" in found:
        right = abs(found["value"] - truth) < 1e-9
        early = " (done before Ctrl-C)" if stopped else ""
        said = " ".join(found["warned"].split())
        other = f"{'warned' if said else '**silent'}: {found['value']:.4f} of what was read, not {truth:.4f}"
        other += f" ({said[:160]})" if said else "**"
        return ("right" if right else other) + early + ends
    if not found:
        return f"**killed without a word**{ends}"
    if stopped and found["raised"] == "KeyboardInterrupt":
        return f"KeyboardInterrupt after {found['at'] - stopped:.1f} s, process ended after {ended:.1f} s{ends}"
    said = " ".join(found["said"].split())
    shown = said if len(said) <= 160 else f"{said[:160]}..."
    return f"{'told' if found['raised'] == 'MpiError' else '**' + found['raised'] + '**'}: {shown}{ends}"


def _group() -> Path | None:
    """Return a new control group of 2 GB; None where there is none to be had."""
    for root, limit in (
        (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes"),
        (Path("/sys/fs/cgroup"), "memory.max"),
    ):
        made = root / f"faults-{uuid.uuid4().hex[:8]}"
        try:
            made.mkdir()
        except OSError:
            continue
        try:
            (made / limit).write_text(str(GIGABYTES * 2**30), encoding="ascii")
        except OSError:
            made.rmdir()
            continue
        return made
    return None


def _limit(fault: str) -> None:
    """Take from this process what the fault is to be short of."""
    group = os.environ.get("GROUP")
    if fault == "memory" and group:
        (Path(group) / "cgroup.procs").write_text(str(os.getpid()), encoding="ascii")
    elif fault == "memory":
        resource.setrlimit(resource.RLIMIT_AS, (GIGABYTES * 2**30,) * 2)
    elif fault == "spill":  # a file of what does not fit ends at 20 MB, as on a disk that is full
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20 * 2**20,) * 2)


# --- the cases ------------------------------------------------------------------------------------------------------


def _truncated(part: Path) -> None:
    part.write_bytes(part.read_bytes()[:-1000])


def _cut(part: Path) -> None:
    whole = part.read_bytes()
    part.write_bytes(whole[: len(whole) // 3] + whole[len(whole) // 2 :])


def _empty(part: Path) -> None:
    part.write_bytes(b"")


def _without(part: Path) -> None:
    import duckdb

    rest = duckdb.sql(f"SELECT * EXCLUDE (d2) FROM read_parquet('{part}')").df()  # noqa: S608  # a path of ours
    rest.to_parquet(part, index=False)


DAMAGE: dict[str, Callable[[Path], None]] = {
    "part truncated": _truncated, "part cut in the middle": _cut, "part of 0 bytes": _empty,
    "part without column d2": _without,
}  # fmt: skip


def cases() -> list[tuple[str, str]]:
    """Return every fault with every engine that it can befall and that is here."""
    killed = [("worker killed", "distributed"), ("executor killed", "spark"), ("JVM killed", "spark")]
    tried = [*killed, *((d, e) for d in DAMAGE for e in ENGINES if e != "distributed")]
    tried += [("spill folder full", "scan"), *(("memory of 2 GB", e) for e in ["polars", "scan", "dataset", "dask"])]
    tried += [("ctrl-c", e) for e in ENGINES]
    return [(f, e) for f, e in tried if importlib.util.find_spec(NEEDS.get(e, "duckdb"))]


_KINDS = {
    "worker killed": "killed", "executor killed": "killed", "JVM killed": "jvm", "spill folder full": "spill",
    "memory of 2 GB": "memory", "ctrl-c": "ctrl-c",
}  # fmt: skip


def main() -> None:
    """Run the cases that are asked for, and print what came of each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="*", help="how the names of the cases begin, such as ctrl-c or 'part'")
    parser.add_argument("--engine", action="append", help="on this engine only")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--case", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.case:
        print(json.dumps(run(*asked.case)), flush=True)
        return
    chosen = [
        (fault, engine)
        for fault, engine in cases()
        if any(fault.startswith(w) for w in asked.which or [""]) and engine in (asked.engine or ENGINES)
    ]
    if asked.list:
        print("\n".join(f"{fault}, {engine}" for fault, engine in chosen))
        return
    print("| fault | engine | outcome |\n|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as made:
        large, small = Path(made) / "large", Path(made) / "small"
        truths = {large: make(large, asked.rows), small: make(small, 400_000)}
        for fault, engine in chosen:
            folder = small if fault in DAMAGE else large
            used = folder
            if fault in DAMAGE:
                used = Path(made) / "damaged"
                shutil.copytree(small, used)
                DAMAGE[fault](used / "part-1.parquet")
            told = outcome(_KINDS.get(fault, "parts"), engine, str(used), truths[folder])
            print(f"| {fault} | {engine} | {told.replace(made, '').replace('|', '/')} |", flush=True)
            if fault in DAMAGE:
                shutil.rmtree(used)


if __name__ == "__main__":
    main()

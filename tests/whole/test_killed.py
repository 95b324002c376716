"""A process that is killed while it writes leaves the old file, whole."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

import mpi

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are killed otherwise on Windows")

PROGRAM = """
import sys, numpy as np, pandas as pd, mpi
rng = np.random.default_rng(0)
n = 60_000
people = pd.DataFrame(rng.integers(0, 2, (n, 4)), columns=list("abcd"))
people["psu"], people["region"] = rng.integers(0, 400, n), rng.integers(0, 9, n)
measure = mpi.Measure.nested("m", {"x": ["a", "b"], "y": ["c", "d"]}, cutoff="1/2")
small = mpi.profile(people, measure, by=["region"], psu="psu")
est = mpi.estimate(small, measure, by=["region"])
folder = sys.argv[1]
while True:
    mpi.save_profile(small, folder + "/profile.parquet")
    est.to_csv(folder + "/table.csv")
    est.to_parquet(folder + "/table.parquet")
    est.to_excel(folder + "/table.xlsx")
    print("written", flush=True)
"""


@pytest.mark.parametrize("after", [0.003, 0.05, 0.11])
def test_files_are_whole_after_a_kill(tmp_path: Path, after: float) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "written\n"
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    small = mpi.load_profile(tmp_path / "profile.parquet")
    assert "of 60,000 rows" in repr(small)
    table = pd.read_csv(tmp_path / "table.csv")
    assert len(table) == len(pd.read_parquet(tmp_path / "table.parquet"))
    pytest.importorskip("openpyxl", reason="openpyxl is an extra").load_workbook(tmp_path / "table.xlsx").close()

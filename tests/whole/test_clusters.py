"""The page on clusters is true: its code runs as it stands, and gives what it shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import mpi

pytest.importorskip("pyarrow", reason="Parquet files need PyArrow")
pytestmark = pytest.mark.filterwarnings("ignore")  # the engines' own: of pandas 3, of sockets left open

PAGE = (Path(__file__).parents[2] / "docs" / "clusters.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^( *)```(python|text)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(heading: str, kind: str) -> list[str]:
    """Return the blocks below a heading, without their indent."""
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    text = next(s for s in section if s.startswith(heading))
    found = [(m[2], re.sub(f"^{m[1]}", "", m[3], flags=re.MULTILINE)) for m in BLOCK.finditer(text)]
    return [body for word, body in found if word == kind]


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names that the page has made before it comes to engines; its files lie in a folder of the test."""
    monkeypatch.chdir(tmp_path)
    made: dict[str, Any] = {}
    for block in blocks("Some microdata", "python"):
        exec(block, made)  # noqa: S102  # the page is ours

    return made


def run(heading: str, names: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> str:
    code = "\n".join(blocks(heading, "python"))
    here = code.replace('parquet("members")', f"parquet({str(Path.cwd() / 'members')!r})")  # Spark is elsewhere
    exec(here, names)  # noqa: S102  # the page is ours

    return capsys.readouterr().out


def in_memory(names: dict[str, Any]) -> mpi.Estimates:
    members, home = names["members"].reset_index(drop=True), names["home"]
    homes = names["evaluate"](members, names["rules"], home)
    survey = mpi.Survey(members.merge(homes, on=home), **names["design"])
    return mpi.estimate(survey, names["measure"], by=["area", "sex"])


def check(names: dict[str, Any], printed: str, shown: str) -> None:
    assert [line.rstrip() for line in printed.splitlines()] == [line.rstrip() for line in shown.splitlines()]
    known = in_memory(names)
    pd.testing.assert_frame_equal(names["est"].table, known.table, rtol=1e-9, atol=1e-12)


def test_spark(names: dict[str, Any], spark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    check(names, run("Spark", names, capsys), *blocks("Spark", "text"))


def test_dask(names: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("dask.dataframe", reason="Dask is an extra")
    check(names, run("Dask", names, capsys), *blocks("Dask", "text"))
    assert len(names["people"]) == len(names["members"])
    with pytest.raises(mpi.MpiError) as error:
        mpi.profile(names["people"], names["measure"], by=["area", "sex"], most=1000, **names["design"])
    assert str(error.value).split() == blocks("How large", "text")[0].split()
    z = run("What is not supported", names, capsys)
    assert float(z.split(",")[1].strip(" ]\n")) < -2 < float(z.split(",")[0].strip("["))

"""Everything that ships with the package is there and can be read, in a checkout and where it was installed."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import mpi
from mpi.codes import shipped
from mpi.datasets.samples import sample_folder
from mpi.plot.tiles import grid_of
from mpi.programmes.vhlss.codes import region_of_province
from mpi.programmes.vhlss.layout_files import layout_of
from mpi.readers import read_table

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
PACKAGE = Path(mpi.__file__).parent
CODE = {".py", ".pyc", ".pyi"}

READERS: dict[str, Callable[[Path], Any]] = {
    "measures": lambda path: mpi.load_measure(path.stem).indicators,
    "indicators/rules/shipped": lambda path: mpi.indicators.load_rules(path.stem).names,
    "lines/law": lambda path: len(mpi.load_line(path.stem).provenance()),
    "lines": lambda _: mpi.international_line("3.00", 2022),
    "codes/data": lambda path: shipped.rows(path.stem) if path.suffix == ".csv" else shipped.tables(path.stem),
    "programmes/vhlss/codes": lambda _: region_of_province(),
    "programmes/vhlss/layouts": lambda path: layout_of(int(path.stem), None, None).files,
    "release/schemes": lambda path: mpi.release.load_scheme(path.stem).labels,
    "plot/grids": lambda path: grid_of(path.stem),
    "": lambda path: path.name == "py.typed",
}
"""How the data files of each folder are read."""


def data_files(folder: Path) -> list[str]:
    """Return the files below a package that are no code; samples stand elsewhere in a checkout."""
    found = (p.relative_to(folder) for p in folder.rglob("*") if p.is_file() and p.suffix not in CODE)
    return sorted(p.as_posix() for p in found if p.parts[0] != "samples")


@pytest.mark.parametrize("name", data_files(PACKAGE))
def test_every_data_file_can_be_read(name: str) -> None:
    path = PACKAGE / name
    folder = path.parent.relative_to(PACKAGE).as_posix()
    assert READERS["" if folder == "." else folder](path)


def test_what_is_installed_has_the_data_files_of_the_sources() -> None:
    assert data_files(PACKAGE) == data_files(ROOT / "src" / "mpi")
    assert len(data_files(PACKAGE)) > 25


def test_every_sample_can_be_read() -> None:
    folder = sample_folder()
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*.dta")}
    assert set(found) == {
        p.relative_to(ROOT / "data/samples").as_posix() for p in (ROOT / "data/samples").rglob("*.dta")
    }
    assert all(len(read_table(path).frame) > 100 for path in found.values())
    assert (folder / "README.md").is_file()


def test_the_version_is_one() -> None:
    assert mpi.__version__ == version("mpi-poverty")
    assert re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)[
        1
    ] == version("mpi-poverty")

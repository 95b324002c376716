"""What ships with the package: measures and a sample survey."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from mpi.arguments import kinds_checked
from mpi.errors import MpiError, unknown

if TYPE_CHECKING:
    from mpi.measure import Measure
    from mpi.survey import Survey

__all__ = ["list_measures", "load_measure", "load_sample"]

_SAMPLES = {"two-rounds": "two_rounds.dta", "vhlss-2016": "vhlss2016", "vhlss-2022": "vhlss2022"}


@kinds_checked
def list_measures() -> list[str]:
    """Return the names of the measures that ship with the package.

    Examples
    --------
    >>> list_measures()
    ['global-mpi', 'gso-mdp']
    """
    folder = files("mpi") / "measures"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


@kinds_checked
def load_measure(name: str) -> Measure:
    """Return a measure that ships with the package.

    Parameters
    ----------
    name : str
        One of `list_measures`.

    Raises
    ------
    MpiError
        When there is none of that name; the nearest is offered.

    Examples
    --------
    >>> load_measure("global-mpi").cutoff
    Fraction(1, 3)
    """
    from mpi.measure import Measure

    known = list_measures()
    if name not in known:
        raise MpiError(unknown("measure", name, known) + "; a file of your own is read with Measure.from_toml(path)")
    with as_file(files("mpi") / "measures" / f"{name}.toml") as path:
        return Measure.from_toml(path)


@kinds_checked
def load_sample(name: str = "two-rounds") -> Survey:
    """Return a small synthetic survey. The people in it do not exist.

    Parameters
    ----------
    name : {"two-rounds", "vhlss-2016", "vhlss-2022"}
        ``two-rounds`` has two rounds, a rotating half, ethnicity, sex, province and area, and the columns of
        ``gso-mdp``. The others are folders in the layout of the Viet Nam Household Living Standards Survey, read by
        `read_vhlss`: answers, from which `with_deprivations` computes what a standard asks for. All are calibrated
        to published shares of Viet Nam, so that examples look like the real thing; data/samples says how.

    Raises
    ------
    MpiError
        When there is no sample of that name.

    Examples
    --------
    >>> load_sample().waves
    (2016, 2018)
    """
    from mpi.reading import read_survey

    if name not in _SAMPLES:
        raise MpiError(unknown("sample", name, _SAMPLES))
    with as_file(_sample_folder() / _SAMPLES[name]) as path:
        if name.startswith("vhlss"):
            from mpi.readers.vhlss import read_vhlss

            return read_vhlss(path, int(name.rpartition("-")[2]))
        return read_survey(
            path, weight="weight", strata="stratum", psu="psu", household="household", wave="year", shared_psus=True
        )


def _sample_folder() -> Path:
    """Return where the samples are: inside the installed package, or beside the sources of a checkout."""
    installed = Path(str(files("mpi"))) / "samples"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "data" / "samples"

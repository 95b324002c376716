"""The samples that ship with the package: surveys of people who do not exist."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError, unknown
from mpi.survey.design import Design

if TYPE_CHECKING:
    from mpi.survey.survey import Survey

__all__ = ["SYNTHETIC", "load_sample", "sample_folder"]

SYNTHETIC = "SYNTHETIC, the sample that is shipped: nobody was interviewed, and it says nothing about any country"
"""What is said under every table and picture of a sample."""

_SAMPLES = {"two-rounds": "two_rounds.dta", "vhlss-2016": "vhlss2016", "vhlss-2022": "vhlss2022"}

_DESIGN = Design(weight="weight", strata="stratum", psu="psu", household="household", wave="year", shared_psus=True)


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
    from mpi.survey.read import read_survey
    from mpi.survey.survey import of_rows

    if name not in _SAMPLES:
        raise RequestError(unknown("sample", name, _SAMPLES))
    with as_file(sample_folder() / _SAMPLES[name]) as path:
        if name.startswith("vhlss"):
            from mpi.programmes.vhlss import read_vhlss

            survey = read_vhlss(path, int(name.rpartition("-")[2]))
        else:
            survey = read_survey(path, design=_DESIGN)
    rows = survey.rows.collect()
    return of_rows(replace(rows, origin=replace(rows.origin, data=SYNTHETIC)))


def sample_folder() -> Path:
    """Return where the samples are: inside the installed package, or beside the sources of a checkout."""
    installed = Path(str(files("mpi"))) / "samples"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "data" / "samples"

"""From a file to a survey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from mpi.design import SingleInGroup, SinglePsu
    from mpi.survey import Survey

__all__ = ["read_survey"]


def read_survey(
    path: str | os.PathLike[str],
    *,
    columns: Sequence[str] | None = None,
    weight: str | None = None,
    strata: str | None = None,
    psu: str | None = None,
    household: str | None = None,
    size: str | None = None,
    fpc: str | None = None,
    wave: str | None = None,
    shared_psus: bool = False,
    single_psu: SinglePsu = "error",
    single_in_group: SingleInGroup = "keep",
) -> Survey:
    """Read a survey from a file; its value labels become the labels of groups.

    Parameters
    ----------
    path : path
        A ``.dta``, ``.sav``, ``.zsav``, ``.por``, ``.csv`` (also ``.gz``) or ``.parquet`` file.
    columns : sequence of str, optional
        The columns to read besides those of the design; all by default. Naming them makes large files fast.
    weight, strata, psu, household, size, fpc, wave, shared_psus, single_psu, single_in_group
        The design; see `Survey`.

    Raises
    ------
    MpiError
        When the file cannot be read, a column is absent (the nearest is offered), or the design is wrong.

    Examples
    --------
    >>> import mpi
    >>> survey = mpi.read_survey("people.dta", weight="weight", strata="stratum", psu="psu")  # doctest: +SKIP
    """
    from mpi.readers import read_table
    from mpi.survey import Survey

    roles: dict[str, Any] = {
        "weight": weight, "strata": strata, "psu": psu, "household": household, "size": size, "fpc": fpc, "wave": wave,
    }  # fmt: skip
    wanted = None if columns is None else list(dict.fromkeys([*columns, *(c for c in roles.values() if c)]))
    table = read_table(path, wanted)
    return Survey(
        table.frame, **roles, shared_psus=shared_psus, single_psu=single_psu, single_in_group=single_in_group,
        labels=table.labels,
    )  # fmt: skip

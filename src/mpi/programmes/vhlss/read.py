"""Surveys read from a folder of VHLSS modules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.codes.codeset import Language
from mpi.core.arguments import kinds_checked
from mpi.core.atomic import located
from mpi.core.errors import FileError, Problems, RequestError, unknown, warn
from mpi.programmes.vhlss.codes import labels_of_codes
from mpi.programmes.vhlss.derived import derive
from mpi.programmes.vhlss.find import find
from mpi.programmes.vhlss.keys import WIDTHS, part, text
from mpi.programmes.vhlss.layout_files import layout_of
from mpi.programmes.vhlss.merge import merge
from mpi.programmes.vhlss.names import HEADINGS, NEEDED, TITLES
from mpi.programmes.vhlss.report import report_of
from mpi.programmes.vhlss.sheets import read_sheets, shown
from mpi.survey.origin import Origin
from mpi.survey.survey import Survey, of_rows

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mpi.inference.design import SinglePsu
    from mpi.programmes.vhlss.find import FoundFiles
    from mpi.programmes.vhlss.merge import Merged
    from mpi.programmes.vhlss.report import Report

    Path_ = str | os.PathLike[str]

__all__ = ["check_vhlss", "missing_names", "read_vhlss"]

Subsample = Literal["expenditure"]


@kinds_checked
def read_vhlss(
    folder: Path_,
    year: int,
    *,
    layout: Path_ | None = None,
    overrides: Path_ | Mapping[str, Any] | None = None,
    single_psu: SinglePsu = "centered",
    subsample: Subsample | None = None,
    labels: Language = "en",
    encoding: str | None = None,
) -> Survey:
    """Read a round of the Viet Nam Household Living Standards Survey from its folder of files.

    Modules are found by their names, merged on their keys whatever their types, and checked. Answers come under
    harmonised names with one meaning in all rounds (1 yes, 0 no, missing unknown; money in VND per person per month).
    Rows are members; households where the round has no file of members.

    Parameters
    ----------
    folder : path
        The folder that holds the files.
    year : int
        The round: 2010, 2012, 2014, 2016, 2018, 2020, 2022 or 2023.
    layout : path, optional
        A layout file (TOML) of your own in place of the shipped one.
    overrides : path or mapping, optional
        Mappings to use in place of those of the layout, or besides: a TOML file, or
        ``{"insured": {"file": "Muc3A", "variable": "m3ac9", "yes_no": True}}``. A table ``missing`` says which codes of
        the files are no answer, by harmonised name: ``{"missing": {"grade": [98, 99]}}``.
    single_psu : {"error", "certainty", "centered", "scaled"}
        The rule for a stratum with one enumeration area; see `Survey`.
    subsample : {"expenditure"}, optional
        Keep the households asked for their expenditure only, with the weight of that subsample.
    labels : {"en", "vi"}
        The language of the labels of provinces, regions, ethnic groups, areas and sexes; codes are the same. Labels
        that only the files have, such as relations to the head, stay as they are there.
    encoding : str, optional
        The encoding of the text in the files, such as ``"tcvn3"``; found out by default, as `read_survey` does.

    Returns
    -------
    Survey
        Strata are province x area (10 times the province plus 1 urban, 2 rural), PSUs enumeration areas; the weight
        is the household's on each row.

    Raises
    ------
    MpiError
        When the folder, round or a needed file is not there (the nearest is offered), a key cannot be read, rows
        stand twice, or a layout or override is wrong: every problem at once.

    Warns
    -----
    MpiWarning
        Once, with all there is to tell: files or names that are missing and what can still be computed, rows without
        a household, answers with unknown codes.

    Examples
    --------
    >>> survey = read_vhlss("data/samples/vhlss2022", 2022)  # doctest: +SKIP
    """
    if labels not in get_args(Language):
        raise RequestError("labels: " + unknown("language", labels, get_args(Language)))
    found = find(located(folder), layout_of(year, layout, overrides))
    problems = Problems(f"cannot read VHLSS {year} from {folder}", FileError)
    _check_subsample(subsample, found, problems)
    _check_needed(found, problems)
    sheets = read_sheets(found, problems, encoding)
    problems.raise_if_any()
    merged = merge(found, sheets)
    derive(merged, found.layout)
    chosen = _rows(merged, subsample)
    columns = {**_identity(merged), **_columns(merged, subsample)}
    _tell(report_of(found), merged.findings)
    return _survey({name: values[chosen] for name, values in columns.items()}, merged, single_psu, labels)


def check_vhlss(
    folder: Path_,
    year: int,
    *,
    layout: Path_ | None = None,
    overrides: Path_ | Mapping[str, Any] | None = None,
) -> Report:
    """Look at a folder without reading its data: which files and names are there, what can be computed.

    Parameters
    ----------
    folder, year, layout, overrides
        As for `read_vhlss`.

    Returns
    -------
    Report
        Print it, or look at `missing`, `missing_files`, `names` (with the status and source of each mapping) and
        `indicators`.

    Raises
    ------
    MpiError
        When the folder or round is not there, or a layout or override is wrong.
    """
    return report_of(find(located(folder), layout_of(year, layout, overrides)))


def missing_names(
    folder: Path_,
    year: int,
    *,
    layout: Path_ | None = None,
    overrides: Path_ | Mapping[str, Any] | None = None,
) -> tuple[str, ...]:
    """Return the harmonised names that a survey read from the folder will not have.

    Parameters
    ----------
    folder, year, layout, overrides
        As for `read_vhlss`.
    """
    return check_vhlss(folder, year, layout=layout, overrides=overrides).missing


# --- checks ---------------------------------------------------------------------------------------------------------


def _check_subsample(subsample: str | None, found: FoundFiles, problems: Problems) -> None:
    if subsample is None:
        return
    if subsample != "expenditure":
        raise RequestError(unknown("subsample", subsample, ("expenditure",)))
    for name in ("expenditure", "weight_expenditure"):
        if name not in found.variables:
            problems.add(f"subsample='expenditure' needs {name!r} ({TITLES[name].lower()}), which is not there")


def _check_needed(found: FoundFiles, problems: Problems) -> None:
    for name in NEEDED:
        if name in found.variables or (name == "size" and "members" in found.places):
            continue
        mapping = found.layout.names.get(name)
        where = f" (looked for {' or '.join(mapping.variables)} in {', '.join(mapping.files)})" if mapping else ""
        problems.add(
            f"there is no {name!r} ({TITLES[name].lower()}){where}; add its file, or say where it is with "
            f"overrides={{{name!r}: {{'file': ..., 'variable': ...}}}}"
        )


def _tell(report: Report, findings: list[str]) -> None:
    """Warn once of all there is to tell; names that no indicator of the round's standard needs are not worth it."""
    lacking = report.missing_files or any(report.indicators().values())
    lines = ([str(report)] if lacking else []) + findings
    if lines:
        head = "" if lacking else f"VHLSS {report.year} in {report.folder}:\n  "
        warn(head + "\n  ".join(lines))


# --- the survey -----------------------------------------------------------------------------------------------------


def _rows(merged: Merged, subsample: str | None) -> NDArray[np.bool_]:
    """Say which rows are kept: those with a weight, of the subsample where there is one."""
    columns = merged.household_columns
    kept = ~np.isnan(columns["weight"])
    if not kept.all():
        lost = merged.households[~kept]
        merged.findings.append(f"{len(lost):,} households have no weight ({shown(lost)}); they are left out")
    if subsample is not None:
        kept &= (columns["expenditure"] > 0) & ~np.isnan(columns["weight_expenditure"])
    return kept if merged.members is None else kept[merged.members]


def _identity(merged: Merged) -> dict[str, NDArray[Any]]:
    """Return the columns that say who a row is and how it was drawn."""
    codes, spread = merged.households, merged.members
    area = merged.household_columns["area"]
    province = part(codes, "province")
    found: dict[str, NDArray[Any]] = {"household": text(codes), "psu": text(codes, tuple(WIDTHS)[:-1])}
    found |= {name: part(codes, name) for name in ("province", "district", "commune", "ea")}
    found["stratum"] = province * 10 + area
    if spread is None:
        return found
    members: dict[str, NDArray[Any]] = {name: values[spread] for name, values in found.items()}
    assert merged.number is not None  # noqa: S101  # members are numbered
    return {"household": members.pop("household"), "member": merged.number, **members}


def _columns(merged: Merged, subsample: str | None) -> dict[str, NDArray[Any]]:
    """Return the harmonised columns on the rows of the survey."""
    households = dict(merged.household_columns)
    if subsample is not None:
        households["weight"] = households["weight_expenditure"]
    if merged.members is None:
        return dict(households)
    return {**merged.member_columns, **{name: values[merged.members] for name, values in households.items()}}


def _survey(columns: Mapping[str, NDArray[Any]], merged: Merged, single_psu: SinglePsu, language: Language) -> Survey:
    import pandas as pd

    frame = pd.DataFrame({name: _whole(values) for name, values in columns.items()})
    labels: dict[str, Mapping[Any, str]] = {**merged.labels, **labels_of_codes(language)}
    survey = Survey(
        frame,
        weight="weight",
        strata="stratum",
        psu="psu",
        household="household",
        size="size" if merged.members is None else None,
        single_psu=single_psu,
        labels={name: found for name, found in labels.items() if name in columns},
    )
    headings = {name: heading for name, heading in HEADINGS.items() if name in columns}
    return of_rows(replace(survey.rows.collect(), origin=Origin(titles=headings)))


def _whole(values: NDArray[Any]) -> NDArray[Any]:
    """Return whole numbers as such where none is missing."""
    if values.dtype.kind != "f" or np.isnan(values).any() or (values != np.floor(values)).any():
        return values
    return values.astype(np.int64)

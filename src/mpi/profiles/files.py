"""Profiles put together, written and read: parts that were condensed apart add up to the whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.core.arguments import kinds_checked
from mpi.core.atomic import atomic_path, located
from mpi.core.errors import DataError, FileError, Problems, RequestError, warn
from mpi.frames.aggregation import CASES
from mpi.frames.lazy import recoded
from mpi.frames.profile_table import as_floats
from mpi.profiles.condense import survey_of
from mpi.profiles.digest import arrow, digest_of
from mpi.profiles.origin import library
from mpi.profiles.parts import Contents, added_up, apart, doubled, labels_of, tell, unlike
from mpi.readers.large.parts import find
from mpi.survey.origin import Origin, ProfileContents
from mpi.survey.round_codes import common_coding
from mpi.survey.survey import of_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mpi.readers.large.parts import Where
    from mpi.survey.round_codes import RoundLabels
    from mpi.survey.survey import Survey

__all__ = ["load_profile", "merge_profiles", "save_profile"]

_VERSION, _PLAIN, _EARLIER = 4, 3, 2
"""The version that is written with sums of gaps, the one without, and that before, which does not say what a profile
is made of."""

_KEY, _DIGEST = b"mpi_profile", b"mpi_digest"
_MADE = "made_of"
_NAMED = 6  # files that are named


@kinds_checked
def merge_profiles(
    parts: Sequence[Survey] | Mapping[Any, Survey],
    *,
    shared_psus: bool | None = None,
    labels: RoundLabels | None = None,
) -> Survey:
    """Add profiles of parts up: of provinces, months, files or rounds that were condensed apart.

    Parameters
    ----------
    parts : sequence of Survey, or mapping of name to Survey
        Profiles (`profile`) of the same columns; names are for messages.
    shared_psus : bool, optional
        Whether parts, or rounds in different parts, share PSUs of equal codes; by default as the parts say. Where it is
        not said, parts that have PSUs in common are told by a warning: months of one survey do, other places do not.
    labels : "first" or mapping, optional
        What to do where value labels of the parts disagree; see `mpi.pool`. Codes that are numbered otherwise in one
        part are matched by their labels.

    Returns
    -------
    Survey
        The profile of the whole; its `about` names the sources of all. Each row of the microdata is to stand in one
        part only: what stands in two counts twice.

    Raises
    ------
    MpiError
        Naming the parts that differ, and in what: columns, labels, design, weights, the unit, rules of indicators,
        codes that are no answer; and those that hold what another holds, as a whole beside one of its parts.

    Warns
    -----
    MpiWarning
        When weights are of other scales, PSUs stand in several parts, or it is not known whether indicators fit.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> people = pd.DataFrame({"d": [1, 0, 1, 1], "province": ["A", "A", "B", "B"], "psu": [1, 2, 3, 4]})
    >>> measure = mpi.Measure.nested("m", {"x": ["d"]}, cutoff=1)
    >>> parts = [mpi.profile(people[people.province == p], measure, by=["province"], psu="psu") for p in "AB"]
    >>> whole = merge_profiles(parts)
    >>> mpi.estimate(whole, measure, statistics=["H"]).value.tolist()
    [0.75]
    """
    named = dict(parts) if isinstance(parts, Mapping) else {f"part {i}": s for i, s in enumerate(parts, 1)}
    if not named:
        raise RequestError("there are no profiles to put together")
    contents = {name: _contents(survey, str(name)) for name, survey in named.items()}
    return _merged(contents, shared_psus=shared_psus, round_labels=labels)


@kinds_checked
def save_profile(survey: Survey, path: str | os.PathLike[str], *, smallest: int = 1) -> None:
    """Write a profile as Parquet; the file is whole or is not there.

    Parameters
    ----------
    survey : Survey
        A profile (`profile`, `merge_profiles`).
    path : path
        The file, ``.parquet``.
    smallest : int, default 1
        The fewest rows of microdata that may stand in a cell: in one PSU, round and group of every column. With a
        smaller cell nothing is written. Patterns within a cell may be rarer.

    Raises
    ------
    MpiError
        When the survey is no profile, a cell is too small, or the file cannot be written.
    """
    if located(path).suffix != ".parquet":
        raise RequestError(f"{str(path)!r}: a profile is written as .parquet")
    if not isinstance(smallest, int):
        raise RequestError(f"smallest is {smallest!r}; a number of rows such as 10 was expected")
    found = _contents(survey, "the survey")
    _check_cells(found.table, smallest)
    pa, parquet = arrow()
    table = pa.Table.from_pandas(as_floats(found.table), preserve_index=False)
    said = json.dumps({**found.about, "library": library()}).encode()
    metadata = table.schema.metadata or {}
    digest = digest_of(table, _read_with(json.loads(said), metadata)).encode()
    table = table.replace_schema_metadata({**metadata, _KEY: said, _DIGEST: digest})
    with atomic_path(located(path)) as target:
        parquet.write_table(table, target)


@kinds_checked
def load_profile(*paths: Where, shared_psus: bool | None = None, labels: RoundLabels | None = None) -> Survey:
    """Read profiles and put them together.

    Parameters
    ----------
    *paths : path, pattern, folder, or list of these
        Files that `save_profile` wrote, such as ``"profiles/*.parquet"``. A file that is named twice is read once.
    shared_psus, labels : optional
        As for `merge_profiles`.

    Raises
    ------
    MpiError
        Naming the file that is absent, damaged (its content is held to a digest), no profile, of another version, a
        copy of another, or unlike the others.

    Examples
    --------
    >>> import pathlib, tempfile, pandas as pd, mpi
    >>> people = pd.DataFrame({"d": [1, 0, 1], "psu": [1, 1, 2]})
    >>> small = mpi.profile(people, mpi.Measure.nested("m", {"x": ["d"]}, cutoff=1), psu="psu")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_profile(small, pathlib.Path(folder) / "all.parquet")
    ...     again = load_profile(pathlib.Path(folder) / "all.parquet")
    >>> again
    <Survey: 3 profiles of 3 rows, 2 PSUs in 1 stratum, df 1, unweighted>
    """
    if not paths:
        raise RequestError("name the files of the profiles to read")
    each = [p for where in paths for p in ([where] if isinstance(where, (str, os.PathLike)) else where)]
    read = {path: _read(Path(path)) for path in find(each, copies="keep").paths}
    _tell_earlier([Path(name).name for name, one in read.items() if one.made is None])
    return _merged(read, shared_psus=shared_psus, round_labels=labels)


def _tell_earlier(names: Sequence[str]) -> None:
    """Warn of files that do not say what they are made of."""
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        warn(
            f"{', '.join(names[:_NAMED])}{more}: written by an earlier version of this library, without what it is "
            "made of. Whether its weights, rules, codes and files fit those of other profiles is not known; make it "
            "anew to have that checked"
        )


def _contents(survey: Survey, name: str) -> Contents:
    """Return the table of a profile and what is to be known of it."""
    roles = dict(getattr(survey, "roles", {}))
    if roles.pop("cases", None) != CASES:
        raise RequestError(f"{name} is no profile; condense microdata with mpi.profile(...) first")
    weighted = roles.pop("weight", None) is not None
    frames = list(survey.frames)
    if len(frames) > 1 or survey.domain is not None:
        raise RequestError(f"{name} is a pool or a domain of profiles; use the profiles themselves")
    frame: pd.DataFrame = frames[0].to_native()
    design, made, labels = survey.design, survey.rows.origin.made, labels_of(survey, frame.columns)
    version = _VERSION if made and made.gaps else _PLAIN
    about = {
        "version": version, "roles": roles, "labels": labels, "single_psu": design.single_psu,
        "shared_psus": design.shared, "weighted": weighted, _MADE: made and made.written(),
    }  # fmt: skip
    return Contents(frame, about, made)


def _merged(contents: Mapping[Any, Contents], *, shared_psus: bool | None, round_labels: RoundLabels | None) -> Survey:
    """Return the survey of several profiles, put together under one coding."""
    import pandas as pd

    names, every = [*contents], [*contents.values()]
    about = every[0].about
    problems = Problems("the profiles cannot be put together", DataError)
    problems.found += [*unlike(contents), *apart(contents, shared_psus=shared_psus)]
    problems.found += doubled(contents) if len(every) > 1 else []
    frames = [nw.from_native(c.table, eager_only=True) for c in every]
    known = [{c: dict(pairs) for c, pairs in one.about["labels"].items()} for one in every]
    coding = common_coding(
        known, names, lambda i, c: frames[i][c].drop_nulls().unique().to_list(), round_labels, problems
    )
    problems.raise_if_any()
    tell(contents, shared_psus=shared_psus)
    tables = [recoded(frame, moved).to_native() for frame, moved in zip(frames, coding.moved, strict=True)]
    table = pd.concat(tables, ignore_index=True)
    roles = about["roles"]
    shared = shared_psus if "wave" in roles else None  # else it says that parts share PSUs, which they do
    shared = shared if shared is not None else (any(c.about["shared_psus"] for c in every) or None)
    options = {"shared_psus": shared, "single_psu": about["single_psu"], "labels": coding.labels}
    whole = survey_of(table, roles, weighted=about["weighted"], **options)
    return of_rows(replace(whole.rows.collect(), origin=Origin(made=added_up(contents))))


def _check_cells(frame: pd.DataFrame, smallest: int) -> None:
    if smallest <= 1:
        return
    keys = list(frame.columns[: list(frame.columns).index(CASES)])  # indicators stand behind
    if not keys:
        return
    small = int((frame.groupby(keys, dropna=False)[CASES].sum() < smallest).sum())
    if not small:
        return
    helped = []
    for key in keys:
        rest = [k for k in keys if k != key]
        left = int((frame.groupby(rest, dropna=False)[CASES].sum() < smallest).sum()) if rest else 0
        helped.append((left, key))
    told = ", ".join(f"{left:,} without {key!r}" for left, key in sorted(helped)[:4])
    raise RequestError(
        f"{small:,} cells have fewer than {smallest} rows of microdata; nothing was written. There would be {told}: "
        "condense again with fewer columns, or with coarser groups"
    )


def _read(path: Path) -> Contents:
    """Return the table of a profile and what is to be known of it, as they were written."""
    pa, parquet = arrow()
    try:
        table = parquet.read_table(path)
        metadata = table.schema.metadata or {}
        said = metadata.get(_KEY)
        about = None if said is None else json.loads(said)
        digest = None if about is None else digest_of(table, _read_with(about, metadata)).encode()
        frame = table.to_pandas()
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise FileError(f"{str(path)!r} is no whole Parquet file; {_AGAIN} ({error})") from error
    if about is None:
        raise FileError(f"{str(path)!r} holds no profile; save_profile writes them")
    version = about.get("version") if isinstance(about, dict) else None
    if isinstance(version, int) and version not in (_VERSION, _PLAIN, _EARLIER):
        raise FileError(
            f"{str(path)!r} was written by {'a newer' if version > _VERSION else 'an older'} version of this library "
            f"(profiles of version {version}, here {_VERSION}); "
            + ("update with pip install -U mpi-poverty" if version > _VERSION else "make it anew")
        )
    if digest != metadata.get(_DIGEST):
        raise FileError(f"{str(path)!r} is damaged: its content is not what was written (the digest differs); {_AGAIN}")
    made = about.get(_MADE)
    return Contents(frame, about, None if made is None else ProfileContents.read(made))


def _read_with(about: Any, metadata: Mapping[bytes, bytes]) -> dict[str, Any]:
    """Return all that a table is read with: what is said of the profile, and what pandas keeps of its columns."""
    return {"profile": about, "pandas": metadata.get(b"pandas", b"").decode()}


_AGAIN = "copy it again, or make it anew"

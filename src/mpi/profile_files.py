"""Profiles put together, written and read: parts that were condensed apart add up to the whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.arguments import kinds_checked
from mpi.condensing import CASES, WEIGHT
from mpi.errors import MpiError, Problems, warn
from mpi.files import located, replacing
from mpi.lazy_frames import recoded
from mpi.own_columns import EVERYBODY, WHOLE
from mpi.profile_digest import digest_of
from mpi.profile_survey import survey_of
from mpi.round_codes import one_coding
from mpi.scanning.parts import find

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mpi.round_codes import RoundLabels
    from mpi.scanning.parts import Where
    from mpi.survey import Survey

__all__ = ["load_profile", "merge_profiles", "save_profile"]

_VERSION = 2
_KEY, _DIGEST = b"mpi_profile", b"mpi_digest"
_APART = 100.0
"""Mean weights that differ by this factor are of different scales: shares beside numbers of people."""


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
        Whether rounds in different parts share PSUs of equal codes; by default as the parts say.
    labels : "first" or mapping, optional
        What to do where value labels of the parts disagree; see `mpi.pool`. Codes that are numbered otherwise in one
        part are matched by their labels.

    Returns
    -------
    Survey
        The profile of the whole. Each row of the microdata is to stand in one part only: what stands in two counts
        twice.

    Raises
    ------
    MpiError
        Naming the part whose columns, labels or design differ, and in what.

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
        raise MpiError("there are no profiles to put together")
    contents = {name: _contents(survey, str(name)) for name, survey in named.items()}
    return _merged(contents, shared_psus=shared_psus, said=labels)


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
        raise MpiError(f"{str(path)!r}: a profile is written as .parquet")
    if not isinstance(smallest, int):
        raise MpiError(f"smallest is {smallest!r}; a number of rows such as 10 was expected")
    frame, about = _contents(survey, "the survey")
    _check_cells(frame, smallest)
    pa, parquet = _arrow()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    said = json.dumps({**about, "library": _library()}).encode()
    metadata = table.schema.metadata or {}
    digest = digest_of(table, _read_with(json.loads(said), metadata)).encode()
    table = table.replace_schema_metadata({**metadata, _KEY: said, _DIGEST: digest})
    with replacing(located(path)) as target:
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
        raise MpiError("name the files of the profiles to read")
    each = [p for where in paths for p in ([where] if isinstance(where, (str, os.PathLike)) else where)]
    read = {path: _read(Path(path)) for path in find(each, copies="keep").paths}
    return _merged(read, shared_psus=shared_psus, said=labels)


def _contents(survey: Survey, name: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the table of a profile and what is to be known of it."""
    roles = dict(getattr(survey, "roles", {}))
    if roles.pop("cases", None) != CASES:
        raise MpiError(f"{name} is no profile; condense microdata with mpi.profile(...) first")
    weighted = roles.pop("weight", None) is not None
    frames = list(survey.frames)
    if len(frames) > 1 or survey.domain is not None:
        raise MpiError(f"{name} is a pool or a domain of profiles; use the profiles themselves")
    frame: pd.DataFrame = frames[0].to_native()
    labels = {c: [[k, v] for k, v in known.items()] for c, known in survey.labels.items() if c in frame.columns}
    design = survey.design
    about = {
        "version": _VERSION, "roles": roles, "labels": labels, "single_psu": design.single_psu,
        "shared_psus": design.shared, "weighted": weighted,
    }  # fmt: skip
    return frame, about


def _merged(
    contents: Mapping[Any, tuple[pd.DataFrame, dict[str, Any]]], *, shared_psus: bool | None, said: RoundLabels | None
) -> Survey:
    import pandas as pd

    names = list(contents)
    first, about = contents[names[0]]
    problems = Problems("the profiles cannot be put together")
    for name in names[1:]:
        problems.found += [f"{name}: {said} (unlike {names[0]})" for said in _unlike(contents[name], (first, about))]
    problems.found += _twice(contents)
    frames = [nw.from_native(frame, eager_only=True) for frame, _ in contents.values()]
    known = [{c: dict(pairs) for c, pairs in a["labels"].items()} for _, a in contents.values()]
    coding = one_coding(known, names, lambda i, c: frames[i][c].drop_nulls().unique().to_list(), said, problems)
    problems.raise_if_any()
    _warn_of_scales(contents)
    tables = [recoded(frame, moved).to_native() for frame, moved in zip(frames, coding.moved, strict=True)]
    table = pd.concat(tables, ignore_index=True)
    shared = shared_psus if shared_psus is not None else (any(a["shared_psus"] for _, a in contents.values()) or None)
    options = {"shared_psus": shared, "single_psu": about["single_psu"], "labels": coding.labels}
    return survey_of(table, about["roles"], weighted=about["weighted"], **options)


def _twice(contents: Mapping[Any, tuple[pd.DataFrame, dict[str, Any]]]) -> list[str]:
    """Name the profiles that hold the same as an earlier one: everybody in them would count twice."""
    pa, _ = _arrow()
    known: dict[str, Any] = {}
    said = []
    for name, (frame, about) in contents.items():
        digest = digest_of(pa.Table.from_pandas(frame, preserve_index=False), about)
        if digest in known:
            said.append(f"{name}: holds the same as {known[digest]}, and everybody in it would count twice")
        known.setdefault(digest, name)
    return said


def _warn_of_scales(contents: Mapping[Any, tuple[pd.DataFrame, dict[str, Any]]]) -> None:
    """Warn where the weights of one profile add up to people and those of another to shares or millionths."""
    means = {name: float(f[WEIGHT].sum()) / max(float(f[CASES].sum()), 1.0) for name, (f, _) in contents.items()}
    least, most = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    if means[most] > _APART * means[least]:
        warn(
            f"the weights are of different scales: a row weighs {means[least]:.3g} on average in {least}, and "
            f"{means[most]:.3g} in {most}, which then decides the figures of both; condense with weights of one scale"
        )


def _unlike(one: tuple[pd.DataFrame, dict[str, Any]], other: tuple[pd.DataFrame, dict[str, Any]]) -> list[str]:
    """Say in what a part differs from another: columns, kinds of values, design."""
    (frame, about), (known, model) = one, other
    out = []
    hidden = {EVERYBODY, WHOLE}  # told as the design
    for word, names in (
        ("has no", set(known.columns) - set(frame.columns) - hidden),
        ("has", set(frame.columns) - set(known.columns) - hidden),
    ):
        out += [f"{word} column {', '.join(map(repr, sorted(names)))}"] if names else []
    both = [c for c in frame.columns if c in known.columns]
    out += [
        f"column {c!r} holds {_kind(frame[c])}, not {_kind(known[c])}"
        for c in both
        if _kind(frame[c]) != _kind(known[c])
    ]
    if about["roles"] != model["roles"]:
        out.append(f"is {_drawn(about['roles'])}, not {_drawn(model['roles'])}")
    if about["weighted"] != model["weighted"]:
        out.append(f"is {_WEIGHED[about['weighted']]}, not {_WEIGHED[model['weighted']]}")
    if about["single_psu"] != model["single_psu"]:
        out.append(f"single_psu is {about['single_psu']!r}, not {model['single_psu']!r}")
    return out


_WEIGHED = {True: "weighted", False: "without weights, as each row counts once"}


def _drawn(roles: Mapping[str, str]) -> str:
    """Say how data were drawn."""
    if roles.get("psu") == EVERYBODY:
        return "a census"
    return f"a sample with {', '.join(f'{role} {column!r}' for role, column in roles.items())}"


def _kind(column: Any) -> str:
    return "numbers" if column.dtype.kind in "biuf" else "text"


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
    raise MpiError(
        f"{small:,} cells have fewer than {smallest} rows of microdata; nothing was written. There would be {told}: "
        "condense again with fewer columns, or with coarser groups"
    )


def _read(path: Path) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the table of a profile and what is to be known of it, as they were written."""
    pa, parquet = _arrow()
    try:
        table = parquet.read_table(path)
        metadata = table.schema.metadata or {}
        said = metadata.get(_KEY)
        about = None if said is None else json.loads(said)
        digest = None if about is None else digest_of(table, _read_with(about, metadata)).encode()
        frame = table.to_pandas()
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise MpiError(f"{str(path)!r} is no whole Parquet file; {_AGAIN} ({error})") from error
    if about is None:
        raise MpiError(f"{str(path)!r} holds no profile; save_profile writes them")
    version = about.get("version") if isinstance(about, dict) else None
    if isinstance(version, int) and version != _VERSION:
        raise MpiError(
            f"{str(path)!r} was written by {'a newer' if version > _VERSION else 'an older'} version of this library "
            f"(profiles of version {version}, here {_VERSION}); "
            + ("update with pip install -U mpi-poverty" if version > _VERSION else "make it anew")
        )
    if digest != metadata.get(_DIGEST):
        raise MpiError(f"{str(path)!r} is damaged: its content is not what was written (the digest differs); {_AGAIN}")
    return frame, {k: v for k, v in about.items() if k != "library"}


def _read_with(about: Any, metadata: Mapping[bytes, bytes]) -> dict[str, Any]:
    """Return all that a table is read with: what is said of the profile, and what pandas keeps of its columns."""
    return {"profile": about, "pandas": metadata.get(b"pandas", b"").decode()}


_AGAIN = "copy it again, or make it anew"


def _library() -> str:
    """Return the version of this library."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("mpi-poverty")
    except PackageNotFoundError:
        return "unknown"


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise MpiError("profiles are kept as Parquet files, which needs: pip install pyarrow") from None
    return pa, parquet

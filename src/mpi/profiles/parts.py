"""Profiles beside each other: in what they are unlike, who would count twice, and what they are made of together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mpi.core.errors import warn
from mpi.frames.aggregation import CASES, WEIGHT
from mpi.frames.own_columns import EVERYBODY, WHOLE
from mpi.frames.profile_table import as_floats
from mpi.profiles.digest import arrow, digest_of
from mpi.survey.origin import ProfilePart

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from mpi.survey.origin import ProfileContents
    from mpi.survey.survey import Survey

__all__ = ["Contents", "added_up", "apart", "doubled", "labels_of", "tell", "unlike"]

_APART = 100.0
"""Mean weights that differ by this factor are of different scales: shares beside numbers of people."""

_NAMED = 4  # profiles or files that are named


@dataclass(frozen=True, slots=True, eq=False)
class Contents:
    """A profile that is put together with others.

    Attributes
    ----------
    table : pandas.DataFrame
        Its rows.
    about : dict
        What its file says of them: version, roles of columns, labels, rules for PSUs.
    made : ProfileContents or None
        What it is made of; None where a file of an earlier version does not say it.
    """

    table: pd.DataFrame
    about: dict[str, Any]
    made: ProfileContents | None

    def digest(self) -> str:
        """Return the digest of the rows, and of what their codes mean."""
        table = arrow()[0].Table.from_pandas(as_floats(self.table), preserve_index=False)
        return digest_of(table, {"labels": self.about["labels"]})

    def parts(self) -> tuple[ProfilePart, ...]:
        """Return what the rows come from; of frames in memory the profile itself stands for them."""
        if self.made is not None and self.made.parts:
            return self.made.parts
        return (ProfilePart("", int(self.table[CASES].sum()), self.digest()),)


def labels_of(survey: Survey, columns: Collection[str]) -> dict[str, list[list[Any]]]:
    """Return the value labels of some columns, as JSON can hold them."""
    return {c: [[k, v] for k, v in known.items()] for c, known in survey.labels.items() if c in columns}


# --- unlike ones ----------------------------------------------------------------------------------------------------


def unlike(contents: Mapping[Any, Contents]) -> list[str]:
    """Say in what each profile differs from the first: columns, design, weights, indicators, codes."""
    (first, model), *others = contents.items()
    return [f"{name}: {said} (unlike {first})" for name, one in others for said in _differences(one, model)]


def _differences(part: Contents, model: Contents) -> list[str]:
    out = _columns(part.table, model.table)
    about, known = part.about, model.about
    if about["roles"] != known["roles"]:
        out.append(f"is {_drawn(about['roles'])}, not {_drawn(known['roles'])}")
    if about["weighted"] != known["weighted"]:
        out.append(f"is {_WEIGHED[about['weighted']]}, not {_WEIGHED[known['weighted']]}")
    if about["single_psu"] != known["single_psu"]:
        out.append(f"single_psu is {about['single_psu']!r}, not {known['single_psu']!r}")
    return out if part.made is None or model.made is None else [*out, *_content_differences(part.made, model.made)]


def _columns(table: pd.DataFrame, model: pd.DataFrame) -> list[str]:
    """Say in what the columns differ: which there are, and what they hold."""
    out, hidden = [], {EVERYBODY, WHOLE}  # told as the design
    for word, names in (
        ("has no", set(model.columns) - set(table.columns) - hidden),
        ("has", set(table.columns) - set(model.columns) - hidden),
    ):
        out += [f"{word} column {', '.join(map(repr, sorted(names)))}"] if names else []
    kinds = [(c, _kind(table[c]), _kind(model[c])) for c in table.columns if c in model.columns]
    return [*out, *(f"column {c!r} holds {kind}, not {other}" for c, kind, other in kinds if kind != other)]


def _content_differences(part: ProfileContents, model: ProfileContents) -> list[str]:
    """Say in what things differ that profiles are made of."""
    out = []
    if part.weight and model.weight and part.weight != model.weight:
        out.append(f"its weights are those of column {part.weight!r}, not of {model.weight!r}")
    if part.unit != model.unit:
        out.append(f"its rows are {part.unit}s, not {model.unit}s")
    if {*part.by} != {*model.by}:
        out.append(f"is by {', '.join(part.by) or 'nothing'}, not by {', '.join(model.by) or 'nothing'}")
    for column in part.indicators.keys() & model.indicators.keys():
        rule, other = part.indicators[column], model.indicators[column]
        if rule and other and rule["text"] != other["text"]:
            out.append(f"column {column!r} is made by {_rule(rule)}, not by {_rule(other, of_same=_rule(rule))}")
    gaps = [(n, part.gaps.get(n), model.gaps.get(n)) for n in dict.fromkeys([*part.gaps, *model.gaps])]
    out += [f"gaps of {n!r} are {_gap(own)}, not {_gap(other)}" for n, own, other in gaps if own != other]
    for column in dict.fromkeys([*part.codes, *model.codes]):
        codes, others = ({*map(str, made.codes.get(column, ()))} for made in (part, model))
        if codes != others:
            of = "all columns" if column == "*" else f"column {column!r}"
            out.append(f"codes of {of} that are no answer: {_codes(codes)}, not {_codes(others)}")
    return sorted(out)


def _rule(rule: Mapping[str, str], *, of_same: str = "") -> str:
    said = f"rule {rule['rule']!r} of {rule['rules']!r}"
    return f"another {said}" if said == of_same else said


def _gap(gap: tuple[str, float | None] | None) -> str:
    """Say what gaps are made of."""
    if gap is None:
        return "not carried"
    return f"column {gap[0]!r}" if gap[1] is None else f"column {gap[0]!r} below {gap[1]:g}"


def _codes(codes: set[str]) -> str:
    return ", ".join(sorted(codes)) or "none"


_WEIGHED = {True: "weighted", False: "without weights, as each row counts once"}


def _drawn(roles: Mapping[str, str]) -> str:
    """Say how data were drawn."""
    if roles.get("psu") == EVERYBODY:
        return "a census"
    return f"a sample with {', '.join(f'{role} {column!r}' for role, column in roles.items())}"


def _kind(column: Any) -> str:
    values = getattr(column.dtype, "categories", column)  # what categories stand for
    return "numbers" if values.dtype.kind in "biuf" else "text"


# --- who would count twice ------------------------------------------------------------------------------------------


def doubled(contents: Mapping[Any, Contents]) -> list[str]:
    """Name the profiles that hold what an earlier one holds: all of it, or rows of the same files."""
    copies: dict[str, Any] = {}
    seen: dict[str, list[tuple[Any, ProfilePart]]] = {}
    said = []
    for name, one in contents.items():
        digest = one.digest()
        if digest in copies:
            said.append(f"{name}: holds the same as {copies[digest]}, and everybody in it would count twice")
            continue
        copies[digest] = name
        again: dict[Any, list[str]] = {}
        for part in one.parts():
            for other, known in seen.setdefault(part.digest, []):
                if part.whole or known.whole:  # of two that hold some rows, these may be others
                    again.setdefault(other, []).append(str(known))
            seen[part.digest].append((name, part))
        for other, parts in again.items():
            more = f" and {len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
            held = ", ".join(parts[:_NAMED])
            said.append(f"{name}: holds {held}{more}, which {other} holds too: everybody in it would count twice")
    return said


# --- told -----------------------------------------------------------------------------------------------------------


def tell(contents: Mapping[Any, Contents], *, shared_psus: bool | None) -> None:
    """Warn of what may be wrong: weights of other scales, indicators whose rules are not known, PSUs shared."""
    _tell_scales(contents)
    _tell_unruled(contents)
    shared = _shared(contents) if shared_psus is None else ""
    if shared:
        warn(
            f"{shared}. They are taken for the same places, as where profiles are of months: say shared_psus=True "
            f"where that is so. {_OTHERS}; and where the same people stand in several, they count several times"
        )


def apart(contents: Mapping[Any, Contents], *, shared_psus: bool | None) -> list[str]:
    """Say which PSUs would be taken for the same, where profiles of no rounds are said to share none."""
    rounds = "wave" in next(iter(contents.values())).about["roles"]  # of which it is said then
    shared = _shared(contents) if shared_psus is False and not rounds else ""
    return [f"{shared}. {_OTHERS}, such as a stratum for each"] if shared else []


_OTHERS = "Where they are other places, give them codes of their own"


def _tell_scales(contents: Mapping[Any, Contents]) -> None:
    """Warn where the weights of one profile add up to people and those of another to shares or millionths."""
    tables = {name: one.table for name, one in contents.items()}
    means = {name: float(t[WEIGHT].sum()) / max(float(t[CASES].sum()), 1.0) for name, t in tables.items()}
    least, most = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    if means[most] > _APART * means[least]:
        warn(
            f"the weights are of different scales: a row weighs {means[least]:.3g} on average in {least}, and "
            f"{means[most]:.3g} in {most}, which then decides the figures of both; condense with weights of one scale"
        )


def _tell_unruled(contents: Mapping[Any, Contents]) -> None:
    """Warn of columns that rules made in some profiles only: elsewhere they are of the data, and may be otherwise."""
    made = {name: one.made for name, one in contents.items() if one.made is not None}
    for column in dict.fromkeys(c for m in made.values() for c in m.indicators):
        ruled = {name: rule for name, m in made.items() if (rule := m.indicators.get(column))}
        bare = [name for name, m in made.items() if column in m.indicators and name not in ruled]
        if ruled and bare:
            name, rule = next(iter(ruled.items()))
            warn(
                f"column {column!r} is made by {_rule(rule)} in {name}, and is a column of the data in {_some(bare)}: "
                "whether both say the same is not known"
            )


def _shared(contents: Mapping[Any, Contents]) -> str:
    """Say which profiles have PSUs in common: right where these are months, wrong where they are other places."""
    roles = next(iter(contents.values())).about["roles"]
    keys = [roles[role] for role in ("wave", "strata", "psu") if role in roles]
    if roles.get("psu") in (None, EVERYBODY) or any(c not in one.table for one in contents.values() for c in keys):
        return ""
    first: dict[Any, Any] = {}
    shared: dict[tuple[Any, Any], int] = {}
    for name, one in contents.items():
        for psu in one.table[keys].drop_duplicates().itertuples(index=False, name=None):
            other = first.setdefault(psu, name)
            if other != name:
                shared[other, name] = shared.get((other, name), 0) + 1
    pairs = [f"{n:,} of {a} also in {b}" for (a, b), n in shared.items()]
    more = f" and so on in {len(pairs) - _NAMED} more" if len(pairs) > _NAMED else ""
    return f"profiles share PSUs: {', '.join(pairs[:_NAMED])}{more}" if pairs else ""


def _some(names: list[Any]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(map(str, names[:_NAMED])) + more


# --- together -------------------------------------------------------------------------------------------------------


def added_up(contents: Mapping[Any, Contents]) -> ProfileContents | None:
    """Return what the profiles are made of together; None where one does not say it."""
    every = [*contents.values()]
    known = [one.made for one in every if one.made is not None]
    if len(known) < len(every) or len(every) == 1:
        return known[0] if len(every) == len(known) else None
    parts = {(p.digest, p.name): p for one in every for p in one.parts()}
    return replace(
        known[0],
        total=sum(made.total for made in known),
        measure=", ".join(dict.fromkeys(made.measure for made in known)),
        policy=", ".join(dict.fromkeys(made.policy for made in known)),
        indicators={c: next((m.indicators[c] for m in known if m.indicators.get(c)), {}) for c in known[0].indicators},
        parts=tuple(parts.values()),
        library=", ".join(dict.fromkeys(made.library for made in known)),
    )

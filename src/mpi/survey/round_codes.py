"""One coding for all rounds: codes put together by their labels, and a report of what else differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mpi.core.errors import Problems, unknown
from mpi.frames.alike import bare

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    Labels = Mapping[str, Mapping[Any, str]]
    Values = Callable[[int, str], Sequence[Any]]

__all__ = ["Coding", "RoundLabels", "common_coding", "same_label"]

RoundLabels = Literal["first"] | Mapping[str, Any]
"""What the user says of labels: the first round's hold, or by column what codes, labels and rounds mean."""

_SHOWN = 3
_MOST = 12


@dataclass(frozen=True, slots=True)
class Coding:
    """One way of writing codes for all rounds.

    Attributes
    ----------
    labels : mapping of column to mapping of code to label
        What the codes mean in every round.
    moved : tuple of mapping of column to mapping of code to code
        For each round the codes that are written otherwise in it, and what they are called in all.
    """

    labels: dict[str, dict[Any, str]]
    moved: tuple[dict[str, dict[Any, Any]], ...]


@dataclass(slots=True)
class _Column:
    """The labels of one column in each round, while one coding is sought."""

    name: str
    rounds: tuple[Any, ...]
    known: list[dict[Any, str]]
    bare: list[set[Any]] = field(default_factory=list)
    """The codes that occur and have no label, by round."""

    def keyed(self) -> list[dict[str, list[Any]]]:
        """Return the codes of each label, by round."""
        out: list[dict[str, list[Any]]] = []
        for labels in self.known:
            found: dict[str, list[Any]] = {}
            for code, label in labels.items():
                found.setdefault(same_label(label), []).append(code)
            out.append(found)
        return out

    def names(self) -> dict[str, str]:
        """Return how each label is written where it is met first."""
        return {same_label(x): x for labels in reversed(self.known) for x in reversed(labels.values())}


def same_label(label: str) -> str:
    """Return what two labels have in common that mean the same: without case, doubled blanks and ways of accenting.

    Examples
    --------
    >>> same_label(" Kinh  (Viet)") == same_label("KINH (Viet)")
    True
    """
    return bare(str(label)).casefold()


def common_coding(
    labels: Sequence[Labels], rounds: Sequence[Any], values: Values, said: RoundLabels | None, problems: Problems
) -> Coding:
    """Find one coding for all rounds: codes that have one label are one code.

    Parameters
    ----------
    labels : sequence of mapping of column to mapping of code to label
        The value labels of each round.
    rounds : sequence
        What the rounds are called.
    values : function of a round's position and a column
        The values that occur there, without the missing. It is asked only of columns that are coded differently.
    said : "first", or mapping by column, optional
        What the user says of codes and labels; see `mpi.pool`.
    problems : Problems
        Takes each column of which no coding follows from its labels.
    """
    out = Coding({}, tuple({} for _ in labels))
    columns = list(
        dict.fromkeys([*(c for known in labels for c in known), *(said if said and said != "first" else ())])
    )
    for name in columns:
        column = _Column(name, tuple(rounds), [dict(known.get(name, {})) for known in labels])
        if said == "first" or _apply(column, (said or {}).get(name), problems) or _alike(column):
            out.labels[name] = _by_code(column)
            continue
        unused = _keep_what_occurs(column, [values(i, name) for i in range(len(labels))])
        found = _by_code(column) if _alike(column) else _by_label(column, out, problems)
        names = {same_label(x) for x in found.values()}
        out.labels[name] = found | {c: x for c, x in unused.items() if c not in found and same_label(x) not in names}
    return out


# --- what the user says ---------------------------------------------------------------------------------------------


def _apply(column: _Column, spec: Any, problems: Problems) -> bool:
    """Write what the user says of a column into its labels; tell whether its codes are to be taken as they are."""
    if spec is None or spec == "first":
        return bool(spec == "first")
    if not isinstance(spec, Mapping):
        problems.add(f"labels: {column.name!r} is given {spec!r}; 'first' or a mapping of codes or labels was expected")
        return False
    rename = {}
    for key, value in spec.items():
        if isinstance(value, Mapping):
            if key in column.rounds:
                column.known[column.rounds.index(key)].update(value)
            else:
                problems.add(f"labels: {column.name!r}: {unknown('round', key, column.rounds)}")
        elif any(key in known for known in column.known) or not isinstance(key, str):
            for known in column.known:
                known[key] = value
        else:
            rename[same_label(key)] = value
    _rename(column, rename, spec, problems)
    return False


def _rename(column: _Column, rename: Mapping[str, str], spec: Mapping[Any, Any], problems: Problems) -> None:
    """Rename labels as the user says, and note those that do not occur."""
    there = column.names()
    for key in spec:
        if isinstance(key, str) and same_label(key) in rename and same_label(key) not in there:
            problems.add(f"labels: {column.name!r}: {unknown('label', key, there.values())}")
    for known in column.known:
        known.update({code: rename[same_label(x)] for code, x in known.items() if same_label(x) in rename})


# --- codes matched by labels ----------------------------------------------------------------------------------------


def _alike(column: _Column) -> bool:
    """Tell whether no code has two labels, and no label has other codes in another round."""
    meant: dict[Any, str] = {}
    for known in column.known:
        if any(meant.setdefault(code, same_label(x)) != same_label(x) for code, x in known.items()):
            return False
    home: dict[str, set[Any]] = {}
    for codes in column.keyed():
        for label, mine in codes.items():
            if home.setdefault(label, set(mine)).isdisjoint(mine):
                return False
            home[label].update(mine)
    return True


def _keep_what_occurs(column: _Column, values: Sequence[Sequence[Any]]) -> dict[Any, str]:
    """Leave out labels of codes that nobody has, and return them; note the codes that have no label."""
    unused: dict[Any, str] = {}
    for known, there in zip(column.known, map(set, values), strict=True):
        column.bare.append(there - known.keys())
        for code in known.keys() - there:
            unused.setdefault(code, known.pop(code))
    return unused


def _by_code(column: _Column) -> dict[Any, str]:
    """Return the labels of codes that mean the same in all rounds, as they are written first."""
    out: dict[Any, str] = {}
    for known in column.known:
        for code, label in known.items():
            out.setdefault(code, label)
    return out


def _by_label(column: _Column, out: Coding, problems: Problems) -> dict[Any, str]:
    """Give each label one code: that of the round that is first to have it, where this one is free."""
    names, codes_of = column.names(), column.keyed()
    every = {*(c for known in column.known for c in known), *(c for codes in column.bare for c in codes)}
    texts = len({isinstance(c, str) for c in every}) > 1  # "01" in one round and 1 in another: labels are the codes
    home: dict[str, list[Any]] = {}
    taken: dict[Any, str] = {}
    wrong = [_disputed(column)]
    for i, codes in enumerate(codes_of):
        moved: dict[Any, Any] = {}
        for label, mine in codes.items():
            there = home.setdefault(label, [])
            new = [c for c in mine if c not in there]
            if (texts and len(mine) > 1) or (there and len(new) == len(mine) and max(len(mine), len(there)) > 1):
                wrong.append(_doubled(column, names[label]))
            elif texts or (there and new == mine and there[0] not in column.bare[i]):
                moved[mine[0]] = names[label] if texts else there[0]
                new = [] if there else [mine[0]]
            for code in new:
                free = moved.get(code, _fresh(code, every | taken.keys()) if code in taken else code)
                taken[free] = label
                there.append(free)
                moved[code] = free
        moved = {code: free for code, free in moved.items() if free != code}
        if moved:
            out.moved[i][column.name] = moved
    problems.found += [f"{column.name!r}: {said}" for said in dict.fromkeys(wrong) if said]
    return {code: names[label] for code, label in taken.items()}


def _fresh(code: Any, codes: Collection[Any]) -> Any:
    """Return a code that is not among some."""
    numbers = [int(c) for c in codes if isinstance(c, (int, float))]
    if isinstance(code, (int, float)) and numbers:
        return max(numbers) + 1
    free = str(code)
    while free in codes:
        free = f"{free}'"
    return free


def _disputed(column: _Column) -> str | None:
    """Say which codes have two labels of which it is unknown whether they mean the same; None where all is clear."""
    keyed = column.keyed()
    unlabelled = sorted({str(c) for codes in column.bare for c in codes})
    told: list[str] = []
    other: dict[str, str] = {}
    for j, later in enumerate(column.known):
        for i, known in enumerate(column.known[:j]):
            for code, label in later.items():
                mine, theirs = same_label(label), same_label(known.get(code, label))
                elsewhere = any(c != code for c in [*keyed[i].get(mine, []), *keyed[j].get(theirs, [])])
                if mine != theirs and (unlabelled or not elsewhere):
                    told.append(
                        f"{code!r} is {known[code]!r} in {column.rounds[i]} and {label!r} in {column.rounds[j]}"
                    )
                    other.setdefault(label, known[code])
    if not told:
        return None
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    without = (
        f", and {', '.join(unlabelled[:_SHOWN])} {'have' if unlabelled[1:] else 'has'} no label" if unlabelled else ""
    )
    one = next(iter(other.items()))
    return (
        f"{'; '.join(told[:_SHOWN])}{more}{without}. Where codes mean the same in all rounds, say "
        f"labels={{{column.name!r}: 'first'}}; where labels do, which is which: "
        f"labels={{{column.name!r}: {{{one[0]!r}: {one[1]!r}}}}}"
        + ("; or label every code, and codes are matched by their labels" if unlabelled else "")
    )


def _doubled(column: _Column, label: str) -> str:
    """Say that a label has several codes, other ones in other rounds."""
    mine = [
        f"{', '.join(map(repr, codes[same_label(label)]))} in {name}"
        for name, codes in zip(column.rounds, column.keyed(), strict=True)
        if same_label(label) in codes
    ]
    return (
        f"{label!r} is {' and '.join(mine)}, so it cannot be told which codes are the same; give them labels of their "
        f"own: labels={{{column.name!r}: {{code: label, ...}}}}, or take codes as they are with 'first'"
    )

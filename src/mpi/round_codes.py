"""What codes mean in each round: codes of several rounds put together by their labels, and what else differs told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from mpi.alike import bare
from mpi.errors import Problems, unknown, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Labels = Mapping[str, Mapping[Any, str]]
    Values = Callable[[int, str], Sequence[Any]]

__all__ = ["Coding", "RoundLabels", "one_coding", "same_label", "tell_of_codes"]

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


def one_coding(
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


def _apply(column: _Column, said: Any, problems: Problems) -> bool:
    """Write what the user says of a column into its labels; tell whether its codes are to be taken as they are."""
    if said is None or said == "first":
        return bool(said == "first")
    if not isinstance(said, Mapping):
        problems.add(f"labels: {column.name!r} is given {said!r}; 'first' or a mapping of codes or labels was expected")
        return False
    rename = {}
    for key, value in said.items():
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
    _rename(column, rename, said, problems)
    return False


def _rename(column: _Column, rename: Mapping[str, str], said: Mapping[Any, Any], problems: Problems) -> None:
    there = column.names()
    for key in said:
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


def _fresh(code: Any, known: Collection[Any]) -> Any:
    """Return a code that is not known."""
    numbers = [int(c) for c in known if isinstance(c, (int, float))]
    if isinstance(code, (int, float)) and numbers:
        return max(numbers) + 1
    free = str(code)
    while free in known:
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


# --- what labels do not tell ----------------------------------------------------------------------------------------


def tell_of_codes(
    name: str, levels: Sequence[Any], labels: Mapping[Any, str], there: NDArray[np.bool_], rounds: Sequence[Any]
) -> None:
    """Warn where rounds write the values of a grouping differently, and no labels say what they mean.

    Parameters
    ----------
    name : str
        The column.
    levels : sequence
        Its values; None for the missing.
    labels : mapping of value to label
        The value labels that are known.
    there : ndarray of bool, shape (rounds, levels)
        Which values occur in which round.
    rounds : sequence
        What the rounds are called.

    Examples
    --------
    >>> import warnings, numpy as np
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     tell_of_codes("sex", (0, 1, 2), {}, np.array([[False, True, True], [True, True, False]]), (2016, 2018))
    >>> print(str(told[0].message).partition(";")[0])
    'sex' is 1, 2 in 2016 and 0, 1 in 2018
    """
    if all(v is None or v in labels for v in levels):
        return
    sets = [[v for v, here in zip(levels, row, strict=True) if here and v is not None] for row in there]
    for other in range(1, len(sets)):
        why = _difference(sets[0], sets[other])
        if why:
            one, two = (
                ", ".join(map(repr, s[:_MOST])) + (", ..." if len(s) > _MOST else "") for s in (sets[0], sets[other])
            )
            warn(
                f"{name!r} is {one} in {rounds[0]} and {two} in {rounds[other]}; {why}. Groups of different rounds are "
                f"one where values are equal: give each round labels, pool(..., labels={{{name!r}: "
                f"{{{rounds[0]!r}: {{code: label}}, ...}}}}), or write the values alike"
            )
            return


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(map(repr, values[:_MOST])) + (", ..." if len(values) > _MOST else "")


def _difference(one: Sequence[Any], two: Sequence[Any]) -> str | None:
    """Say in what two rounds' values differ that seem to be written differently; None where they may be as they are."""
    only = [v for v in one if v not in set(two)], [v for v in two if v not in set(one)]
    if not (only[0] and only[1]):
        return None
    written = [{_number(v) for v in values} - {None} for values in only]
    if written[0] & written[1]:
        return "they are the same numbers, as text and as numbers or with other zeros"
    if len(only[0]) == len(one):
        return None  # no groups are joined
    numbers = [sorted(v for v in values if isinstance(v, (int, float))) for values in (one, two)]
    if len(numbers[0]) != len(one) or len(numbers[1]) != len(two):
        return None
    shifted = len(one) == len(two) and len({b - a for a, b in zip(*numbers, strict=True)}) == 1
    counted = {numbers[0][0], numbers[1][0]} == {0, 1}
    return "one seems to be numbered from another start" if shifted or counted else None


def _number(value: Any) -> float | None:
    """Return the number that a value is or spells; None where it is neither."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return None

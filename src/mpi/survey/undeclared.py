"""Labelled codes that read like missing answers and count as answers, for nobody declared them: told in a warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mpi.core.errors import warn
from mpi.frames.label_words import contradiction, missing_like, missing_texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mpi.survey.survey import Survey
    from mpi.survey.words import Labels

    Suspects = Mapping[str, Mapping[Any, str]]
    Counts = Mapping[tuple[str, Any], int]

__all__ = ["suspects", "tell", "tell_contradictions", "tell_undeclared"]


def suspects(labels: Labels, columns: Iterable[str], answers: Collection[str] = ()) -> dict[str, dict[Any, str]]:
    """Return the codes of columns whose labels say that there is no answer.

    Parameters
    ----------
    labels : mapping of column to mapping of value to label
        Value labels.
    columns : iterable of str
        The columns that are used.
    answers : collection of str
        Those of which all values were said to be answers.
    """
    found = {c: missing_like(labels[c]) for c in dict.fromkeys(columns) if c in labels and c not in answers}
    return {c: codes for c, codes in found.items() if codes}


def tell(suspects: Suspects, counts: Counts) -> None:
    """Warn once of the codes that occur: column, code, label, rows, and how to declare them."""
    lines, declared = [], []
    for column, labels in suspects.items():
        there = {code: counts[column, code] for code in labels if counts.get((column, code))}
        if there:
            said = " and ".join(f"{_shown(code, labels[code])} in {n:,} rows" for code, n in there.items())
            lines.append(f"column {column!r} holds {said}")
            declared.append(f"{column!r}: [{', '.join(map(repr, there))}]")
    if lines:
        warn(
            f"{'; '.join(lines)}: such codes count as answers here. Where they are none, declare them when the survey "
            f"is made: missing={{{', '.join(declared)}}}; where they are answers, give the column an empty list"
        )


def _shown(code: Any, label: str) -> str:
    return f"{code!r}" if code == label else f"{code!r} ({label!r})"


def tell_undeclared(survey: Survey, columns: Iterable[str]) -> None:
    """Warn of codes in the domain of a survey that read like missing ones and enter a figure.

    Parameters
    ----------
    survey : Survey
        Who was asked, in memory or not.
    columns : iterable of str
        The columns that enter.
    """
    names = [c for c in dict.fromkeys(columns) if c not in survey.missing.answers]
    found: dict[str, dict[Any, str]] = suspects(survey.labels, names)
    counts = survey.rows.code_counts(found) if found else {}
    for name, levels in survey.rows.text_counts(names).items():
        texts = missing_texts(levels, survey.labels.get(name, {}))
        if texts:
            found[name] = {**texts}
            counts |= {(name, text): levels[text] for text in texts}
    tell(found, counts)


def tell_contradictions(labels: Labels, columns: Iterable[str]) -> None:
    """Warn of indicators whose labels contradict 1 = deprived and 0 = not deprived."""
    found = {c: contradiction(labels[c]) for c in dict.fromkeys(columns) if c in labels}
    told = "; ".join(f"column {c!r}: {said}" for c, said in found.items() if said)
    if told:
        warn(f"{told}. An indicator is 1 where deprived and 0 where not: look whether it is coded the other way")

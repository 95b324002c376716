"""The printed form of figures after a scheme was applied: plain, in brackets, with a mark, or hidden."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mpi.tables.keys import coded, stacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.tables.keys import Coded

__all__ = ["PLAIN", "Status"]

PLAIN = "{}"
"""The form of a figure that is printed as it is; others have something around it, and those not shown stand for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Status:
    """The printed form of each of some estimates, and the scheme's label for it.

    Attributes
    ----------
    form : Coded
        What is printed, ``{}`` standing for the number: ``({})``, ``{} E``; of what is not shown, ``<25`` or ``–``.
    label : Coded
        What the scheme says of each: ``shown``, ``in brackets``, ``not shown: fewer than 25 households``.
    rule : str
        The rule in words.
    """

    form: Coded
    label: Coded
    rule: str

    def take(self, rows: NDArray[np.int64]) -> Status:
        """Return the status of some of the estimates."""
        return Status(self.form.take(rows), self.label.take(rows), self.rule)

    @classmethod
    def stacked(cls, parts: Sequence[tuple[Status | None, int]]) -> Status | None:
        """Return one status behind another, each with how many figures it is of; None where none has any."""
        rules = [status.rule for status, _ in parts if status is not None]
        if not rules:
            return None
        every = [cls(coded([PLAIN] * many), coded([""] * many), "") if s is None else s for s, many in parts]
        form, label = stacked([s.form for s in every]), stacked([s.label for s in every])
        return cls(form, label, " ".join(dict.fromkeys(rules)))

    @property
    def hidden(self) -> NDArray[np.bool_]:
        """The mask of estimates that are not shown."""
        without = [i for i, form in enumerate(self.form.values) if PLAIN not in str(form)]
        return np.isin(self.form.index, without)

    @property
    def forms(self) -> list[str]:
        """The printed form of each estimate."""
        return [str(form) for form in self.form.to_list()]

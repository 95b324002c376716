"""Said once per session: how much of a line is not verified."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mpi.core.errors import warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.lines.items import Standing

__all__ = ["caution"]

_told: set[str] = set()


def caution(name: str, standings: Sequence[Standing]) -> None:
    """Warn, the first time that a line is used, that items of it are not verified; silent where all are."""
    unsure = Counter(s.status for s in standings if not s.verified)
    if not unsure or name in _told:
        return
    _told.add(name)
    kinds = ", ".join(f"{count} {status}" for status, count in unsure.items())
    warn(
        f"line {name!r}: {unsure.total()} of {len(standings)} items are not verified ({kinds}) and are not to be cited "
        f"as law; load_line({name!r}).provenance() shows which (for a file of your own: Line.from_toml(path))"
    )

"""The words of a measure: what becomes of missing answers, and what is counted."""

from __future__ import annotations

from typing import Literal

__all__ = ["Missing", "Unit"]

Missing = Literal["drop", "reweight", "bounds"]
"""What becomes of a row with a missing indicator: `drop` it, `reweight` within the dimension, or `bounds`."""

Unit = Literal["person", "household"]
"""What is counted."""

"""Data for the benchmarks: correlated deprivations in a stratified cluster sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

INDICATORS = [f"d{j}" for j in range(10)]
REGIONS, GROUPS, STRATA = 63, 6, 126


@dataclass(frozen=True, slots=True)
class Sample:
    """Columns of a synthetic survey, sorted by PSU or shuffled."""

    columns: dict[str, np.ndarray]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.columns["weight"])

    def shuffled(self, seed: int = 7) -> Sample:
        """Return the rows in random order."""
        order = np.random.default_rng(seed).permutation(self.rows)
        return Sample({k: v[order] for k, v in self.columns.items()})

    def pandas(self):
        """Return a pandas frame."""
        import pandas as pd

        return pd.DataFrame(self.columns, copy=False)

    def polars(self):
        """Return a Polars frame."""
        import polars as pl

        return pl.DataFrame(self.columns)


def make(rows: int, seed: int = 1) -> Sample:
    """Draw a survey: 10 correlated indicators, 63 regions, 6 groups across PSUs, 126 strata, 25-400 rows per PSU."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(25, 401, size=rows // 150 + STRATA)
    sizes = sizes[: max(int(np.searchsorted(np.cumsum(sizes), rows)), 2 * STRATA)]
    psus = len(sizes)
    psu = np.repeat(np.arange(psus, dtype=np.int32), sizes)
    n = len(psu)
    stratum_of = (np.arange(psus) * STRATA // psus).astype(np.int32)
    region_of = (stratum_of // 2).astype(np.int32)
    latent = rng.normal(size=psus)[psu] * 0.6 + rng.normal(size=n)
    columns: dict[str, np.ndarray] = {
        "psu": psu,
        "stratum": stratum_of[psu],
        "region": region_of[psu],
        "group": np.minimum((rng.random(n) ** 2 * GROUPS).astype(np.int32), GROUPS - 1),
        "weight": rng.uniform(0.5, 2.0, n),
    }
    for j, name in enumerate(INDICATORS):
        columns[name] = (latent * 0.7 + rng.normal(size=n) > 0.6 + 0.12 * j).astype(np.int8)
    return Sample(columns)

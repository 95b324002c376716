"""Every term's value by plain NumPy, and its error by a bootstrap of the whole pipeline.

4,000 replicates know a standard error to 1.1 per cent; the terms here are held to 5. `python benchmarks/bootstrap.py
20000` holds them to 3. The dissimilarity of compositions is not smooth where shares agree: its error errs upward there.
"""

from __future__ import annotations

import numpy as np
import pytest

import bootstrap

ROUGH = ["dissimilarity"]


@pytest.mark.parametrize("shared", [False, True])
def test_values_and_errors_of_every_term(shared: bool) -> None:
    table = bootstrap.compared(bootstrap.simulated(), 4000, shared=shared)
    assert len(table) > 150
    scale = np.maximum(1.0, table.numpy.abs())
    assert ((table.value - table.numpy).abs() / scale).max() < 1e-12
    smooth = table[~table.contrast.isin(ROUGH)]
    far = smooth[(smooth.ratio - 1).abs() > 0.05]
    assert far.empty, far.to_string()
    assert abs(smooth.ratio.median() - 1) < 0.015
    rough = table[table.contrast.isin(ROUGH)]
    assert (rough.ratio > 0.97).all()

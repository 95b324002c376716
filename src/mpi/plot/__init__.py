"""Pictures of estimates: each says what it shows, with intervals, and draws nothing that the errors do not carry."""

from mpi.plot.automatic import plot
from mpi.plot.changed import change, slope
from mpi.plot.contributions import contributions
from mpi.plot.cutoffs import cutoffs
from mpi.plot.heat import heat
from mpi.plot.pairs import pairs
from mpi.plot.picture import Picture
from mpi.plot.plane import incidence_intensity
from mpi.plot.ranked import ranked
from mpi.plot.ranks import ranks
from mpi.plot.tiles import tiles
from mpi.plot.waterfall import waterfall

__all__ = [
    "Picture", "change", "contributions", "cutoffs", "heat", "incidence_intensity", "pairs", "plot", "ranked", "ranks",
    "slope", "tiles", "waterfall",
]  # fmt: skip

"""Missing answers imputed several times: completed data sets combined, and a hot deck that completes them."""

from mpi.impute.combine import combine, missing_information
from mpi.impute.hot_deck import HotDeck, hot_deck

__all__ = ["HotDeck", "combine", "hot_deck", "missing_information"]

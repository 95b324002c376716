"""Indicators: from the answers of members and households to deprivations, by rules that are data.

>>> from mpi.indicators import Rule, column, list_rules
>>> Rule(name="schooling", eligible=column("age").between(5, 15), deprived=column("attending") == 0).column
'dep_schooling'
>>> list_rules()
['global-mpi', 'vn-2016', 'vn-2022']
"""

from mpi.indicators.add import add_deprivations
from mpi.indicators.answers.arrays import holds
from mpi.indicators.evaluate import evaluate
from mpi.indicators.explain import Account, Explanation, explain
from mpi.indicators.lazy.expressions import expression
from mpi.indicators.rules.computed import Computed, Recoded
from mpi.indicators.rules.conditions import Condition, all_of, any_of, at_least_of, column
from mpi.indicators.rules.growth import z_score
from mpi.indicators.rules.library import list_rules, load_rules
from mpi.indicators.rules.rule import Rule
from mpi.indicators.rules.rules import Rules, computable
from mpi.indicators.rules.words import Share, share_above, share_at_least

__all__ = [
    "Account",
    "Computed",
    "Condition",
    "Explanation",
    "Recoded",
    "Rule",
    "Rules",
    "Share",
    "add_deprivations",
    "all_of",
    "any_of",
    "at_least_of",
    "column",
    "computable",
    "evaluate",
    "explain",
    "expression",
    "holds",
    "list_rules",
    "load_rules",
    "share_above",
    "share_at_least",
    "z_score",
]

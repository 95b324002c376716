"""The commands beside the main one: whether orders are robust, and poverty of money."""

from __future__ import annotations

from mpi.cli import arguments
from mpi.cli import options as opt
from mpi.cli.messages import reported
from mpi.cli.monetary import Request as MoneyRequest
from mpi.cli.monetary import run as estimate_money
from mpi.cli.robustness import Request as OrderRequest
from mpi.cli.robustness import run as compare_orders

__all__ = ["monetary", "robustness"]


def robustness(
    file: opt.File,
    *,
    measure: opt.MeasureName,
    design: opt.DesignFile = None,
    weight: opt.Weight = None,
    strata: opt.Strata = None,
    psu: opt.Psu = None,
    household: opt.Household = None,
    size: opt.Size = None,
    members: opt.Members = None,
    rows: opt.Rows = None,
    fpc: opt.Fpc = None,
    wave: opt.Wave = None,
    shared_psus: opt.SharedPsus = None,
    single_psu: opt.SinglePsu = None,
    census: opt.Census = False,
    memory: opt.Memory = None,
    encoding: opt.Encoding = None,
    sheet: opt.Sheet = None,
    by: opt.Columns = None,
    cutoff: opt.Cutoffs = None,
    weights: opt.Reweightings = None,
    statistic: opt.StatisticName = "M0",
    alpha: opt.Alpha = 0.05,
    where: opt.Where = None,
    unit: opt.Unit = None,
    missing: opt.Missing = None,
    out: opt.Outs = None,
) -> None:
    """Tell whether groups keep their order at other cutoffs, with other weights and without an indicator.

    Prints how many orderings stay, the best and the worst rank of each group, and the alternatives that agree least;
    [bold]--out[/bold] writes the figures of all of them.

    [bold]Examples[/bold]

    mpi robustness sample --measure gso-mdp --by region

    mpi robustness people.dta --measure global-mpi --weight w --psu psu --by province --weights grid --cutoff 1/5
    """
    with reported():
        said = arguments.design_of(
            weight, strata, psu, household, size, members, rows, fpc, wave, shared_psus, single_psu, census, design
        )
        policy, codes = arguments.policy_of(missing)
        said |= arguments.reading_of(codes, encoding, sheet)
        compare_orders(
            OrderRequest(
                file, measure, policy, said, memory, by or [], cutoff or [], [w.value for w in weights or []],
                statistic, alpha, where, unit.value if unit else None,
            ),
            out or [],
        )  # fmt: skip


def monetary(
    file: opt.File,
    *,
    welfare: opt.Welfare,
    line: opt.MoneyLines = None,
    design: opt.DesignFile = None,
    weight: opt.Weight = None,
    strata: opt.Strata = None,
    psu: opt.Psu = None,
    household: opt.Household = None,
    size: opt.Size = None,
    members: opt.Members = None,
    rows: opt.Rows = None,
    fpc: opt.Fpc = None,
    wave: opt.Wave = None,
    shared_psus: opt.SharedPsus = None,
    single_psu: opt.SinglePsu = None,
    census: opt.Census = False,
    memory: opt.Memory = None,
    encoding: opt.Encoding = None,
    sheet: opt.Sheet = None,
    by: opt.Columns = None,
    where: opt.Where = None,
    unit: opt.Unit = None,
    missing: opt.NoAnswer = None,
    statistic: opt.MoneyStatistics = None,
    level: opt.Level = 0.95,
    df: opt.Degrees = None,
    percent: opt.Percent = False,
    interval: opt.Intervals = False,
    decimals: opt.Decimals = None,
    scheme: opt.SchemeName = None,
    out: opt.Outs = None,
) -> None:
    """Estimate poverty and inequality of income or expenditure.

    Prints headcount, gap and severity of poverty at each line, the mean, the median and the Gini coefficient with
    their standard errors, in which that of a relative line is; [bold]--out[/bold] writes all numbers.

    [bold]Examples[/bold]

    mpi monetary sample --welfare income --line 2000 --line "60% median" --by area

    mpi monetary people.dta --welfare expenditure --line my_line --weight w --psu psu --statistic gini --statistic sst
    """
    with reported():
        said = arguments.design_of(
            weight, strata, psu, household, size, members, rows, fpc, wave, shared_psus, single_psu, census, design
        )
        _, codes = arguments.policy_of(missing)
        said |= arguments.reading_of(codes, encoding, sheet)
        estimate_money(
            MoneyRequest(
                file, welfare, line or [], said, memory, by or [], where, unit.value if unit else None, statistic or [],
                level, arguments.word(df, "group"), arguments.scheme_of(scheme),
            ),
            {"percent": percent, "interval": interval, "decimals": decimals},
            out or [],
        )  # fmt: skip

"""What a support would give and take, told before it is mined; and which support would fit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from pipeline.config.mining_options import Mining
from pipeline.errors import ConfigError
from pipeline.mining.baskets import Baskets
from pipeline.mining.expected import Expected, Search
from pipeline.mining.itemsets import TooManyItemsetsError, mine_itemsets
from pipeline.mining.needs import ITEMSET_BYTES, MEGABYTE, megabytes, seconds
from pipeline.mining.thresholds import effective_min_count, rounded_up

LIMITS = "mining.max_itemsets and mining.max_memory_mb"
LADDER = (10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1)
"""Multiples of the configured minimum count that a plan looks at."""


@dataclass(frozen=True)
class Plan:
    """What one minimum count is expected to give and to take.

    Attributes:
        min_support: The count as a share of the baskets, rounded up to three digits.
        min_count: Smallest number of baskets.
        items: Frequent items.
        pairs: Frequent pairs, exact.
        itemsets: Itemsets of any size.
        rules: Rules that reach the smallest confidence.
        megabytes: Memory of mining and of what it gives.
        seconds: Processor time of mining, rules and writing, on a machine like that of the bench.
        is_exact: Whether itemsets and rules are counted, not estimated.
        fits: Whether it is within mining.max_itemsets and mining.max_memory_mb.
    """

    min_support: float
    min_count: int
    items: int
    pairs: int
    itemsets: int
    rules: int
    megabytes: int
    seconds: float
    is_exact: bool
    fits: bool


def plan(baskets: Baskets, min_count: int, config: Mining) -> Plan:
    """Return what a minimum count is expected to give and to take."""
    search = Search(baskets, min_count, config)
    expected = search.expected
    return Plan(
        min_support=float(rounded_up(min_count, max(1, baskets.basket_count))),
        min_count=min_count,
        items=search.item_count,
        pairs=len(search.pairs),
        itemsets=round(expected.itemsets),
        rules=round(expected.rules),
        megabytes=round(megabytes(search, expected, config)),
        seconds=round(seconds(search, expected), 1),
        is_exact=expected.is_exact,
        fits=_fits(search, expected, config),
    )


def plan_ladder(baskets: Baskets, config: Mining, supports: Sequence[float] = ()) -> list[Plan]:
    """Return plans for several supports, the highest first; rungs below one that fails end it.

    Args:
        baskets: All baskets.
        config: Options; without supports its minimum count is the middle of the ladder.
        supports: Shares of the baskets to look at instead.
    """
    wanted = [config.model_copy(update={"min_support": share}) for share in supports]
    counts = [effective_min_count(one, baskets.basket_count) for one in wanted]
    if not counts:
        middle = effective_min_count(config, baskets.basket_count)
        counts = [round(middle * factor) for factor in LADDER]
    within = {count for count in counts if 1 <= count <= max(1, baskets.basket_count)}
    return [plan(baskets, count, config) for count in sorted(within, reverse=True)]


def check_plan(baskets: Baskets, min_count: int, config: Mining, threads: int = 1) -> Search:
    """Refuse a threshold that would give more itemsets, or need more memory, than configured.

    Returns:
        The look that was taken.

    Raises:
        ConfigError: It would not fit; the message names the need and a threshold that fits.
    """
    search = Search(baskets, min_count, config, threads)
    if is_within(search, config):
        return search
    fitting = _fitting_count(baskets, min_count, lambda count: _is_planned(baskets, count, config))
    raise ConfigError(_refusal(search, fitting, _need(search, config), config))


def refuse_found(baskets: Baskets, min_count: int, config: Mining) -> NoReturn:
    """Refuse a threshold whose search had to give up, though its estimate had fitted.

    Raises:
        ConfigError: Always; the message names a threshold that was tried and fits.
    """
    search = Search(baskets, min_count, config)
    fitting = _fitting_count(baskets, min_count, lambda count: _is_found(baskets, count, config))
    need = f"more than {most_itemsets(config):,} itemsets, which is what {LIMITS} allow"
    raise ConfigError(_refusal(search, fitting, need, config))


def most_itemsets(config: Mining) -> int:
    """Return at how many itemsets a search gives up."""
    return min(config.max_itemsets, config.max_memory_mb * MEGABYTE // ITEMSET_BYTES)


def is_within(search: Search, config: Mining) -> bool:
    """Whether a search fits: a bound that does ends the look, else the estimate decides."""
    if any(_fits(search, bound, config) for bound in search.bounds()):
        return True
    return _fits(search, search.expected, config)


def _fits(search: Search, expected: Expected, config: Mining) -> bool:
    if expected.itemsets > config.max_itemsets:
        return False
    return megabytes(search, expected, config) <= config.max_memory_mb


def _fitting_count(baskets: Baskets, too_low: int, does_fit: Callable[[int], bool]) -> int:
    """Return a minimum count that fits, about the smallest, by halving the steps upwards."""
    fits = int(baskets.item_counts.max(initial=0)) + 1
    while fits > too_low + 1 and fits > 1.05 * too_low:
        middle = (too_low + fits) // 2
        if does_fit(middle):
            fits = middle
        else:
            too_low = middle
    return fits


def _is_planned(baskets: Baskets, min_count: int, config: Mining) -> bool:
    return is_within(Search(baskets, min_count, config), config)


def _is_found(baskets: Baskets, min_count: int, config: Mining) -> bool:
    size, most = config.max_itemset_size, most_itemsets(config)
    try:
        mine_itemsets(baskets, min_count, size, "fpgrowth", most=most)
    except TooManyItemsetsError:
        return False
    return _is_planned(baskets, min_count, config)


def _need(search: Search, config: Mining) -> str:
    expected = search.expected
    if expected.itemsets > config.max_itemsets:
        limit = f"mining.max_itemsets {config.max_itemsets:,}"
        return f"about {expected.itemsets:,.0f} itemsets, more than {limit}"
    needed = megabytes(search, expected, config)
    return (
        f"about {expected.itemsets:,.0f} itemsets and {expected.rules:,.0f} rules, which need "
        f"about {needed:,.0f} MB, more than mining.max_memory_mb {config.max_memory_mb:,}"
    )


def _refusal(search: Search, fitting: int, need: str, config: Mining) -> str:
    if isinstance(config.min_support, float):
        asked = f"mining.min_support {config.min_support}"
        better = rounded_up(fitting, search.basket_count)
    else:
        asked, better = f"mining.min_count {search.min_count}", str(fitting)
    return (
        f"{asked} would give {need}; {better} would fit: raise the threshold to that, lower "
        "mining.max_itemset_size, or raise the limit"
    )

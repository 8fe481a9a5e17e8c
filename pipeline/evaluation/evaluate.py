"""Mine up to a day, then see how well each table foretells the orders after it.

read -> clean -> mine as of the day -> hide an item of each later order -> ask every list for it
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline.config.load import LoadedConfig
from pipeline.engine import Engine, Value
from pipeline.errors import DataError
from pipeline.evaluation.kpis import SalesTogether, sales_together
from pipeline.evaluation.lists import (
    EVALUATED,
    SuggestionList,
    counted_list,
    mined_lists,
    popular_in_category_list,
    popular_list,
)
from pipeline.evaluation.measures import Interval, hit_rate, mean_reciprocal_rank, outcomes_of
from pipeline.io.manifest import iso_instant
from pipeline.job import Job, opened
from pipeline.mining.counted_pairs import count_joint
from pipeline.mining.person_baskets import Limits, gather_person_baskets
from pipeline.mining.slices import slices_for
from pipeline.mining.steps import build, sql_of
from pipeline.mining.threads import thread_count
from pipeline.mining.window import DAY_MICROSECONDS, Window
from pipeline.possible import reasons_against, wanted_tables
from pipeline.prepare import prepare
from pipeline.progress import Progress
from pipeline.stages import mine

MIN_PAIR_COUNT = 2
MAX_COUNTED_TARGETS = 100
"""The pair counts of the baseline: once is chance, and nobody looks at the hundredth target."""

_TARGETS_AN_ITEM = 20


@dataclass(frozen=True)
class Evaluated:
    """What one list did.

    Attributes:
        name: The table, or the baseline.
        is_baseline: Whether it is a baseline.
        hit_rate: Share of test orders whose hidden item was among the suggestions.
        mean_reciprocal_rank: Mean of 1 / rank of the hidden item, 0 where it was not suggested.
        coverage: Share of the items sold before the test window that were suggested to some order.
        full_list_share: Share of these items for which the list has as many as were asked for.
        popularity: Mean share of training orders that hold a suggested item.
        together: How the list's pairs sell together in the test window; None for a baseline.
    """

    name: str
    is_baseline: bool
    hit_rate: Interval
    mean_reciprocal_rank: Interval
    coverage: float
    full_list_share: float
    popularity: float
    together: SalesTogether | None


@dataclass(frozen=True)
class EvaluationReport:
    """What an evaluation found.

    Attributes:
        train_until: End of what was mined and start of the test window, ISO 8601 in UTC.
        test_until: End of the test window, exclusive.
        top: Number of suggestions asked for.
        test_order_count: Orders of the test window with two or more items.
        train_order_count: Orders before it.
        lists: What each list did, the best hit rate first.
    """

    train_until: str
    test_until: str
    top: int
    test_order_count: int
    train_order_count: int
    lists: tuple[Evaluated, ...]


@dataclass(frozen=True)
class Protocol:
    """How hidden items are asked for.

    Attributes:
        test_days: Length of the test window, days of 24 hours.
        top: Number of suggestions asked for.
    """

    test_days: int = 28
    top: int = 10


def evaluate(
    loaded: LoadedConfig,
    train_until: str,
    protocol: Protocol | None = None,
    progress: Progress | None = None,
) -> EvaluationReport:
    """Mine every table as of a day and measure it on the orders after that day.

    The whole input is cleaned at once, so that a return after the day takes its purchase out of
    what is mined; nothing else of the test window is seen before the test.

    Args:
        loaded: The configuration.
        train_until: The day, or an instant.
        protocol: How hidden items are asked for.
        progress: Where to report; None reports nothing.

    Raises:
        DataError: No order of the test window has two items, or the input breaks its contract.
        UsageError: The day cannot be read.
    """
    protocol = protocol or Protocol()
    with (
        TemporaryDirectory(prefix="basket-evaluate-") as spill,
        opened(loaded, progress or Progress(), Path(spill)) as job,
    ):
        prepare(job, train_until)
        tables = _possible(job)
        mine(job, tables)
        with job.progress.stage("evaluate"):
            return _evaluated(job, tables, protocol)


def _possible(job: Job) -> list[str]:
    against = reasons_against(job.config)
    return [name for name in wanted_tables(job.config) if name in EVALUATED and name not in against]


def _evaluated(job: Job, tables: Sequence[str], protocol: Protocol) -> EvaluationReport:
    window = Window(job.as_of, job.as_of + protocol.test_days * DAY_MICROSECONDS)
    most = job.config.mining.max_basket_items
    values: dict[str, Value] = {**window.values, "top": protocol.top, "max_basket_items": most}
    test = hidden(job.engine, values)
    lists = [measured(test, one, is_baseline=False) for one in mined_lists(job.engine, tables)]
    threads = thread_count(job.config.engine.threads)
    lists += [measured(test, one, is_baseline=True) for one in baselines(test, threads)]
    return EvaluationReport(
        iso_instant(window.start),
        iso_instant(window.end),
        protocol.top,
        test.order_count,
        test.train_order_count,
        tuple(sorted(lists, key=lambda one: (-one.hit_rate.value, one.name))),
    )


@dataclass(frozen=True)
class HiddenTest:
    """The orders of a test window, with one item of each hidden.

    Attributes:
        engine: Holds their tables, and what was mined.
        values: Bound values of the window.
        order_count: Orders of the test.
        given_count: Items, categories and the like that lists start from, over all orders.
        train_order_count: Orders before the window.
        train_item_count: Items sold before the window.
    """

    engine: Engine
    values: Mapping[str, Value]
    order_count: int
    given_count: int
    train_order_count: int
    train_item_count: int


def hidden(engine: Engine, values: Mapping[str, Value]) -> HiddenTest:
    """Hide one item of every order of the window that holds at least two.

    Args:
        engine: Holds `sale_lines`, `returned_lines` and `items`.
        values: `window_start`, `window_end` (microseconds since 1970-01-01 UTC), `top` and
            `max_basket_items`.

    Raises:
        DataError: No order does.
    """
    build(engine, "tested_items", values)
    order_count = sum(engine.fetch("tested_items")["is_hidden"].to_pylist())
    if not order_count:
        message = "no order of the test window has two items or more: evaluate an earlier day"
        raise DataError(message)
    item_count = build(engine, "trained_items", values)
    for table in ("trained_totals", "item_categories", "order_values"):
        build(engine, table, values)
    given_count = build(engine, "given_items", values)
    train_order_count = _only_row(engine, "trained_totals")["order_count"]
    return HiddenTest(engine, values, order_count, given_count, train_order_count, item_count)


def baselines(test: HiddenTest, threads: int) -> Iterator[SuggestionList]:
    """Yield what needs no mining: the best sold, of all and by category, and plain pair counts."""
    build(test.engine, "given_sizes", test.values)
    most = _only_row(test.engine, "given_sizes")
    top = int(test.values["top"] or 1)
    yield popular_list(test.engine, top + most["max_items"])
    most_targets = top + most["max_category_items"]
    if build(test.engine, "category_targets", {"max_targets": most_targets}):
        yield popular_in_category_list(test.engine)
    yield _pair_counts(test, threads)


def _pair_counts(test: HiddenTest, threads: int) -> SuggestionList:
    test.engine.create_table("basket_lines", sql_of("trained_lines"), test.values)
    limits = Limits(int(test.values["max_basket_items"] or 0), min_item_count=1)
    baskets = gather_person_baskets(test.engine, limits, is_timed=False)
    if baskets is None:
        message = "a basket without persons has several"
        raise AssertionError(message)
    count_joint(test.engine, baskets, MIN_PAIR_COUNT, threads)
    build(test.engine, "counted_targets", {"max_targets": MAX_COUNTED_TARGETS})
    return counted_list(test.engine)


def measured(test: HiddenTest, suggested: SuggestionList, *, is_baseline: bool) -> Evaluated:
    """Ask a list for the hidden item of every test order."""
    engine = test.engine
    engine.load("listed_sources", suggested.sources)
    engine.load("listed_targets", suggested.targets)
    build(engine, "suggested_items", test.values, slices_for(test.given_count * _TARGETS_AN_ITEM))
    for table in ("found_items", "shown_totals"):
        build(engine, table, test.values)
    full_count = build(engine, "full_lists", test.values)
    found, shown = outcomes_of(engine.fetch("found_items")), _only_row(engine, "shown_totals")
    item_count = max(1, test.train_item_count)
    return Evaluated(
        name=suggested.name,
        is_baseline=is_baseline,
        hit_rate=hit_rate(found),
        mean_reciprocal_rank=mean_reciprocal_rank(found),
        coverage=shown["item_count"] / item_count,
        full_list_share=full_count / item_count,
        popularity=shown["popularity"] / max(1, shown["shown_count"] * test.train_order_count),
        together=None if is_baseline else sales_together(engine, suggested, test.values),
    )


def _only_row(engine: Engine, table: str) -> dict[str, Any]:
    return dict(engine.fetch(table).to_pylist()[0])

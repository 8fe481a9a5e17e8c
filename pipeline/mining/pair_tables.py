"""How a table of pairs is built: baskets, counts, tests, measures, ranks.

What a basket and a person are, and what stands in the place of items, is the caller's matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.config.mining_options import AlsoBought, AlsoViewed
from pipeline.config.model import EngineOptions
from pipeline.engine import Engine, Value
from pipeline.mining.counted_pairs import count_joint
from pipeline.mining.decay import basket_weight, keep_all, keep_freshest
from pipeline.mining.item_groups import ItemGroups, put_together
from pipeline.mining.person_baskets import Limits, PersonBaskets, gather_person_baskets
from pipeline.mining.slices import slices_for
from pipeline.mining.steps import build, sql_of
from pipeline.mining.tested_pairs import keep_significant
from pipeline.mining.threads import thread_count

PAIR_ROWS_PER_GROUP = 8
"""The join makes several rows of most pairs; one hash table entry holds them together."""

BYTES_PER_LINE = 32
"""What baskets, and pairs where each line makes one or two, take at most in arrays."""

_STEPS = (
    "basket_lines",
    "named_items",
    "baskets",
    "basket_sizes",
    "basket_totals",
    "basket_items",
    "pair_items",
    "pair_baskets",
    "joint_counts",
    "candidate_pairs",
    "pair_persons",
    "supported_pairs",
    "pair_totals",
    "tested_pairs",
    "pair_counts",
    "decayed_pairs",
    "measured_pairs",
)


@dataclass(frozen=True)
class AssociationSummary:
    """What went into an association table and what came out.

    Attributes:
        basket_count: Baskets that count, single-item baskets included.
        giant_basket_count: Baskets left out because they hold too many items.
        item_count: Items in enough baskets.
        joint_pair_count: Pairs in enough baskets.
        candidate_pair_count: Of these, pairs of different families with enough lift.
        tested_pair_count: Pairs that the items could form, found or not: what q-values allow for.
        few_person_pair_count: Candidates left out because too few persons are behind them.
        insignificant_pair_count: Candidates left out because of their q-value.
        low_rank_row_count: Rows left out because enough other targets of the source rank above.
        row_count: Rows of the published table.
    """

    basket_count: int
    giant_basket_count: int
    item_count: int
    joint_pair_count: int
    candidate_pair_count: int
    tested_pair_count: int
    few_person_pair_count: int
    insignificant_pair_count: int
    low_rank_row_count: int
    row_count: int


@dataclass(frozen=True)
class PairTable:
    """Which table is built, and how.

    Attributes:
        name: Name of its SQL file, and of the table itself where `published_name` is not.
        persons: The SQL file that counts its persons.
        resources: How pairs are counted.
        groups: What stands in the place of items.
        published_name: Its name where another table has that of the file.
    """

    name: str
    persons: str
    resources: EngineOptions
    groups: ItemGroups | None = None
    published_name: str | None = None


@dataclass(frozen=True)
class _Totals:
    """Figures of all baskets, known before pairs are counted."""

    basket_count: int
    giant_basket_count: int
    known_basket_count: int
    ordered_pair_count: int


def build_pair_table(
    engine: Engine, table: PairTable, options: AlsoBought | AlsoViewed, values: Mapping[str, Value]
) -> AssociationSummary:
    """Build a table of pairs: one row per source item and target item.

    Args:
        engine: Holds what the lines of its baskets come from, and `items`.
        table: Which table, and how.
        options: Its thresholds.
        values: What its SQL files name.

    Returns:
        The counts that the run summary shows.
    """
    engine.create_table("basket_lines", sql_of(f"{table.name}_lines"), values)
    if table.groups is None:
        build(engine, "named_items", values)
    else:
        put_together(engine, table.groups)
    size = BYTES_PER_LINE * engine.count("basket_lines")
    with engine.room(size):
        totals = _gather_baskets(engine, table, values) or _build_baskets(engine, values)
    is_aged = isinstance(options, AlsoBought) and options.half_life_days is not None
    if is_aged and isinstance(totals, PersonBaskets):
        _build_baskets(engine, values)  # ages are counted from the tables
    engine.drop("basket_lines")
    bound = {
        **values,
        "basket_count": totals.basket_count,
        "has_persons": totals.known_basket_count > 0,
    }
    item_count = build(engine, "pair_items", bound)
    if is_aged or isinstance(totals, _Totals):
        build(engine, "pair_baskets", bound)
    all_weight = _all_weight(engine, options, bound)
    engine.drop("baskets", "basket_sizes")
    with engine.room(size):
        pair_counts = _count_pairs(engine, table, bound, totals)
    basket_counts = totals.basket_count, totals.giant_basket_count
    del totals  # its arrays are large
    threads = thread_count(table.resources.threads)
    tests = keep_significant(engine, options, bound, pair_counts[1], threads=threads)
    directed_count = build(engine, "pair_counts", bound)
    _rank_by_age(engine, options, bound, all_weight)
    build(engine, "measured_pairs", bound)
    published_name = table.published_name or table.name
    row_count = engine.create_table(published_name, sql_of(table.name), bound)
    engine.drop(*_STEPS)
    return AssociationSummary(
        *basket_counts,
        item_count,
        *pair_counts,
        *tests,
        directed_count - row_count,
        row_count,
    )


def _all_weight(
    engine: Engine, options: AlsoBought | AlsoViewed, values: Mapping[str, Value]
) -> int:
    """Return the weight of all baskets; 0 where age does not matter."""
    if not isinstance(options, AlsoBought) or options.half_life_days is None:
        return 0
    end, most = values["window_end"], options.max_basket_items
    return basket_weight(engine, options.half_life_days, end, most)


def _rank_by_age(
    engine: Engine,
    options: AlsoBought | AlsoViewed,
    values: Mapping[str, Value],
    all_weight: int,
) -> None:
    """Build `decayed_pairs`, without rows where age does not matter."""
    if not isinstance(options, AlsoBought) or options.half_life_days is None:
        keep_all(engine)
        return
    half_life, end, most = options.half_life_days, values["window_end"], options.max_targets
    keep_freshest(engine, half_life, end, all_weight=all_weight, max_targets=most)


def _count_pairs(
    engine: Engine,
    table: PairTable,
    values: Mapping[str, Value],
    totals: PersonBaskets | _Totals,
) -> tuple[int, int]:
    """Build `candidate_pairs` and `pair_persons`; return the counts of joint and candidates."""
    if isinstance(totals, PersonBaskets):
        threads = thread_count(table.resources.threads)
        joint_pair_count = count_joint(engine, totals, int(values["min_pair_count"] or 1), threads)
        return joint_pair_count, build(engine, "candidate_pairs", values)
    slices = slices_for(totals.ordered_pair_count // 2 // PAIR_ROWS_PER_GROUP)
    joint_pair_count = build(engine, "joint_counts", values, slices)
    candidate_pair_count = build(engine, "candidate_pairs", values)
    engine.create_table("pair_persons", sql_of(table.persons), values, slices)
    return joint_pair_count, candidate_pair_count


def _gather_baskets(
    engine: Engine, table: PairTable, values: Mapping[str, Value]
) -> PersonBaskets | None:
    """Return the baskets as arrays and build `basket_items`; None where the SQL has to count."""
    if table.resources.pair_counts == "sql":
        return None
    nameless = table.groups.rest if table.groups else None
    most, least = int(values["max_basket_items"] or 0), int(values["min_item_count"] or 1)
    limits = Limits(most, least, nameless)
    return gather_person_baskets(engine, limits, is_timed=bool(values["after_only"]))


def _build_baskets(engine: Engine, values: Mapping[str, Value]) -> _Totals:
    for step in ("baskets", "basket_sizes", "basket_totals", "basket_items"):
        build(engine, step, values)
    return _Totals(**engine.fetch("basket_totals").to_pylist()[0])

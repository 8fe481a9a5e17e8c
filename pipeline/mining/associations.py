"""Pairs of items that stand together: bought this, also bought; viewed this, also viewed.

Both tables are built by the same steps and differ only in what a basket and a person are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pipeline.config.model import AlsoBought, AlsoViewed
from pipeline.engine import Engine, Value
from pipeline.mining.slices import slices_for
from pipeline.mining.steps import build, sql_of
from pipeline.mining.window import Window

PAIR_ROWS_PER_GROUP = 8
"""The join makes several rows of most pairs; one hash table entry holds them together."""

_LIFT_LIMIT = 10**8
_STEPS = (
    "baskets",
    "basket_sizes",
    "basket_totals",
    "pair_items",
    "pair_baskets",
    "joint_counts",
    "candidate_pairs",
    "pair_persons",
    "pair_counts",
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
        row_count: Rows of the published table.
    """

    basket_count: int
    giant_basket_count: int
    item_count: int
    joint_pair_count: int
    candidate_pair_count: int
    row_count: int


@dataclass(frozen=True)
class _Totals:
    """Figures of all baskets, known before pairs are counted."""

    basket_count: int
    giant_basket_count: int
    known_basket_count: int
    ordered_pair_count: int


def build_also_bought(
    engine: Engine, options: AlsoBought, window: Window, item_level: str
) -> AssociationSummary:
    """Build `also_bought`: from sale lines to one row per source item and target item.

    Args:
        engine: Holds `sale_lines` and `items`.
        options: Thresholds and what a basket is.
        window: Sale lines inside it count.
        item_level: What an item is; sizes and colours of one product (same `product_id`) are
            never shown beside each other where it is `sku`.

    Returns:
        The counts that the run summary shows.
    """
    values: dict[str, Value] = {
        **_common_values(options, window, item_level),
        "min_persons": options.min_customers,
        "after_only": False,
        "leaves_out_families": item_level == "sku",
    }
    persons = "pair_customers" if options.grain == "customer" else "pair_persons"
    return _build_table(engine, "also_bought", persons, values)


def build_also_viewed(
    engine: Engine, options: AlsoViewed, window: Window, item_level: str
) -> AssociationSummary:
    """Build `also_viewed`: from views to one row per source item and target item.

    Args:
        engine: Holds `views` and `items`.
        options: Thresholds, what a basket is, and whether the target must be seen after the
            source: then joint_count holds only such baskets.
        window: Views inside it count.
        item_level: What an item is.

    Returns:
        The counts that the run summary shows.
    """
    values: dict[str, Value] = {
        **_common_values(options, window, item_level),
        "min_persons": options.min_visitors,
        "after_only": options.after_only,
        "leaves_out_families": False,
    }
    return _build_table(engine, "also_viewed", "pair_persons", values)


def _common_values(
    options: AlsoBought | AlsoViewed, window: Window, item_level: str
) -> dict[str, Value]:
    lift = min(Fraction(str(options.min_lift)), Fraction(_LIFT_LIMIT))
    lift = lift.limit_denominator(_LIFT_LIMIT)
    return {
        **window.values,
        "item_level": item_level,
        "grain": options.grain,
        "min_item_count": options.min_item_count,
        "min_pair_count": options.min_pair_count,
        "max_basket_items": options.max_basket_items,
        "max_targets": options.max_targets,
        "lift_numerator": lift.numerator,
        "lift_denominator": lift.denominator,
    }


def _build_table(
    engine: Engine, table: str, persons: str, values: Mapping[str, Value]
) -> AssociationSummary:
    totals = _build_baskets(engine, f"{table}_baskets", values)
    slices = slices_for(totals.ordered_pair_count // 2 // PAIR_ROWS_PER_GROUP)
    bound = {
        **values,
        "basket_count": totals.basket_count,
        "has_persons": totals.known_basket_count > 0,
    }
    item_count = build(engine, "pair_items", bound)
    build(engine, "pair_baskets", bound)
    engine.drop("baskets", "basket_sizes")
    joint_pair_count = build(engine, "joint_counts", bound, slices)
    candidate_pair_count = build(engine, "candidate_pairs", bound)
    engine.create_table("pair_persons", sql_of(persons), bound, slices)
    for step in ("pair_counts", "measured_pairs"):
        build(engine, step, bound)
    row_count = build(engine, table, bound)
    engine.drop(*_STEPS)
    return AssociationSummary(
        totals.basket_count,
        totals.giant_basket_count,
        item_count,
        joint_pair_count,
        candidate_pair_count,
        row_count,
    )


def _build_baskets(engine: Engine, sql_name: str, values: Mapping[str, Value]) -> _Totals:
    engine.create_table("baskets", sql_of(sql_name), values)
    build(engine, "basket_sizes", values)
    build(engine, "basket_totals", values)
    return _Totals(**engine.fetch("basket_totals").to_pylist()[0])

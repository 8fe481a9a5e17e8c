"""Pairs of items that stand together: bought this, also bought; viewed this, also viewed.

All of these tables are built by the same steps (`pair_tables.py`) and differ in what an item, a
basket and a person are.
"""

from fractions import Fraction

from pipeline.config.mining_options import AlsoBought, AlsoBoughtCategory, AlsoViewed
from pipeline.config.model import EngineOptions
from pipeline.engine import Engine, Value
from pipeline.mining.item_groups import read_categories, read_products
from pipeline.mining.pair_tables import AssociationSummary, PairTable, build_pair_table
from pipeline.mining.window import Window

DEFAULT_RESOURCES = EngineOptions()
_LIFT_LIMIT = 10**8


def build_also_bought(
    engine: Engine,
    options: AlsoBought,
    window: Window,
    item_level: str,
    *,
    resources: EngineOptions = DEFAULT_RESOURCES,
) -> AssociationSummary:
    """Build `also_bought`: from sale lines to one row per source item and target item.

    Args:
        engine: Holds `sale_lines` and `items`.
        options: Thresholds and what a basket is.
        window: Sale lines inside it count.
        item_level: What an item is; sizes and colours of one product (same `product_id`) are
            never shown beside each other where it is `sku`.
        resources: How pairs are counted, and with how many threads.

    Returns:
        The counts that the run summary shows.
    """
    values = _bought_values(options, window, item_level)
    table = PairTable("also_bought", _persons(options), resources)
    return build_pair_table(engine, table, options, values)


def build_also_bought_product(
    engine: Engine,
    options: AlsoBought,
    window: Window,
    *,
    resources: EngineOptions = DEFAULT_RESOURCES,
) -> AssociationSummary:
    """Build `also_bought_product`: the table `also_bought` of the products that items are of.

    Grain, ids and counts are those that a run with `item_level: product` has in `also_bought`.
    """
    groups, values = read_products(engine), _bought_values(options, window, "product")
    name = "also_bought_product"
    table = PairTable("also_bought", _persons(options), resources, groups, name)
    return build_pair_table(engine, table, options, values)


def build_also_bought_category(
    engine: Engine,
    options: AlsoBoughtCategory,
    window: Window,
    *,
    resources: EngineOptions = DEFAULT_RESOURCES,
) -> AssociationSummary:
    """Build `also_bought_category`: the table `also_bought` of the categories of items.

    Items without a category count in baskets and are in no pair.
    """
    groups = read_categories(engine, options.category_depth)
    name, values = "also_bought_category", _bought_values(options, window, "category")
    table = PairTable("also_bought", _persons(options), resources, groups, name)
    return build_pair_table(engine, table, options, values)


def build_also_viewed(
    engine: Engine,
    options: AlsoViewed,
    window: Window,
    item_level: str,
    *,
    resources: EngineOptions = DEFAULT_RESOURCES,
) -> AssociationSummary:
    """Build `also_viewed`: from views to one row per source item and target item.

    Args:
        engine: Holds `views` and `items`.
        options: Thresholds, what a basket is, and whether the target must be seen after the
            source: then joint_count holds only such baskets.
        window: Views inside it count.
        item_level: What an item is.
        resources: How pairs are counted, and with how many threads.

    Returns:
        The counts that the run summary shows.
    """
    values: dict[str, Value] = {
        **_common_values(options, window, item_level),
        "min_persons": options.min_visitors,
        "after_only": options.after_only,
        "leaves_out_families": False,
    }
    return build_pair_table(
        engine, PairTable("also_viewed", "pair_persons", resources), options, values
    )


def _bought_values(options: AlsoBought, window: Window, item_level: str) -> dict[str, Value]:
    return {
        **_common_values(options, window, item_level),
        "min_persons": options.min_customers,
        "after_only": False,
        "leaves_out_families": item_level == "sku",
    }


def _persons(options: AlsoBought) -> str:
    return "pair_customers" if options.grain == "customer" else "pair_persons"


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

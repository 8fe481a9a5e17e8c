"""Who looked at an item again and again and did not buy it."""

from dataclasses import dataclass

from pipeline.config.family_options import ViewedNotBought
from pipeline.engine import Engine, Value
from pipeline.mining.slices import slices_for
from pipeline.mining.steps import build
from pipeline.mining.window import Window


@dataclass(frozen=True)
class ViewedNotBoughtSummary:
    """What went into `viewed_not_bought` and what came out.

    Attributes:
        interest_count: Known customers by item that they viewed often enough.
        bought_count: Of these, customers who bought the item.
        row_count: Rows of the published table: the others.
    """

    interest_count: int
    bought_count: int
    row_count: int


def build_viewed_not_bought(
    engine: Engine,
    options: ViewedNotBought,
    windows: tuple[Window, Window],
    item_level: str,
    *,
    view_count: int,
) -> ViewedNotBoughtSummary:
    """Build `viewed_not_bought`: from views and sale lines to one row per customer and item.

    Args:
        engine: Holds `views`, `sale_lines`, `items` and `customers`.
        options: How many views are enough.
        windows: In the first one views count, in the second one purchases.
        item_level: What an item is.
        view_count: Rows of `views`: says how far the work is cut.

    Returns:
        The counts that the run summary shows.
    """
    viewing, buying = windows
    values: dict[str, Value] = {
        **viewing.values,
        "min_views": options.min_views,
        "bought_start": buying.start,
        "item_level": item_level,
    }
    interest_count = build(engine, "viewing_interests", values, slices_for(view_count))
    row_count = build(engine, "viewed_not_bought", values)
    engine.drop("viewing_interests")
    return ViewedNotBoughtSummary(interest_count, interest_count - row_count, row_count)

"""How the pairs of a list sell together in the test window: associations, never effects.

Customers who buy a pair differ from those who do not; nothing here says what showing a list
would change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.engine import Engine, Value
from pipeline.evaluation.lists import SuggestionList
from pipeline.mining.slices import slices_for
from pipeline.mining.steps import build


@dataclass(frozen=True)
class SalesTogether:
    """What orders of the test window that hold a source item have in common.

    An order holds a pair where it holds a source item and a target of that item's list. Items
    count whether or not they were sent back; orders of which nothing is left are not seen.

    Attributes:
        cross_sell_rate: Orders that hold a pair / all orders of the window.
        attach_rate: Orders that hold a pair / orders that hold a source item.
        order_value_with_pair: Mean value of the former; None without prices or such orders.
        order_value_without_pair: Mean value of orders with a source item and no pair.
        refund_rate_with_pair: Share of orders with a pair of which a unit came back.
        refund_rate_without_pair: The same of orders with a source item and no pair.
    """

    cross_sell_rate: float | None
    attach_rate: float | None
    order_value_with_pair: float | None
    order_value_without_pair: float | None
    refund_rate_with_pair: float | None
    refund_rate_without_pair: float | None


def sales_together(
    engine: Engine, suggested: SuggestionList, values: Mapping[str, Value]
) -> SalesTogether:
    """Return how the pairs of a list sell together.

    Args:
        engine: Holds `sale_lines`, `returned_lines` and `order_values`.
        suggested: The list; rules with several items on the left side do not count.
        values: `window_start` and `window_end`, microseconds since 1970-01-01 UTC.
    """
    pair_count = engine.load("listed_pairs", suggested.pairs)
    build(engine, "tested_orders", values, slices_for(pair_count + engine.count("order_values")))
    build(engine, "met_orders", values)
    met = engine.fetch("met_orders").to_pylist()[0]
    alone = met["source_count"] - met["pair_count"]
    return SalesTogether(
        _ratio(met["pair_count"], met["order_count"]),
        _ratio(met["pair_count"], met["source_count"]),
        _ratio(met["pair_amount"], met["pair_count"]),
        _ratio(met["source_amount"], alone),
        _ratio(met["refunded_pair_count"], met["pair_count"]),
        _ratio(met["refunded_source_count"], alone),
    )


def _ratio(part: Any, whole: int) -> float | None:  # noqa: ANN401 - a count or a sum of money
    return None if part is None or not whole else float(part) / whole

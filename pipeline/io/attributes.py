"""Columns that orders have beside the canonical ones: store, region, age of the customer."""

from pipeline.config.source_options import Orders
from pipeline.io.contract import attribute_name
from pipeline.io.duckdb_engine import DuckDBEngine


def load_order_attributes(engine: DuckDBEngine, orders: Orders) -> None:
    """Build `order_attributes`: one row per order, with `attribute_0` and so on as text.

    An order whose lines differ has the smallest value; NULL where nothing is known.

    Args:
        engine: Holds `order_rows`, its ids given numbers.
        orders: Names the attributes.
    """
    names = [attribute_name(place) for place in range(len(orders.attributes))]
    values = "".join(f", min({name}) as {name}" for name in names)
    engine.run(
        "create or replace table order_attributes as "
        f"select order_id as order_code{values} from order_rows group by order_id"
    )

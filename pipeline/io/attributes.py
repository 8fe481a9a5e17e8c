"""Columns beside the canonical ones: store and region of an order, colour and plug of an item."""

from pipeline.config.section import ColumnMapping
from pipeline.config.source_options import Orders
from pipeline.io.contract import attribute_name
from pipeline.io.duckdb_engine import DuckDBEngine
from pipeline.io.sql_text import literal


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


def load_item_attributes(engine: DuckDBEngine, attributes: ColumnMapping) -> None:
    """Build `item_attributes`: one row per item of the catalogue that has any, as `name=value`.

    An item whose rows differ has the smallest value; blank values say nothing.

    Args:
        engine: Holds `catalogue_rows` and `item_codes`.
        attributes: Names the attributes.
    """
    texts = ", ".join(
        f"{literal(f'{name}=')} || min(nullif(trim({attribute_name(place)}), ''))"
        for place, name in sorted(enumerate(attributes), key=lambda one: one[1])
    )
    engine.run(
        "create or replace table item_attributes as "
        "select item_code, list_filter(texts, lambda text: text is not null) as attributes from ("
        f"select item_codes.item_code, cast([{texts}] as varchar[]) as texts "
        "from catalogue_rows join item_codes on item_codes.item_key = catalogue_rows.item_id "
        "where item_codes.item_code is not null group by item_codes.item_code) as found"
    )

"""The examples that docs/tables.md works by hand are what the stages compute."""

from typing import Any

import pytest
from worked_examples import BASELINE, CENSORING, EXAMPLES, PERCENTAGES, Example
from write_docs import tables_document

from pipeline.config.family_options import BoughtNext
from pipeline.config.mining_options import ViewThenBought
from pipeline.mining.bought_next import build_bought_next
from pipeline.mining.view_then_bought import build_view_then_bought
from pipeline.mining.window import Window
from tests.shops import Shop, drawn_sales, drawn_views, load_shop, shop_engine
from tests.tables import drawn, instant

KEEP_ALL: dict[str, Any] = {"min_item_count": 1, "min_pair_count": 1, "min_lift": 0.0}


@pytest.mark.parametrize("example", [PERCENTAGES, CENSORING], ids=lambda example: example.title)
def test_view_then_bought_is_as_drawn(example: Example) -> None:
    load_shop(shop_engine(), Shop(drawn_sales(example.sales), drawn_views(example.views)))
    options = ViewThenBought(min_viewers=1)
    build_view_then_bought(shop_engine(), options, Window(0, instant("20d")), "sku")
    assert drawn(example.result) == sorted_as(example, "view_then_bought", "target_kind")


def test_bought_next_is_as_drawn() -> None:
    load_shop(shop_engine(), Shop(drawn_sales(BASELINE.sales)))
    options = BoughtNext(**KEEP_ALL, max_gap_days=20, max_q_value=None)
    window = Window(0, instant("100d"))
    build_bought_next(shop_engine(), options, window, "sku", as_of_day=100)
    assert drawn(BASELINE.result) == sorted_as(BASELINE, "bought_next", "source_item_id")


def test_every_example_stands_in_the_document_of_the_tables() -> None:
    written = tables_document()
    for table, examples in EXAMPLES.items():
        (section,) = [part for part in written.split("\n## ") if part.startswith(f"{table}\n")]
        assert all(example.markdown() in section for example in examples)


def sorted_as(example: Example, table: str, *keys: str) -> list[dict[str, Any]]:
    """Return the drawn columns of the rows that the example shows, as text, in its order."""
    wanted = drawn(example.result)
    names = (*keys, "target_item_id")
    order = {tuple(row[name] for name in names): place for place, row in enumerate(wanted)}
    rows = [
        {name: shown(row[name]) for name in wanted[0]}
        for row in shop_engine().fetch(table).to_pylist()
    ]
    return sorted(rows, key=lambda row: order[tuple(row[name] for name in names)])


def shown(value: Any) -> str | None:
    """Return a cell as it is drawn: at most two decimals."""
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return value if value is None else str(value)

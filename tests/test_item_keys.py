"""Item ids that are texts become numbers; it does not show in which kind of file they stood."""

from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from pipeline.io.contract import CODE_TYPE
from tests.sources import EVENT_COLUMNS, ORDER_COLUMNS, Rows, clean, read_orders

ORDERS = {
    "order": ["1", "1", "2", "2", "3", "3"],
    "customer": ["7"] * 6,
    "item": ["B", " A ", "007", "A", "", "c'd"],
    "at": ["01"] * 6,
    "quantity": ["1", "1", "1", "2", "1", "1"],
    "price": ["2"] * 6,
}
EVENTS: dict[str, list[Any]] = {
    "visitor": ["7"] * 4,
    "item": ["A ", "B", "Z", None],
    "at": ["02"] * 4,
}
TIMES = {"timestamps": {"formats": ["%d"]}}
NAMES = {"item_id": "item", "name": "name"}
CATALOGUE = {"item": ["A", "Y", " "], "name": ["first", "unsold", "nothing"]}


def write(folder: Path, name: str, kind: str, columns: dict[str, list[Any]]) -> str:
    """Write a file of texts and return its name."""
    table = pa.table({key: pa.array(values, pa.string()) for key, values in columns.items()})
    if kind == "csv":
        csv.write_csv(table, folder / f"{name}.csv", csv.WriteOptions(quoting_style="needed"))
    else:
        pq.write_table(table, folder / f"{name}.parquet", row_group_size=2)
    return f"{name}.{kind}"


def cleaned(folder: Path, kinds: tuple[str, ...]) -> tuple[Rows, Rows, Rows, int]:
    """Return what is sold, what is viewed, the items, and the order lines without one."""
    folder.mkdir()
    given = {
        "orders": ORDERS, "events": EVENTS, "catalogue": CATALOGUE,
    }  # fmt: skip
    files = {
        name: write(folder, name, kind, given[name])
        for name, kind in zip(given, kinds, strict=True)
    }
    got = clean(
        folder,
        {
            "orders": {"files": files["orders"], "columns": ORDER_COLUMNS, **TIMES},
            "events": {"files": files["events"], "columns": EVENT_COLUMNS, **TIMES},
            "catalogue": {
                "files": files["catalogue"],
                "columns": {"item_id": "item", "name": "name"},
            },
            "input": {"max_reject_share": 1},
        },
    )
    viewed = got.query("select item_id from views join items using (item_code) order by all")
    items = got.query("select item_code, item_id, name from items order by all")
    return got.sales, viewed, items, got.left_out["missing_item"]


@pytest.mark.parametrize("kinds", [*product(["csv", "parquet"], repeat=3)][1:])
def test_items_are_the_same_in_any_kind_of_file(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    expected = cleaned(tmp_path / "csv", ("csv",) * 3)
    assert expected == cleaned(tmp_path / "other", kinds)
    assert [("A",), ("B",), ("Z",)] == expected[1]
    assert 1 == expected[3]


def test_texts_of_parquet_are_read_as_numbers(tmp_path: Path) -> None:
    got = read_orders(
        tmp_path, write(tmp_path, "orders", "parquet", ORDERS), timestamps={"formats": ["%d"]}
    )
    assert CODE_TYPE == got.engine.type_of("order_rows", "item_id")
    assert ["007", "A", "A", "B", "c'd", None] == got.column("item_id")


@pytest.mark.parametrize(
    "more",
    [{"integer_ids": ["item_id"]}, {"columns": {**ORDER_COLUMNS, "item_id": ["item", "order"]}}],
)
def test_ids_that_have_to_be_changed_first_stay_texts(tmp_path: Path, more: dict[str, Any]) -> None:
    name = write(tmp_path, "orders", "parquet", ORDERS)
    got = read_orders(tmp_path, name, **TIMES, **more)
    assert "VARCHAR" == got.engine.type_of("order_rows", "item_id")

"""Shelves drawn as tables, and the setting that the makers of ready lists get.

    item | category | brand | price | stock | orders | colour
    A    | Photo    | Sony  | 99.90 | 3     | 7      | red

Any column but `item` may be left out; one that no shelf has is an attribute of the catalogue.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.config.serving_options import Serving
from pipeline.io.files import Format, InputFile
from pipeline.serving.lists import CandidateLists, Sources
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import NONE, Labels, Shelf, labels
from tests.shops import shop_engine
from tests.tables import DAY, Cell, drawn

_OWN = ("item", "name", "product", "category", "brand", "price", "stock", "orders", "listed")
DAY_10 = 10 * DAY
"""1970-01-11, the day that settings are for."""


def drawn_shelf(text: str) -> Shelf:
    """Return the items of a drawn table, in the order of a shelf."""
    return shelf_of(drawn(text))


def shelf_of(rows: list[dict[str, Cell]]) -> Shelf:
    """Return items as a shelf: those that sell best first, then by id."""
    rows = sorted(rows, key=lambda row: (-int(row.get("orders") or 0), str(row["item"])))

    def texts(column: str) -> list[Cell]:
        return [row.get(column) for row in rows]

    more = {column for row in rows for column in row} - set(_OWN)
    return Shelf(
        item_ids=[str(text) for text in texts("item")],
        names=[text or "" for text in texts("name")],
        products=_labels(texts("product")),
        categories=_labels(texts("category")),
        brands=_labels(texts("brand")),
        prices=np.array([float(text or "nan") for text in texts("price")]),
        stocks=np.array([int(text or NONE) for text in texts("stock")], np.int64),
        order_counts=np.array([int(text or 0) for text in texts("orders")], np.int64),
        is_listed=np.array([text != "no" for text in texts("listed")], np.bool_),
        attributes={column: _labels(texts(column)) for column in sorted(more)},
    )


def _labels(texts: list[Cell]) -> Labels:
    return labels(pa.chunked_array([pa.array(texts, pa.string())]))


def setting_of(shelf: Shelf, options: Serving | None = None, **files: Path) -> Setting:
    """Return the setting of a shelf on day 10, in UTC."""
    formats: dict[str, Format] = {".csv": "csv", ".yaml": "jsonl"}
    inputs = {
        name: InputFile(path, path.name, formats[path.suffix], None) for name, path in files.items()
    }
    return Setting(shop_engine(), frozenset(), shelf, options or Serving(), DAY_10, "UTC", inputs)


def item_pages(shelf: Shelf) -> Sources:
    """Return a page for every item."""
    return Sources("item", shelf.item_ids, np.arange(len(shelf), dtype=np.int32))


def other_pages(kind: str, *ids: str) -> Sources:
    """Return pages of categories or of segments."""
    return Sources(kind, list(ids), np.full(len(ids), NONE, np.int32))


def shown(lists: CandidateLists, sources: Sources, shelf: Shelf) -> dict[str, list[str]]:
    """Return the ids that are offered to each page that is offered any."""
    targets = [shelf.item_ids[number] for number in lists.pool.targets.tolist()]
    spans = zip(sources.ids, lists.starts.tolist(), lists.ends.tolist(), strict=True)
    return {page: targets[start:end] for page, start, end in spans if start < end}


def told(setting: Setting) -> list[str]:
    """Return every remark as text, with its kind."""
    return [f"{remark.kind} {remark}" for remark in setting.remarks]

"""What the shop knows of every item, as arrays by the number of the item."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.engine import Engine
from pipeline.mining.baskets import Bools, Floats, Int32s, Int64s
from pipeline.mining.item_groups import LEVELS

_COLUMNS: Final = [
    *("item_id", "name", "product_id", "category", "brand", "price", "stock", "order_count"),
    *("is_listed", "attributes"),
]
NONE = -1
"""Number of what is not known."""


@dataclass(frozen=True)
class Labels:
    """A column of texts as numbers: equal texts have equal numbers, in the order of the texts.

    Attributes:
        codes: Number of each item's text, NONE where it has none.
        texts: The texts, ascending.
    """

    codes: Int32s
    texts: list[str]

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Number of each text."""
        return {text: number for number, text in enumerate(self.texts)}

    def number(self, text: str) -> int:
        """Return the number of a text, NONE where no item has it."""
        return self.numbers.get(text, NONE)


@dataclass(frozen=True)
class Shelf:
    """Items by number: those that sell best first, then by id.

    Attributes:
        item_ids: Id of each item.
        names: Name of each item, '' where it has none.
        products: Parent of each item.
        categories: Category path of each item: its leaf category.
        brands: Brand of each item.
        prices: Price, NaN where not known.
        stocks: Stock, NONE where not known.
        order_counts: Orders that hold the item, of all time.
        is_listed: Whether the catalogue names it; all are where there is no catalogue.
        attributes: Further columns of the catalogue by name.
    """

    item_ids: list[str]
    names: list[str]
    products: Labels
    categories: Labels
    brands: Labels
    prices: Floats
    stocks: Int64s
    order_counts: Int64s
    is_listed: Bools
    attributes: dict[str, Labels] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.item_ids)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Number of each item id."""
        return {item: number for number, item in enumerate(self.item_ids)}

    @cached_property
    def id_array(self) -> pa.Array:
        """The item ids as Arrow data."""
        return pa.array(self.item_ids, pa.string())

    @property
    def is_out_of_stock(self) -> Bools:
        """Whether nothing is left of an item."""
        return np.asarray(self.stocks == 0)

    @cached_property
    def top_categories(self) -> Labels:
        """The widest level of each item's category."""
        tops = [text.split(LEVELS)[0] for text in self.categories.texts]
        found = sorted(set(tops))
        places = {text: number for number, text in enumerate(found)}
        of_leaves = np.array([*(places[top] for top in tops), NONE], np.int32)
        return Labels(of_leaves[self.categories.codes], found)

    def is_under(self, category: str) -> Bools:
        """Return whether each item's category is this one or lies below it."""
        below = category + LEVELS
        is_leaf = [text == category or text.startswith(below) for text in self.categories.texts]
        return np.array([*is_leaf, False], np.bool_)[self.categories.codes]

    def numbers_of(self, item_ids: pa.ChunkedArray | pa.Array) -> Int32s:
        """Return the number of each id, NONE for an id that is no item."""
        found = pc.index_in(item_ids, value_set=self.id_array)
        return np.array(pc.fill_null(found, NONE).to_numpy(), np.int32)


def read_shelf(engine: Engine, *, has_catalogue: bool) -> Shelf:
    """Return the items of `item_stats`.

    Args:
        engine: Holds `item_stats` as it is published.
        has_catalogue: Whether items that the catalogue does not name are strangers.
    """
    rows = engine.fetch("item_stats").select(_COLUMNS)
    rows = rows.sort_by([("order_count", "descending"), ("item_id", "ascending")])
    listed = rows["is_listed"].to_numpy().astype(np.bool_)
    return Shelf(
        item_ids=rows["item_id"].to_pylist(),
        names=pc.fill_null(rows["name"], "").to_pylist(),
        products=labels(rows["product_id"]),
        categories=labels(rows["category"]),
        brands=labels(rows["brand"]),
        prices=rows["price"].to_numpy().astype(np.float64),
        stocks=pc.fill_null(rows["stock"], NONE).to_numpy().astype(np.int64),
        order_counts=rows["order_count"].to_numpy().astype(np.int64),
        is_listed=listed if has_catalogue else np.ones(len(listed), np.bool_),
        attributes=_attributes(rows["attributes"]),
    )


def labels(texts: pa.ChunkedArray) -> Labels:
    """Return a column of texts as numbers."""
    distinct = sorted(set(texts.drop_null().unique().to_pylist()))
    found = pc.index_in(texts, value_set=pa.array(distinct, pa.string()))
    return Labels(np.array(pc.fill_null(found, NONE).to_numpy(), np.int32), distinct)


def _attributes(rows: pa.ChunkedArray) -> dict[str, Labels]:
    """Return the columns behind lists of `name=value`."""
    lists = pa.concat_arrays(rows.chunks) if rows.num_chunks else pa.array([], rows.type)
    items = pc.list_parent_indices(lists).to_numpy()
    texts = pc.list_flatten(lists).dictionary_encode()
    given = [text.partition("=") for text in texts.dictionary.to_pylist()]
    of_texts = np.array([name for name, _, _ in given], np.str_)[texts.indices.to_numpy()]
    columns = {}
    for name in sorted({name for name, _, _ in given}):
        places = np.flatnonzero(of_texts == name)
        values = pa.array([value if one == name else None for one, _, value in given], pa.string())
        codes = np.full(len(rows), NONE, np.int64)
        codes[items[places]] = texts.indices.to_numpy()[places]
        found = values.take(pa.array(codes, mask=codes == NONE))
        columns[name] = labels(pa.chunked_array([found]))
    return columns

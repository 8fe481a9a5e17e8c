"""Items put together: the products that they are of, or the categories that they are in."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.engine import Engine
from pipeline.mining.baskets import Int64s
from pipeline.mining.steps import build

LEVELS = " > "
"""Stands between the levels of a category path."""
_PRODUCTS = """
select coalesce(product_id, item_id) as name from items order by item_code asc nulls last
"""
_IDS = "select item_id as name from items order by item_code asc nulls last"
_CATEGORIES = "select category as name from items order by item_code asc nulls last"


@dataclass(frozen=True)
class ItemGroups:
    """Groups by number, from 0 on in the order of their names.

    Attributes:
        names: Name of each group, ascending.
        of_items: Group of each item code, -1 where it has none.
    """

    names: pa.Array
    of_items: Int64s

    @property
    def rest(self) -> int:
        """Number that stands for everything without a group."""
        return len(self.names)


def read_item_ids(engine: Engine) -> pa.Array:
    """Return the ids of all items by item code."""
    return _column(engine, _IDS)


def id_places(ids: pa.Array) -> Int64s:
    """Return the place of each id in the order of the ids, which are distinct.

    Example:
        >>> id_places(pa.array(["b", "c", "a"])).tolist()
        [1, 2, 0]
    """
    places = np.empty(len(ids), np.int64)
    places[pc.sort_indices(ids).to_numpy()] = np.arange(len(ids))
    return places


def read_products(engine: Engine) -> ItemGroups:
    """Return the products of all items; an item without one stands for itself."""
    return _grouped(_names(engine, _PRODUCTS), None)


def read_categories(engine: Engine, depth: int) -> ItemGroups:
    """Return the categories of all items, by the widest levels of their paths.

    Args:
        engine: Holds `items`.
        depth: Levels of a path that tell categories apart.
    """
    return _grouped(_names(engine, _CATEGORIES), depth)


def put_together(engine: Engine, groups: ItemGroups) -> None:
    """Replace the items of `basket_lines` by their groups, and build `named_items` of the groups.

    What has no group is one item more without a name: it makes baskets, and no pairs.
    """
    codes = np.where(groups.of_items < 0, groups.rest, groups.of_items)
    item_codes = np.arange(len(codes), dtype=np.int32)
    levels = {"item_code": item_codes, "level_code": codes.astype(np.int32)}
    engine.load("item_levels", pa.table(levels))
    build(engine, "levelled_lines", {})
    engine.rename("levelled_lines", "basket_lines")
    engine.drop("item_levels")
    numbers = pa.array(np.arange(groups.rest, dtype=np.int32))
    families = pa.nulls(groups.rest, pa.string())
    named = {"item_code": numbers, "item_id": groups.names, "family_id": families}
    engine.load("named_items", pa.table(named))


def _names(engine: Engine, sql: str) -> pa.DictionaryArray:
    return _column(engine, sql).dictionary_encode()


def _column(engine: Engine, sql: str) -> pa.Array:
    names = [batch["name"] for batch in engine.batches(sql)]
    return pa.chunked_array(names, pa.string()).combine_chunks()


def _grouped(paths: pa.DictionaryArray, depth: int | None) -> ItemGroups:
    """Return the group of each path; with a depth, what its first levels name."""
    widest: list[str] = paths.dictionary.to_pylist()
    if depth is not None:
        widest = [LEVELS.join(path.split(LEVELS)[:depth]) for path in widest]
    names = sorted(set(widest))
    numbers = {name: number for number, name in enumerate(names)}
    of_paths = np.array([*(numbers[name] for name in widest), -1])
    of_items = of_paths[pc.fill_null(paths.indices, len(widest)).to_numpy(zero_copy_only=False)]
    return ItemGroups(pa.array(names, pa.string()), of_items)

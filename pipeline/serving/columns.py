"""The columns that conditions and orders of rules name, as numbers by item."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.mining.baskets import Bools, Floats, Int32s
from pipeline.serving.shelf import NONE, Labels, Shelf, labels

FAMILY: Final = "(family)"
"""Product of items that share theirs with many others: a column that no file can name."""
SMALL_FAMILY: Final = 20
"""Most items of a product that are left among candidates, to be left out on each other's pages."""
_NUMBER: Final = r"^-?[0-9]{1,18}(\.[0-9]{1,18})?$"


@dataclass(frozen=True)
class Column:
    """One column of the catalogue.

    Attributes:
        ranks: Place of each item's value among all values: numbers first, then texts, ascending;
            equal values have equal ranks; NaN where the value is missing.
        numbers: The value as a number, NaN where it is none.
        codes: Number of each item's text, NONE where there is none.
        texts: The texts, ascending; None in a column of numbers.
    """

    ranks: Floats
    numbers: Floats
    codes: Int32s | None = None
    texts: pa.Array | None = None

    @property
    def is_known(self) -> Bools:
        """Whether an item has a value."""
        return ~np.isnan(self.ranks)


@dataclass(frozen=True)
class Columns:
    """The columns of a shelf, made when they are asked for."""

    shelf: Shelf
    made: dict[str, Column] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Column:
        """Return a column; an attribute that no item has is missing everywhere."""
        if name not in self.made:
            self.made[name] = self._column(name)
        return self.made[name]

    def _column(self, name: str) -> Column:
        shelf = self.shelf
        if name == "price":
            return number_column(shelf.prices)
        if name in {"stock", "order_count"}:
            counts = shelf.stocks if name == "stock" else shelf.order_counts
            return number_column(np.where(counts == NONE, np.nan, counts.astype(np.float64)))
        if name in {"item_id", "name"}:
            return text_column(_labels(shelf.item_ids if name == "item_id" else shelf.names))
        if name == FAMILY:
            return text_column(_families(shelf.products))
        own = {
            "product_id": shelf.products,
            "category": shelf.categories,
            "brand": shelf.brands,
        }
        if name in own:
            return text_column(own[name])
        nothing = Labels(np.full(len(shelf), NONE, np.int32), [])
        return attribute_column(shelf.attributes.get(name, nothing))


def number_column(numbers: Floats) -> Column:
    """Return a column of numbers."""
    return Column(numbers, numbers)


def text_column(texts: Labels) -> Column:
    """Return a column of texts, which are never compared as numbers."""
    missing = np.full(len(texts.codes), np.nan)
    ranks = np.where(texts.codes == NONE, np.nan, texts.codes.astype(np.float64))
    return Column(ranks, missing, texts.codes, pa.array(texts.texts, pa.string()))


def attribute_column(texts: Labels) -> Column:
    """Return a column whose texts are compared as numbers where they are written as such."""
    values = pa.array(texts.texts, pa.string())
    is_number = pc.match_substring_regex(values, _NUMBER)
    digits = pc.if_else(is_number, values, pa.scalar(None, pa.string()))
    numbers = pc.cast(digits, pa.float64()).to_numpy(zero_copy_only=False)
    found, ranks_of_numbers = np.unique(numbers[~np.isnan(numbers)], return_inverse=True)
    ranks = np.arange(len(numbers), dtype=np.float64) + len(found)
    ranks[~np.isnan(numbers)] = ranks_of_numbers
    return Column(
        np.append(ranks, np.nan)[texts.codes],
        np.append(numbers, np.nan)[texts.codes],
        texts.codes,
        values,
    )


def _labels(texts: Sequence[str]) -> Labels:
    known = pa.array([text or None for text in texts], pa.string())
    return labels(pa.chunked_array([known]))


def _families(products: Labels) -> Labels:
    """Return the products of many items."""
    counts = np.bincount(products.codes[products.codes != NONE], minlength=len(products.texts))
    is_large = np.append(counts > SMALL_FAMILY, False)[products.codes]
    return Labels(np.where(is_large, products.codes, NONE).astype(np.int32), products.texts)

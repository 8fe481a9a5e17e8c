"""The baskets that the miners of `bench/mining.py` are compared on.

Public data are read from the folder of data, one shop is drawn with a fixed seed. Each is kept as
arrays in the folder of the bench and read from there the next time: `items`, ascending and
distinct inside a basket, and `offsets`, where each basket starts and the last ends.
"""

import gzip
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

Arrays = tuple[Any, Any]
"""Items of all baskets, and where each basket starts."""

GENERATED = "generated"
ITEM_COUNT = 50_000
LARGEST_BASKET = 145
COMPANION_SHARE = 0.2
COMPANION_DISTANCE = 7


@dataclass(frozen=True)
class Baskets:
    """One data set and the supports it is mined at, from the largest: shares, or baskets from 1."""

    name: str
    supports: tuple[str, ...]
    read: Callable[[], Arrays]

    def path_in(self, folder: Path) -> Path:
        """Return the arrays' file, written if it is not there."""
        path = folder / f"{self.name.replace(' ', '-').replace(',', '')}.npz"
        if not path.exists():
            items, offsets = self.read()
            np.savez(path, items=items.astype(np.int32), offsets=offsets.astype(np.int64))
        return path

    def min_counts(self, path: Path) -> Iterator[tuple[str, int]]:
        """Yield each support as it is said and as a number of baskets."""
        with np.load(path) as loaded:
            basket_count = len(loaded["offsets"]) - 1
        for support in self.supports:
            said = support.removesuffix("%")
            share = Fraction(said) / 100 * basket_count
            yield support, int(said) if said == support else math.ceil(share)


def data_sets(data: Path, generated_count: int) -> list[Baskets]:
    """Return the data sets, small ones first.

    Args:
        data: Folder of the public data.
        generated_count: Baskets of the drawn shop; 0 leaves it out.
    """

    def fimi(name: str) -> Callable[[], Arrays]:
        return lambda: read_fimi(data / "fimi" / f"{name}.dat.gz")

    retail = data / "online_retail" / "online_retail.parquet"
    journey = data / "completejourney" / "transactions.parquet"
    found = [
        Baskets("mushroom", ("10%", "5%"), fimi("mushroom")),
        Baskets("chess", ("60%", "50%"), fimi("chess")),
        Baskets("retail", ("0.1%", "0.02%", "0.01%"), fimi("retail")),
        Baskets("T10I4D100K", ("0.1%", "0.02%"), fimi("T10I4D100K")),
        Baskets(
            "online_retail",
            ("200", "100", "60"),
            lambda: read_lines(retail, "InvoiceNo", "StockCode"),
        ),
        Baskets(
            "completejourney",
            ("0.1%", "0.02%", "0.01%"),
            lambda: read_lines(journey, "basket_id", "product_id"),
        ),
    ]
    if generated_count:
        name = f"{GENERATED} {generated_count:,}"
        shop = Baskets(name, ("0.3%", "0.1%", "0.02%"), lambda: draw_shop(generated_count))
        found.append(shop)
    return found


def read_fimi(path: Path) -> Arrays:
    """Read a data set of the FIMI repository: a line for each basket."""
    with gzip.open(path, "rt", encoding="ascii") as lines:
        rows = [[int(item) for item in line.split()] for line in lines]
    baskets = np.repeat(np.arange(len(rows)), list(map(len, rows)))
    return to_arrays(baskets, np.array([item for row in rows for item in row]), len(rows))


def read_lines(path: Path, basket: str, item: str) -> Arrays:
    """Read a Parquet file with a row for each sold item; every row counts, cancelled or not."""
    lines = pq.read_table(path, columns=[basket, item])
    baskets, items = (
        np.unique(lines[name].to_numpy(), return_inverse=True)[1] for name in (basket, item)
    )
    return to_arrays(baskets, items, int(baskets.max()) + 1)


def draw_shop(basket_count: int) -> Arrays:
    """Draw a shop's baskets: gamma sizes, mean 10.6 items; popularity 1 / (rank + 5).

    A fifth of the items stand a few ranks from the item drawn before them in the basket.
    """
    generator = np.random.default_rng(1)
    sizes = np.clip(np.rint(generator.gamma(1.2, 9.0, basket_count)), 1, LARGEST_BASKET).astype(int)
    weights = 1 / (np.arange(ITEM_COUNT) + 5)
    drawn = generator.choice(ITEM_COUNT, sizes.sum(), p=weights / weights.sum())
    is_companion = generator.random(len(drawn)) < COMPANION_SHARE
    is_companion[np.cumsum(sizes) - sizes] = False
    places = np.flatnonzero(is_companion)
    drawn[places] = (drawn[places - 1] + COMPANION_DISTANCE) % ITEM_COUNT
    return to_arrays(np.repeat(np.arange(basket_count), sizes), drawn, basket_count)


def to_arrays(baskets: Any, items: Any, basket_count: int) -> Arrays:  # noqa: ANN401 - arrays
    """Put lines together to baskets with each item once."""
    width = int(items.max()) + 1
    keys = np.unique(baskets * width + items)
    sizes = np.bincount(keys // width, minlength=basket_count)
    return (keys % width).astype(np.int32), np.concatenate([[0], np.cumsum(sizes)])

"""Public data sets as baskets."""

import csv
import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from pipeline.mining.baskets import Baskets, gather_baskets

NO_LIMIT = 10**6


def baskets_of_rows(rows: Iterable[Sequence[int]], max_basket_items: int = NO_LIMIT) -> Baskets:
    """Return baskets from lists of item codes."""
    lines = [(basket, item) for basket, items in enumerate(rows) for item in items]
    basket_codes, item_codes = np.array(lines, dtype=np.int64).reshape(-1, 2).T
    return gather_baskets(basket_codes, item_codes.astype(np.int32), max_basket_items)


def read_fimi(shared_data: Path, name: str) -> Baskets:
    """Read a data set of the FIMI repository: a basket a line, items as numbers."""
    with gzip.open(shared_data / "fimi" / f"{name}.dat.gz", "rt", encoding="ascii") as lines:
        return baskets_of_rows([[int(item) for item in line.split()] for line in lines])


def read_groceries(shared_data: Path) -> dict[str, set[str]]:
    """Read the baskets of the grocery: basket id to item names."""
    path = shared_data / "groceries" / "groceries_baskets_long.csv.gz"
    baskets: dict[str, set[str]] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        _, *rows = csv.reader(lines)
    for basket, item, *_ in rows:
        baskets.setdefault(basket, set()).add(item)
    return baskets


def coded(baskets: Iterable[set[str]]) -> tuple[Baskets, list[str]]:
    """Return baskets of names as baskets of codes, and the name of each code."""
    rows = list(baskets)
    names = sorted(set().union(*rows))
    codes = {name: code for code, name in enumerate(names)}
    return baskets_of_rows([[codes[name] for name in row] for row in rows]), names

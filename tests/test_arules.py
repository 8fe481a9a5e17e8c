"""Significance and redundancy of R arules: from a committed file, and on the baskets themselves."""

from math import isclose
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config.mining_options import Mining
from pipeline.mining.rules import build_rules
from pipeline.mining.significance import benjamini_hochberg, p_values
from pipeline.mining.window import Window
from tests.conftest import PROJECT
from tests.datasets import read_groceries
from tests.shops import SaleLine, Shop, load_shop, rows_of, shop_engine
from tests.test_measures import measured

BASKETS = 9_835
WINDOW = Window(0, 1)
COMMITTED = PROJECT / "tests" / "oracles" / "arules_groceries_s01_c20.csv.gz"
MEASURES = ("support", "confidence", "lift", "leverage", "jaccard", "cosine", "kulczynski",
            "imbalance")  # fmt: skip


def read_rules(path: Path) -> list[dict[str, Any]]:
    """Return the rows of arules; figures as numbers, marks as booleans."""
    rows = pd.read_csv(path, keep_default_na=False, true_values=["TRUE"], false_values=["FALSE"])
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def counts(row: dict[str, Any]) -> tuple[int, int, int, int]:
    """Return joint, left, right and basket count of a row."""
    left = round(float(row["coverage"]) * BASKETS)
    right = round(float(row["confidence"]) / float(row["lift"]) * BASKETS)
    return int(row["count"]), left, right, BASKETS


def our_p_values(rows: list[dict[str, Any]]) -> Any:
    columns = zip(*map(counts, rows), strict=True)
    return p_values(*(np.array(column, dtype=np.int64) for column in columns))


def test_p_values_are_those_of_arules() -> None:
    rows = read_rules(COMMITTED)
    for row, p in zip(rows, our_p_values(rows), strict=True):
        # Theirs is one less a sum of chances, so it keeps no digits of what is tiny.
        assert isclose(float(row["fishersExactTest"]), p, rel_tol=1e-6, abs_tol=1e-13)


def test_the_same_rules_are_significant_to_arules() -> None:
    rows = read_rules(COMMITTED)
    p = our_p_values(rows)
    assert [row["significant_fisher_01"] for row in rows] == (p <= 0.01).tolist()
    # Over the rules listed, which is too few tests: see docs/definitions.md.
    over_these = benjamini_hochberg(p, len(rows)) <= 0.05
    name = "significant_fisher_bh_05_over_these_rules"
    assert [row[name] for row in rows] == over_these.tolist()
    assert (219, 223) == ((p <= 0.01).sum(), over_these.sum())


def test_measures_are_those_of_arules() -> None:
    rows = [row for row in read_rules(COMMITTED) if row["antecedent"]]
    for row, ours in zip(rows, measured(*map(counts, rows)), strict=True):
        for name in MEASURES:
            found = ours[name]
            assert found is not None
            assert isclose(float(row[name]), found, rel_tol=1e-9, abs_tol=1e-12), name


@pytest.mark.parametrize(
    ("oracle", "changes", "redundant_count"),
    [
        ("s001_c50", {"min_support": 0.001, "min_confidence": 0.5, "max_itemset_size": 9}, 572),
        ("s01_c20", {"min_support": 0.01, "min_confidence": 0.2, "max_itemset_size": 9}, 5),
    ],
)
def test_the_same_rules_are_redundant_to_arules(
    shared_data: Path, oracle: str, changes: dict[str, Any], redundant_count: int
) -> None:
    rows = read_rules(shared_data / "oracles" / f"arules_groceries_{oracle}.csv.gz")
    expected = {
        (frozenset(str(row["antecedent"]).split("|")), str(row["consequent"])): row
        for row in rows
        if row["antecedent"]
    }
    build(shared_data, **changes)
    columns = ("antecedent", "consequent", "is_redundant", "p_value")
    found = rows_of(shop_engine(), "association_rules", *columns)
    assert len(expected) == len(found)
    for left, right, is_redundant, p in found:
        row = expected[frozenset(left), right[0]]
        assert row["redundant_confidence"] == is_redundant
        assert row["significant_fisher_01"] == (p <= 0.01)
    assert redundant_count == sum(is_redundant for _, _, is_redundant, _ in found)


def test_pairs_are_redundant_where_the_empty_rule_is_as_confident(shared_data: Path) -> None:
    # The rules of this file had no empty left side to be compared with: to arules none is
    # redundant, to us those of which the right side is as frequent anyway.
    build(shared_data, min_support=0.005, max_itemset_size=2)
    found = rows_of(shop_engine(), "association_rules", "lift", "is_redundant")
    assert len(found) == 1_210
    assert [lift <= 1 for lift, _ in found] == [is_redundant for _, is_redundant in found]


def build(shared_data: Path, **changes: Any) -> None:
    """Build every rule of the groceries."""
    baskets = read_groceries(shared_data)
    lines = tuple(
        SaleLine(basket, None, item, 0) for basket, items in baskets.items() for item in items
    )
    lenient = {"min_confidence": 0.0, "max_q_value": None, "only_productive": False}
    load_shop(shop_engine(), Shop(lines))
    build_rules(shop_engine(), Mining(**{**lenient, **changes}), WINDOW, "sku")

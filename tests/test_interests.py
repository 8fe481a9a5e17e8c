"""Clusters of customers by category: planted interests, hand-worked profiles, the oracle."""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.customer_options import Interests
from pipeline.config.model import Config
from pipeline.config.source_options import Catalogue
from pipeline.mining.interests import InterestSummary, build_interest_clusters, clusters_of
from pipeline.mining.window import Window
from pipeline.names import CUSTOMER_INTERESTS, INTEREST_CLUSTERS
from pipeline.possible import reasons_against, wanted_tables
from tests.shops import Shop, drawn_sales, load_shop, rows_of, shop_engine, shops
from tests.tables import instant

WINDOW = Window(instant("10d"), instant("20d"))
CATEGORIES = {"A": "food > tea", "B": "food > rye", "C": "toys > cars", "D": "toys > dice"}
COUNTS = st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any)
SALES = drawn_sales("""
    order | customer | item | at
    1     | ann      | A    | 12d
    1     | ann      | A    | 12d
    2     | ann      | A    | 13d
    2     | ann      | B    | 13d
    3     | bob      | B    | 13d
    3     | bob      | A    | 13d
    4     | bob      | C    | 14d
    5     | cid      | C    | 14d
    5     | cid      | D    | 14d
    6     | dan      | A    | 14d
    7     | cid      | A    | 20d
    8     | -        | D    | 14d
""")


def build_tables(
    shop: Shop, options: Interests, categories: Mapping[str, str], clusters: int = 2
) -> InterestSummary:
    load_shop(shop_engine(), shop)
    items = shop_engine().fetch("items")
    known = pa.array([categories.get(item) for item in items["item_id"].to_pylist()], pa.string())
    place = items.column_names.index("category")
    shop_engine().load("items", items.set_column(place, "category", known))
    return build_interest_clusters(shop_engine(), options, WINDOW, clusters=clusters)


def test_customers_and_clusters_worked_by_hand() -> None:
    """Ann has 3 items of food, Bob 2 and 1 of toys, Cid 2 of toys; Dan bought too little."""
    summary = build_tables(Shop(SALES), Interests(min_items=2), CATEGORIES)
    assert InterestSummary(3, 1, 2, 2) == summary
    columns = ("customer_id", "cluster", "item_count", "top_category", "top_share")
    expected = [
        ("ann", 1, 3, "food", 1.0),
        ("bob", 1, 3, "food", 2 / 3),
        ("cid", 2, 2, "toys", 1.0),
    ]
    assert expected == rows_of(shop_engine(), "customer_interests", *columns)
    shown = ("cluster", "category", "customer_count", "item_count", "cluster_item_count")
    profiles = [
        (1, "food", 2, 5, 6, 5 / 6, 5 / 8, (5 / 6) / (5 / 8)),
        (1, "toys", 2, 1, 6, 1 / 6, 3 / 8, (1 / 6) / (3 / 8)),
        (2, "toys", 1, 2, 2, 1.0, 3 / 8, 8 / 3),
    ]
    rows = rows_of(shop_engine(), "interest_clusters", *shown, "share", "overall_share", "lift")
    assert [row[:5] for row in profiles] == [row[:5] for row in rows]
    assert [pytest.approx(row[5:]) for row in profiles] == [row[5:] for row in rows]


def test_a_deeper_category_tells_more_apart() -> None:
    build_tables(Shop(SALES), Interests(min_items=2, category_depth=2), CATEGORIES)
    assert {"food > tea", "food > rye", "toys > cars", "toys > dice"} == {
        category for (category,) in rows_of(shop_engine(), "interest_clusters", "category")
    }


def test_categories_beyond_the_largest_are_one() -> None:
    options = Interests(min_items=2, category_depth=2, max_categories=2)
    build_tables(Shop(SALES), options, CATEGORIES)
    assert {"food > tea", "other categories"} == {
        category for (category,) in rows_of(shop_engine(), "interest_clusters", "category")
    }


def test_items_without_a_category_count_nowhere() -> None:
    build_tables(Shop(SALES), Interests(min_items=1), {"A": "food"})
    counts = rows_of(shop_engine(), "customer_interests", "customer_id", "item_count")
    assert [("ann", 2), ("bob", 1), ("dan", 1)] == counts


def test_an_empty_window_gives_tables_without_rows() -> None:
    assert InterestSummary(0, 0, 0, 0) == build_tables(Shop(), Interests(), {})
    assert 0 == shop_engine().count("interest_clusters")


def test_columns_are_those_of_the_published_tables() -> None:
    build_tables(Shop(SALES), Interests(min_items=2), CATEGORIES)
    for table in (CUSTOMER_INTERESTS, INTEREST_CLUSTERS):
        assert table.column_names == tuple(shop_engine().fetch(table.name).column_names)


def test_planted_interests_are_found_and_numbered_by_size() -> None:
    """Four kinds of customers spend seven of ten on a category of their own."""
    generator = np.random.default_rng(3)
    sizes, kinds = [400, 300, 200, 100], np.full((4, 4), 0.1)
    np.fill_diagonal(kinds, 0.7)
    truth = np.repeat(np.arange(4), sizes)
    generator.shuffle(truth)
    counts = np.array([generator.multinomial(60, kinds[kind]) for kind in truth])
    assert (1 + truth).tolist() == clusters_of(counts, 4).tolist()


@given(rows=st.lists(COUNTS, min_size=1, max_size=25), clusters=st.integers(2, 5))
def test_every_customer_is_nearest_to_the_mean_of_the_own_cluster(
    rows: list[list[int]], clusters: int
) -> None:
    labels = clusters_of(np.array(rows), clusters).tolist()
    members = defaultdict(list)
    shares = [[count / sum(row) for count in row] for row in rows]
    for share, label in zip(shares, labels, strict=True):
        members[label].append(share)
    means = {
        label: [sum(column) / len(own) for column in zip(*own, strict=True)]
        for label, own in members.items()
    }
    for share, label in zip(shares, labels, strict=True):
        far = {
            other: sum((a - b) ** 2 for a, b in zip(share, mean, strict=True))
            for other, mean in means.items()
        }
        assert far[label] <= min(far.values()) + 1e-12
    sizes = [len(members[label]) for label in sorted(members)]
    assert sorted(sizes, reverse=True) == sizes
    assert list(range(1, len(members) + 1)) == sorted(members)
    assert len(members) == min(clusters, len({tuple(share) for share in shares}))


def test_the_order_of_sale_lines_does_not_matter() -> None:
    columns = ("customer_id", "cluster", "item_count", "top_category")
    build_tables(Shop(SALES), Interests(min_items=1), CATEGORIES)
    expected = rows_of(shop_engine(), "customer_interests", *columns)
    shuffled = tuple(random.Random(1).sample(SALES, len(SALES)))  # noqa: S311
    build_tables(Shop(shuffled), Interests(min_items=1), CATEGORIES)
    assert expected == rows_of(shop_engine(), "customer_interests", *columns)


@given(shop=shops(), min_items=st.integers(1, 4), max_categories=st.integers(2, 3))
def test_counts_of_random_shops_agree_with_the_oracle(
    shop: Shop, min_items: int, max_categories: int
) -> None:
    options = Interests(min_items=min_items, category_depth=2, max_categories=max_categories)
    summary = build_tables(shop, options, CATEGORIES)
    customers = _oracle(shop, options)
    columns = ("customer_id", "item_count", "top_category", "top_share", "cluster")
    actual = rows_of(shop_engine(), "customer_interests", *columns)
    expected = []
    for customer, counts in sorted(customers.items()):
        top = min(counts, key=lambda category: (-counts[category], category))
        expected.append((customer, counts.total(), top, counts[top] / counts.total()))
    assert expected == [row[:4] for row in actual]
    assert len(expected) == summary.customer_count
    profiles: dict[int, Counter[str]] = defaultdict(Counter)
    for customer, *_, cluster in actual:
        profiles[cluster] += customers[customer]
    assert [
        (cluster, category, count, counts.total())
        for cluster, counts in sorted(profiles.items())
        for category, count in sorted(counts.items())
    ] == rows_of(
        shop_engine(),
        "interest_clusters",
        *("cluster", "category", "item_count", "cluster_item_count"),
    )


def _oracle(shop: Shop, options: Interests) -> dict[str, Counter[str]]:
    """Return the items of each category by customer, each once an order, in plain Python."""
    bought = {
        (line.customer, line.order, line.item)
        for line in shop.sale_lines
        if line.customer and line.item in CATEGORIES and WINDOW.start <= line.at < WINDOW.end
    }
    totals = Counter(CATEGORIES[str(item)] for _, _, item in bought)
    named = sorted(totals, key=lambda category: (-totals[category], category))
    if len(named) > options.max_categories:
        named = named[: options.max_categories - 1]
    customers: dict[str, Counter[str]] = defaultdict(Counter)
    for customer, _, item in bought:
        category = CATEGORIES[str(item)]
        customers[customer][category if category in named else "other categories"] += 1
    return {name: own for name, own in customers.items() if own.total() >= options.min_items}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "interests.clusters is not set"),
        ({"interests": Interests(clusters=3)}, "the catalogue has no category"),
    ],
)
def test_why_there_are_no_clusters(changes: dict[str, Any], reason: str) -> None:
    config = Config().model_copy(update=changes)
    named = config.model_copy(
        update={"output": config.output.model_copy(update={"tables": ["interest_clusters"]})}
    )
    orders = config.orders.model_copy(update={"columns": {"customer_id": "c", "item_id": "i"}})
    assert {"interest_clusters": reason} == reasons_against(
        named.model_copy(update={"orders": orders})
    )


def test_clusters_are_wanted_once_their_number_is_given() -> None:
    assert "customer_interests" not in wanted_tables(Config())
    assert "customer_interests" in wanted_tables(Config(interests=Interests(clusters=3)))
    catalogue = Catalogue(columns={"category": "c"})
    orders = Config().orders.model_copy(update={"columns": {"customer_id": "c", "item_id": "i"}})
    config = Config(interests=Interests(clusters=3), catalogue=catalogue, orders=orders)
    assert "customer_interests" not in reasons_against(config)

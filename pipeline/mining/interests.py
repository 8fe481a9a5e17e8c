"""Customers grouped by what they are interested in: the share of each category in their orders."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pipeline.config.customer_options import Interests
from pipeline.engine import Engine, Value
from pipeline.mining.baskets import Floats, Int64s
from pipeline.mining.interest_counts import count_interests
from pipeline.mining.item_groups import read_categories
from pipeline.mining.steps import build
from pipeline.mining.window import Window

OTHERS = "other categories"
_TABLES = ("interest_items", "customer_clusters")
_SEED = 0
_STARTS = 4
_DIGITS = 9


@dataclass(frozen=True)
class InterestSummary:
    """What went into the clusters and what came out.

    Attributes:
        customer_count: Customers who bought enough to be in a cluster.
        unclustered_customer_count: Customers who bought too little.
        category_count: Categories told apart, `other categories` included.
        cluster_count: Clusters; fewer than asked for where too few customers differ.
    """

    customer_count: int
    unclustered_customer_count: int
    category_count: int
    cluster_count: int


def build_interest_clusters(
    engine: Engine, options: Interests, window: Window, *, clusters: int
) -> InterestSummary:
    """Build `customer_interests` and `interest_clusters`: from sale lines to clusters of customers.

    Args:
        engine: Holds `sale_lines`, `customers`, and `items` with categories.
        options: Which categories are told apart, and who takes part.
        window: Sale lines inside it count.
        clusters: Number of clusters.

    Returns:
        The counts that the run summary shows.
    """
    values: dict[str, Value] = {**window.values}
    groups = read_categories(engine, options.category_depth)
    found = count_interests(engine, window, groups.of_items)
    customers, counts, categories = _table(found, groups.names, options.max_categories)
    is_active = counts.sum(axis=1) >= options.min_items
    active, known = counts[is_active], customers[is_active]
    labels = clusters_of(active, clusters)
    engine.load("customer_clusters", pa.table({"customer_code": known, "cluster": labels}))
    _load_items(engine, known, active, categories)
    build(engine, "customer_interests", values)
    build(engine, "interest_clusters", values)
    engine.drop(*_TABLES)
    return InterestSummary(
        customer_count=len(known),
        unclustered_customer_count=len(customers) - len(known),
        category_count=len(categories),
        cluster_count=int(labels.max(initial=0)),
    )


def clusters_of(counts: Int64s, clusters: int) -> Int64s:
    """Return the cluster of each customer, 1 for the largest; ties go to the greater shares.

    k-means on the shares of the categories, from a fixed seed, in one thread: how threads share
    the sums would show in their last digit.

    Args:
        counts: One row a customer, one column a category; no row is 0 throughout.
        clusters: Number of clusters; fewer where fewer rows of shares differ.

    Example:
        >>> clusters_of(np.array([[9, 1], [1, 9], [8, 2]]), 2).tolist()
        [1, 2, 1]
    """
    if not len(counts):
        return np.zeros(0, dtype=np.int64)
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    shares = counts / counts.sum(axis=1, keepdims=True)
    clusters = min(clusters, len(np.unique(shares, axis=0)))
    # Without a tolerance it ends where no customer changes cluster any more.
    model = KMeans(clusters, n_init=_STARTS, tol=0.0, random_state=_SEED, algorithm="lloyd")
    with threadpool_limits(limits=1):
        labels = model.fit(shares).labels_
    return _numbered(labels.astype(np.int64), shares)


def _numbered(labels: Int64s, shares: Floats) -> Int64s:
    """Number the clusters from 1, by falling size, then by falling mean shares."""
    sizes = np.bincount(labels)
    means = [shares[labels == label].mean(axis=0).round(_DIGITS) for label in range(len(sizes))]
    order = sorted(range(len(sizes)), key=lambda label: (-sizes[label], *(-means[label])))
    numbers = np.empty(len(sizes), dtype=np.int64)
    numbers[order] = np.arange(1, len(sizes) + 1)
    return numbers[labels]


def _table(
    found: tuple[Int64s, Int64s, Int64s], interests: pa.Array, max_categories: int
) -> tuple[Int64s, Int64s, list[str]]:
    """Return the customers in order, their counts by category, and the categories.

    The categories with most items stand for themselves, ties by name; the last is all others.
    """
    owners, codes, items = found
    totals = np.zeros(len(interests), dtype=np.int64)
    np.add.at(totals, codes, items)
    bought = np.flatnonzero(totals)
    named = bought[np.argsort(-totals[bought], kind="stable")]
    if len(named) > max_categories:
        named = named[: max_categories - 1]
    categories = [interests[code].as_py() for code in named]
    if len(named) < len(bought):
        categories.append(OTHERS)
    places = np.full(len(interests), len(named), dtype=np.int64)
    places[named] = np.arange(len(named))
    customers, customer_rows = np.unique(owners, return_inverse=True)
    counts = np.zeros((len(customers), len(categories)), dtype=np.int64)
    np.add.at(counts, (customer_rows, places[codes]), items)
    return customers, counts, categories


def _load_items(engine: Engine, customers: Int64s, counts: Int64s, categories: list[str]) -> None:
    """Load `interest_items`: one row per customer in a cluster and category, with the items."""
    rows, columns = np.nonzero(counts)
    names = pa.array(categories, pa.string())
    items = {
        "customer_code": customers[rows],
        "category": names.take(pa.array(columns)),
        "item_count": counts[rows, columns],
    }
    engine.load("interest_items", pa.table(items))

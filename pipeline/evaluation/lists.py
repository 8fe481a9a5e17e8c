"""Every association table, and three baselines, as one kind of list of suggestions.

A list is a set of rules: where every item of a rule's left side is given, it suggests its targets,
each with a score. A pair table has one rule per source item; the popularity baselines start from
codes below zero, which stand for no item (see `sql/given_items.sql`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.engine import Engine
from pipeline.mining.baskets import Int64s

PAIR_TABLES = {
    "also_bought": "confidence",
    "also_viewed": "confidence",
    "view_then_bought": "pct_of_viewers",
    "bought_next": "confidence",
}
"""Tables of a source and a target item, with the column that is added up over a cart."""
RULE_TABLE = "association_rules"
SET_TABLE = "frequently_bought_together"
EVALUATED = (RULE_TABLE, SET_TABLE, *PAIR_TABLES)
SCORE_UNIT = 2.0**40
"""Shares are added up as integers of this unit, so that the order of addition never matters."""
ANY_ORDER = -1


@dataclass(frozen=True)
class SuggestionList:
    """One list of suggestions.

    Attributes:
        name: The table, or the baseline.
        sources: `rule`, `item_code`, `item_count`: each item of a left side, and their number.
        targets: `rule`, `item_code`, `score`, `rank`: what a rule suggests.
    """

    name: str
    sources: pa.Table
    targets: pa.Table

    @property
    def pairs(self) -> pa.Table:
        """`source_code`, `target_code` of the rules with one item on the left side."""
        single = self.sources.filter(pc.equal(self.sources["item_count"], 1))
        joined = single.select(["rule", "item_code"]).rename_columns(["rule", "source_code"])
        targets = self.targets.select(["rule", "item_code"]).rename_columns(["rule", "target_code"])
        return joined.join(targets, "rule", join_type="inner").drop_columns(["rule"])


def mined_lists(engine: Engine, tables: Sequence[str]) -> Iterator[SuggestionList]:
    """Yield the evaluated tables among those that were mined, as lists.

    Args:
        engine: Holds the tables as they are published, and `items`.
        tables: Names of tables.
    """
    items = engine.fetch("items")
    ids = items["item_id"].combine_chunks()
    codes = items["item_code"].to_numpy()
    for name in (one for one in EVALUATED if one in tables):
        rows = engine.fetch(name)
        if name == RULE_TABLE:
            yield _of_rules(rows, ids, codes)
        elif name == SET_TABLE:
            yield _of_sets(rows, ids, codes)
        else:
            yield _of_pairs(name, rows, ids, codes)


def _of_pairs(name: str, rows: pa.Table, ids: pa.Array, codes: Int64s) -> SuggestionList:
    if "target_kind" in rows.column_names:
        rows = rows.filter(pc.equal(rows["target_kind"], "item"))
    sources = _codes(rows["source_item_id"], ids, codes)
    targets = _codes(rows["target_item_id"], ids, codes)
    scores = _scores(rows[PAIR_TABLES[name]])
    return _pair_list(name, sources, targets, scores, rows["rank"].to_numpy())


def _of_sets(rows: pa.Table, ids: pa.Array, codes: Int64s) -> SuggestionList:
    """Return sets as lists: the other items of a set, all of rank 1."""
    sizes = pc.list_value_length(rows["items"]).to_numpy()
    sources = np.repeat(_codes(rows["source_item_id"], ids, codes), sizes)
    targets = _codes(pc.list_flatten(rows["items"]), ids, codes)
    scores, is_other = np.repeat(_scores(rows["confidence"]), sizes), sources != targets
    ranks = np.ones(int(is_other.sum()), np.int64)
    columns = (part[is_other] for part in (sources, targets, scores))
    return _pair_list(SET_TABLE, *columns, ranks)


def _of_rules(rows: pa.Table, ids: pa.Array, codes: Int64s) -> SuggestionList:
    numbers, counts = np.arange(len(rows)), pc.list_value_length(rows["antecedent"]).to_numpy()
    sources = pa.table(
        {
            "rule": np.repeat(numbers, counts),
            "item_code": _codes(pc.list_flatten(rows["antecedent"]), ids, codes),
            "item_count": np.repeat(counts, counts).astype(np.int64),
        }
    )
    sizes = pc.list_value_length(rows["consequent"]).to_numpy()
    targets = pa.table(
        {
            "rule": np.repeat(numbers, sizes),
            "item_code": _codes(pc.list_flatten(rows["consequent"]), ids, codes),
            "score": np.repeat(_scores(rows["confidence"]), sizes),
            "rank": np.repeat(rows["rank"].to_numpy(), sizes),
        }
    )
    return SuggestionList(RULE_TABLE, sources, targets)


def popular_list(engine: Engine, max_targets: int) -> SuggestionList:
    """Return the baseline that suggests to every order what is sold most.

    Args:
        engine: Holds `trained_items`.
        max_targets: Enough that what an order already holds can be left out.
    """
    rows = engine.fetch("trained_items")
    rows = rows.filter(pc.less_equal(rows["place"], max_targets))
    sources = np.full(len(rows), ANY_ORDER)
    return _pair_list("most_popular", sources, *_columns(rows, "item_code", "order_count", "place"))


def popular_in_category_list(engine: Engine) -> SuggestionList:
    """Return the baseline that suggests what is sold most in the categories of a cart.

    Args:
        engine: Holds `category_targets`.
    """
    rows = engine.fetch("category_targets")
    columns = _columns(rows, "category_code", "item_code", "order_count", "rank")
    return _pair_list("most_popular_in_category", *columns)


def counted_list(engine: Engine) -> SuggestionList:
    """Return the baseline that suggests what is most often in an order with the items of a cart.

    Args:
        engine: Holds `counted_targets`.
    """
    rows = engine.fetch("counted_targets")
    columns = _columns(rows, "source_code", "target_code", "joint_count", "rank")
    return _pair_list("pair_count", *columns)


def _pair_list(name: str, sources: Int64s, targets: Int64s, *measures: Int64s) -> SuggestionList:
    """Return a list with one rule per source, numbered by the source's code."""
    left = np.unique(sources)
    ones = np.ones(len(left), dtype=np.int64)
    columns = dict(zip(("item_code", "score", "rank"), (targets, *measures), strict=True))
    return SuggestionList(
        name,
        pa.table({"rule": left.astype(np.int64), "item_code": left, "item_count": ones}),
        pa.table({"rule": sources.astype(np.int64), **columns}),
    )


def _columns(rows: pa.Table, *names: str) -> list[Int64s]:
    return [rows[name].to_numpy() for name in names]


def _codes(values: pa.ChunkedArray, ids: pa.Array, codes: Int64s) -> Int64s:
    places: Int64s = pc.index_in(values, ids).to_numpy().astype(np.int64)
    return codes[places]


def _scores(shares: pa.ChunkedArray) -> Int64s:
    scores: Int64s = np.floor(shares.to_numpy() * SCORE_UNIT).astype(np.int64)
    return scores

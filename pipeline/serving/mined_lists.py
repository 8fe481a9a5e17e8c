"""Relation types whose automatic rows are those of one mined table, in its order."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.mining.baskets import Bools
from pipeline.serving.evidence import Evidence, item_lists, read_evidence
from pipeline.serving.lists import CandidateLists, Sources
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import NONE, Labels
from pipeline.serving.substitute_pairs import both_ways, is_among, substitutes

_ALSO_BOUGHT = """
select
    source_item_id, target_item_id, rank, source_count as n, lift, q_value,
    confidence as share, coalesce(decayed_lift_low, lift_low) as score
from also_bought
"""
ALSO_VIEWED = """
select
    source_item_id, target_item_id, rank, source_count as n, lift, q_value,
    confidence as share, lift_low as score
from also_viewed
"""
_VIEW_THEN_BOUGHT = """
select
    source_item_id, target_item_id, rank, n_buyers as n, lift_vs_base as lift,
    null as q_value, pct_of_buyers / 100 as share, pct_of_buyers / 100 as score
from view_then_bought
where target_kind = 'item' and (displayable or not $displayable_only)
"""
_BOUGHT_NEXT = """
select
    source_item_id, target_item_id, rank, source_count as n, lift, q_value,
    confidence as share, lift_low as score
from bought_next
"""
_SETS = """
select source_item_id, items, source_count as n, set_lift as lift, q_value, confidence as share
from frequently_bought_together
"""
_USUAL = "{lift} times the usual share"
_BOUGHT = {
    "customer": f"bought by {{share}} of the {{n}} customers who bought this; {_USUAL}",
    "customer_day": f"bought on {{share}} of the {{n}} days with a customer of this; {_USUAL}",
    "order": f"in {{share}} of the {{n}} orders with this; {_USUAL}",
}
_VIEWED = {
    "session": f"viewed in {{share}} of the {{n}} sessions that saw this; {_USUAL}",
    "visitor_day": f"viewed on {{share}} of the {{n}} days on which somebody saw this; {_USUAL}",
}


def also_bought(setting: Setting, sources: Sources) -> CandidateLists:
    """Return what is bought with each item."""
    return item_lists(
        sources, len(setting.shelf), bought_with(setting), origin="mined:also_bought",
        reason=_BOUGHT[grain_of(setting, "also_bought")],
    )  # fmt: skip


def bought_with(setting: Setting) -> Evidence:
    """Return the rows of `also_bought`."""
    return setting.once("also_bought", lambda: read_evidence(setting, _ALSO_BOUGHT))


def also_viewed(setting: Setting, sources: Sources) -> CandidateLists:
    """Return what is viewed with each item."""
    reason = _VIEWED[grain_of(setting, "also_viewed")]
    return _listed(setting, sources, ALSO_VIEWED, relation="also_viewed", reason=reason)


def view_then_bought(setting: Setting, sources: Sources) -> CandidateLists:
    """Return what viewers of each item bought in the end; the item itself is left out."""
    options = setting.options.relations.view_then_bought
    values = {"displayable_only": options.displayable_only}
    reason = "of the {n} visitors who saw this and bought something, {share} bought it in the end"
    pairs = read_evidence(setting, _VIEW_THEN_BOUGHT, values)
    return item_lists(
        sources, len(setting.shelf), pairs, origin="mined:view_then_bought", reason=reason
    )


def bought_next(setting: Setting, sources: Sources) -> CandidateLists:
    """Return what customers of each item buy on a later day."""
    reason = f"bought on a later day by {{share}} of the {{n}} customers of this; {_USUAL}"
    return _listed(setting, sources, _BOUGHT_NEXT, relation="bought_next", reason=reason)


def frequently_bought_together(setting: Setting, sources: Sources) -> CandidateLists:
    """Return the other items of each item's set, those that sell best first."""
    shelf = setting.shelf
    batches = list(setting.engine.batches(_SETS))
    ids = pa.chunked_array([batch["source_item_id"] for batch in batches], pa.string())
    source = shelf.numbers_of(ids)
    lists = pa.chunked_array([batch["items"] for batch in batches], pa.list_(pa.string()))
    targets = shelf.numbers_of(pc.list_flatten(lists))
    rows = np.repeat(np.arange(len(source)), pc.list_value_length(lists).to_numpy())
    n, lift, q_value, share = (
        np.concatenate([np.zeros(0), *(batch[name].to_numpy() for batch in batches)])[rows]
        for name in ("n", "lift", "q_value", "share")
    )
    pairs = Evidence(source[rows], targets, n.astype(np.int64), lift, q_value, share, share)
    is_other = (pairs.targets != pairs.sources) & (pairs.sources != NONE) & (targets != NONE)
    reason = (
        "the whole set is in {share} of the {n} orders with this; "
        "{lift} times as often as by chance"
    )
    return item_lists(
        sources, len(shelf), pairs.taken(is_other).ranked(),
        origin="mined:frequently_bought_together", reason=reason,
    )  # fmt: skip


def complementary(setting: Setting, sources: Sources) -> CandidateLists:
    """Return what is bought with each item, is of another leaf category and no substitute of it."""
    shelf, options = setting.shelf, setting.options.relations.complementary
    pairs = bought_with(setting)
    pairs = pairs.taken(pairs.q_values <= options.max_q_value)
    pairs = pairs.taken(are_known(shelf.categories, pairs) & ~are_alike(shelf.categories, pairs))
    for name in options.same_attributes:
        column = shelf.attributes.get(name)
        is_kept = are_alike(column, pairs) if column else np.zeros(len(pairs), np.bool_)
        pairs = pairs.taken(is_kept)
    pairs = pairs.taken(~is_among(pairs, both_ways(substitutes(setting))))
    reason = f"goes with this, from another category: {_BOUGHT[grain_of(setting, 'also_bought')]}"
    return item_lists(sources, len(shelf), pairs, origin="mined:complementary", reason=reason)


def grain_of(setting: Setting, table: str) -> str:
    """Return what a basket of a mined table is; of a table without rows, what it mostly is."""
    batches = setting.engine.batches(f"select max(grain) as grain from {table}")  # noqa: S608 - ours
    found = [text for batch in batches for text in batch["grain"].to_pylist() if text]
    return found[0] if found else {"also_bought": "customer", "also_viewed": "session"}[table]


def are_known(labels: Labels, pairs: Evidence) -> Bools:
    """Return whether both items of each pair have a text."""
    return np.asarray((labels.codes[pairs.sources] != NONE) & (labels.codes[pairs.targets] != NONE))


def are_alike(labels: Labels, pairs: Evidence) -> Bools:
    """Return whether both items of each pair have a text, and the same one."""
    own = labels.codes[pairs.sources]
    return np.asarray((own == labels.codes[pairs.targets]) & (own != NONE))


def _listed(
    setting: Setting, sources: Sources, sql: str, *, relation: str, reason: str
) -> CandidateLists:
    """Return the rows of one table as lists."""
    pairs = read_evidence(setting, sql)
    return item_lists(
        sources, len(setting.shelf), pairs, origin=f"mined:{relation}", reason=reason
    )  # fmt: skip

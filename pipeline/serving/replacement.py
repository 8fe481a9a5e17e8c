"""What to show where an item is out of stock."""

import numpy as np

from pipeline.mining.baskets import Bools, Floats, Int32s, Int64s
from pipeline.serving.evidence import Evidence, item_lists, no_pairs, read_evidence
from pipeline.serving.likeness import BARRED, brand_and_attributes, is_needy, most_alike
from pipeline.serving.lists import CandidateLists, Sources
from pipeline.serving.mined_lists import ALSO_VIEWED, are_alike
from pipeline.serving.setting import Setting
from pipeline.serving.substitute_pairs import is_among, substitutes

_DIGITS = 9
"""Scores are rounded: the last digits of powers differ between processors."""


def replacement(setting: Setting, sources: Sources) -> CandidateLists:
    """Return items in stock of the leaf category of an item that is out of stock.

    First what customers buy instead (`substitutes`, by pct_of_buyers), then what is viewed with it
    (`also_viewed`): by lift_low * exp(-|ln r| / price_scale), r the ratio of both prices; 0 where
    one is not known, then in the order of `also_viewed`.

    Scores are 1 + share of buyers for the first, x / (1 + x) for the others: those are below 1.
    """
    switches = _eligible(setting, substitutes(setting))
    viewed = no_pairs()
    if "also_viewed" in setting.given:
        viewed = _eligible(setting, read_evidence(setting, ALSO_VIEWED))
    viewed = viewed.taken(~is_among(viewed, switches))
    scores = viewed.scores * price_closeness(setting, viewed)
    viewed = viewed.with_scores(np.round(scores / (1 + scores), _DIGITS))
    switches = switches.with_scores(1 + switches.scores)
    pairs = switches.followed_by(viewed)
    ranks = -np.concatenate([_places(switches), _places(viewed)])
    pairs = pairs.ranked(pairs.scores, ranks)
    reason = (
        "in stock, which this is not; what customers buy in its place stands first, then what "
        "they view with it at a near price"
    )
    return item_lists(
        sources, len(setting.shelf), pairs, origin="mined:replacement", reason=reason
    )  # fmt: skip


def replacement_without_evidence(
    setting: Setting, sources: Sources, needy: Bools | None
) -> CandidateLists:
    """Return items in stock of the leaf category, whether or not anybody looked at them.

    In this order: of the source's brand, equal in more attributes, selling better, id.
    """
    shelf, most = setting.shelf, setting.options.max_candidates

    alike = brand_and_attributes(shelf)

    def score(items: Int32s, candidates: Int32s) -> Int64s:
        is_left = ~shelf.is_out_of_stock[candidates][None, :]
        return np.where(is_left, alike(items, candidates), BARRED)

    wanted = is_needy(needy, sources.items)
    wanted = wanted[shelf.is_out_of_stock[wanted]]
    pairs = most_alike(shelf, wanted, score, most=most)
    return item_lists(
        sources, len(shelf), pairs, origin="fallback:attribute_overlap",
        reason="in stock, which this is not; of the same category, the most alike first",
    )  # fmt: skip


def price_closeness(setting: Setting, pairs: Evidence) -> Floats:
    """Return exp(-|ln r| / price_scale) of both prices of each pair; 0 where one is not known.

    Computed as (lower price / higher price) to the power of 1 / price_scale, which is the same.
    """
    prices = setting.shelf.prices
    own, other = prices[pairs.sources], prices[pairs.targets]
    is_known = (own > 0) & (other > 0)  # never where a price is NaN
    low, high = np.minimum(own, other), np.maximum(own, other)
    ratios = np.divide(low, high, out=np.zeros(len(pairs)), where=is_known)
    return np.asarray(ratios ** (1 / setting.options.relations.replacement.price_scale))


def _eligible(setting: Setting, pairs: Evidence) -> Evidence:
    """Return the pairs of one leaf category from an item out of stock to one that is not."""
    shelf = setting.shelf
    is_out = shelf.is_out_of_stock
    is_kept = is_out[pairs.sources] & ~is_out[pairs.targets]
    return pairs.taken(is_kept & are_alike(shelf.categories, pairs))


def _places(pairs: Evidence) -> Int64s:
    """Return the place of each pair in its table's order."""
    return np.arange(len(pairs))

"""Alternatives by their price: up-sell, down-sell, similar price."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from pipeline.config.relation_options import PriceStep
from pipeline.mining.baskets import Bools, Floats, Int32s, Int64s
from pipeline.mining.keys import is_first
from pipeline.serving.brand_tiers import brand_tiers
from pipeline.serving.evidence import Evidence, item_lists, pairs_of, read_pairs
from pipeline.serving.likeness import BARRED, brand_and_attributes, is_needy, most_alike
from pipeline.serving.lists import CandidateLists, Sources
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import NONE, Shelf
from pipeline.serving.substitute_pairs import keys_of

PRICE_UNIT: Final = 10_000
"""Prices have four decimal places."""
_MOST: Final = 2**62
_VIEWED_TOGETHER = "select source_item_id, target_item_id, joint_count from also_viewed"
_BOUGHT_AFTER = """
select source_item_id, target_item_id, n_viewers, n_target
from view_then_bought
where target_kind = 'item'
"""
_REASONS: Final = {
    "same_brand_up_sell": "a dearer one of the same brand and category",
    "other_brand_up_sell": "a dearer one of another brand in the same category",
    "similar_price": "at about the same price, in the same category",
    "down_sell": "a cheaper one of the same category",
}
_IS_STRICT: Final = frozenset({"similar_price"})
"""Relation types that begin above the smallest ratio and end below the largest one."""


@dataclass(frozen=True)
class Window:
    """Prices that a target may have, by item that is the source; whole ten-thousandths.

    Attributes:
        prices: Price of each item, NONE where it is not known.
        lowest: Smallest price of a target.
        highest: Largest price of a target; below `lowest` where no price will do.
    """

    prices: Int64s
    lowest: Int64s
    highest: Int64s


def price_step(setting: Setting, sources: Sources, relation: str) -> CandidateLists:
    """Return alternatives of each item's leaf category that visitors looked at too.

    The score is the share of the source's viewers who bought the target in the end, drawn to the
    mean of the source's leaf category by `prior_viewers`: (buyers + prior * mean) / (viewers +
    prior). The mean is that of all pairs of the category that are viewed together, at any price.
    Ties go to what more sessions show with the source, then to what sells better, then by id.

    Args:
        setting: Holds `also_viewed`, and `view_then_bought` where there is one.
        sources: Items.
        relation: One of the four types.
    """
    options: PriceStep = getattr(setting.options.relations, relation)
    pairs, buyers, viewers = setting.once("price steps", lambda: _viewed_and_bought(setting))
    scores = drawn_to_mean(
        buyers, viewers, setting.shelf.categories.codes[pairs.sources], options.prior_viewers
    )
    shares = np.divide(buyers, viewers, out=np.full(len(pairs), np.nan), where=viewers > 0)
    found = pairs_of(
        pairs.sources, pairs.targets, counts=pairs.counts, shares=shares, scores=scores
    )
    found = found.taken(is_step(setting, relation, found))
    reason = f"{_REASONS[relation]}; {{n}} sessions show both"
    return item_lists(
        sources, len(setting.shelf), found.ranked(found.scores, found.counts),
        origin=f"mined:{relation}", reason=reason,
    )  # fmt: skip


def step_without_evidence(
    setting: Setting, sources: Sources, relation: str, needy: Bools | None
) -> CandidateLists:
    """Return alternatives at a price that fits, whether or not anybody looked at them.

    In this order: of the source's brand (unless another one is asked for), equal in more
    attributes, selling better, id.
    """
    shelf, most = setting.shelf, setting.options.max_candidates
    window = price_window(shelf, getattr(setting.options.relations, relation), relation)
    tiers = brand_tiers(setting) if relation == "other_brand_up_sell" else None
    alike = brand_and_attributes(shelf)

    def score(items: Int32s, candidates: Int32s) -> Int64s:
        rows, columns = items[:, None], candidates[None, :]
        fits = _fits(window, rows, columns)
        fits &= _brand_fits(shelf, relation, rows, columns, tiers=tiers)
        return np.where(fits, alike(items, candidates), BARRED)

    pairs = most_alike(shelf, is_needy(needy, sources.items), score, most=most)
    reason = f"{_REASONS[relation]}, the most alike first"
    return item_lists(
        sources, len(shelf), pairs, origin="fallback:attribute_overlap", reason=reason
    )  # fmt: skip


def viewed_together(setting: Setting) -> Evidence:
    """Return the pairs of one leaf category that `also_viewed` lists in either direction.

    Both directions are given, each with the sessions that show both items (the larger count,
    where the table counts by direction).
    """
    left, right, (joint,) = read_pairs(setting, _VIEWED_TOGETHER, ["joint_count"])
    leaves = setting.shelf.categories.codes
    is_alike = (leaves[left] == leaves[right]) & (leaves[left] != NONE)
    left, right, joint = left[is_alike], right[is_alike], joint[is_alike]
    sources, targets = np.concatenate([left, right]), np.concatenate([right, left])
    keys = sources.astype(np.int64) << 32 | targets
    order = np.argsort(keys)
    firsts = np.flatnonzero(is_first(keys[order]))
    counts = np.concatenate([joint, joint])[order].astype(np.int64)
    most = np.maximum.reduceat(counts, firsts) if len(firsts) else counts
    return pairs_of(sources[order[firsts]], targets[order[firsts]], counts=most)


def _viewed_and_bought(setting: Setting) -> tuple[Evidence, Int64s, Int64s]:
    """Return the pairs that are viewed together, and what `bought_after` tells of them."""
    pairs = viewed_together(setting)
    return pairs, *bought_after(setting, pairs)


def bought_after(setting: Setting, pairs: Evidence) -> tuple[Int64s, Int64s]:
    """Return how many viewers of each pair's source bought its target, and how many there are.

    A target that `view_then_bought` does not list counts as bought by nobody.
    """
    nothing = np.zeros(len(pairs), np.int64)
    if "view_then_bought" not in setting.given:
        return nothing, nothing
    names = ["n_viewers", "n_target"]
    sources, targets, (n_viewers, n_target) = read_pairs(setting, _BOUGHT_AFTER, names)
    viewers = np.zeros(len(setting.shelf), np.int64)
    viewers[sources] = n_viewers
    listed = sources.astype(np.int64) << 32 | targets
    order = np.argsort(listed)
    keys, wanted = np.append(listed[order], -1), keys_of(pairs)
    places = np.searchsorted(keys[:-1], wanted)
    buyers = np.append(n_target[order], 0).astype(np.int64)
    return np.where(keys[places] == wanted, buyers[places], 0), viewers[pairs.sources]


def drawn_to_mean(
    buyers: Int64s, viewers: Int64s, categories: Int32s, prior_viewers: float
) -> Floats:
    """Return the share of buyers of each pair, drawn to the mean of its category.

    Args:
        buyers: Viewers of the source who bought the target.
        viewers: Viewers of the source.
        categories: Category of each pair, not negative.
        prior_viewers: Viewers who are added with the mean share.

    Example:
        The mean of the category is 6 / 120.

        >>> drawn_to_mean(np.array([6, 0]), np.array([100, 20]), np.array([0, 0]), 20).tolist()
        [0.058333333333333334, 0.025]
    """
    width = int(categories.max(initial=0)) + 1
    all_buyers, all_viewers = np.zeros(width, np.int64), np.zeros(width, np.int64)
    np.add.at(all_buyers, categories, buyers)
    np.add.at(all_viewers, categories, viewers)
    means = all_buyers / np.maximum(all_viewers, 1)
    totals = viewers + prior_viewers
    sums = buyers + prior_viewers * means[categories]
    return np.asarray(np.divide(sums, totals, out=np.zeros(len(buyers)), where=totals > 0))


def is_step(setting: Setting, relation: str, pairs: Evidence) -> Bools:
    """Return whether price and brand of each pair's target fit."""
    shelf = setting.shelf
    window = price_window(shelf, getattr(setting.options.relations, relation), relation)
    tiers = brand_tiers(setting) if relation == "other_brand_up_sell" else None
    fits = _fits(window, pairs.sources, pairs.targets)
    return fits & _brand_fits(shelf, relation, pairs.sources, pairs.targets, tiers=tiers)


def price_window(shelf: Shelf, options: PriceStep, relation: str) -> Window:
    """Return the prices that the target of each item may have, exactly.

    The ratios are the decimal numbers that were written: 11.00 is 1.10 times 10.00.
    """
    known = np.isfinite(shelf.prices) & (shelf.prices > 0)
    prices = np.full(len(shelf), NONE, np.int64)
    prices[known] = np.rint(shelf.prices[known] * PRICE_UNIT).astype(np.int64)
    low, high = Fraction(str(options.min_ratio)), Fraction(str(options.max_ratio))
    distinct, places = np.unique(np.maximum(prices, 0), return_inverse=True)
    wide = distinct.astype(object)
    lowest = -(-(wide * low.numerator) // low.denominator)
    highest = wide * high.numerator // high.denominator
    if relation in _IS_STRICT:
        lowest = wide * low.numerator // low.denominator + 1
        highest = -(-(wide * high.numerator) // high.denominator) - 1
    bounds = (np.minimum(bound, _MOST).astype(np.int64)[places] for bound in (lowest, highest))
    return Window(prices, *bounds)


def _fits(window: Window, sources: Int32s, targets: Int32s) -> Bools:
    """Return whether both prices are known and the target's is inside the source's window."""
    price = window.prices[targets]
    is_inside = (window.lowest[sources] <= price) & (price <= window.highest[sources])
    return np.asarray(is_inside & (price != NONE) & (window.prices[sources] != NONE))


def _brand_fits(
    shelf: Shelf, relation: str, sources: Int32s, targets: Int32s, *, tiers: Int64s | None
) -> Bools:
    """Return whether the brand of the target is one that the relation type shows."""
    own, other = shelf.brands.codes[sources], shelf.brands.codes[targets]
    are_known = (own != NONE) & (other != NONE)
    if relation == "same_brand_up_sell":
        return np.asarray(are_known & (own == other))
    if relation != "other_brand_up_sell":
        return np.ones(are_known.shape, np.bool_)
    is_other = are_known & (own != other)
    return np.asarray(is_other if tiers is None else is_other & (tiers[other] <= tiers[own]))

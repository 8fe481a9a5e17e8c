"""What fills slots that picks, rules and mined rows leave empty; each row says that it is one."""

import numpy as np

from pipeline.config.serving_options import Fallback
from pipeline.mining.baskets import Bools
from pipeline.serving.category_links import category_association
from pipeline.serving.evidence import item_lists
from pipeline.serving.likeness import cosine_of, is_needy, most_alike, terms_in_common
from pipeline.serving.lists import CandidateLists, Sources
from pipeline.serving.popular_lists import Ranking, best_sellers, ranked_lists
from pipeline.serving.popularity import TABLE, read_popularity
from pipeline.serving.setting import Setting


def fallback_lists(
    setting: Setting, sources: Sources, kind: Fallback, needy: Bools | None
) -> CandidateLists | None:
    """Return the rows of a fallback.

    Args:
        setting: The shop.
        sources: The pages of a placement.
        kind: Which fallback.
        needy: Marks the sources whose slots are not full, None for all: what is costly is done
            for them alone.

    Returns:
        A list for every source, empty where there is nothing to offer; None where the fallback
        makes no sense on this kind of page, or its tables are not there.
    """
    if kind == "best_of_category":
        return _best_of_category(setting, sources)
    if kind == "best_of_brand":
        return _best_of_brand(setting, sources) if sources.kind == "item" else None
    if kind == "similar_attributes":
        return _similar(setting, sources, needy) if sources.kind == "item" else None
    is_given = bool({"also_bought_category", "also_bought"} & setting.given)
    if not is_given or sources.kind == "segment":
        return None
    return category_association(setting, sources, sold_items(setting))


def sold_items(setting: Setting) -> Ranking:
    """Return the items that sell, the best first: in the popularity window, else of all time."""
    if TABLE in setting.given:
        return best_sellers(read_popularity(setting))
    counts = setting.shelf.order_counts
    items = np.flatnonzero(counts > 0)
    return Ranking(items.astype(np.int32), counts[items], counts[items].astype(np.float64))


def _best_of_category(setting: Setting, sources: Sources) -> CandidateLists:
    """Return what sells best in the leaf category of an item, under a category, or all over."""
    return ranked_lists(
        setting, sources, sold_items(setting), setting.shelf.categories,
        origin="fallback:best_of_category",
        reason=f"a best seller of {_place(sources)}: {{n}} orders{_span(setting)}",
    )  # fmt: skip


def _best_of_brand(setting: Setting, sources: Sources) -> CandidateLists:
    """Return what sells best of the brand of an item."""
    return ranked_lists(
        setting, sources, sold_items(setting), setting.shelf.brands,
        origin="fallback:best_of_brand",
        reason=f"a best seller of its brand: {{n}} orders{_span(setting)}",
    )  # fmt: skip


def _similar(setting: Setting, sources: Sources, needy: Bools | None) -> CandidateLists:
    """Return the items of the leaf category whose name and attributes are most alike."""
    shelf, most = setting.shelf, setting.options.max_candidates
    wanted = is_needy(needy, sources.items)
    pairs = most_alike(shelf, wanted, terms_in_common(shelf), most=most)
    pairs = pairs.with_scores(cosine_of(pairs.scores))
    return item_lists(
        sources, len(shelf), pairs, origin="fallback:similar_attributes",
        reason="of the same category, alike in name and attributes",
    )  # fmt: skip


def _place(sources: Sources) -> str:
    return "the shop" if sources.kind == "segment" else "its category"


def _span(setting: Setting) -> str:
    """Return what the orders of a best seller were counted over."""
    if TABLE in setting.given:
        return f" in {setting.options.popularity_days} days"
    return ""

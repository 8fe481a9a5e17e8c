"""Automatic rows of the built-in relation types: which of them has which maker."""

from collections.abc import Callable
from typing import Final

from pipeline.mining.baskets import Bools
from pipeline.serving.accessory import accessory
from pipeline.serving.lists import CandidateLists, Sources
from pipeline.serving.mined_lists import (
    also_bought,
    also_viewed,
    bought_next,
    complementary,
    frequently_bought_together,
    view_then_bought,
)
from pipeline.serving.popular_lists import best_in_category, clearance, trending
from pipeline.serving.price_steps import price_step, step_without_evidence
from pipeline.serving.replacement import replacement, replacement_without_evidence
from pipeline.serving.scene import scene
from pipeline.serving.setting import Setting
from pipeline.serving.substitute_pairs import substitute_ranges

__all__ = ["automatic_lists", "lists_without_evidence", "substitute_ranges"]

Maker = Callable[[Setting, Sources], CandidateLists]

_PRICE_STEPS: Final = ("same_brand_up_sell", "other_brand_up_sell", "similar_price", "down_sell")
_BY_TABLE: Final[dict[str, tuple[Maker, str]]] = {
    "also_bought": (also_bought, "also_bought"),
    "also_viewed": (also_viewed, "also_viewed"),
    "view_then_bought": (view_then_bought, "view_then_bought"),
    "frequently_bought_together": (frequently_bought_together, "frequently_bought_together"),
    "bought_next": (bought_next, "bought_next"),
    "complementary": (complementary, "also_bought"),
    "clearance": (clearance, "popular_items"),
    "trending": (trending, "popular_items"),
    "best_in_category": (best_in_category, "popular_items"),
}
"""Maker of each type, and the table that it cannot do without."""
_BY_FILE: Final[dict[str, tuple[Maker, str]]] = {
    "accessory": (accessory, "accessories"),
    "scene": (scene, "scenes"),
}
"""Maker of each type, and its hand-made file."""
_FOR_EVERY_PAGE: Final = frozenset({"clearance", "trending", "best_in_category"})


def automatic_lists(setting: Setting, sources: Sources, relation: str) -> CandidateLists | None:
    """Return the automatic rows of a relation type.

    Args:
        setting: The shop.
        sources: The pages of a placement.
        relation: A relation type; one of the shop's own has no automatic rows.

    Returns:
        A list for every source; None where the type has none for this kind of page, is switched
        off, or its table or file is not there.
    """
    if not _is_on(setting, relation):
        return None
    if sources.kind != "item" and relation not in _FOR_EVERY_PAGE:
        return None
    if relation in _BY_TABLE:
        maker, table = _BY_TABLE[relation]
        return maker(setting, sources) if table in setting.given else None
    if relation in _BY_FILE:
        maker, file = _BY_FILE[relation]
        return maker(setting, sources) if file in setting.files else None
    if relation in _PRICE_STEPS:
        is_given = "also_viewed" in setting.given
        return price_step(setting, sources, relation) if is_given else None
    is_given = bool({"also_viewed", "substitutes"} & setting.given)
    return replacement(setting, sources) if is_given else None


def lists_without_evidence(
    setting: Setting, sources: Sources, relation: str, needy: Bools | None
) -> CandidateLists | None:
    """Return alternatives that nobody looked at or bought: what up-sell and the like fall back on.

    They stand behind the automatic rows and the rules, before the fallbacks of the slots; their
    origin is `fallback:attribute_overlap`.

    Args:
        setting: The shop.
        sources: The pages of a placement.
        relation: A relation type.
        needy: Marks the sources whose slots are not full; None for all.

    Returns:
        A list for every needy source; None where the type has no such rows or is switched off.
    """
    if sources.kind != "item" or not _is_on(setting, relation):
        return None
    if relation in _PRICE_STEPS:
        return step_without_evidence(setting, sources, relation, needy)
    if relation == "replacement":
        return replacement_without_evidence(setting, sources, needy)
    return None


def _is_on(setting: Setting, relation: str) -> bool:
    """Return whether a relation type is built in and shows automatic rows."""
    options = getattr(setting.options.relations, relation, None)
    return options is not None and options.auto

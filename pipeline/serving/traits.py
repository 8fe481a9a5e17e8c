"""Which items a relation type may show beside which source."""

from dataclasses import dataclass
from typing import Final

from pipeline.config.relation_options import BUILT_IN
from pipeline.config.serving_options import Serving


@dataclass(frozen=True)
class Traits:
    """What holds for every row of a relation type but the manual ones.

    Attributes:
        is_cross_sell: Never the source's own family, nor a substitute of it.
        other_category: Never the source's leaf category.
        is_alternative: Always the source's leaf category.
    """

    is_cross_sell: bool = False
    other_category: bool = False
    is_alternative: bool = False


_CROSS: Final = Traits(is_cross_sell=True)
_FAR: Final = Traits(is_cross_sell=True, other_category=True)
_ALTERNATIVE: Final = Traits(is_alternative=True)
_TRAITS: Final[dict[str, Traits]] = {
    "also_bought": _CROSS,
    "frequently_bought_together": _CROSS,
    "bought_next": _CROSS,
    "accessory": _FAR,
    "complementary": _FAR,
    "scene": _FAR,
    "same_brand_up_sell": _ALTERNATIVE,
    "other_brand_up_sell": _ALTERNATIVE,
    "similar_price": _ALTERNATIVE,
    "down_sell": _ALTERNATIVE,
    "replacement": _ALTERNATIVE,
}


def traits_of(options: Serving) -> dict[str, Traits]:
    """Return every relation type with its traits, those of the shop's own included."""
    own = {
        one.name: Traits(one.is_cross_sell, one.other_category) for one in options.more_relations
    }
    return {name: _TRAITS.get(name, Traits()) for name in BUILT_IN} | own

"""Options of bundles: which sets to sell as one, and for how much."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.section import Count, Days, Section

BundleKind = Literal["accessory", "scene", "consumable", "upgrade", "together"]


class Bundles(Section):
    """Sets of items to sell as one."""

    kinds: list[BundleKind] = []
    """Kinds that are published; empty leaves the table out. See docs/definitions.md."""
    lookback_days: Days | None = 180
    """Days before as_of whose orders are counted; null takes everything."""
    min_order_count: Count = 10
    """Orders that hold all items of a bundle."""
    max_bundles: Count = 3
    """Bundles of one main item, those in most orders."""
    discount: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the sum of prices that is taken off."""
    min_margin: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Share of the suggested price that must be left above the cost, where this is known."""
    cost_attribute: str | None = None
    """One of `catalogue.attributes`: what the shop pays for the item, a number."""

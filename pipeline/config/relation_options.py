"""Options of the relation types: what may link the item of a page to the items shown there."""

from typing import Annotated, Final

from pydantic import Field

from pipeline.config.section import Count, Days, Fraction, PathText, Section

Ratio = Annotated[float, Field(gt=0)]


class Relation(Section):
    """A relation type that needs no options of its own."""

    auto: bool = True
    """Show mined rows; false leaves manual rows, rules and fallbacks."""


class ViewThenBoughtRelation(Relation):
    """Viewed this, ultimately bought that."""

    displayable_only: bool = True
    """Show only rows whose percentage may be printed."""


class Accessory(Relation):
    """Items of a category that is an accessory of the source's."""

    file: PathText | None = None
    """CSV of source_category, target_category and, where both items must have an attribute alike,
    attribute (and value, where it must have that one)."""


class Complementary(Relation):
    """Bought with the source, from another leaf category, and no substitute of it."""

    max_q_value: Fraction = 0.05
    """Largest q-value of the row of also_bought."""
    same_attributes: list[str] = []
    """Attributes in which both items must be alike."""


class PriceStep(Relation):
    """Alternatives of the source's category by their price."""

    min_ratio: Ratio = 0.90
    """Smallest price of the target over that of the source."""
    max_ratio: Ratio = 1.10
    """Largest price of the target over that of the source."""
    prior_viewers: Annotated[float, Field(ge=0)] = 20
    """Viewers by which the share of buyers is drawn to the mean of the category."""


class SimilarPrice(PriceStep):
    """An alternative at about the same price; the ratios themselves are up-sell and down-sell."""

    min_ratio: Ratio = 0.90
    """The price of the target over that of the source is above this."""
    max_ratio: Ratio = 1.10
    """The price of the target over that of the source is below this."""


class UpSell(PriceStep):
    """A better item of the same brand."""

    min_ratio: Ratio = 1.10
    """Smallest price of the target over that of the source."""
    max_ratio: Ratio = 2.0
    """Largest price of the target over that of the source."""


class OtherBrandUpSell(UpSell):
    """A better item of another brand."""

    tiers: PathText | None = None
    """CSV of brand and tier (a whole number, 1 is best): the target's brand must not be of a worse
    tier; null asks nothing of brands."""


class DownSell(PriceStep):
    """A cheaper item."""

    min_ratio: Ratio = 0.5
    """Smallest price of the target over that of the source."""
    max_ratio: Ratio = 0.90
    """Largest price of the target over that of the source."""


class Replacement(Relation):
    """What is in stock, where the source is not."""

    price_scale: Ratio = 0.2
    """Difference of the logarithms of the prices at which closeness has fallen to 1 / e."""


class Scene(Relation):
    """Items that belong to a scene of the source: a picnic, a home office."""

    file: PathText | None = None
    """CSV of scene and item_id or category."""


class Clearance(Relation):
    """What the shop wants to be rid of, in the widest category of the source."""

    min_cover_days: Days = 180
    """Days for which the stock lasts at the pace of the sales window, from which on it counts."""
    flag: str | None = None
    """Attribute of the catalogue that marks clearance by any value but no, 0 or false."""


class Trending(Relation):
    """What sells faster than it did, in the widest category of the source."""

    days: Days = 28
    """Days before as_of that are held against as many days before them."""
    min_order_count: Count = 10
    """Orders of the item in these days."""


class Relations(Section):
    """The relation types that are built in."""

    also_bought: Relation = Relation()
    """Bought this, also bought."""
    also_viewed: Relation = Relation()
    """Viewed this, also viewed."""
    view_then_bought: ViewThenBoughtRelation = ViewThenBoughtRelation()
    """Viewed this, ultimately bought that."""
    frequently_bought_together: Relation = Relation()
    """The set that is bought together with the source."""
    bought_next: Relation = Relation()
    """Bought on a later day."""
    accessory: Accessory = Accessory()
    """Items of a category that is an accessory of the source's."""
    complementary: Complementary = Complementary()
    """Bought with the source, from another leaf category, and no substitute of it."""
    same_brand_up_sell: UpSell = UpSell()
    """A better item of the same brand."""
    other_brand_up_sell: OtherBrandUpSell = OtherBrandUpSell()
    """A better item of another brand."""
    similar_price: SimilarPrice = SimilarPrice()
    """Alternatives at about the same price."""
    down_sell: DownSell = DownSell()
    """A cheaper item."""
    replacement: Replacement = Replacement()
    """What is in stock, where the source is not."""
    scene: Scene = Scene()
    """Items that belong to a scene of the source."""
    clearance: Clearance = Clearance()
    """What the shop wants to be rid of."""
    trending: Trending = Trending()
    """What sells faster than it did."""
    best_in_category: Relation = Relation()
    """What sells best in the source's category."""


BUILT_IN: Final = tuple(Relations.model_fields)

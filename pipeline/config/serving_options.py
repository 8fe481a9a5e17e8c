"""Options of the ready lists: which relation types fill which slots of which page."""

from typing import Annotated, Final, Literal

from pydantic import Field

from pipeline.config.relation_options import Relations
from pipeline.config.section import Count, Days, PathText, Section

Fallback = Literal[
    "category_association", "similar_attributes", "best_of_brand", "best_of_category"
]
Page = Literal["product", "cart", "category", "home"]
EVERYONE: Final = "everyone"
"""Stands beside the customer segments for all customers, unknown ones included."""


class Slots(Section):
    """Some neighbouring slots of a page, filled by one relation type."""

    relation: str
    """A built-in relation type, or one of `serving.more_relations`."""
    count: Annotated[int, Field(ge=1, le=100)]
    """How many items are shown."""
    fallbacks: list[Fallback] = []
    """What fills slots that are still empty, in this order."""


class Placement(Section):
    """One page of the shop, and what is shown on it."""

    name: str
    """Name under which the page asks for its lists."""
    page: Page = "product"
    """`product`: a list per item; `cart`: scored pairs, to be added up over the items of a cart;
    `category`: a list per category; `home`: a list per RFM segment."""
    slots: list[Slots]
    """From the first slot to the last. No item is shown twice on one page."""


class MoreRelation(Section):
    """A relation type of your own: manual rows and rules fill it."""

    name: str
    """Its name."""
    is_cross_sell: bool = True
    """Never show the source's own family or a substitute of it."""
    other_category: bool = False
    """Never show an item of the source's leaf category."""


class Caps(Section):
    """How often one list, or one placement, may show the like; manual rows are exempt."""

    per_category: Count | None = None
    """Items of one leaf category on a page."""
    per_brand: Count | None = None
    """Items of one brand on a page."""
    per_target: Count | None = None
    """Pages of a placement that show one item; best-selling pages choose first."""


class Serving(Section):
    """Ready lists: manual picks, rules, mined rows and fallbacks, merged."""

    placements: list[Placement] = []
    """Pages; without any no list is made."""
    relations: Relations = Relations()
    """The relation types that are built in."""
    more_relations: list[MoreRelation] = []
    """Relation types of your own."""
    manual: PathText | None = None
    """CSV of manual picks: source_item_id or source_category (neither: the home page),
    target_item_id, relation, and by option position, valid_from, valid_to, note."""
    rules: PathText | None = None
    """YAML file of rules; see docs/serving.md."""
    blacklist: PathText | None = None
    """CSV of item_id or category that are never shown."""
    caps: Caps = Caps()
    """How often one list, or one placement, may show the like."""
    show_out_of_stock: bool = False
    """Show items whose stock is zero; an item whose stock is not known is never out of stock."""
    popularity_days: Days = 90
    """Days before as_of whose orders say what sells best."""
    segment_items: Count = 200
    """Items of each customer segment that popular_items keeps: those that it buys most."""
    max_candidates: Annotated[int, Field(ge=1, le=1000)] = 50
    """Candidates that one rule or fallback brings for one source."""
    max_cart_targets: Count = 50
    """Scored targets of an item for the cart."""
    strict: bool = False
    """Take what a hand-made file has wrong as an error, not as a warning."""

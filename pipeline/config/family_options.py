"""Options of the tables that say how two items belong together: in what order, instead of what."""

from typing import Annotated

from pydantic import Field

from pipeline.config.section import Count, Days, Fraction, Section


class BoughtNext(Section):
    """Bought this, bought that on a later day."""

    lookback_days: Days | None = 365
    """Length of the window that ends at as_of; null takes everything before as_of."""
    max_gap_days: Days = 90
    """Days after the first purchase of the source item in which the target counts. Customers count
    whose first purchase leaves so many whole days before as_of."""
    min_item_count: Count = 20
    """Such customers of a source item; customers of the baseline who bought a target item."""
    min_pair_count: Count = 5
    """Customers who bought the target after the source."""
    min_lift: Annotated[float, Field(ge=0)] = 1.0
    """Lift must be above this."""
    max_q_value: Fraction | None = 0.05
    """Largest q-value of a pair; null keeps every pair."""
    max_customer_items: Count = 2000
    """Customers with more distinct items are left out and counted."""
    max_targets: Count = 20
    """Target items kept per source item."""


class RepurchaseCycle(Section):
    """How many days customers let pass until they buy an item again."""

    lookback_days: Days | None = 730
    """Length of the window that ends at as_of; null takes everything before as_of."""
    min_gap_count: Count = 10
    """Gaps between two purchases of the item by one customer."""
    min_customers: Count = 5
    """Customers with such a gap."""


class FrequentlyBoughtTogether(Section):
    """The set of items that is bought together with an item, in one order."""

    lookback_days: Days | None = 180
    """Length of the window that ends at as_of; null takes everything before as_of."""
    max_set_items: Annotated[int, Field(ge=2, le=4)] = 4
    """Largest number of items of a set, its source item included."""
    min_support: Fraction = 0.0005
    """Smallest share of orders that hold the set."""
    min_order_count: Count = 10
    """Smallest number of orders that hold the set, however few the orders are."""
    max_q_value: Fraction | None = 0.05
    """Largest q-value of source item and rest of the set; null keeps every set."""
    max_basket_items: Count = 100
    """Orders with more distinct items are left out and counted."""
    max_itemsets: Count = 1_000_000
    """Where there are more sets, the smallest number of orders is doubled until there are not."""


class ViewedNotBought(Section):
    """Who looked at an item again and again and did not buy it."""

    lookback_days: Days | None = 30
    """Length of the window of views that ends at as_of; null takes everything before as_of."""
    min_views: Count = 3
    """Views of the item by the customer."""
    bought_lookback_days: Days | None = 365
    """Days before as_of in which the customer did not buy the item; null asks of all days."""


class AttachRate(Section):
    """How often an order with an item also holds something of a category."""

    lookback_days: Days | None = 365
    """Length of the window that ends at as_of; null takes everything before as_of."""
    min_order_count: Count = 50
    """Orders of the window that must hold the source item."""
    min_attached_count: Count = 5
    """Of these, orders that must hold another item of the category."""
    max_basket_items: Count = 100
    """Orders with more distinct items are left out and counted."""
    category_depth: Count = 2
    """Levels of the category path that tell categories apart, from the widest on."""
    max_categories: Count = 5
    """Categories kept per source item."""


class Substitutes(Section):
    """Items that people look at together and buy instead of each other."""

    lookback_days: Days | None = 90
    """Length of the window that ends at as_of; null takes everything before as_of."""
    min_visitors: Count = 20
    """Visitors who viewed both items in one session."""
    max_session_items: Count = 100
    """Sessions with more distinct items are left out and counted."""
    max_basket_items: Count = 100
    """Orders with more distinct items are left out."""
    max_p_value: Fraction | None = None
    """Largest chance to find the pair in so few orders; null asks only for fewer than expected."""
    min_buyer_share: Annotated[float, Field(ge=0, le=1)] = 0.02
    """Share of the source's buyers whose ultimate purchase was the target."""
    max_targets: Count = 20
    """Target items kept per source item."""


class AssociationKind(Section):
    """What kind of link there is between two items that another table links."""

    lookback_days: Days | None = 365
    """Length of the window that ends at as_of; null takes everything before as_of."""
    max_basket_items: Count = 100
    """Orders with more distinct items are left out."""
    min_order_count: Count = 5
    """Orders with both items, fewer of which do not make them bought together."""
    min_order_lift: Annotated[float, Field(ge=0)] = 1.0
    """Lift among orders above which they are bought together."""
    max_order_p_value: Fraction = 0.05
    """Largest chance of so many orders with both, were the items independent."""
    min_attached_share: Fraction = 0.5
    """Share of the orders of one item that hold the other from which on it must go with it."""
    max_direction_p_value: Fraction = 0.05
    """Largest chance of so clear an order in time, if neither item came first."""
    max_same_order_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Of the customers of both items, share with both in one order up to which one comes before
    the other."""
    max_context_q_value: Fraction = 0.05
    """Largest q-value of a row of context_rules that says where or when the link is stronger."""
    place_contexts: list[str] = ["store", "shop", "region", "country", "city"]
    """Contexts that are places; all others are times or groups of people."""

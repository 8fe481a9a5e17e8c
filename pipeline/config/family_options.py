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

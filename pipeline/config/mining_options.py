"""Options of itemsets, rules and association tables."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.section import BasketGrain, Correction, Count, Days, Fraction, Section


class Mining(Section):
    """Frequent itemsets and association rules."""

    grain: BasketGrain = "order"
    """What a basket is."""
    lookback_days: Days | None = None
    """Length of the window that ends at as_of; null takes everything before as_of."""
    half_life_days: Days | None = None
    """Rank by weights that halve in so many days, in place of counts; null ranks by counts."""
    miner: Literal["kernel", "mlxtend"] = "kernel"
    """Our compiled miner, or mlxtend as an independent check; both give the same itemsets."""
    algorithm: Literal["fpgrowth", "apriori"] = "fpgrowth"
    """Both give the same itemsets."""
    min_support: Fraction | Literal["auto"] | None = 0.01
    """Smallest share of baskets; `auto` takes the highest that gives `wanted_rules`; set null to
    use min_count."""
    wanted_rules: Count = 1000
    """Rules that min_support `auto` looks for; what it chose is min_count in the run summary."""
    min_count: Count | None = None
    """Smallest number of baskets, instead of min_support."""
    max_itemset_size: Annotated[int, Field(ge=1)] = 4
    """Largest number of items in an itemset."""
    target: Literal["frequent", "closed", "maximal"] = "frequent"
    """Itemsets to publish: all frequent ones, those of which each larger one is in fewer baskets
    (closed), or those of which no larger one is frequent (maximal). Rules come from all."""
    must_contain: list[str] = []
    """Ids of items that every itemset contains, and every rule on one of its sides."""
    must_not_contain: list[str] = []
    """Ids of items to pass over, as if nobody had bought them; their baskets still count."""
    max_basket_items: Count = 100
    """Baskets with more distinct items are left out and counted."""
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.1
    """Smallest confidence of a rule."""
    min_lift: Annotated[float, Field(ge=0)] = 0.0
    """Smallest lift of a rule."""
    max_consequent_size: Annotated[int, Field(ge=1)] = 1
    """Largest number of items on the right side of a rule."""
    consequents: list[str] = []
    """Ids of the items that may stand on the right side of a rule; empty lets every item."""
    max_itemsets: Count = 10_000_000
    """A support that gives more itemsets is refused, with one that does not (`basket plan`)."""
    min_customers: Annotated[int, Field(ge=0)] = 3
    """Distinct customers behind a rule, where customers are known; 0 asks for none."""
    max_q_value: Fraction | None = 0.05
    """Largest q-value of a rule, the share of chance finds among those kept; null keeps all."""
    correction: Correction = "benjamini_hochberg"
    """How q-values allow for the number of pairs; rules of more items have a budget by length."""
    productive_level: Fraction = 0.05
    """Largest p-value of a productive rule in its tests against sub-rules one item shorter."""
    only_productive: bool = True
    """Leave out rules that are not productive: some item on the left may add nothing."""
    leave_out_redundant: bool = False
    """Leave out rules that some sub-rule equals in confidence."""
    holdout_days: Days | None = None
    """Last days of the window that are not mined: rules are measured on them (`held_up`)."""
    max_memory_mb: Count = 2048
    """A support whose mining is estimated to need more is refused in the same way."""

    @model_validator(mode="after")
    def _has_one_threshold(self) -> "Mining":
        if (self.min_support is None) == (self.min_count is None):
            message = "give min_support or min_count: set the other one to null"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _can_contain(self) -> "Mining":
        required, both = set(self.must_contain), set(self.must_contain) & set(self.must_not_contain)
        if both:
            message = (
                f"must_contain and must_not_contain both name {min(both)!r}: take it out of one"
            )
            raise ValueError(message)
        if len(required) > self.max_itemset_size:
            message = (
                f"must_contain has {len(required)} items: raise max_itemset_size to that or more"
            )
            raise ValueError(message)
        return self


class AlsoBought(Section):
    """Bought this, also bought."""

    grain: BasketGrain = "customer"
    """What a basket is."""
    lookback_days: Days | None = 180
    """Length of the window that ends at as_of; null takes everything before as_of."""
    half_life_days: Days | None = None
    """Rank by weights that halve in so many days, in place of counts; null ranks by counts."""
    min_item_count: Count = 10
    """Baskets that must hold an item."""
    min_pair_count: Count = 5
    """Baskets that must hold the pair."""
    min_customers: Count = 3
    """Distinct customers behind a pair, where customers are known."""
    min_lift: Annotated[float, Field(ge=0)] = 1.0
    """Lift must be above this."""
    max_q_value: Fraction | None = 0.05
    """Largest q-value of a pair, the share of chance finds among those kept; null keeps all."""
    correction: Correction = "benjamini_hochberg"
    """How q-values allow for the number of pairs; holm keeps any chance find out, at its price."""
    max_basket_items: Count = 100
    """Baskets with more distinct items are left out and counted."""
    max_targets: Count = 20
    """Target items kept per source item."""


class AlsoBoughtCategory(AlsoBought):
    """Bought from this category, also bought from."""

    grain: BasketGrain = "order"
    """What a basket is. In half a year many customers buy from most categories, which tells
    little: so an order."""
    category_depth: Count = 2
    """Levels of the category path that tell categories apart, from the widest on."""


class AlsoViewed(Section):
    """Viewed this, also viewed."""

    grain: Literal["session", "visitor_day"] = "session"
    """What a basket is."""
    lookback_days: Days | None = 30
    """Length of the window that ends at as_of; null takes everything before as_of."""
    min_item_count: Count = 20
    """Sessions that must hold an item."""
    min_pair_count: Count = 5
    """Sessions that must hold the pair."""
    min_visitors: Count = 3
    """Distinct visitors behind a pair."""
    min_lift: Annotated[float, Field(ge=0)] = 1.0
    """Lift must be above this."""
    max_q_value: Fraction | None = 0.05
    """Largest q-value of a pair, the share of chance finds among those kept; null keeps all."""
    correction: Correction = "benjamini_hochberg"
    """How q-values allow for the number of pairs; holm keeps any chance find out, at its price."""
    max_basket_items: Count = 100
    """Sessions with more distinct items are left out and counted."""
    max_targets: Count = 20
    """Target items kept per source item."""
    after_only: bool = False
    """Count only sessions that saw the target for the first time after the source."""


class ViewThenBought(Section):
    """Viewed this, ultimately bought."""

    lookback_days: Days | None = 90
    """Length of the view window that ends at as_of; null takes everything before as_of."""
    horizon: Literal["session", "1", "7", "14", "30"] = "7"
    """Days after the first view in which a purchase counts, or `session`."""
    min_viewers: Count = 20
    """Visitors who must have viewed the source item."""
    max_targets: Count = 20
    """Target items kept per source item, besides its own row; the rest is `other`."""
    min_displayable_buyers: Count = 30
    """Buyers from which on a percentage may be shown."""
    min_displayable_share: Annotated[float, Field(ge=0, le=1)] = 0.02
    """Share of buyers from which on a percentage may be shown."""

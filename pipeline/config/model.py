"""The configuration tree: every option, its default, its unit and its meaning.

`configs/reference.yaml` is written from this module; a test holds the two together.
"""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.breaker_options import Breakers
from pipeline.config.bundle_options import Bundles
from pipeline.config.campaign_options import Campaigns
from pipeline.config.context_options import Context
from pipeline.config.customer_options import Interests, Rfm
from pipeline.config.family_options import (
    AssociationKind,
    AttachRate,
    BoughtNext,
    FrequentlyBoughtTogether,
    RepurchaseCycle,
    Substitutes,
    ViewedNotBought,
)
from pipeline.config.mining_options import (
    AlsoBought,
    AlsoBoughtCategory,
    AlsoViewed,
    Mining,
    ViewThenBought,
)
from pipeline.config.privacy_options import Privacy
from pipeline.config.report_options import Reports
from pipeline.config.section import PathText, Section
from pipeline.config.serving_options import Serving
from pipeline.config.source_options import Catalogue, Events, Input, Orders


class Output(Section):
    """Where tables are published."""

    path: PathText = "outputs"
    """Folder that holds `runs/` and `latest`, relative to the configuration file."""
    tables: list[str] = []
    """Tables to publish; empty publishes every table that the input allows."""


class EngineOptions(Section):
    """Resources. They never change a result."""

    threads: Annotated[int, Field(ge=0)] = 0
    """Threads; 0 takes every core."""
    pair_counts: Literal["kernel", "sql"] = "kernel"
    """Count pairs of items, and what buyers of a viewed item bought, by our kernels or in the
    database: slower, on any engine."""
    memory_limit: str | None = None
    """Memory of the run, such as `4GB`: the database takes all but 1 GB of it, or half if that is
    more, and spills beyond; null lets the database take half of the machine's."""
    spill_path: PathText | None = None
    """Folder for what does not fit in memory; null takes a folder beside the output."""


class Config(Section):
    """The whole configuration."""

    as_of: str | None = None
    """Instant that the run stands for (ISO 8601, or a date: its midnight in time_zone); null is
    midnight after the newest sale line."""
    time_zone: str = "UTC"
    """Zone that decides days."""
    item_level: Literal["sku", "product", "category"] = "sku"
    """What an item is: its own id, the catalogue's product_id or the catalogue's category."""
    input: Input = Input()
    """Limits that hold for every source."""
    orders: Orders = Orders()
    """Order lines."""
    events: Events | None = None
    """Browse log; null where there is none."""
    catalogue: Catalogue | None = None
    """Catalogue; null where there is none."""
    mining: Mining = Mining()
    """Frequent itemsets and association rules."""
    also_bought: AlsoBought = AlsoBought()
    """Bought this, also bought."""
    also_bought_product: AlsoBought = AlsoBought()
    """The same of products, where items are SKUs."""
    also_bought_category: AlsoBoughtCategory = AlsoBoughtCategory()
    """The same of categories, where items are SKUs or products."""
    also_viewed: AlsoViewed = AlsoViewed()
    """Viewed this, also viewed."""
    view_then_bought: ViewThenBought = ViewThenBought()
    """Viewed this, ultimately bought."""
    bought_next: BoughtNext = BoughtNext()
    """Bought this, bought that on a later day."""
    repurchase_cycle: RepurchaseCycle = RepurchaseCycle()
    """How many days customers let pass until they buy an item again."""
    substitutes: Substitutes = Substitutes()
    """Items that people look at together and buy instead of each other."""
    frequently_bought_together: FrequentlyBoughtTogether = FrequentlyBoughtTogether()
    """The set of items that is bought together with an item, in one order."""
    viewed_not_bought: ViewedNotBought = ViewedNotBought()
    """Who looked at an item again and again and did not buy it."""
    attach_rate: AttachRate = AttachRate()
    """How often an order with an item also holds something of a category."""
    association_kind: AssociationKind = AssociationKind()
    """What kind of link there is between two items that another table links."""
    rfm: Rfm = Rfm()
    """Customer segments."""
    interests: Interests = Interests()
    """Clusters of customers by the categories that they buy from."""
    context: Context = Context()
    """Rules inside a part of the orders and outside it."""
    serving: Serving = Serving()
    """Ready lists: manual picks, rules, mined rows and fallbacks, merged."""
    campaigns: Campaigns = Campaigns()
    """Whom to offer what: lists for campaigns, with a control arm."""
    bundles: Bundles = Bundles()
    """Sets of items to sell as one."""
    breakers: Breakers = Breakers()
    """How far a run may be from the one before."""
    privacy: Privacy = Privacy()
    """What is published about people."""
    reports: Reports = Reports()
    """What a run tells other programs about itself."""
    output: Output = Output()
    """Where tables are published."""
    engine: EngineOptions = EngineOptions()
    """Resources."""

"""The stages that mine: which function builds which tables, with the options it needs."""

from collections.abc import Callable, Sequence
from dataclasses import asdict

from pipeline.job import Job
from pipeline.mining.association_kind import KindSummary, build_association_kind
from pipeline.mining.associations import (
    build_also_bought,
    build_also_bought_category,
    build_also_bought_product,
    build_also_viewed,
)
from pipeline.mining.attach_rate import AttachRateSummary, build_attach_rate
from pipeline.mining.bought_next import BoughtNextSummary, build_bought_next
from pipeline.mining.context_rules import ContextSummary, Surroundings, build_context_rules
from pipeline.mining.frequently_bought_together import (
    TogetherSummary,
    build_frequently_bought_together,
)
from pipeline.mining.holdout import split_window
from pipeline.mining.interests import InterestSummary, build_interest_clusters
from pipeline.mining.item_stats import ItemStatsSummary, build_item_stats
from pipeline.mining.itemsets_alone import ItemsetSummary, build_itemsets_alone
from pipeline.mining.pair_tables import AssociationSummary
from pipeline.mining.popular_items import PopularSummary, Sales, build_popular_items
from pipeline.mining.repurchase_cycle import RepurchaseSummary, build_repurchase_cycle
from pipeline.mining.rfm import RfmSummary, build_rfm_segments
from pipeline.mining.rule_decay import rank_rules_by_age
from pipeline.mining.rules import RuleSummary, build_rules
from pipeline.mining.substitutes import (
    SubstituteSummary,
    build_substitutes,
    substitute_pairs,
)
from pipeline.mining.view_then_bought import ViewThenBoughtSummary, build_view_then_bought
from pipeline.mining.viewed_not_bought import ViewedNotBoughtSummary, build_viewed_not_bought
from pipeline.mining.window import local_day
from pipeline.possible import has_substitutes, stages_of
from pipeline.serving.campaign_files import CONTACTS, CUSTOMERS, read_consents, read_contacts
from pipeline.serving.campaign_tables import Audience
from pipeline.serving.campaigns import CampaignSummary, build_campaign_targets

Summary = (
    RuleSummary
    | ItemsetSummary
    | AssociationSummary
    | ViewThenBoughtSummary
    | BoughtNextSummary
    | RepurchaseSummary
    | SubstituteSummary
    | TogetherSummary
    | ViewedNotBoughtSummary
    | AttachRateSummary
    | RfmSummary
    | InterestSummary
    | ContextSummary
    | KindSummary
    | CampaignSummary
    | ItemStatsSummary
    | PopularSummary
)

BYTES_OF_CODE = 200_000_000
"""What compiled code, the libraries that mining imports, and small arrays take."""

BYTES_PER_LINE = 40
"""What the baskets of all sale lines, and what miners make of them, take in arrays."""

_OF_BASKETS = {
    "association_rules",
    "frequent_itemsets",
    "frequently_bought_together",
    "substitutes",
    "bought_next",
    "association_kind",
}


def mine(job: Job, wanted: Sequence[str]) -> None:
    """Build every wanted table; the figures of each stage go to `job.figures`."""
    for name in (one for one in stages_of(wanted) if one in _STAGES):
        lines = job.engine.count("sale_lines") if name in _OF_BASKETS else 0
        with job.progress.stage(name), job.engine.room(BYTES_OF_CODE + BYTES_PER_LINE * lines):
            job.figures[name] = asdict(_STAGES[name](job))


def _mine_rules(job: Job) -> RuleSummary:
    config = job.config.mining
    window, item_level = job.window(config.lookback_days), job.config.item_level
    threads = job.config.engine.threads
    summary = build_rules(job.engine, config, window, item_level, threads=threads)
    if config.half_life_days is not None:
        rank_rules_by_age(job.engine, config, window, config.half_life_days)
    return summary


def _mine_itemsets(job: Job) -> ItemsetSummary:
    config = job.config.mining
    window, item_level = job.window(config.lookback_days), job.config.item_level
    threads = job.config.engine.threads
    return build_itemsets_alone(job.engine, config, window, item_level, threads=threads)


def _mine_also_bought(job: Job) -> AssociationSummary:
    config = job.config.also_bought
    window, item_level = job.window(config.lookback_days), job.config.item_level
    return build_also_bought(job.engine, config, window, item_level, resources=job.config.engine)


def _mine_also_bought_product(job: Job) -> AssociationSummary:
    config = job.config.also_bought_product
    window, resources = job.window(config.lookback_days), job.config.engine
    return build_also_bought_product(job.engine, config, window, resources=resources)


def _mine_also_bought_category(job: Job) -> AssociationSummary:
    config = job.config.also_bought_category
    window, resources = job.window(config.lookback_days), job.config.engine
    return build_also_bought_category(job.engine, config, window, resources=resources)


def _mine_also_viewed(job: Job) -> AssociationSummary:
    config = job.config.also_viewed
    window, item_level = job.window(config.lookback_days), job.config.item_level
    return build_also_viewed(job.engine, config, window, item_level, resources=job.config.engine)


def _mine_view_then_bought(job: Job) -> ViewThenBoughtSummary:
    config, counting = job.config.view_then_bought, job.config.engine.pair_counts
    window, item_level = job.window(config.lookback_days), job.config.item_level
    return build_view_then_bought(job.engine, config, window, item_level, counting=counting)


def _mine_bought_next(job: Job) -> BoughtNextSummary:
    config, item_level = job.config.bought_next, job.config.item_level
    window, as_of_day = job.window(config.lookback_days), local_day(job.as_of, job.config.time_zone)
    threads = job.config.engine.threads
    return build_bought_next(
        job.engine, config, window, item_level, as_of_day=as_of_day, threads=threads
    )


def _mine_repurchase_cycle(job: Job) -> RepurchaseSummary:
    config = job.config.repurchase_cycle
    window = job.window(config.lookback_days)
    return build_repurchase_cycle(job.engine, config, window, job.config.item_level)


def _mine_substitutes(job: Job) -> SubstituteSummary:
    config, horizon = job.config.substitutes, job.config.view_then_bought.horizon
    window, item_level = job.window(config.lookback_days), job.config.item_level
    threads = job.config.engine.threads
    return build_substitutes(
        job.engine, config, window, item_level, horizon=horizon, threads=threads
    )


def _mine_together(job: Job) -> TogetherSummary:
    """Build the sets without substitutes, wherever these are known, published or not."""
    config, threads = job.config.frequently_bought_together, job.config.engine.threads
    window, item_level = job.window(config.lookback_days), job.config.item_level
    pairs = None
    if has_substitutes(job.config):
        if "substitutes" not in job.figures:
            _mine_substitutes(job)
        pairs = substitute_pairs(job.engine)
    return build_frequently_bought_together(
        job.engine, config, window, item_level, threads=threads, substitutes=pairs
    )


def _mine_viewed_not_bought(job: Job) -> ViewedNotBoughtSummary:
    config = job.config.viewed_not_bought
    windows = job.window(config.lookback_days), job.window(config.bought_lookback_days)
    views = job.engine.count("views")
    return build_viewed_not_bought(
        job.engine, config, windows, job.config.item_level, view_count=views
    )


def _mine_attach_rate(job: Job) -> AttachRateSummary:
    config = job.config.attach_rate
    window = job.window(config.lookback_days)
    return build_attach_rate(job.engine, config, window, job.config.item_level)


def _mine_rfm(job: Job) -> RfmSummary:
    return build_rfm_segments(job.engine, job.config.rfm, job.window(job.config.rfm.lookback_days))


def _mine_interests(job: Job) -> InterestSummary:
    config = job.config.interests
    window = job.window(config.lookback_days)
    return build_interest_clusters(job.engine, config, window, clusters=config.clusters or 1)


def _mine_context_rules(job: Job) -> ContextSummary:
    config = job.config
    given = Surroundings(
        list(config.orders.attributes), config.time_zone, config.mining.max_basket_items
    )
    window, _ = split_window(job.window(config.mining.lookback_days), config.mining.holdout_days)
    return build_context_rules(job.engine, config.context, window, config.item_level, given=given)


def _mine_association_kind(job: Job) -> KindSummary:
    """Read the tables that were built before it in this run."""
    config, item_level = job.config.association_kind, job.config.item_level
    window, given = job.window(config.lookback_days), frozenset(job.figures)
    return build_association_kind(job.engine, config, window, item_level, given=given)


def _make_campaign_targets(job: Job) -> CampaignSummary:
    """Read the tables that were built before it in this run, and the files of customers."""
    config, options = job.config, job.config.campaigns
    (customers,), _ = job.inputs[CUSTOMERS]
    contacts, _ = job.inputs.get(CONTACTS, ((), ()))
    audience = Audience(
        read_consents(customers, job.customer_key),
        read_contacts(contacts, job.customer_key, config.time_zone),
        config.privacy.min_group_size,
    )
    return build_campaign_targets(
        job.engine,
        options,
        job.window(options.lookback_days),
        config.item_level,
        audience=audience,
        as_of_day=local_day(job.as_of, config.time_zone),
        given=frozenset(job.figures),
    )


def _mine_item_stats(job: Job) -> ItemStatsSummary:
    return build_item_stats(job.engine, job.window(None), job.config.item_level)


def _mine_popular_items(job: Job) -> PopularSummary:
    """Count by segment where the segments were built before it in this run."""
    options, item_level = job.config.serving, job.config.item_level
    lines, has_segments = job.engine.count("sale_lines"), "rfm_segments" in job.figures
    sales = Sales(job.sales.first, lines, has_segments)
    window = job.window(options.popularity_days)
    return build_popular_items(job.engine, options, window, item_level, sales=sales)


_STAGES: dict[str, Callable[[Job], Summary]] = {
    "association_rules": _mine_rules,
    "frequent_itemsets": _mine_itemsets,
    "also_bought": _mine_also_bought,
    "also_bought_product": _mine_also_bought_product,
    "also_bought_category": _mine_also_bought_category,
    "also_viewed": _mine_also_viewed,
    "view_then_bought": _mine_view_then_bought,
    "bought_next": _mine_bought_next,
    "repurchase_cycle": _mine_repurchase_cycle,
    "substitutes": _mine_substitutes,
    "frequently_bought_together": _mine_together,
    "viewed_not_bought": _mine_viewed_not_bought,
    "attach_rate": _mine_attach_rate,
    "rfm_segments": _mine_rfm,
    "customer_interests": _mine_interests,
    "context_rules": _mine_context_rules,
    "association_kind": _mine_association_kind,
    "campaign_targets": _make_campaign_targets,
    "item_stats": _mine_item_stats,
    "popular_items": _mine_popular_items,
}

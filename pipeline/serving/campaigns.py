"""Whom to offer what in a campaign, ranked, with those who are held back to compare with."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

import pyarrow as pa

from pipeline.config.campaign_options import Campaigns
from pipeline.engine import Engine, Value
from pipeline.errors import ConfigError
from pipeline.mining.slices import slices_for
from pipeline.mining.steps import build
from pipeline.mining.window import Window
from pipeline.serving.campaign_tables import MOST_DAYS, Audience, load_options

_BUCKETS: Final = 1 << 32
_LINKS: Final = pa.schema(
    [
        ("campaign_code", pa.int32()),
        ("source_code", pa.int32()),
        ("target_code", pa.int32()),
        *((f"{name}_count", pa.int64()) for name in ("joint", "source", "target", "basket")),
        ("gap_lower_days", pa.int64()),
        ("gap_upper_days", pa.int64()),
    ]
)
_CANDIDATES: Final = pa.schema(
    [
        ("campaign_code", pa.int32()),
        ("customer_code", pa.int64()),
        ("item_code", pa.int32()),
        ("source_code", pa.int32()),
        ("evidence", pa.string()),
        ("joint_count", pa.int64()),
        ("evidence_count", pa.int64()),
        ("gap_lower_days", pa.int64()),
        ("gap_upper_days", pa.int64()),
        ("view_count", pa.int64()),
        ("probability", pa.int64()),
        ("timing", pa.int64()),
        ("days_since", pa.int64()),
    ]
)
_STEPS: Final = (
    *("campaign_names", "campaign_items", "campaign_consents", "campaign_contacts"),
    *("campaign_channels", "campaign_segments", "price_steps", "recency_weights"),
    *("next_links", "bought_links", "campaign_links", "campaign_owners", "campaign_pairs"),
    *("cross_sell_candidates", "viewed_candidates", "due_candidates", "campaign_candidates"),
    *("campaign_owned", "campaign_customers", "campaign_contacted", "campaign_offers"),
    *("campaign_ranked", "campaign_left_out"),
)


@dataclass(frozen=True)
class CampaignSummary:
    """Which offers were looked at, and what became of them.

    Attributes:
        candidate_offer_count: Offers (campaign, customer and item) that evidence speaks for.
        no_consent_offer_count: Left out because the customer has not consented.
        already_owned_offer_count: Then, because the customer has the item or one of its family.
        cooling_off_offer_count: Then, because the customer was contacted lately.
        out_of_stock_offer_count: Then, because nothing is left of the item.
        over_price_offer_count: Then, because it costs too much for so few orders.
        repeated_offer_count: Then, because another campaign offers the item to the customer.
        over_cap_offer_count: Then, because the customer has better offers, and enough.
        row_count: Rows of the published table: the rest, the control arm included.
        unknown_name_count: Items and categories of campaigns that no item has.
        message: These, for people; None where every one is known.
    """

    candidate_offer_count: int
    no_consent_offer_count: int
    already_owned_offer_count: int
    cooling_off_offer_count: int
    out_of_stock_offer_count: int
    over_price_offer_count: int
    repeated_offer_count: int
    over_cap_offer_count: int
    row_count: int
    unknown_name_count: int
    message: str | None


def build_campaign_targets(
    engine: Engine,
    options: Campaigns,
    window: Window,
    item_level: str,
    *,
    audience: Audience,
    as_of_day: int,
    given: frozenset[str],
) -> CampaignSummary:
    """Build `campaign_targets`: one row per campaign, customer and offered item.

    Args:
        engine: Holds `sale_lines`, `items`, `customers` and the tables that are given.
        options: The campaigns and their limits.
        window: Purchases of the owners inside it count.
        item_level: What an item is; families are told apart where it is `sku`.
        audience: What is known of the customers beside their orders.
        as_of_day: Day of the window's end since 1970-01-01 on the clocks of the run.
        given: Mined tables of the run.

    Returns:
        The counts that the run summary shows.

    Raises:
        ConfigError: There would be more than `max_pairs` pairs to weigh.
    """
    values = _values(options, window, item_level) | {
        "as_of_day": as_of_day,
        "min_group_size": audience.min_group_size,
    }
    unknown = load_options(engine, options, audience, window.end)
    kinds = {one.kind for one in options.planned}
    _build_cross_sell(engine, options, values, given if "cross_sell" in kinds else frozenset())
    _build_or_none(engine, values, "viewed_candidates", is_wanted="viewed_not_bought" in kinds)
    _build_or_none(engine, values, "due_candidates", is_wanted="repurchase_due" in kinds)
    candidates = build(engine, "campaign_candidates", values)
    if "rfm_segments" in given:
        build(engine, "campaign_segments", values)
    for table in ("campaign_owned", "campaign_customers", "campaign_contacted", "campaign_offers"):
        build(engine, table, values)
    for table in ("campaign_ranked", "campaign_left_out"):
        build(engine, table, values)
    row_count = build(engine, "campaign_targets", values)
    left_out = _left_out(engine)
    engine.drop(*_STEPS)
    return _summary(candidates, left_out, row_count, unknown)


def _summary(
    candidates: int, left_out: Mapping[str, int], row_count: int, unknown: list[str]
) -> CampaignSummary:
    return CampaignSummary(
        candidate_offer_count=candidates,
        no_consent_offer_count=left_out.get("no_consent", 0),
        already_owned_offer_count=left_out.get("already_owned", 0),
        cooling_off_offer_count=left_out.get("cooling_off", 0),
        out_of_stock_offer_count=left_out.get("out_of_stock", 0),
        over_price_offer_count=left_out.get("over_price", 0),
        repeated_offer_count=left_out.get("repeated", 0),
        over_cap_offer_count=left_out.get("over_cap", 0),
        row_count=row_count,
        unknown_name_count=len(unknown),
        message=f"no item is, or is in, {', '.join(unknown)}" if unknown else None,
    )


def _values(options: Campaigns, window: Window, item_level: str) -> dict[str, Value]:
    """Return what the statements bind."""
    return {
        **window.values,
        "item_level": item_level,
        "max_q_value": options.max_q_value,
        "prior_customers": options.prior_customers,
        "max_overdue_days": options.max_overdue_days,
        "default_channel": options.default_channel,
        "cooling_off_of": options.cooling_off_of,
        "out_of_stock": options.out_of_stock,
        "max_offers": options.max_offers,
        "max_days": MOST_DAYS,
        "salt": options.salt,
        "control_below": control_below(options.control_share),
    }


def control_below(share: float) -> str:
    """Return the hash, in 8 hexadecimal digits, below which a customer is in the control arm.

    Example:
        >>> control_below(0), control_below(0.5), control_below(0.1)
        ('00000000', '80000000', '1999999a')
    """
    return f"{ceil(Fraction(str(share)) * _BUCKETS):08x}"


def _build_cross_sell(
    engine: Engine, options: Campaigns, values: Mapping[str, Value], given: frozenset[str]
) -> None:
    """Build `cross_sell_candidates` and its steps; without a row where no table is given."""
    for table, needed in (("next_links", "bought_next"), ("bought_links", "also_bought")):
        if needed in given:
            build(engine, table, values)
        else:
            engine.load(table, _LINKS.empty_table())
    for table in ("campaign_links", "campaign_owners", "campaign_pairs"):
        build(engine, table, values)
    rows = engine.fetch("campaign_pairs").to_pylist()
    pairs = {options.planned[row["campaign_code"]].name: row["pair_count"] for row in rows}
    _refuse_too_many(pairs, options.max_pairs)
    build(engine, "cross_sell_candidates", values, slices_for(sum(pairs.values())))


def _refuse_too_many(pairs: Mapping[str, int], most: int) -> None:
    """Refuse campaigns that would weigh more pairs than they may."""
    if sum(pairs.values()) <= most:
        return
    sizes = sorted(pairs.items(), key=lambda one: (-one[1], one[0]))
    named = ", ".join(f"{name} {count:,}" for name, count in sizes)
    message = (
        f"campaigns: owners' items times what goes with them are {sum(pairs.values()):,} pairs "
        f"({named}), and campaigns.max_pairs allows {most:,}; name owners and offered items of "
        "the largest, or raise the limit"
    )
    raise ConfigError(message)


def _build_or_none(
    engine: Engine, values: Mapping[str, Value], table: str, *, is_wanted: bool
) -> None:
    if is_wanted:
        build(engine, table, values)
    else:
        engine.load(table, _CANDIDATES.empty_table())


def _left_out(engine: Engine) -> dict[str, int]:
    """Return the offers that were left out, by reason."""
    rows = engine.fetch("campaign_left_out").to_pylist()
    return {row["reason"]: row["offer_count"] for row in rows}

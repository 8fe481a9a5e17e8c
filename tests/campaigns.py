"""Campaigns of small shops: what they are made from, loaded, and built."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipeline.config.campaign_options import Campaigns
from pipeline.mining.window import Window
from pipeline.serving.campaign_tables import Audience
from pipeline.serving.campaigns import CampaignSummary, build_campaign_targets
from tests.reference_campaigns import Known
from tests.shops import Shop, load_shop, shop_engine
from tests.tables import DAY

_COUNTS: Mapping[str, Sequence[str]] = {
    "bought_next": (
        *("joint_count", "source_count", "baseline_target_count", "baseline_count"),
        *("gap_lower_days", "gap_upper_days"),
    ),
    "also_bought": (
        *("joint_count", "source_count", "target_count", "basket_count", "customer_count"),
    ),
    "view_then_bought": ("n_target", "n_viewers"),
    "viewed_not_bought": ("view_count", "last_viewed_at"),
    "repurchase_cycle": ("customer_count", "buyer_count", "gap_lower_days", "gap_upper_days"),
}
_TEXTS: Mapping[str, Sequence[str]] = {
    "bought_next": ("source_item_id", "target_item_id"),
    "also_bought": ("source_item_id", "target_item_id"),
    "view_then_bought": ("source_item_id", "target_kind"),
    "viewed_not_bought": ("customer_id", "item_id"),
    "repurchase_cycle": ("item_id",),
    "rfm_segments": ("customer_id", "segment"),
}


def schema_of(table: str) -> pa.Schema:
    """Return the columns of a mined table that campaigns read."""
    texts = [(name, pa.string()) for name in _TEXTS[table]]
    counts = [(name, pa.int64()) for name in _COUNTS.get(table, ())]
    q_value = [("q_value", pa.float64())] if "source_count" in _COUNTS.get(table, ()) else []
    return pa.schema([*texts, *counts, *q_value])


def build_campaigns(
    shop: Shop, options: Campaigns, known: Known, *, min_group_size: int = 1
) -> CampaignSummary:
    """Load a shop and what is known, and build `campaign_targets`."""
    engine = shop_engine()
    load_shop(engine, shop)
    items = engine.fetch("items")
    ids = items["item_id"].to_pylist()
    prices = [known.prices.get(item, 5) for item in ids]
    stocks = [known.stocks.get(item, 7) for item in ids]
    priced = [None if price is None else Decimal(price) for price in prices]
    for name, values in (("price", priced), ("stock", stocks)):
        place = items.schema.get_field_index(name)
        field = items.schema.field(name)
        items = items.set_column(place, field, pa.array(values, field.type))
    engine.load("items", items)
    for table, rows in known.rows.items():
        engine.load(table, pa.Table.from_pylist(list(rows), schema_of(table)))
    start = 0 if options.lookback_days is None else known.as_of - options.lookback_days * DAY
    return build_campaign_targets(
        engine,
        options,
        Window(start, known.as_of),
        "sku",
        audience=_audience(known, min_group_size),
        as_of_day=known.as_of // DAY,
        given=frozenset(known.rows),
    )


def _audience(known: Known, min_group_size: int) -> Audience:
    consented: dict[str, Any] = {
        "customer_id": pa.array(sorted(known.consents), pa.string()),
        "has_consent": [True] * len(known.consents),
    }
    columns = list(zip(*known.contacts, strict=True)) or [(), (), ()]
    contacts = {
        "customer_id": pa.array(columns[0], pa.string()),
        "contacted_at": pa.array(columns[1], pa.int64()),
        "campaign": pa.array(columns[2], pa.string()),
    }
    return Audience(pa.table(consented), pa.table(contacts), min_group_size)

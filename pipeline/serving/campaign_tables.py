"""Options of campaigns, and what is known of the customers, as tables that SQL joins."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from math import exp2, floor
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config.campaign_options import Campaign, Campaigns
from pipeline.engine import Engine
from pipeline.mining.baskets import Bools
from pipeline.mining.item_groups import LEVELS
from pipeline.mining.window import DAY_MICROSECONDS

WEIGHT: Final = 100_000
"""A weight of 1, as a whole number: products of weights must not depend on a machine."""
MOST_DAYS: Final = 36_500
"""Whoever was active longer ago weighs as if it were so many days."""
_MANY: Final = 2**62
_PRICE: Final = pa.decimal128(38, 10)
_ROLES: Final = {"viewed_not_bought": "viewed", "repurchase_due": "due"}
_ITEM_ROWS: Final = pa.schema(
    [("campaign_code", pa.int32()), ("role", pa.string()), ("item_code", pa.int32())]
)
_SEGMENTS: Final = pa.schema([("customer_id", pa.string()), ("segment", pa.string())])
_CHANNELS: Final = pa.schema([("segment", pa.string()), ("channel", pa.string())])


@dataclass(frozen=True)
class Audience:
    """What is known of the customers beside their orders.

    Attributes:
        consents: customer_id and has_consent, one row per customer.
        contacts: customer_id, contacted_at (microseconds UTC) and campaign ('' for any).
        min_group_size: Offers do not rest on what fewer people did.
    """

    consents: pa.Table
    contacts: pa.Table
    min_group_size: int = 1


def recency_weights(half_life_days: int) -> list[int]:
    """Return the weight of each number of days from 0 on, `WEIGHT` for none.

    Example:
        >>> weights = recency_weights(30)
        >>> weights[0], weights[30], weights[45], weights[60]
        (100000, 50000, 35355, 25000)
    """
    days = range(MOST_DAYS + 1)
    return [floor(WEIGHT * exp2(-day / half_life_days)) for day in days]


def load_options(engine: Engine, options: Campaigns, audience: Audience, as_of: int) -> list[str]:
    """Load what the options say as tables; return the items and categories that no item has.

    Args:
        engine: Holds `items`; afterwards also `campaign_names`, `campaign_items`,
            `campaign_consents`, `campaign_contacts` (the late ones), `campaign_channels`,
            `price_steps`, `recency_weights`, and `campaign_segments` without a row.
        options: The campaigns.
        audience: What is known of the customers beside their orders.
        as_of: The instant that the offers are for, microseconds since 1970-01-01 UTC.
    """
    names = [
        {"campaign_code": code, "name": one.name, "kind": one.kind}
        for code, one in enumerate(options.planned)
    ]
    engine.load("campaign_names", pa.Table.from_pylist(names))
    rows, unknown = _items_of(options, engine.fetch("items"))
    engine.load("campaign_items", rows)
    engine.load("campaign_consents", audience.consents)
    cool = options.cooling_off_days * DAY_MICROSECONDS
    at = audience.contacts["contacted_at"].to_numpy()
    recent = pa.array((at > as_of - cool) & (at < as_of))
    engine.load("campaign_contacts", audience.contacts.filter(recent))
    channels = [one.model_dump() for one in options.channels]
    engine.load("campaign_channels", pa.Table.from_pylist(channels, _CHANNELS))
    engine.load("campaign_segments", _SEGMENTS.empty_table())
    engine.load("price_steps", _price_steps(options))
    weights = np.array(recency_weights(options.half_life_days), np.int64)
    days = np.arange(len(weights), dtype=np.int64)
    engine.load("recency_weights", pa.table({"days": days, "weight": weights}))
    return unknown


def _price_steps(options: Campaigns) -> pa.Table:
    """Return the steps of the price ladder; the first holds for who never ordered, too."""
    ladder = [(step.min_orders, step.max_price) for step in options.price_ladder] or [(1, None)]
    begins = [0, *(orders for orders, _ in ladder[1:])]
    prices = [None if price is None else Decimal(str(price)) for _, price in ladder]
    return pa.table(
        {
            "from_orders": np.array(begins, np.int64),
            "below_orders": np.array([*begins[1:], _MANY], np.int64),
            "max_price": pa.array(prices, _PRICE),
            "is_limited": [price is not None for price in prices],
        }
    )


def _items_of(options: Campaigns, items: pa.Table) -> tuple[pa.Table, list[str]]:
    """Return the items of every campaign by role, and the names that no item has."""
    tables, unknown = [_ITEM_ROWS.empty_table()], list[str]()
    for code, one in enumerate(options.planned):
        for role, ids, categories in _roles(one):
            chosen, missing = _chosen(items, ids, categories)
            unknown += [f"{name!r} ({one.name})" for name in missing]
            codes = items["item_code"].filter(pa.array(chosen))
            columns = [pa.repeat(pa.scalar(code, pa.int32()), len(codes))]
            columns += [pa.repeat(pa.scalar(role), len(codes)), codes.cast(pa.int32())]
            tables.append(pa.table(columns, schema=_ITEM_ROWS))
    return pa.concat_tables(tables), unknown


def _roles(one: Campaign) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield each role of a campaign's items, with the ids and categories that are named."""
    if one.kind == "cross_sell":
        yield "owner", one.owners, one.owner_categories
    yield _ROLES.get(one.kind, "offered"), one.offered, one.offered_categories


def _chosen(items: pa.Table, ids: list[str], categories: list[str]) -> tuple[Bools, list[str]]:
    """Return which items are named, all where none is, and the names that no item has."""
    if not ids and not categories:
        return np.ones(items.num_rows, np.bool_), []
    named = pc.is_in(items["item_id"], value_set=pa.array(ids, pa.string()))
    known = set(items["item_id"].filter(named).to_pylist())
    missing = [one for one in ids if one not in known]
    chosen = named.to_numpy().astype(np.bool_)
    paths = pc.fill_null(items["category"], "")
    for category in categories:
        is_under = pc.or_(
            pc.equal(paths, category), pc.starts_with(paths, pattern=category + LEVELS)
        ).to_numpy()
        missing += [] if is_under.any() else [category]
        chosen |= is_under.astype(np.bool_)
    return chosen, missing

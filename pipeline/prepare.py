"""From files to sale lines, views and items: what every command that mines does first.

read -> clean
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pipeline.accounting import Account
from pipeline.config.as_of import as_of_microseconds
from pipeline.config.source_options import Catalogue, Events
from pipeline.errors import DataError
from pipeline.io.attributes import load_item_attributes, load_order_attributes
from pipeline.io.customer_key import key_customers
from pipeline.io.frozen_cuts import SOURCE as FROZEN_CUTS
from pipeline.io.frozen_cuts import load_frozen_cuts
from pipeline.io.ids import encode_ids
from pipeline.io.read import SourceReader, effective_orders, load_absent, match_id_types
from pipeline.job import Job, sources_of
from pipeline.mining.cleaning import (
    build_items,
    build_sale_lines,
    build_views,
    count_catalogue,
    span_of,
)


def prepare(job: Job, as_of: str | None) -> None:
    """Read and clean every source, and fix the instant that the run stands for.

    Raises:
        BasketError: The input cannot be read, or breaks its contract.
    """
    _read(job)
    with job.progress.stage("clean items"):
        _clean_items(job)
    with job.progress.stage("clean orders"):
        _clean_orders(job)
    with job.progress.stage("clean events"):
        _clean_events(job)
    job.as_of = _as_of(job, as_of)


def _read(job: Job) -> None:
    config, engine = job.config, job.engine
    if FROZEN_CUTS in job.inputs:
        load_frozen_cuts(engine, config.rfm, job.inputs[FROZEN_CUTS][0])
    for name, source in sources_of(config).items():
        with job.progress.stage(f"read {name}"):
            reader = SourceReader(engine, name, source, config=config, folder=job.loaded.folder)
            job.accounts[name] = reader.read(*job.inputs[name])
    for name in {"events", "catalogue"} - set(job.accounts):
        load_absent(engine, name, config)


def _clean_items(job: Job) -> None:
    events = job.config.events
    match_id_types(job.engine)
    encode_ids(job.engine, has_sessions=events is not None and "session_id" in events.columns)
    key_customers(job.engine, job.customer_key)
    build_items(job.engine, job.config)
    catalogue = job.config.catalogue or Catalogue()
    load_item_attributes(job.engine, catalogue.attributes)
    if "catalogue" in job.accounts:
        job.accounts["catalogue"] = count_catalogue(job.engine, job.accounts["catalogue"])


def _clean_orders(job: Job) -> None:
    orders = effective_orders(job.config)
    if orders.attributes:
        load_order_attributes(job.engine, orders)
    job.accounts["orders"] = build_sale_lines(job.engine, orders, job.accounts["orders"])
    # The lines with their reasons are for those who look into one step; they take the most memory.
    job.engine.drop("order_lines")
    job.sales = span_of(job.engine, "sale_lines", "ordered_at")


def _clean_events(job: Job) -> None:
    is_session_end_needed = job.config.view_then_bought.horizon == "session"
    account = build_views(
        job.engine,
        job.config.events or Events(),
        job.accounts.get("events", Account("events", 0, 0, 0)),
        is_session_end_needed=is_session_end_needed,
    )
    job.views = span_of(job.engine, "views", "viewed_at")
    if "events" in job.accounts:
        job.accounts["events"] = account


def _as_of(job: Job, text: str | None) -> int:
    given = as_of_microseconds(job.config, text)
    if given is not None:
        return given
    if job.sales.last is None:
        message = (
            "no sale line was accepted, so there is no day to stand for; "
            "check the mapping and the cleaning options, or give --as-of"
        )
        raise DataError(message)
    return midnight_after(job.sales.last, job.config.time_zone)


def midnight_after(instant: int, zone: str) -> int:
    """Return the first midnight after an instant on the clocks of a zone.

    Args:
        instant: Microseconds since 1970-01-01 UTC.
        zone: Name of a time zone.
    """
    local = datetime.fromtimestamp(instant // 1_000_000, ZoneInfo(zone))
    midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), local.tzinfo)
    return int(midnight.timestamp()) * 1_000_000

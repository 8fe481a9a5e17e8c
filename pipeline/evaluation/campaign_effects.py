"""What a campaign of an earlier run brought: those who were contacted against those held back.

read -> clean -> what each customer of the campaign did since -> treated against control
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.config.load import LoadedConfig
from pipeline.engine import Engine
from pipeline.errors import DataError, UsageError
from pipeline.evaluation.group_differences import Difference, mean_difference, share_difference
from pipeline.io.durable import storage_errors
from pipeline.io.manifest import Manifest, iso_instant, read_manifest
from pipeline.io.runs import LATEST, resolve
from pipeline.job import Job, opened, output_folder
from pipeline.mining.baskets import Bools, Floats
from pipeline.mining.steps import build
from pipeline.mining.window import Window
from pipeline.prepare import prepare
from pipeline.progress import Progress

TABLE: Final = "campaign_targets"
FEW: Final = 30
"""An arm of fewer customers is told to be small: one purchase more would move its figures far."""
_COLUMNS: Final = ["campaign", "customer_id", "item_id", "arm", "item_level"]


@dataclass(frozen=True)
class CampaignEffect:
    """What became of the customers of one campaign.

    Attributes:
        campaign: Its name.
        treated_count: Customers of the treated arm.
        control_count: Customers of the control arm.
        is_small: Whether an arm is too small to tell anything but a very large difference.
        conversion: Share who bought an item that they were, or would have been, offered.
        cross_sell_rate: Share who bought any item that the campaign offers to anybody.
        revenue: Net sum of all orders of a customer, 0 without one.
        order_value: Net sum of a customer's orders / their number, of those who ordered.
        refund_rate: Of those who ordered, share who sent a unit of such an order back.
    """

    campaign: str
    treated_count: int
    control_count: int
    is_small: bool
    conversion: Difference
    cross_sell_rate: Difference
    revenue: Difference | None
    order_value: Difference | None
    refund_rate: Difference


@dataclass(frozen=True)
class EffectReport:
    """What the campaigns of a run brought.

    Attributes:
        run_id: The run whose lists are measured.
        start: Its as_of: orders count from here on, ISO 8601 in UTC.
        until: Up to here, exclusive.
        campaigns: What became of each, by name.
        hidden: Campaigns with an arm of fewer customers than `privacy.min_group_size`.
    """

    run_id: str
    start: str
    until: str
    campaigns: tuple[CampaignEffect, ...]
    hidden: tuple[str, ...]


def measure_campaigns(
    loaded: LoadedConfig,
    run: str = LATEST,
    until: str | None = None,
    progress: Progress | None = None,
) -> EffectReport:
    """Return what the customers of each campaign of a run did after it, arm against arm.

    Args:
        loaded: The configuration; its orders reach beyond the run.
        run: A run id, or `latest`.
        until: End of the orders that count; None is midnight after the newest sale line.
        progress: Where to report; None reports nothing.

    Raises:
        UsageError: The run has no campaigns, was made with other ids, or ends after `until`.
        DataError: None of its customers is known, or the input breaks its contract.
    """
    folder = resolve(output_folder(loaded), run).resolve()
    manifest = read_manifest(folder)
    targets = _targets(folder, manifest, loaded)
    with (
        TemporaryDirectory(prefix="basket-campaign-") as spill,
        opened(loaded, progress or Progress(), Path(spill)) as job,
    ):
        prepare(job, until)
        window = Window(_microseconds(manifest), job.as_of)
        if window.end <= window.start:
            message = (
                f"no orders after {manifest.as_of}, the as_of of run {manifest.run_id}, count: "
                "give a later --until, or later orders"
            )
            raise UsageError(message)
        with job.progress.stage("measure campaigns"):
            return _report(job, responses(job.engine, targets, window), window, manifest)


def _targets(folder: Path, manifest: Manifest, loaded: LoadedConfig) -> pa.Table:
    """Return the lists of a run whose ids are those of this configuration."""
    files = {table.table: folder / table.file for table in manifest.tables}
    if TABLE not in files:
        message = f"run {manifest.run_id} has no campaigns: plan some (campaigns.planned) and run"
        raise UsageError(message)
    then, now = manifest.configuration, loaded.config
    for path, was, is_now in (
        ("item_level", then.get("item_level"), now.item_level),
        ("privacy.customer_ids", then["privacy"]["customer_ids"], now.privacy.customer_ids),
    ):
        if was != is_now:
            message = f"run {manifest.run_id} was made with {path} {was}: give --set {path}={was}"
            raise UsageError(message)
    with storage_errors(files[TABLE], "read the lists"):
        return pq.read_table(files[TABLE], columns=_COLUMNS)


def _microseconds(manifest: Manifest) -> int:
    return (manifest.instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def responses(engine: Engine, targets: pa.Table, window: Window) -> pa.Table:
    """Return one row per campaign and customer: the arm, and what the customer did.

    Args:
        engine: Holds `sale_lines`, `returned_lines`, `items` and `customers`.
        targets: campaign, customer_id, item_id and arm of each offer.
        window: Orders inside it count.

    Raises:
        DataError: None of the customers is known.
    """
    engine.load("measured_targets", targets)
    for table in ("campaign_people", "later_items", "later_orders", "campaign_responses"):
        build(engine, table, {**window.values})
    rows = engine.fetch("campaign_responses")
    if rows.num_rows and not pc.any(rows["is_known"]).as_py():
        message = (
            "none of the customers of the campaigns is known in this input: "
            "are it, and privacy.customer_key_file, those of the run?"
        )
        raise DataError(message)
    return rows


def _report(job: Job, rows: pa.Table, window: Window, manifest: Manifest) -> EffectReport:
    least = job.config.privacy.min_group_size
    names = sorted(rows["campaign"].unique().to_pylist())
    effects = [effect(name, rows.filter(pc.equal(rows["campaign"], name))) for name in names]
    shown = [one for one in effects if least <= max(1, min(one.treated_count, one.control_count))]
    return EffectReport(
        run_id=manifest.run_id,
        start=iso_instant(window.start),
        until=iso_instant(window.end),
        campaigns=tuple(shown),
        hidden=tuple(one.campaign for one in effects if one not in shown),
    )


def effect(campaign: str, rows: pa.Table) -> CampaignEffect:
    """Return what became of the customers of a campaign.

    Args:
        campaign: Its name.
        rows: One row per customer, as `responses` gives them.
    """
    arms = [rows.filter(pc.equal(rows["arm"], arm)) for arm in ("treated", "control")]
    buyers = [arm.filter(pc.greater(arm["order_count"], 0)) for arm in arms]
    sizes = [arm.num_rows for arm in arms]
    has_prices = rows["amount"].null_count < rows.num_rows
    return CampaignEffect(
        campaign=campaign,
        treated_count=sizes[0],
        control_count=sizes[1],
        is_small=min(sizes) < FEW,
        conversion=share_difference(*(_flags(arm, "is_converted") for arm in arms)),
        cross_sell_rate=share_difference(*(_flags(arm, "is_cross_sold") for arm in arms)),
        revenue=mean_difference(*map(_amounts, arms)) if has_prices else None,
        order_value=mean_difference(*map(_order_values, buyers)) if has_prices else None,
        refund_rate=share_difference(*(_flags(arm, "has_refund") for arm in buyers)),
    )


def _flags(rows: pa.Table, column: str) -> Bools:
    return np.asarray(rows[column].to_numpy(), np.bool_)


def _amounts(rows: pa.Table) -> Floats:
    return np.asarray(pc.fill_null(rows["amount"], 0.0).to_numpy(), np.float64)


def _order_values(rows: pa.Table) -> Floats:
    counts = np.asarray(rows["order_count"].to_numpy(), np.float64)
    return np.asarray(_amounts(rows) / counts)

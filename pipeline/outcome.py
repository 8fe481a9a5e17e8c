"""What a run or a check has to tell: for the summary, for `--json`, and as `run_summary`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import names
from pipeline.accounting import Account
from pipeline.progress import StageTiming

Figure = tuple[str, str, str, int | float]
"""Section, subject, name, and the figure: a count, or a share between 0 and 1."""


@dataclass(frozen=True)
class WrittenTable:
    """One table of a run."""

    name: str
    rows: int
    path: Path


@dataclass(frozen=True)
class RunReport:
    """What a run did.

    Attributes:
        run_id: Id of the run; the same input and configuration give the same.
        as_of: The instant that the run stands for, ISO 8601 in UTC.
        state: `new`, `unchanged` (it had been published already), or `replaced`.
        folder: Where the tables are.
        latest: Id of the run that `latest` names; None if there is none. A run of chosen tables
            leaves it alone, and so does one for an earlier `as_of`.
        tables: The tables written.
        not_possible: Tables left out, with the reason.
        notes: What the person who reads the summary should know.
        accounts: Where the lines of each source went.
        figures: Figures of each stage, by table.
        timings: What each stage took.
    """

    run_id: str
    as_of: str
    state: str
    folder: Path
    latest: str | None
    tables: tuple[WrittenTable, ...]
    not_possible: dict[str, str]
    notes: tuple[str, ...]
    accounts: tuple[Account, ...]
    figures: dict[str, dict[str, Any]]
    timings: tuple[StageTiming, ...]

    @property
    def is_latest(self) -> bool:
        """Whether `latest` names this run."""
        return self.latest == self.run_id


@dataclass(frozen=True)
class CheckReport:
    """What `basket check` found: the input is readable, and these tables are possible."""

    as_of: str
    accounts: tuple[Account, ...]
    possible: tuple[str, ...]
    not_possible: dict[str, str]


def summary_rows(
    accounts: Mapping[str, Account],
    figures: Mapping[str, Mapping[str, Any]],
    rows: Mapping[str, int],
) -> pa.Table:
    """Return the rows of `run_summary`.

    Args:
        accounts: Where the lines of each source went.
        figures: Figures of each stage, by table; texts among them are left out.
        rows: Rows of each table.
    """
    found: list[Figure] = []
    for source, account in accounts.items():
        totals = ("lines", "accepted", "quarantined", "duplicates")
        found += [("input", source, name, getattr(account, name)) for name in totals]
        found += [("cleaning", source, reason, n) for reason, n in account.filtered.items()]
    for table, values in figures.items():
        numbers = {name: value for name, value in values.items() if isinstance(value, (int, float))}
        found += [("baskets", table, name, value) for name, value in numbers.items()]
    found += [("tables", table, "rows", count) for table, count in rows.items()]
    return _table(found)


def _table(figures: Sequence[Figure]) -> pa.Table:
    columns = [pa.array([figure[at] for figure in figures], pa.string()) for at in range(3)]
    values = [figure[3] for figure in figures]
    counts = [value if isinstance(value, int) else None for value in values]
    shares = [value if isinstance(value, float) else None for value in values]
    columns += [pa.array(counts, pa.int64()), pa.array(shares, pa.float64())]
    return pa.table(columns, names=list(names.RUN_SUMMARY.column_names))


_REMOVED = {
    "few_person_pair_count": "pairs with too few persons",
    "insignificant_pair_count": "pairs that chance explains",
    "low_rank_row_count": "rows that rank too low",
    "few_customer_rule_count": "rules of too few customers",
    "insignificant_rule_count": "rules that chance explains",
    "unproductive_rule_count": "that say no more than a shorter one",
    "redundant_rule_count": "redundant rules",
}


def notes(figures: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield what the person who reads the summary should know of the stages."""
    for table, values in figures.items():
        for line in str(values.get("message") or "").splitlines():
            yield f"{table}: {line}"
        removed = {name: values[name] for name in _REMOVED if values.get(name)}
        if removed:
            counts = ", ".join(f"{count:,} {_REMOVED[name]}" for name, count in removed.items())
            yield f"{table}: left out {counts}"
        giant, kept = values.get("giant_basket_count", 0), values.get("basket_count", 0)
        if giant > kept:
            yield (
                f"{table}: {giant} of {giant + kept} baskets have too many items and were left "
                "out; raise its max_basket_items or choose a smaller grain"
            )

"""Every physical line of the input is accounted for, or nothing is published."""

from dataclasses import dataclass, field

from pipeline.errors import AccountingError


@dataclass(frozen=True)
class Account:
    """Where the physical lines of one source went.

    Attributes:
        source: `orders`, `events` or `catalogue`.
        lines: Physical lines of its files (rows of Parquet files).
        accepted: Lines that the tables are computed from.
        quarantined: Malformed lines, kept in the table `quarantine`.
        duplicates: Lines equal to an accepted one.
        filtered: Lines left out, by reason.
    """

    source: str
    lines: int
    accepted: int
    quarantined: int
    duplicates: int = 0
    filtered: dict[str, int] = field(default_factory=dict)

    def check(self) -> "Account":
        """Return this account if `lines` is the sum of all the others.

        Raises:
            AccountingError: Lines were lost or counted twice.
        """
        known = self.accepted + self.quarantined + self.duplicates + sum(self.filtered.values())
        if known != self.lines:
            message = (
                f"{self.source}: {self.lines} lines were read but {known} are accounted for "
                f"({self}); this is a defect of the pipeline or a file that changed while it was "
                "read: run again, and report it if it stays"
            )
            raise AccountingError(message)
        return self

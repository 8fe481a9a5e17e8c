"""What a table and a column are, and the columns that several tables have."""

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal["string", "list<string>", "int64", "float64", "boolean", "timestamp"]


@dataclass(frozen=True)
class Column:
    """One published column: its name, type, whether it may be NULL, and what it means."""

    name: str
    type: ColumnType
    meaning: str
    is_nullable: bool = False


@dataclass(frozen=True)
class Table:
    """One published table.

    Attributes:
        name: Its name, and that of its file.
        grain: What one row is.
        key: Columns that are unique together.
        columns: Its columns in order.
        sort: Order of the rows in the file, as SQL.
        best: Order that puts the rows an analyst wants to see first, as SQL.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    sort: str
    best: str

    @property
    def column_names(self) -> tuple[str, ...]:
        """Column names in the order in which they are written."""
        return tuple(column.name for column in self.columns)


def count(name: str, meaning: str, *, is_nullable: bool = False) -> Column:
    """Return a column of counts (int64)."""
    return Column(name, "int64", meaning, is_nullable)


def measure(name: str, meaning: str, *, is_nullable: bool = False) -> Column:
    """Return a column of measures (float64)."""
    return Column(name, "float64", meaning, is_nullable)


def identifier(name: str, meaning: str, *, is_nullable: bool = False) -> Column:
    """Return a column of ids (string)."""
    return Column(name, "string", meaning, is_nullable)


def at(name: str, meaning: str, *, is_nullable: bool = False) -> Column:
    """Return a column of instants (timestamp in UTC)."""
    return Column(name, "timestamp", meaning, is_nullable)


ITEM_LEVEL = Column("item_level", "string", "What an item is: `sku`, `product` or `category`.")
WINDOW = (
    ITEM_LEVEL,
    at("window_start", "First instant of the lookback window (inclusive)."),
    at("window_end", "End of the lookback window (exclusive): the run's `as_of`."),
)

SIGNIFICANCE = (
    measure("p_value", "Chance of so many joint baskets or more, were the sides independent."),
    measure("q_value", "p_value after allowing for everything that could have been found."),
)

MEASURES = (
    measure("support", "joint_count / basket_count."),
    measure("confidence", "joint_count / count of the left side."),
    measure("lift", "confidence / share of baskets with the right side; 1 = independent."),
    measure("leverage", "support minus the support expected under independence."),
    measure(
        "conviction",
        "(1 - share of the right side) / (1 - confidence); NULL at confidence 1.",
        is_nullable=True,
    ),
    measure("zhang", "Zhang's measure, -1 to 1; 0 where its denominator is 0."),
    measure("jaccard", "joint_count / baskets with either side."),
    measure("cosine", "joint_count / square root of the product of both counts."),
    measure("kulczynski", "Mean of the confidences in both directions."),
    measure("imbalance", "Difference of both counts / baskets with either side."),
    measure("confidence_low", "Lower bound of confidence (Wilson, 95 %)."),
    measure("confidence_high", "Upper bound of confidence (Wilson, 95 %)."),
    measure("lift_low", "confidence_low / share of the right side: the score that ranks."),
    measure(
        "log_likelihood",
        "G2 of the 2x2 table, negative where the pair is rarer than expected.",
    ),
)

"""What a table and a column are, and the columns that several tables have."""

import re
from dataclasses import dataclass
from typing import Final, Literal

ColumnType = Literal["string", "list<string>", "int64", "float64", "boolean", "timestamp"]


_PERSON_IDS: Final = re.compile(r"(customer|visitor|person)_id")
_PEOPLE: Final = re.compile(
    r"(.+_)?(customer|visitor|viewer|buyer|person|people)s?(_count)?|n_target"
)
_OF_PEOPLE: Final = re.compile(
    r"(of \w+, )?((distinct|known) )*(customers|visitors)\b", re.IGNORECASE
)
_BASKETS: Final = re.compile(r"joint_count")


def is_people_count(name: str) -> bool:
    """Return whether a name is that of a count of customers or visitors."""
    return bool(_PEOPLE.fullmatch(name))


@dataclass(frozen=True)
class Column:
    """One published column: its name, type, whether it may be NULL, and what it means."""

    name: str
    type: ColumnType
    meaning: str
    is_nullable: bool = False

    @property
    def is_person(self) -> bool:
        """Whether it tells who somebody is; privacy goes by the name, which nobody forgets."""
        return bool(_PERSON_IDS.fullmatch(self.name))

    @property
    def counts_people(self) -> bool:
        """Whether it counts customers or visitors, by its name or the first word of its meaning."""
        is_told = is_people_count(self.name) or _OF_PEOPLE.match(self.meaning)
        return self.type == "int64" and bool(is_told)

    @property
    def counts_baskets(self) -> bool:
        """Whether it counts baskets, which are people where the grain is `customer`."""
        return self.type == "int64" and bool(_BASKETS.fullmatch(self.name))


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
        hides_small_groups: True where a row is about something else than people, and stays
            without its counts of people where these are too few.
        ranked_within: Columns inside which the column `rank` begins at 1 and repeats nothing;
            none takes the source item, where the table has one.
        has_own_ids: True where its items are coarser than the run's: no other table has their ids.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    sort: str
    best: str
    hides_small_groups: bool = False
    ranked_within: tuple[str, ...] = ()
    has_own_ids: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        """Column names in the order in which they are written."""
        return tuple(column.name for column in self.columns)

    @property
    def basket_counts(self) -> tuple[str, ...]:
        """Counts of baskets, where these may be customers."""
        has_grain = "grain" in self.column_names
        return tuple(one.name for one in self.columns if has_grain and one.counts_baskets)

    @property
    def people_counts(self) -> tuple[str, ...]:
        """Columns that count people, always or by the grain of the row."""
        people = tuple(column.name for column in self.columns if column.counts_people)
        return tuple(dict.fromkeys((*people, *self.basket_counts)))


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


def bounded(name: str, meaning: str) -> tuple[Column, Column, Column]:
    """Return the columns of a share with its Wilson interval."""
    return (
        measure(name, meaning),
        measure(f"{name}_low", f"Lower bound of {name} (Wilson, 95 %)."),
        measure(f"{name}_high", f"Upper bound of {name} (Wilson, 95 %)."),
    )


ITEM_LEVEL = Column("item_level", "string", "What an item is: `sku`, `product` or `category`.")
SPAN = (
    at("window_start", "First instant of the lookback window (inclusive)."),
    at("window_end", "End of the lookback window (exclusive): the run's `as_of`."),
)
WINDOW = (ITEM_LEVEL, *SPAN)
RULE_ID = identifier("rule_id", "Stable id: the same pair has it in every run.")

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

"""The file of manual picks: which rows count today, and what is wrong with the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from pipeline.config.problems import suggestion
from pipeline.config.validity import Validity, day_of, parse_day
from pipeline.io.hand_files import HandRow, read_hand_file
from pipeline.mining.item_groups import LEVELS
from pipeline.serving.remarks import PLANNED, Remark, near_hint
from pipeline.serving.setting import Setting
from pipeline.serving.shelf import Shelf
from pipeline.serving.traits import traits_of

ANY_POSITION: Final = 0
_REQUIRED: Final = ("target_item_id", "relation")
_OPTIONAL: Final = (
    "source_item_id", "source_category", "position", "valid_from", "valid_to", "note",
)  # fmt: skip
_MAX_POSITION: Final = 10_000
_SPAN: Final = ("valid_from", "valid_to")

Place = tuple[str, str, str]
"""Relation type, kind of page (`item`, `category`, `home`), and the id or path; '' for home."""
Fault = tuple[str, str]


@dataclass(frozen=True)
class Pick:
    """One row that counts today.

    Attributes:
        target: Number of the item to show.
        position: Slot that it asks for, from 1; ANY_POSITION for none.
        note: What people wrote beside it.
        line: Line in the file.
    """

    target: int
    position: int
    note: str
    line: int


@dataclass(frozen=True)
class Manual:
    """The rows that count today, by what they are for, in the order of the file."""

    shelf: Shelf
    picks: dict[Place, list[Pick]] = field(default_factory=dict)

    def of(self, *place: str) -> list[Pick]:
        """Return the rows of one relation type for one item, one category or the home page."""
        relation, kind, name = place
        return self.picks.get((relation, kind, name), [])

    def of_category(self, relation: str, path: str) -> list[Pick]:
        """Return the rows for a category and for those that it lies in, the narrowest first."""
        levels = path.split(LEVELS)
        paths = [LEVELS.join(levels[:depth]) for depth in range(len(levels), 0, -1)]
        return [pick for level in paths for pick in self.of(relation, "category", level)]


def read_manual(setting: Setting) -> Manual | None:
    """Return the manual rows that count today; None where there is no file.

    What is wrong with a row is remarked on.

    Args:
        setting: The shop; its file `manual` has the columns of `serving.manual`.

    Raises:
        DataError: The file cannot be read.
    """
    file = setting.files.get("manual")
    if file is None:
        return None
    reader = _Reader(setting, file.name)
    for row in read_hand_file(file, _REQUIRED, _OPTIONAL):
        reader.take(row)
    return Manual(setting.shelf, reader.picks)


class _Reader:
    """Takes the rows that count, and remarks on the others."""

    def __init__(self, setting: Setting, name: str) -> None:
        self.picks: dict[Place, list[Pick]] = {}
        self._remarks, self._shelf, self._name = setting.remarks, setting.shelf, name
        self._day = day_of(setting.as_of, setting.time_zone)
        self._relations = list(traits_of(setting.options))

    def take(self, row: HandRow) -> None:
        """Keep a row, or say what is wrong with it."""
        if fault := _unreadable(row) or _dormant(row, self._day) or self._stray(row):
            self._remark(row, *fault)
            return
        place = _place(row)
        position = int(row["position"] or ANY_POSITION)
        target = self._shelf.numbers[row["target_item_id"]]
        pick = Pick(target, position, row["note"], row.line)
        self._compare(row, pick, self.picks.setdefault(place, []))
        self.picks[place].append(pick)

    def _stray(self, row: HandRow) -> Fault | None:
        """Return what a row names that does not exist."""
        relation, source, category = (
            row[name] for name in ("relation", "source_item_id", "source_category")
        )
        if relation not in self._relations:
            near = suggestion(relation, self._relations)
            return "unknown_relation", f"{relation!r} is no relation type; {near}"
        if not self._is_listed(row["target_item_id"]):
            return "unknown_target", f"target {row['target_item_id']!r} is not in the catalogue"
        if source and not self._is_listed(source):
            return "unknown_source", f"source {source!r} is not in the catalogue"
        if category and not self._shelf.is_under(category).any():
            hint = near_hint(category, self._shelf.categories.texts)
            return "unknown_source", f"no item is under the category {category!r}{hint}"
        return None

    def _is_listed(self, item: str) -> bool:
        number = self._shelf.numbers.get(item)
        return number is not None and bool(self._shelf.is_listed[number])

    def _compare(self, row: HandRow, pick: Pick, others: Sequence[Pick]) -> None:
        """Remark on a row that wants what an earlier one for the same page has."""
        for other in others:
            if other.target == pick.target:
                message = f"target {row['target_item_id']!r} is picked on line {other.line} too"
                self._remark(row, "repeated_target", message)
                return
        for other in others:
            if other.position == pick.position != ANY_POSITION:
                message = f"position {pick.position} is that of line {other.line} already"
                what = "the row takes any slot"
                self._remark(row, "repeated_position", message, what)
                return

    def _remark(
        self, row: HandRow, kind: str, message: str, what: str = "the row does nothing"
    ) -> None:
        self._remarks.append(Remark(self._name, row.line, kind, f"{message}; {what}"))


def _unreadable(row: HandRow) -> Fault | None:
    """Return what of a row cannot be understood."""
    position = row["position"]
    if row["source_item_id"] and row["source_category"]:
        return "two_sources", "give source_item_id or source_category, not both"
    is_number = position.isascii() and position.isdigit() and len(position) < len("999999")
    if position and not (is_number and 1 <= int(position) <= _MAX_POSITION):
        return "bad_position", f"position {position!r} is no whole number from 1 on"
    try:
        _validity(row)
    except ValueError as error:
        return "bad_date", str(error)
    return None


def _dormant(row: HandRow, day: date) -> Fault | None:
    """Return why a row does not count today."""
    validity = _validity(row)
    state = validity.state(day)
    if state == "expired":
        return "expired", f"expired: valid to {validity.last}"
    return (PLANNED, f"not yet valid: from {validity.first} on") if state == "planned" else None


def _validity(row: HandRow) -> Validity:
    first, last = (parse_day(row[name]) if row[name] else None for name in _SPAN)
    return Validity(first, last)


def _place(row: HandRow) -> Place:
    if row["source_item_id"]:
        return row["relation"], "item", row["source_item_id"]
    kind = "category" if row["source_category"] else "home"
    return row["relation"], kind, row["source_category"]

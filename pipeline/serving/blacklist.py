"""What is never shown, whatever brought it."""

import numpy as np

from pipeline.io.hand_files import HandRow, read_hand_file
from pipeline.mining.baskets import Bools
from pipeline.serving.remarks import Remark, near_hint
from pipeline.serving.setting import Setting


def blacklisted(setting: Setting) -> Bools:
    """Return whether each item is on the blacklist, by its id or by a category that it is under.

    Lines that name nothing known are remarked on, and do nothing.

    Args:
        setting: The shop; its file `blacklist` has the columns item_id and category, and by
            option note.

    Raises:
        DataError: The file cannot be read.
    """
    shelf = setting.shelf
    found = np.zeros(len(shelf), np.bool_)
    file = setting.files.get("blacklist")
    if file is None:
        return found
    for row in read_hand_file(file, (), ("item_id", "category", "note")):
        if fault := _fault(row, setting):
            setting.remarks.append(Remark(file.name, row.line, *fault))
            continue
        if row["item_id"]:
            found[shelf.numbers[row["item_id"]]] = True
        if row["category"]:
            found |= shelf.is_under(row["category"])
    return found


def _fault(row: HandRow, setting: Setting) -> tuple[str, str] | None:
    item, category, shelf = row["item_id"], row["category"], setting.shelf
    if not item and not category:
        return "empty_row", "give item_id or category; the line does nothing"
    if item and item not in shelf.numbers:
        return "unknown_item", f"item {item!r} is not known; the line does nothing"
    if category and not shelf.is_under(category).any():
        hint = near_hint(category, shelf.categories.texts)
        return "unknown_category", f"no item is under {category!r}{hint}; the line does nothing"
    return None

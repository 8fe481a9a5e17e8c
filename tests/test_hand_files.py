"""Small CSV files that people keep: rows with their lines, and what is wrong with a file."""

from pathlib import Path

import pytest

from pipeline.errors import DataError
from pipeline.io.files import InputFile
from pipeline.io.hand_files import read_hand_file


def file_of(folder: Path, text: str) -> InputFile:
    """Write a file and return it."""
    path = folder / "picks.csv"
    path.write_text(text)
    return InputFile(path, path.name, "csv", None)


def test_rows_come_with_their_lines_and_blanks_for_what_is_not_there(tmp_path: Path) -> None:
    file = file_of(tmp_path, 'note,item_id\n"two\nlines", A\n\n,B\n')
    rows = read_hand_file(file, ["item_id"], ["note", "position"])
    expected = [
        (2, {"item_id": "A", "note": "two\nlines", "position": ""}),
        (5, {"item_id": "B", "note": "", "position": ""}),
    ]
    assert expected == [(row.line, row.values) for row in rows]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("note\nx\n", r"picks.csv: column 'item_id' is missing; it has: note"),
        ("item_id,nte\nA,x\n", r"picks.csv: column 'nte' is not known; known are item_id, note"),
        ("item_id,item_id\nA,x\n", r"picks.csv: column 'item_id' stands there twice"),
        ("item_id,note\nA,x,y\n", r"picks.csv:2: .*; mend the line"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_hand_file(file_of(tmp_path, text), ["item_id"], ["note"])

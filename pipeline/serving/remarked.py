"""Say once what is wrong with a line of a hand-made file."""

from pipeline.serving.remarks import Remark
from pipeline.serving.setting import Setting


def remark(setting: Setting, file: str, line: int, *, kind: str, message: str) -> None:
    """Add a remark to those of the setting, unless it stands there: several pages read a file.

    Args:
        setting: Takes the remark.
        file: Name of the hand-made file in the setting.
        line: Line in the file, from 1.
        kind: A word to count by.
        message: What is wrong and what became of it.
    """
    found = Remark(setting.files[file].name, line, kind, message)
    if found not in setting.remarks:
        setting.remarks.append(found)

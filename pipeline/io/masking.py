"""The shape of a line without what it says: enough to see why it could not be read."""

from typing import Final


class _Mask(dict[int, str]):
    """What stands for each character: ASCII signs and blanks for themselves."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character.isdecimal():
            kept = "9"
        elif character.isupper():
            kept = "X"
        elif character.isalpha() or (character.isprintable() and code not in _SIGNS):
            kept = "x"
        else:
            kept = character
        self[code] = kept
        return kept


# U+FFFD stands where bytes could not be decoded.
_SIGNS: Final = {*range(128), 0xA0, 0xFFFD}
_MASK: Final = _Mask()


def masked(text: str) -> str:
    r"""Return a text with letters as x and X and digits as 9; signs and blanks stay.

    >>> masked('1021,"Ann O\'Hara",2026-01-13,two,4.50')
    '9999,"Xxx X\'Xxxx",9999-99-99,xxx,9.99'
    """
    return text.translate(_MASK)

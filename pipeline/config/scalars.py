"""Plain values of YAML: those that every reader understands alike, read and written."""

import re
from typing import Final

Scalar = str | int | float | bool | None
_WORDS: Final[dict[str, Scalar]] = {
    "": None, "~": None, "null": None, "true": True, "false": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?")
_EXPONENT = re.compile(r"([-+]?[0-9]+)\.?([0-9]*)[eE]([-+]?)([0-9]+)")
_TRAPS = (
    (r"(?i)yes|no|on|off", "some readers take it for true or false: write true or false"),
    (r"(?i)true|false|null", "write it in lower case"),
    (r"[-+]?0[0-9_]+", "a leading zero makes it octal for some readers: leave the zero out"),
    (r"[-+]?0[xob][0-9a-fA-F_]+", "write a decimal number"),
    (r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?", "some readers take it for base 60"),
    (r"(?i)[-+]?\.(inf|nan)", "the number must be finite"),
    (r"[-+]?[0-9]{19,}", "the number is too large"),
    (r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?", "write the number without underscores"),
)
_SHOWN_CHARACTERS: Final = 40
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./+-]*")


def plain_value(text: str) -> Scalar:
    """Return the value of a scalar that is not in quotes.

    Raises:
        ValueError: Readers do not agree on the value; the message says what to write.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return _finite(text)
    if exponent := _EXPONENT.fullmatch(text):
        raise ValueError(_refusal(text, f"write {_dotted_number(exponent)}"))
    for pattern, advice in _TRAPS:
        if re.fullmatch(pattern, text):
            raise ValueError(_refusal(text, advice))
    return text


def flow_text(value: object) -> str:
    """Return a value on one line, such that `read_yaml` gives it back."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow_text(k)}: {flow_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow_text, value)) + "]"
    if isinstance(value, str):
        return value if _is_plain(value) else _quoted(value)
    if isinstance(value, float):
        return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))
    return "null" if value is None else str(value).lower()


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise ValueError(_refusal(text, "the number is too large"))
    return number


def _dotted_number(number: re.Match[str]) -> str:
    whole, fraction, sign, exponent = number.groups()
    long = f"{whole}.{fraction or '0'}e{sign or '+'}{exponent}"
    short = repr(float(long)) if len(exponent) == 1 else ""
    return f"{short} or {long}" if short and "e" not in short else long


def _refusal(text: str, advice: str) -> str:
    return f"{text[:_SHOWN_CHARACTERS]}: {advice}; put text in quotes"


def _is_plain(text: str) -> bool:
    try:
        return bool(_PLAIN.fullmatch(text)) and plain_value(text) == text
    except ValueError:
        return False


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'

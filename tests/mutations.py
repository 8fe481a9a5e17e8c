"""Ways in which a CSV file of orders goes bad, each drawn from a seed."""

import random
from collections.abc import Callable

HEADER = b"order,customer,item,at,quantity,price\n"
ROWS = 24
SIGNS = b"\",;\t \n\r\0\xff\xef\xbb\xbf='|-"


def orders(rows: int = ROWS) -> bytes:
    """Return a file without a fault."""
    lines = (
        f"{1000 + n // 3},c{n % 7},T{n % 5},2011-01-{1 + n % 28:02d} 10:00:00,{1 + n % 4},{n}.50\n"
        for n in range(rows)
    )
    return HEADER + "".join(lines).encode()


def mutated(seed: int) -> tuple[bytes, list[str]]:
    """Return a file with one to three faults, and the names of these."""
    dice = random.Random(seed)  # noqa: S311 - a test that repeats
    content, names = orders(), []
    # Each fault is the first one of some seeds, whatever the dice say.
    chosen = [FAULTS[seed % len(FAULTS)], *dice.choices(FAULTS, k=dice.randrange(3))]
    for fault in chosen:
        content = fault(content, dice)
        names.append(fault.__name__)
    return content, names


def _on_a_line(content: bytes, dice: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    lines = content.split(b"\n")
    place = dice.randrange(min(1, len(lines) - 1), len(lines))
    lines[place] = change(lines[place])
    return b"\n".join(lines)


def _on_a_field(content: bytes, dice: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    def changed(line: bytes) -> bytes:
        fields = line.split(b",")
        place = dice.randrange(len(fields))
        fields[place] = change(fields[place])
        return b",".join(fields)

    return _on_a_line(content, dice, changed)


def opened_quote(content: bytes, dice: random.Random) -> bytes:
    return _on_a_field(content, dice, lambda field: b'"' + field)


def closed_quote(content: bytes, dice: random.Random) -> bytes:
    return _on_a_field(content, dice, lambda field: field + b'"')


def quoted(content: bytes, dice: random.Random) -> bytes:
    blanks = [b" " * dice.randrange(2) for _ in range(2)]
    return _on_a_field(content, dice, lambda field: blanks[0] + b'"' + field + b'"' + blanks[1])


def quoted_line_end(content: bytes, dice: random.Random) -> bytes:
    return _on_a_field(content, dice, lambda field: b'"' + field + b'\n"')


def other_encoding(content: bytes, dice: random.Random) -> bytes:
    text = dice.choice([b"\xe9", b"\xc3\xa9", b"\xc3", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80"])
    return _on_a_field(content, dice, lambda field: field + text)


def whole_other_encoding(content: bytes, dice: random.Random) -> bytes:
    return content.decode("latin-1").encode(dice.choice(["utf-16", "utf-16-le", "utf-32"]))


def byte_order_mark(content: bytes, dice: random.Random) -> bytes:
    return dice.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"]) + content


def nul(content: bytes, dice: random.Random) -> bytes:
    return _on_a_field(content, dice, lambda field: field + b"\0")


def cut_short(content: bytes, dice: random.Random) -> bytes:
    return content[: dice.randrange(len(content) + 1)]


def extra_column(content: bytes, dice: random.Random) -> bytes:
    return _on_a_line(content, dice, lambda line: line + b",extra" * dice.randrange(1, 3))


def missing_column(content: bytes, dice: random.Random) -> bytes:
    return _on_a_line(content, dice, lambda line: line.rpartition(b",")[0])


def other_line_ends(content: bytes, dice: random.Random) -> bytes:
    end = dice.choice([b"\r\n", b"\r", b"\n\n", b"\n\r"])
    parts = content.split(b"\n")
    joined = parts[0]
    for part in parts[1:]:
        joined += dice.choice([b"\n", end]) + part
    return joined


def huge_field(content: bytes, dice: random.Random) -> bytes:
    size = dice.choice([1 << 10, 1 << 17, 3 << 20])
    return _on_a_field(content, dice, lambda field: field + b"x" * size)


def thousands_separators(content: bytes, dice: random.Random) -> bytes:
    number = dice.choice([b'"1,234.50"', b"1.234,50", b"1 234.50", b"1'234.50", b"1_234"])
    return _on_a_field(content, dice, lambda _: number)


def other_dates(content: bytes, dice: random.Random) -> bytes:
    date = dice.choice([b"01/02/2011 10:00", b"13.01.2011", b"2011-02-30 10:00:00", b"20110101"])
    return _on_a_field(content, dice, lambda _: date)


def epochs(content: bytes, dice: random.Random) -> bytes:
    at = dice.choice([b"1293876000", b"1293876000000", b"1293876000000000", b"-1", b"9" * 30])
    return _on_a_field(content, dice, lambda _: at)


def odd_numbers(content: bytes, dice: random.Random) -> bytes:
    number = dice.choice([b"nan", b"inf", b"1e400", b"-0", b"0x1F", b"1e3", b"", b"9" * 40])
    return _on_a_field(content, dice, lambda _: number)


def flipped_bytes(content: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(dice.randrange(1, 6)):
        if changed:
            changed[dice.randrange(len(changed))] = dice.choice(SIGNS)
    return bytes(changed)


def repeated_lines(content: bytes, dice: random.Random) -> bytes:
    return _on_a_line(content, dice, lambda line: line + b"\n" + line)


FAULTS = [
    opened_quote, closed_quote, quoted, quoted_line_end, other_encoding, whole_other_encoding,
    byte_order_mark, nul, cut_short, extra_column, missing_column, other_line_ends, huge_field,
    thousands_separators, other_dates, epochs, odd_numbers, flipped_bytes, repeated_lines,
]  # fmt: skip

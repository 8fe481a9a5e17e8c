"""How the memory of a run is shared: the database, arrays beside it, and libraries."""

import re

_SIZE = re.compile(r"([\d.]+) ?([KMGT]?)(i?)B", re.IGNORECASE)
_BESIDE = 10**9
_LIBRARIES = 500 * 10**6
"""What the interpreter, libraries and compiled code take of the memory beside the database."""


def database_share(limit: str) -> str:
    """Return what the database may take of a run's memory: all but 1 GB, and at least half.

    The rest is for arrays, which lie outside the database's limit, and for libraries.

    Args:
        limit: A size such as `512MB` or `1.5 GiB`.

    Example:
        >>> database_share("1GB"), database_share("4GB")
        ('500000000B', '3000000000B')
    """
    total = bytes_of(limit)
    return f"{max(total // 2, total - _BESIDE)}B"


def left_to_arrays(share: int) -> int:
    """Return what a run's memory holds beside the database's share and the libraries."""
    return max(0, min(share, _BESIDE) - _LIBRARIES)


def bytes_of(limit: str) -> int:
    """Return a size such as `512MB` or `1.5 GiB` in bytes."""
    size = _SIZE.fullmatch(limit)
    if not size:
        message = f"{limit!r} is no size"
        raise ValueError(message)
    power = " KMGT".index(size[2].upper() or " ")
    return int(float(size[1]) * (1024 if size[3] else 1000) ** power)

"""Give freed arrays back to the system at once, where memory is bounded.

The GNU C library keeps what was freed for later. How large a piece it keeps grows with use, up to
32 MB: between stages that is hundreds of megabytes, which the database could use.
"""

import ctypes

_MMAP_THRESHOLD = -3
_TRIM_THRESHOLD = -1
_PIECE = 1 << 20


def return_freed_memory() -> bool:
    """Let pieces of a megabyte and more go back when they are freed; tell whether that worked."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):  # another C library
        return False
    return all(library.mallopt(name, _PIECE) for name in (_MMAP_THRESHOLD, _TRIM_THRESHOLD))

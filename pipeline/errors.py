"""Every error that a user can meet, with the exit code that a scheduler sees.

    BasketError                 1
    ├── UsageError              2    wrong argument, wrong table or item name
    │   └── ConfigError         2    the configuration file is not valid
    ├── DataError              65    the input breaks its contract
    │   ├── AccountingError    65    lines read and lines accounted for differ
    │   └── AuditError         65    a table that was computed breaks its own definition
    ├── StorageError           74    a file cannot be read or written
    ├── BusyError              75    another run holds the lock: try again later
    └── NothingNew             99    the same input was published already: nothing was done

A message has three parts: what is wrong, where, and what to do. Interruption by a signal
exits with 128 + its number (130, 143).
Source: codes 65, 74 and 75 are those of BSD ``sysexits.h``; 99 skips a task of Airflow.
"""


def printable(text: str) -> str:
    r"""Return text without characters that could end a line or steer a terminal.

    Example:
        >>> printable("a\tb")
        'a\\tb'
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class BasketError(Exception):
    """An error whose message is meant for the user; shown without a traceback.

    Args:
        lines: The message; further lines are for several problems at once. Names and values in
            them come from files, and can neither end a line nor steer a terminal.
    """

    exit_code = 1

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = tuple(map(printable, lines))

    def __str__(self) -> str:
        return "\n".join(self.lines)


class UsageError(BasketError):
    """The command was called with something that does not exist or does not fit."""

    exit_code = 2


class ConfigError(UsageError):
    """The configuration is not valid; the message lists every problem found."""


class DataError(BasketError):
    """The input breaks its contract: too many rejects, a missing column, no rows."""

    exit_code = 65


class AccountingError(DataError):
    """Physical lines and the lines accounted for differ; nothing is published."""


class AuditError(DataError):
    """A computed table breaks its definition in `names.py`; nothing is published."""


class StorageError(BasketError):
    """Input could not be read or output could not be written."""

    exit_code = 74


class BusyError(BasketError):
    """Another run holds the lock of this output folder; a retry may succeed."""

    exit_code = 75


class NothingNew(BasketError):  # noqa: N818 - no error, but the end of a command all the same
    """A run of the same input and configuration is published; nothing was computed."""

    exit_code = 99

"""The key that customer ids are published under: read once, written nowhere."""

import hashlib
import hmac
import os
import stat
from pathlib import Path

import pyarrow as pa

from pipeline.config.load import CUSTOMER_KEY, LoadedConfig
from pipeline.errors import ConfigError
from pipeline.io.duckdb_engine import DuckDBEngine

MIN_BYTES = 16
_MAX_BYTES = 4096
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def customer_key(loaded: LoadedConfig) -> bytes | None:
    """Return the key for customer ids, or None where they are published as they are.

    Raises:
        ConfigError: There is no key, others may read its file, or it is too short to be one.
    """
    options = loaded.config.privacy
    if options.customer_ids == "plain":
        return None
    if options.customer_key_file is None:
        return _checked((loaded.customer_key or "").encode(errors="surrogateescape"), CUSTOMER_KEY)
    return _checked(_content(loaded.folder / options.customer_key_file), options.customer_key_file)


def key_customers(engine: DuckDBEngine, key: bytes | None) -> None:
    """Put HMAC-SHA256 in place of the ids in `customers`, which every table takes them from.

    Args:
        engine: Holds `customers`: customer_code, customer_id.
        key: The key; None leaves the ids as they are.

    Source: RFC 2104.
    """
    if key is None:
        return
    customers = engine.fetch("customers")
    ids = [keyed(one, key) for one in customers["customer_id"].to_pylist()]
    place = customers.schema.get_field_index("customer_id")
    engine.load("customers", customers.set_column(place, "customer_id", pa.array(ids, pa.string())))


def keyed(customer_id: str, key: bytes) -> str:
    """Return what is published for a customer: HMAC-SHA256 of the id in UTF-8, in hexadecimal.

    >>> keyed("what do ya want for nothing?", b"Jefe")[:16]
    '5bdcc146bf60754e'
    """
    return hmac.new(key, customer_id.encode(), hashlib.sha256).hexdigest()


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_MAX_BYTES)
    except OSError as error:
        message = f"privacy.customer_key_file: {path} cannot be read ({error.strerror})"
        raise ConfigError(message) from error
    if mode & _OTHERS:
        message = (
            f"privacy.customer_key_file: others may read {path} (mode {stat.S_IMODE(mode):04o}): "
            "chmod 600 it, and make a new key if others have read it"
        )
        raise ConfigError(message)
    return content.removesuffix(b"\n").removesuffix(b"\r")


def _checked(key: bytes, name: str) -> bytes:
    if len(key) < MIN_BYTES:
        message = (
            f"privacy.customer_ids: the key in {name} has {len(key)} bytes, it needs {MIN_BYTES} "
            "or more: openssl rand -hex 32 makes one"
        )
        raise ConfigError(message)
    return key

"""Strange surroundings: no network, another user, another locale, a terminal without colours."""

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import pytest

import pipeline
from pipeline.io.runs import run_ids
from pipeline.mining.kernels.compiled import settings
from tests.as_nobody import MOUNT_FAILED, NOBODY
from tests.conftest import PROJECT
from tests.programs import error_lines

BASKET = (sys.executable, "-m", "pipeline")
is_root = os.geteuid() == 0


def start(shop: Path, *before: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run the starter project in a process of its own."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), **more.pop("env", {})}
    words = [*before, *BASKET, "run", str(shop / "basket.yaml")]
    return subprocess.run(
        words, env=environment, capture_output=True, text=True, check=False, **more
    )


@pytest.mark.skipif(not is_root or not shutil.which("unshare"), reason="needs root and unshare")
def test_a_run_needs_no_network(shop: Path) -> None:
    assert 0 == start(shop, "unshare", "-n").returncode


def test_a_run_works_in_the_c_locale_from_any_folder_with_a_home_that_cannot_be_written(
    shop: Path, tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("no folder")
    strange = {"LC_ALL": "C", "HOME": str(tmp_path / "home"), "TZ": "Asia/Kathmandu"}
    strange["NUMBA_CACHE_DIR"] = settings.CACHE_DIR  # compiling takes a minute
    done = start(shop, cwd="/", env=strange)
    assert 0 == done.returncode, done.stderr
    assert 1 == len(run_ids(shop / "outputs"))


def may_read(path: Path) -> bool:
    """Whether other users may read a file, once they have got there."""
    return bool(path.stat().st_mode & 0o004)


@pytest.mark.skipif(not is_root or not shutil.which("unshare"), reason="needs root and unshare")
def test_a_run_works_as_an_ordinary_user(shop: Path, tmp_path: Path) -> None:
    if not (may_read(Path(pipeline.__file__)) and may_read(Path(numba.__file__))):
        pytest.skip("the project or its packages are there for their owner alone")
    kernels = Path(".cache", "basket-pipeline", "kernels", Path(settings.CACHE_DIR).name)
    shutil.copytree(settings.CACHE_DIR, tmp_path / kernels)  # compiling takes a minute
    for path in [tmp_path, *tmp_path.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)
    paths = map(str, (PROJECT, sys.prefix, sys.base_prefix, tmp_path))
    user = ("unshare", "--mount", sys.executable, "-m", "tests.as_nobody", *paths, "--")
    done = start(shop, *user, env={"HOME": str(tmp_path)})
    if done.returncode == MOUNT_FAILED:
        pytest.skip(f"nobody may mount anything here: {done.stderr}")
    assert 0 == done.returncode, done.stderr
    (run_folder,) = (shop / "outputs" / "runs").iterdir()
    assert NOBODY == run_folder.stat().st_uid
    assert [] == error_lines(done.stderr)


def test_nothing_is_coloured_on_a_terminal(shop: Path) -> None:
    parent, child = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "NO_COLOR": "1"}
    with subprocess.Popen(
        [*BASKET, "run", shop / "basket.yaml"], env=environment, stdout=child, stderr=child
    ) as started:
        os.close(child)
        shown = read_all(parent)
    assert 0 == started.returncode
    assert "\x1b[2K" in shown  # the bar clears its line
    assert not any(f"\x1b[{code}m" in shown for code in ("0", "1", "31", "32", "33", "1;31"))


def read_all(descriptor: int) -> str:
    """Return what a terminal was sent until its last writer ended."""
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(descriptor, 65536)
        except OSError:
            part = b""
        if not part:
            os.close(descriptor)
            return b"".join(parts).decode()
        parts.append(part)

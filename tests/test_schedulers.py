"""The examples for cron and systemd, run as these run them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.io.runs import run_ids
from pipeline.mining.kernels.compiled import settings
from tests.conftest import PROJECT

CRON = PROJECT / "examples" / "cron" / "basket.cron"
SERVICE = PROJECT / "examples" / "systemd" / "basket.service"


def fit(shop: Path) -> None:
    """Put the program where the examples expect it."""
    program = shop / ".venv" / "bin" / "basket"
    program.parent.mkdir(parents=True)
    environment = f"PYTHONPATH={PROJECT} NUMBA_CACHE_DIR={settings.CACHE_DIR}"
    program.write_text(f'#!/bin/sh\n{environment} exec {sys.executable} -m pipeline "$@"\n')
    program.chmod(0o755)


def cron_lines() -> list[str]:
    """Return the commands of the crontab."""
    lines = [line for line in CRON.read_text().splitlines() if line[:1].isdigit()]
    return [line.split(maxsplit=5)[5] for line in lines]


def as_cron(command: str, shop: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as cron does: a bare shell with next to no environment."""
    environment = {"HOME": str(shop), "PATH": "/usr/bin:/bin", "SHOP": str(shop)}
    return subprocess.run(
        ["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, check=False
    )


def test_the_crontab_publishes_is_silent_where_nothing_is_new_and_prunes(shop: Path) -> None:
    fit(shop)
    nightly, weekly = cron_lines()
    first, second = as_cron(nightly, shop), as_cron(nightly, shop)
    assert [(0, "", ""), (0, "", "")] == [
        (d.returncode, d.stdout, d.stderr) for d in (first, second)
    ]
    assert 1 == len(run_ids(shop / "outputs"))
    assert 0 == as_cron(weekly, shop).returncode


def test_the_crontab_mails_one_line_where_a_run_fails(shop: Path) -> None:
    fit(shop)
    (shop / "basket.yaml").write_text("ordres: {}\n")
    done = as_cron(cron_lines()[0], shop)
    assert 2 == done.returncode
    assert 1 == len(done.stderr.splitlines())


def test_the_unit_of_systemd_runs_its_program_and_knows_its_exit_codes(shop: Path) -> None:
    fit(shop)
    unit = dict(
        line.split("=", 1)
        for line in SERVICE.read_text().splitlines()
        if "=" in line and line[0] != "#"
    )
    program, *words = unit["ExecStart"].replace("/srv/shop", str(shop)).split()
    started = [
        subprocess.run([program, *words], cwd=shop, check=False, capture_output=True)
        for _ in range(2)
    ]
    assert [0, int(unit["SuccessExitStatus"])] == [done.returncode for done in started]
    assert {"2", "65"} == {*unit["RestartPreventExitStatus"].split()}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_units_are_valid_to_systemd() -> None:
    units = [SERVICE, SERVICE.with_suffix(".timer")]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "/srv/shop" not in line]
    assert [] == complaints

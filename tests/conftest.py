"""Fixtures that several test files share."""

from pathlib import Path

import pytest
from hypothesis import settings

from pipeline.io.new_project import write_project

PROJECT = Path(__file__).resolve().parents[1]

# A database that warms up, or a busy machine, is no failure. `make test-deep` takes the second one.
settings.register_profile("fast", deadline=None, max_examples=30)
settings.register_profile("deep", deadline=None, max_examples=200)
settings.load_profile("fast")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of public data sets beside the project; tests that need it skip without it."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the public data sets in ../shared/data")
    return folder


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Folder of a starter project without a run."""
    folder = tmp_path / "shop"
    write_project(folder)
    return folder

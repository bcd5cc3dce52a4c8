import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / 'system'))
from barid import Barid  # noqa: E402


@pytest.fixture
def server(tmp_path):
    """One that is not started yet; stopped in the end, whatever happens."""
    b = Barid(tmp_path, shards=1)
    yield b
    b.stop()

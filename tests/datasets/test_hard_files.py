"""Every file of the torture set is read rightly or refused with its cause; ``hard_files`` has the files."""

import pytest

from bpcli.common.errors import BpcliError, MachineError
from bpcli.config import resolve
from bpcli.training.setup import setup
from tests.datasets.hard_files import ALL, says


@pytest.mark.parametrize("hard", [hard for hard in ALL if not hard.slow], ids=lambda hard: hard.name)
def test_a_hard_file_is_read_rightly_or_refused(hard, tmp_path):
    """All of its rows, or one message with the file, the cause and the place."""
    path = str(hard.make(tmp_path))
    try:
        data = setup(resolve(path).config).data
    except BpcliError as error:
        assert hard.rows is None, str(error)
        assert not isinstance(error, MachineError)
        assert says(hard, path, str(error)), str(error)
        assert "\n" not in str(error)
    else:
        assert len(data.X) + len(data.X_validation) == hard.rows
        assert says(hard, path, "; ".join(data.notes)), data.notes


def test_the_set_is_large():
    """With names that are all different."""
    assert len({hard.name for hard in ALL}) == len(ALL) >= 90

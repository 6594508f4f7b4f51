"""What stands between a slip of the hand and somebody's files: `bin/environment` and `make clean`."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("command", [["bin/environment", "{}", "run"], ["make", "clean", "VENV={}"]])
def test_a_folder_that_is_no_environment_is_never_removed(tmp_path: Path, command: list[str]) -> None:
    if shutil.which(command[0], path=f"{ROOT}:/usr/bin:/bin:/usr/local/bin") is None:
        pytest.skip(f"needs {command[0]}")
    (tmp_path / "thesis.tex").write_text("years of work")
    done = subprocess.run(
        [each.format(tmp_path) for each in command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert (tmp_path / "thesis.tex").exists()
    assert "is no virtual environment" in done.stderr

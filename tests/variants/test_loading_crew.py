"""The worker processes of a load."""

import time
from pathlib import Path

import pytest
from celery import Celery

from variants.loading.crew import WorkerCrew


@pytest.mark.parametrize("path", ["", ":/nowhere", None])
def test_workers_import_nothing_from_the_folder_somebody_loads_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], path: str | None
) -> None:
    mark = tmp_path / "was-here"
    for name in ("insitu", "celery", "click", "json"):
        (tmp_path / f"{name}.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    if path is None:
        monkeypatch.delenv("PYTHONPATH", raising=False)
    else:
        monkeypatch.setenv("PYTHONPATH", path)
    crew = WorkerCrew(Celery(), ["--help"])
    crew.start(1)
    try:
        until = time.monotonic() + 60
        while not crew.mend() and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        crew.stop()
    assert "Run one worker" in capfd.readouterr().out, "it must have run what was meant"
    assert not mark.exists()

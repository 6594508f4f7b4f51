"""A worker as `insitu worker` is one: an app with tasks of the test, working until it is told to stop."""

import os
import sys
import time
from pathlib import Path

from tasks.broker import create_celery
from tasks.workers import run_worker


def made(url, folder, queue):
    """The app with the test's tasks, which leave files in the folder."""
    app = create_celery(url, [queue])
    folder = Path(folder)

    @app.task(name="test.note")
    def note(name):
        with (folder / name).open("a") as file:
            file.write("done\n")

    @app.task(name="test.die_once")
    def die_once(name):
        with (folder / name).open("a") as file:
            file.write("begun\n")
        if (folder / name).read_text().count("begun") == 1:
            os.kill(os.getpid(), 9)

    @app.task(name="test.slow")
    def slow(name):
        (folder / f"{name}.begun").touch()
        time.sleep(0.5)
        (folder / name).touch()

    return app, {"note": note, "die_once": die_once, "slow": slow}


if __name__ == "__main__":
    sys.exit(run_worker(made(*sys.argv[1:])[0]))

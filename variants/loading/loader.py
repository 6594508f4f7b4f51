"""Loading from end to end: plan, wake the workers, watch, finish. The command that is killed is run again."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Protocol, Self

from database.engine import Database
from database.errors import DatabaseUnavailable
from governance.datasets import Dataset
from serving.reasons import Unavailable
from variants.errors import LoadFailed
from variants.loading import planning, registering
from variants.loading.finishing import finish, summed
from variants.loading.load import Load, LoadReport, Progress
from variants.loading.parts import PartWorker
from variants.settings import VariantsSettings
from variants.store import registry

_LOOK_SECONDS = 0.1
_MOST_DEATHS = 5  # of each worker, with no part done meanwhile
_WOKEN = 10  # messages for each worker when nothing moves


class Crew(Protocol):
    """The workers of one load, as the command that composes the site gives them."""

    def start(self, workers: int) -> None:
        """Starts so many worker processes, which end when this process does, however it ends."""

    def wake(self, load: int) -> None:
        """Sends one message `variants.load_part(load)`."""

    def mend(self) -> int:
        """Starts anew each worker that has ended by itself; gives their number."""

    def stop(self) -> None:
        """Ends the workers. Idempotent."""


class Loader:
    """Loads VCF and BCF files into datasets. Holds the dataset from `plan` to the end of `run` or `close`."""

    def __init__(
        self, database: Database, settings: VariantsSettings | None = None, crew: Crew | None = None
    ) -> None:
        """Without a crew, parts are done in this process, one after the other."""
        self._database = database
        self._settings = settings or VariantsSettings()
        self._crew = crew
        self._held = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the dataset. Idempotent."""
        self._held.close()

    def plan(
        self,
        dataset: Dataset,
        files: Sequence[Path],
        *,
        reference: Path | None = None,
        strict: bool = False,
        replace: bool = False,
    ) -> Load:
        """Checks the files and registers their load, or finds the interrupted load of the same files again.

        Files that the dataset has already are left out; `replace` builds the dataset anew from these
        files alone. Nothing can be seen of a load before it is whole.

        Raises:
            CannotLoad, Unreadable, Corrupt: a file cannot be loaded, or not into this dataset.
            LoadConflict: another load of the dataset is running, or a loaded file has changed.
        """
        wanted = planning.look_at(dataset, files, reference=reference, strict=strict, replace=replace)
        self.close()
        self._held.enter_context(registry.alone(self._database, dataset.id))
        try:
            load = registering.register(self._database, wanted, self._settings.part_bytes)
            registry.sweep(self._database, self._settings.grace_seconds)
        except BaseException:
            self.close()
            raise
        return load

    def run(
        self, load: Load, *, workers: int = 2, on_progress: Callable[[Progress], None] = lambda _: None
    ) -> LoadReport:
        """Reads all parts, makes the new release and gives the report, which is kept with the load.

        Raises:
            LoadFailed: a damaged file, a bad line under `strict`, or a fault: nothing of the load stays.
        """
        began = time.monotonic()
        with self._held:
            if load.nothing_to_do:
                return self._known_report(load)
            self._read(load, workers, Meter(on_progress, load))
            report = self._report(load, time.monotonic() - began)
            on_progress(self._progress(load, "indexing"))
            done = finish(self._database, load, report)
            on_progress(self._progress(load, "done"))
            self._tidy(load)
        return done

    def _read(self, load: Load, workers: int, meter: "Meter") -> None:
        try:
            if self._crew is None:
                self._read_here(load, meter)
            else:
                self._read_with(self._crew, load, workers, meter)
        finally:
            if self._crew is not None:
                self._crew.stop()
        self._check(load)

    def _read_here(self, load: Load, meter: "Meter") -> None:
        worker = PartWorker(self._database, self._settings.part_attempts)
        while worker.work(load.id):
            meter.show(self._progress(load, "reading"))

    def _read_with(self, crew: Crew, load: Load, workers: int, meter: "Meter") -> None:
        """Wakes the workers, and again whenever nothing moves: a message may be lost, a part never is."""
        crew.start(min(workers, load.parts) or 1)
        for _ in range(load.parts):
            crew.wake(load.id)
        watch = _Watch()
        while True:
            try:
                progress = self._progress(load, "reading")
                failed = self._reason(load) is not None
            except DatabaseUnavailable:
                if watch.silent_seconds > self._settings.patience_seconds:
                    raise
            else:
                meter.show(progress)
                if failed or progress.done_parts == progress.total_parts:
                    return
                watch.saw(progress)
            self._keep_going(crew, load, workers, watch)
            time.sleep(_LOOK_SECONDS)

    def _keep_going(self, crew: Crew, load: Load, workers: int, watch: "_Watch") -> None:
        watch.deaths += crew.mend()
        if watch.deaths > _MOST_DEATHS * workers:
            raise LoadFailed(
                "the workers end by themselves; see the site's log. The same command goes on "
                "where this one stopped."
            )
        if watch.idle_seconds > self._settings.stall_seconds:
            # Messages are lost with a broker, and spent in vain while the database is away: one part for each
            # stall would make a long load endless, and one message for each part left would pile up.
            with suppress(Unavailable):  # the broker may be starting again
                for _ in range(min(watch.left, _WOKEN * workers)):
                    crew.wake(load.id)
            watch.woken()

    def _progress(self, load: Load, stage: str) -> Progress:
        with self._database.reading() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(sum(bytes) FILTER (WHERE done), 0)::bigint, "
                "coalesce(sum(bytes), 0)::bigint, count(*) FILTER (WHERE done), count(*), "
                "coalesce(sum((report->>'records')::bigint), 0)::bigint "
                "FROM variants.part WHERE load = %s",
                (load.id,),
            )
            return Progress(stage, *cursor.fetchone())

    def _reason(self, load: Load) -> str | None:
        with self._database.reading() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT reason FROM variants.load WHERE id = %s", (load.id,))
            row = cursor.fetchone()
        return "the load was removed" if row is None else row[0]

    def _check(self, load: Load) -> None:
        reason = self._reason(load)
        if reason is None:
            return
        with self._database.unit_of_work() as work, work.raw.cursor() as cursor:
            registry.discard(cursor, load.id, reason)
            work.commit()
        registry.sweep(self._database, self._settings.grace_seconds)
        raise LoadFailed(f"{reason} Nothing of this load stays.")

    def _report(self, load: Load, seconds: float) -> LoadReport:
        with self._database.unit_of_work() as work, work.raw.cursor() as cursor:
            files = summed(cursor, load)
        return LoadReport(load.dataset, load.id, files, 0, 0, 0, 0, seconds=seconds)

    def _known_report(self, load: Load) -> LoadReport:
        """The report of the load that brought the files which are all there."""
        with self._database.reading() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT report FROM variants.load WHERE id = %s", (load.id,))
            known = LoadReport.from_json(cursor.fetchone()[0])
        return replace(known, known_files=load.known_files)

    def _tidy(self, load: Load) -> None:
        """Drops what the load needed and what it replaced, after a grace for answers under way."""
        if not load.staged and self._replaced(load):
            time.sleep(self._settings.grace_seconds)
        registry.sweep(self._database, self._settings.grace_seconds)

    def _replaced(self, load: Load) -> bool:
        with self._database.reading() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM variants.generation "
                "WHERE dataset = %s AND retired_at IS NOT NULL)",
                (load.dataset,),
            )
            return bool(cursor.fetchone()[0])


class _Watch:
    """What the command has seen of its workers: when parts were done last, who died since, what is left."""

    def __init__(self) -> None:
        self.deaths = 0
        self.left = 1
        self._done = -1
        self._heard = self._moved = time.monotonic()

    def saw(self, now: Progress) -> None:
        """Takes what the database says."""
        self._heard = time.monotonic()
        self.left = now.total_parts - now.done_parts
        if now.done_parts != self._done:
            self._done, self._moved, self.deaths = now.done_parts, self._heard, 0

    def woken(self) -> None:
        """Begins to wait anew."""
        self._moved = time.monotonic()

    @property
    def idle_seconds(self) -> float:
        """Since a part was done, or workers were woken for want of it."""
        return time.monotonic() - self._moved

    @property
    def silent_seconds(self) -> float:
        """Since the database answered."""
        return time.monotonic() - self._heard


class Meter:
    """Shows progress with rates over this run, what was done before it not counted."""

    def __init__(self, show: Callable[[Progress], None], load: Load) -> None:
        self._show = show
        self._began = time.monotonic()
        self._first: Progress | None = None
        self._load = load

    def show(self, progress: Progress) -> None:
        """Adds rates and the time left, and shows it."""
        first = self._first = self._first or progress
        seconds = max(1e-6, time.monotonic() - self._began)
        rate = (progress.done_bytes - first.done_bytes) / seconds
        records = (progress.records - first.records) / seconds
        left = (progress.total_bytes - progress.done_bytes) / rate if rate > 0 else None
        self._show(replace(progress, records_a_second=records, bytes_a_second=rate, seconds_left=left))

"""Worker processes of a load's own, woken through Celery."""

from collections.abc import Sequence

from celery import Celery
from kombu.exceptions import OperationalError

from processes.children import Children
from processes.interpreter import module_command, module_environment
from serving.reasons import Unavailable
from variants.tasks import LOAD_PART


class WorkerCrew:
    """Children of this process that each run `insitu worker ARGUMENTS`; they end with it, however it ends."""

    def __init__(self, app: Celery, arguments: Sequence[str] = ()) -> None:
        """`app` reaches the broker that the workers listen to. Nothing is started before `start`."""
        self._app = app
        self._command = module_command("insitu", "worker", *arguments)
        self._children: Children | None = None

    def start(self, workers: int) -> None:
        """Starts so many workers."""
        self._children = Children()
        for number in range(1, workers + 1):
            self._start(f"loader-{number}")

    def wake(self, load: int) -> None:
        """Sends one message that there may be a part to do.

        Raises:
            Unavailable: the broker cannot be reached.
        """
        try:
            self._app.send_task(LOAD_PART, args=(load,), retry=False)
        except OperationalError as error:
            raise Unavailable("the message broker cannot be reached; try again") from error

    def mend(self) -> int:
        """Starts anew each worker that has ended by itself; gives their number."""
        if self._children is None:
            return 0
        ended = self._children.poll()
        for one in ended:
            self._start(one.name)
        return len(ended)

    def _start(self, name: str) -> None:
        if self._children is not None:
            self._children.start(name, self._command, environment=module_environment())

    def stop(self) -> None:
        """Ends the workers, letting the part at hand end for a moment. Idempotent."""
        if self._children is not None:
            self._children.close()
            self._children = None

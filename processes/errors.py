"""Why a server or a child process cannot run, in one sentence that says what to do."""

import errno


class CannotStart(Exception):  # noqa: N818  (reads as what happened)
    """A server or child cannot be started here; `public` is one line for the person at the keyboard."""

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


def explain(error: OSError, what: str) -> CannotStart:
    """Gives the one-line reason for a failed file operation on `what` (a path or the name of a thing)."""
    hints = {
        errno.ENOSPC: "no disk space is left; free some or choose another --data-dir",
        errno.EDQUOT: "your disk quota is used up; free some space or choose another --data-dir",
        errno.EROFS: "the file system is read-only; choose another --data-dir",
        errno.EACCES: "permission denied; choose a --data-dir that you may write to",
        errno.EPERM: "the operation is not permitted; choose a --data-dir that you own",
        errno.EEXIST: "a part of the path is a file, not a folder; choose another --data-dir",
        errno.ENOTDIR: "a part of the path is a file, not a folder; choose another --data-dir",
        errno.EMFILE: "too many files are open; raise the limit (ulimit -n)",
        errno.ENOLCK: "the file system cannot lock files; choose a --data-dir on a local disk",
    }
    return CannotStart(f"{what}: {hints.get(error.errno or 0, error.strerror or 'input/output error')}")

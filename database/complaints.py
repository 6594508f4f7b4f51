"""What PostgreSQL says when it cannot run, and what we tell people to do about it."""

import re

_FOLDER = "choose another --data-dir"
_MEMORY = "the machine has too little memory; close something or start it on a larger one"

REASONS = {
    "No space left on device": f"no disk space is left; free some or {_FOLDER}",
    "Disk quota exceeded": f"the disk quota is used up; free some space or {_FOLDER}",
    "Read-only file system": f"the file system is read-only; {_FOLDER}",
    "could not create shared memory segment": "the system gives no shared memory; raise kernel.shmmni",
    "could not map anonymous shared memory": _MEMORY,
    "Cannot allocate memory": _MEMORY,
    "database files are incompatible": f"its data was made by another version of PostgreSQL; {_FOLDER}",
    "is too long (maximum": "its socket's path is too long; choose a shorter --data-dir or set TMPDIR=/tmp",
    "error while loading shared libraries": "its program does not fit this system; set INSITU_DATABASE_URL",
    "could not look up effective user ID": "our user id has no name; give it one in /etc/passwd or "
                                           "start as a user who has one",
    "Permission denied": "its account may not use the folder; choose a --data-dir that it can reach or "
                         "start as an ordinary user",
}


def reason_in(said: str) -> str:
    """Gives our sentence for the first thing known in what PostgreSQL said, else its last complaint."""
    return next((sentence for words, sentence in REASONS.items() if words in said), complaint_in(said))


def complaint_in(said: str) -> str:
    """Gives the last error that PostgreSQL reported, without time and process; empty for none."""
    complaints = re.findall(r"(?:ERROR|FATAL|PANIC|error):\s+(.*)", said)
    return str(complaints[-1]).strip() if complaints else ""

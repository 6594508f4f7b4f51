"""How the embedded PostgreSQL is set up for one small machine with bulk loads and many short questions."""

import os
import shutil
from pathlib import Path

MEGABYTE = 1 << 20
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  (where POSIX shared memory lies on Linux)
ENOUGH_SHARED_MEMORY = 512 * MEGABYTE


def configuration(max_connections: int) -> str:
    """Gives the text of insitu.conf for this machine, memory in proportion to what we may use."""
    memory = available_memory()
    buffers = _between(128, memory // 8 // MEGABYTE, 1024)
    values = {
        "max_connections": max_connections,
        "shared_buffers": f"{buffers}MB",
        "effective_cache_size": f"{_between(256, memory // 2 // MEGABYTE, 65536)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{_between(64, memory // 32 // MEGABYTE, 256)}MB",
        # In containers /dev/shm is small and a parallel sort would fail in the middle; files always work.
        "dynamic_shared_memory_type": "posix" if _roomy(SHARED_MEMORY) else "mmap",
        # One server without replicas: a table filled in the transaction that made it needs no log.
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "max_wal_size": "2GB",
        "wal_buffers": "16MB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": 0.9,
        "synchronous_commit": "on",
        "jit": "off",
        "random_page_cost": 1.1,
        "default_statistics_target": 100,
        "max_parallel_workers_per_gather": 0,  # two cores serve many short questions better one core each
        "max_parallel_maintenance_workers": 2,
        "autovacuum_max_workers": 2,
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "lc_messages": "'C'",
        "default_text_search_config": "'pg_catalog.simple'",
        "password_encryption": "'scram-sha-256'",
        # People's data does not belong in a log file: neither statements nor their parameters.
        "log_min_messages": "warning",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": 0,
        "log_parameter_max_length_on_error": 0,
        "log_checkpoints": "off",
        "log_line_prefix": "'%m [%p] '",
    }
    return "".join(f"{name} = {value}\n" for name, value in values.items())


def available_memory() -> int:
    """Gives the bytes of memory that this machine, or the container we are in, has for us."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return min(whole, int(Path(limit).read_text()))
        except (OSError, ValueError):
            continue
    return whole


def _roomy(folder: Path) -> bool:
    try:
        return os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= ENOUGH_SHARED_MEMORY
    except OSError:
        return False


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))

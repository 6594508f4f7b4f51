"""Sites arrange the logging of their process; a test gives it back."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def logging_given_back() -> Iterator[None]:
    """Closes the handlers that were added in the block, and puts back what was there before."""
    loggers = [logging.getLogger(), logging.getLogger("insitu")]
    before = [(each, each.handlers, each.level, each.propagate) for each in loggers]
    yield
    for logger, handlers, level, propagate in before:
        for each in [each for each in logger.handlers if each not in handlers]:
            each.close()
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)

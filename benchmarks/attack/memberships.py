"""Each random membership is a dataset of the attacked site, under each preset: what they are called."""

from governance.disclosure.secret import Secret

SECRET = Secret(b"attacked".ljust(32))


def dataset(preset: str, seed: int) -> str:
    """The id of a membership's dataset."""
    return f"{preset}-{seed}"


def member(preset: str, seed: int, person: int) -> str:
    """The name of a person in a dataset, and in no other: another person there, with a budget of their own.

    So one identity may attack somebody in all datasets at once, as if another asked each of them.
    """
    return f"{dataset(preset, seed)}-{person}"

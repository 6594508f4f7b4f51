"""A site for servers of several processes: it says which process answers, and can be slow or fail."""

import os
import socket
import time

from processes.errors import CannotStart
from serving.app import build_app
from serving.front import compose
from tests.serving.small_interface import BASE, FUNCTIONS, SMALL, error_body, identify


def get_thing(id_):
    """Of a thing called slow-PORT it says at that port that it has begun, and takes its time."""
    if id_.startswith("slow-"):
        socket.create_connection(("127.0.0.1", int(id_.removeprefix("slow-")))).close()
        time.sleep(1)
    return FUNCTIONS["getThing"](id_)


def create(greeting):
    functions = {**FUNCTIONS, "getThing": get_thing, "getRoot": lambda: {"seen": [os.getpid(), greeting]}}
    app = build_app(SMALL, functions, name="small", base_path=BASE, error_body=error_body, identify=identify)
    return compose({BASE: app})


def create_in_vain(greeting):
    raise CannotStart(f"there is no key for {greeting}")


def create_by_mistake(greeting):
    raise KeyError(greeting)

"""A small app of every kind of operation, whose functions say what reached them."""

from pathlib import Path

from serving.access import record_decision
from serving.app import build_app
from serving.limits import Limits
from serving.reasons import (
    Conflict,
    Invalid,
    Missing,
    Refused,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from serving.reply import Reply

SMALL = Path(__file__).parent / "small.yaml"
BASE = "/ga4gh/small/v1"


class PartDown(Exception):  # noqa: N818
    public = "the store is down; try again"


class TooNew(Invalid):
    """A room's own kind of reason."""


ENDS = {
    "invalid": Invalid("Say which."),
    "derived": TooNew("Say an older one."),
    "unauthenticated": Unauthenticated("Say who you are."),
    "refused": Refused("Not you."),
    "missing": Missing("There is no such thing."),
    "conflict": Conflict("Not now."),
    "large": TooLarge("Ask for less."),
    "unavailable": Unavailable("Later."),
    "down": PartDown("host=10.1.2.3 password=hunter2"),
    "mistake": ValueError("SELECT secret FROM /etc/passwd"),
    "stop": StopIteration("secret"),
    "exit": SystemExit("secret"),
}


def get_root():
    return {"seen": "root"}


def list_things(  # noqa: PLR0917
    limit, start_position, id_, frequency, exact, kind, x_purpose, caller, request
):
    return {
        "seen": {
            "limit": limit,
            "start_position": start_position,
            "id_": id_,
            "frequency": frequency,
            "exact": exact,
            "kind": kind,
            "x_purpose": x_purpose,
            "caller": caller,
            "query": request.query,
            "undeclared": [name for name, _ in request.query if name not in request.declared],
            "base_url": request.base_url,
            "id": request.id,
            "path": request.path,
            "operation": request.operation_id,
        }
    }


def ask_things(body, caller):
    record_decision()
    return {"seen": {"body": body, "caller": caller}}


def put_things(body):
    return {"seen": body}


def get_thing(id_):
    if id_ != "undecided":
        record_decision()
    return {"seen": id_}


def get_newest():
    return b'{"seen":"newest"}'


def get_part(**parameters):
    return {"seen": parameters}


def end_in_some_way(how):
    if how == "none":
        return None
    if how == "made":
        return Reply({"seen": how}, status=201, headers={"Location": "/x"})
    if how == "empty":
        return Reply(status=204)
    if how == "unwritable":
        return {"seen": object()}
    raise ENDS[how]


FUNCTIONS = {
    "getRoot": get_root,
    "listThings": list_things,
    "askThings": ask_things,
    "putThings": put_things,
    "getThing": get_thing,
    "getNewest": get_newest,
    "getPart": get_part,
    "endInSomeWay": end_in_some_way,
}


def error_body(status, message, request):
    return {"beaconError": {"code": status, "text": message}, "id": request.id, "path": request.path}


def identify(authorization):
    if authorization is None:
        return "anybody"
    if authorization == "Bearer good":
        return "somebody"
    raise Unauthenticated("The token does not hold.")


def small_app(functions=FUNCTIONS, **changes):
    options = {
        "name": "small",
        "base_path": BASE,
        "error_body": error_body,
        "identify": identify,
        "limits": Limits(body=4096, query=2048, query_pairs=50, headers=4096),
        "also": {PartDown: Unavailable},
    }
    return build_app(SMALL, functions, **{**options, **changes})

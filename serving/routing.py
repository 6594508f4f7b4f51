"""Which operation a path and method mean.

Paths are split before they are decoded, so an identifier may hold `%2F`; a literal segment wins over a
template; there is one table, so that no two routers can disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from serving.document import DocumentError, Operation
from serving.errors import HttpFailure
from serving.query import decoded
from serving.reasons import Missing

NOTHING = "There is nothing at this path."


@dataclass(slots=True)
class Node:
    """A place in the tree of paths; `template` is the branch for any segment, `names` those of all above."""

    literal: dict[str, "Node"] = field(default_factory=dict)
    template: "Node | None" = None
    names: tuple[str, ...] = ()
    operations: dict[str, Operation] = field(default_factory=dict)
    path: str = ""


class Routes:
    """The operations of one document under its base path."""

    def __init__(self, operations: Sequence[Operation], base_path: str) -> None:
        self._base = base_path.rstrip("/").encode()
        self._root = Node()
        for each in operations:
            self._add(each)
        self._static: dict[bytes, Node] = {}
        self._collect(self._root, "")

    def find(self, raw_path: bytes, method: str) -> tuple[Operation, dict[str, str]]:
        """The operation, and the decoded texts of the path's templates.

        HEAD means GET; one trailing slash is nothing.

        Raises:
            Missing: no operation has this path.
            HttpFailure: 405, the path has other methods (`Allow`).
            Invalid: a segment is no UTF-8 or holds a NUL.
        """
        values: list[str] = []
        node = self._static.get(raw_path)
        if node is None:
            node = self._walk(raw_path, values)
        operation = node.operations.get("GET" if method == "HEAD" else method)
        if operation is None:
            raise HttpFailure(405, f"This path does not take {_method(method)}.", {"allow": allowed(node)})
        return operation, dict(zip(node.names, values, strict=True))

    def _walk(self, raw_path: bytes, values: list[str]) -> Node:
        if not raw_path.startswith(self._base + b"/"):
            raise Missing(NOTHING)
        rest = raw_path[len(self._base) + 1 :].removesuffix(b"/")
        segments = [decoded(each, "path") for each in rest.split(b"/")] if rest else []
        node = _descend(self._root, segments, 0, values)
        if node is None:
            raise Missing(NOTHING)
        return node

    def _add(self, operation: Operation) -> None:
        node, names = self._root, []
        for segment in [each for each in operation.path.split("/") if each]:
            if segment.startswith("{") and segment.endswith("}"):
                names.append(segment[1:-1])
                node.template = node.template or Node()
                node = node.template
            elif "{" in segment:
                raise DocumentError(f"{operation.id}: a template must be a whole segment of {operation.path}")
            else:
                node = node.literal.setdefault(segment, Node())
        if node.operations and node.path != operation.path:
            raise DocumentError(f"{operation.id}: {operation.path} and {node.path} are the same path")
        node.names, node.path = tuple(names), operation.path
        node.operations[operation.method.upper()] = operation

    def _collect(self, node: Node, path: str) -> None:
        """Paths without templates are found in one step."""
        if node.operations:
            self._static[self._base + path.encode()] = node
            self._static[self._base + path.encode() + b"/"] = node
        for segment, below in node.literal.items():
            self._collect(below, f"{path}/{segment}")


def allowed(node: Node) -> str:
    """The value of `Allow` for a path."""
    methods = set(node.operations) | ({"HEAD"} if "GET" in node.operations else set())
    return ", ".join(sorted(methods))


def _descend(node: Node, segments: list[str], at: int, values: list[str]) -> Node | None:
    if at == len(segments):
        return node if node.operations else None
    segment = segments[at]
    if (below := node.literal.get(segment)) is not None:
        found = _descend(below, segments, at + 1, values)
        if found is not None:
            return found
    if node.template is None or not segment:
        return None
    values.append(segment)
    found = _descend(node.template, segments, at + 1, values)
    if found is None:
        values.pop()
    return found


def _method(method: str) -> str:
    return method[:16] if method.isascii() and method.isalpha() else "this method"

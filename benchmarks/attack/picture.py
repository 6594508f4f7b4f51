"""The curves as a picture, written as SVG by hand: power over the number of questions.

Lines are the model's; circles were measured over HTTP, the highest of each attacker with its interval.
"""

import math
from collections.abc import Sequence

from benchmarks.attack.measure import GRID, Curve
from benchmarks.attack.powers import Served

_WIDTH, _HEIGHT, _LEFT, _TOP, _PANEL, _GAP = 1180, 470, 56, 60, 330, 40
_COLOURS = ("#4477aa", "#66ccee", "#228833", "#ccbb44", "#ee6677", "#aa3377", "#777777")


def svg(curves: Sequence[Curve], served: Sequence[Served], goals: dict[str, float], title: str) -> str:
    """One panel for each protection; `goals` are the most that an informed attacker may reach there."""
    names = list(dict.fromkeys(each.protection for each in curves))
    attackers = list(dict.fromkeys(each.attacker for each in curves))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-size="12">',
        "<style>text { font-family: sans-serif }</style>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="24" font-size="16">{title}</text>',
    ]
    colours = {attacker: _COLOURS[number % len(_COLOURS)] for number, attacker in enumerate(attackers)}
    for number, name in enumerate(names):
        left = _LEFT + number * (_PANEL + _GAP)
        parts += _axes(left, name, goals.get(name))
        parts += [_line(left, each, colours[each.attacker]) for each in curves if each.protection == name]
        for each in served:
            if each.protection == name:
                parts += _circles(left, each, colours[each.attacker])
    for number, attacker in enumerate(attackers):
        x = _LEFT + number * 155
        parts.append(f'<rect x="{x}" y="{_HEIGHT - 24}" width="12" height="12" fill="{colours[attacker]}"/>')
        parts.append(f'<text x="{x + 17}" y="{_HEIGHT - 14}">{attacker}</text>')
    parts.append(f'<text x="{_WIDTH - 330}" y="24">lines: by the model; circles: over HTTP</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axes(left: int, name: str, goal: float | None) -> list[str]:
    found = [f'<text x="{left}" y="{_TOP - 10}" font-weight="bold">{name}</text>']
    for tenth in range(0, 11, 2):
        y = _y(tenth / 10)
        found.append(f'<line x1="{left}" y1="{y}" x2="{left + _PANEL}" y2="{y}" stroke="#dddddd"/>')
        found.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{tenth / 10:.1f}</text>')
    for questions in (1, 10, 100, 1000):
        x = _x(left, questions)
        found.append(f'<text x="{x}" y="{_TOP + _PANEL + 16}" text-anchor="middle">{questions}</text>')
    middle = left + _PANEL // 2
    found.append(f'<text x="{middle}" y="{_TOP + _PANEL + 32}" text-anchor="middle">questions</text>')
    for height, dashes in ((0.05, "2 3"), (goal, "6 4")):
        if height is not None:
            y = _y(height)
            found.append(
                f'<line x1="{left}" y1="{y}" x2="{left + _PANEL}" y2="{y}" '
                f'stroke="black" stroke-dasharray="{dashes}"/>'
            )
    return found


def _line(left: int, curve: Curve, colour: str) -> str:
    points = " ".join(f"{_x(left, at)},{_y(each)}" for at, each in zip(GRID, curve.powers, strict=False))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _circles(left: int, curve: Served, colour: str) -> list[str]:
    """One for each length, and a bar through that of the highest."""
    x, (low, high) = _x(left, curve.after), curve.at_most
    bar = f'<line x1="{x}" y1="{_y(low)}" x2="{x}" y2="{_y(high)}" stroke="{colour}" stroke-width="1.5"/>'
    return [
        bar,
        *(
            f'<circle cx="{_x(left, at)}" cy="{_y(each)}" r="2.8" fill="white" stroke="{colour}"/>'
            for at, each in zip(GRID, curve.powers, strict=False)
        ),
    ]


def _x(left: int, questions: int) -> float:
    return round(left + _PANEL * math.log10(questions) / 3, 1)


def _y(power: float) -> float:
    return round(_TOP + _PANEL * (1 - power), 1)

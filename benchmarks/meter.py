"""Work per CPU-second of a process tree, and medians of interleaved rounds."""

import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of_tree(root: int) -> float:
    """CPU seconds used so far by a process and its descendants, ended children included."""
    children: dict[int, list[int]] = {}
    used: dict[int, float] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children.setdefault(int(words[1]), []).append(int(entry.name))
        used[int(entry.name)] = sum(int(word) for word in words[11:15]) / _TICKS
    total, waiting = 0.0, [root]
    while waiting:
        process = waiting.pop()
        total += used.get(process, 0.0)
        waiting += children.get(process, [])
    return total


@dataclass
class Figure:
    """What one benchmark says; rates are units of work per second (of CPU where the unit says so)."""

    name: str
    unit: str
    ours: list[float] = field(default_factory=list)
    limit: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)
    peer_name: str = ""
    limit_name: str = ""
    note: str = ""

    def as_row(self) -> dict[str, object]:
        """The figure as it stands in results.json; ratios are medians of the rounds' own ratios."""
        return {
            "limit": _median(self.limit),
            "peer": _median(self.peer),
            "ours": _median(self.ours),
            "unit": self.unit,
            "ratio_to_limit": _ratio(self.ours, self.limit),
            "ratio_to_peer": _ratio(self.ours, self.peer),
            "n": len(self.ours),
            "spread": (
                round((max(self.ours) - min(self.ours)) / statistics.median(self.ours), 3)
                if self.ours
                else None
            ),
            "limit_name": self.limit_name,
            "peer_name": self.peer_name,
            "note": self.note,
        }


def _median(values: list[float]) -> float | None:
    return round(statistics.median(values), 3) if values else None


def _ratio(ours: list[float], other: list[float]) -> float | None:
    if not other:
        return None
    return round(statistics.median(a / b for a, b in zip(ours, other, strict=True)), 3)


def per_wall_second(work: Callable[[], int]) -> float:
    """Units of work per second of the clock on the wall."""
    began = time.perf_counter()
    done = work()
    return done / (time.perf_counter() - began)


def per_cpu_second(work: Callable[[], int], *, pid: int) -> float:
    """Units of work per CPU-second of the server's process tree."""
    began = cpu_of_tree(pid)
    done = work()
    return done / max(cpu_of_tree(pid) - began, 1 / _TICKS)


def table(rows: Mapping[str, Mapping[str, object]]) -> str:
    """All figures as text."""
    head = f"{'figure':22} {'ours':>11} {'limit':>11} {'peer':>11} {'÷limit':>7} {'÷peer':>7}  unit"
    lines = [head, "-" * len(head)]
    for name, row in rows.items():
        cells = [
            f"{row[key]:>11.1f}" if row[key] is not None else f"{'–':>11}"
            for key in ("ours", "limit", "peer")
        ]
        ratios = [
            f"{row[key]:>7.3f}" if row[key] is not None else f"{'–':>7}"
            for key in ("ratio_to_limit", "ratio_to_peer")
        ]
        lines.append(f"{name:22} {' '.join(cells)} {' '.join(ratios)}  {row['unit']}")
        lines.extend(f"{'':22} {row[key]}" for key in ("note",) if row[key])
    return "\n".join(lines)

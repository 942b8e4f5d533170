"""Four plain workloads, each a fixed amount of work with no clock inside."""

import json
import os
import re
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

BUILD = Path(__file__).resolve().parents[1] / "build"


class Vector:
    __slots__ = ("x", "y")

    def __init__(self, x: int, y: int) -> None:
        self.x, self.y = x, y

    def plus(self, other: "Vector") -> "Vector":
        return Vector(self.x + other.x, self.y + other.y)

    def turned(self) -> "Vector":
        return Vector(-self.y & 1023, self.x)


def ackermann_like(depth: int, width: int) -> int:
    if depth == 0:
        return width
    return ackermann_like(depth - 1, width) + ackermann_like(depth - 1, width + 1)


def walk(steps: int) -> int:
    place, way = Vector(0, 0), Vector(1, 2)
    for _ in range(steps):
        place = place.plus(way)
        way = way.turned()
    return place.x


def calls() -> int:
    """Recursion and small methods."""
    return ackermann_like(15, 1) + walk(25_000)


REQUEST = re.compile(
    r'(?P<host>[\d.]+) \[(?P<when>[^\]]+)\] "(?P<verb>[A-Z]+) (?P<path>\S+)" (?P<code>\d{3}) (?P<size>\d+)'
)


def jsonre() -> int:
    """Log lines through a regular expression, JSON there and back, and a count by group."""
    lines = [
        f'10.0.{i % 7}.{i % 251} [{i // 60:02}:{i % 60:02}] "GET /item/{i % 97}?q={i}" {200 + i % 3} {i * 37 % 9001}'
        for i in range(4000)
    ]
    found = [match.groupdict() for line in lines if (match := REQUEST.match(line))]
    back = json.loads(json.dumps(found))
    sizes: Counter[str] = Counter()
    for entry in back:
        sizes[entry["path"].partition("?")[0]] += int(entry["size"])
    return len(json.dumps(sizes.most_common(), indent=1))


def numpyish() -> float:
    """Sorting, products of matrices, and temporaries on large arrays."""
    import numpy as np

    draw = np.random.default_rng(7)
    values = draw.standard_normal(400_000)
    square = draw.standard_normal((300, 300))
    total = float(np.sort(values)[::1000].sum())
    for _ in range(4):
        values = np.sqrt(np.abs(values * 1.5 + 0.25)) - values.mean()
        square = square @ square.T / 300
    return total + float(values.sum()) + float(square.trace())


def mixed() -> None:
    """Six threads: asleep, at a lock, at a pipe, at a socket, at the disk, and one that counts."""
    lock = threading.Lock()
    reading, writing = os.pipe()
    near, far = socket.socketpair()
    BUILD.mkdir(exist_ok=True)

    def sleeper() -> None:
        for _ in range(40):
            time.sleep(0.01)
            with lock:
                time.sleep(0.002)
            os.write(writing, b".")
            near.send(b".")

    def locker() -> None:
        for _ in range(150):
            with lock:
                time.sleep(0.001)

    def piper() -> None:
        for _ in range(40):
            os.read(reading, 1)

    def receiver() -> None:
        for _ in range(40):
            far.recv(1)

    def syncer() -> None:
        with tempfile.NamedTemporaryFile(dir=BUILD) as file:
            for _ in range(30):
                os.pwrite(file.fileno(), b"\0" * 65536, 0)
                os.fsync(file.fileno())

    threads = [
        threading.Thread(target=run) for run in (sleeper, locker, piper, receiver, syncer, lambda: walk(600_000))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    near.close()
    far.close()
    os.close(reading)
    os.close(writing)


WORKLOADS: dict[str, Callable[[], object]] = {
    "calls": calls,
    "json + regex": jsonre,
    "numpy": numpyish,
    "six threads that wait": mixed,
}

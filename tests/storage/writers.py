"""What several processes do with one store at a time: run as `writers.py together|endless URL N`."""

import os
import sys
import traceback

from tailgana_lab.storage.store import Store

WRITERS = 8


def write_together(store: Store, n_records: int) -> int:
    """Eight processes of one parent, which has the store open already, write at once; gives how many failed."""
    children = []
    for writer in range(WRITERS):
        child = os.fork()
        if child == 0:
            try:
                for n in range(n_records):
                    store.add(f"writer {writer} record {n}", {"type": "probe", "writer": writer, "n": n})
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        children.append(child)
    return sum(os.waitpid(child, 0)[1] != 0 for child in children)


def write_without_end(store: Store, run: int) -> None:
    """Write and say so, until someone ends this process."""
    n = 0
    while True:
        store.add(f"run {run} record {n}", {"type": "probe", "run": run, "n": n}, payload=b"code" if n % 3 else None)
        os.write(1, f"{n}\n".encode())
        n += 1


if __name__ == "__main__":
    how, url, number = sys.argv[1:]
    if how == "endless":
        write_without_end(Store(url), int(number))
    opened = Store(url)
    if how == "opened":  # the children inherit connections that they must not use
        opened.add("parent", {"type": "parent"})
    sys.exit(write_together(opened, int(number)))

"""Code that moves stacks and threads about as fast as it can: its results stand, and the profile is whole."""

import math
from typing import Any

from tests.faults.children import printed

SELF_CHECK = """
import math
def is_whole(p):
    own = sum(p.columns("functions")["self_s"])
    return p.is_complete and math.isclose(own, p.facts.sampled_s, rel_tol=1e-6)
"""


def results(code: str, interval_ms: float = 0.1) -> list[Any]:
    """Values of `work()`: plain, profiled; and whether the profile is whole."""
    (line,) = printed(f"""
{SELF_CHECK}
{code}
from tailgana_lab.lab import Lab
plain = work()
with Lab().profile(interval_ms={interval_ms}) as p:
    profiled = work()
print([plain, profiled, is_whole(p)])
""")
    found = eval(line, {"nan": math.nan})
    assert isinstance(found, list)
    return found


def test_hundreds_of_short_threads_end_with_their_results() -> None:
    plain, profiled, is_whole = results("""
import threading
def work():
    sums, guard = [], threading.Lock()
    def one(k):
        with guard:
            sums.append(sum(range(200 + k)))
    for _ in range(10):
        batch = [threading.Thread(target=one, args=(k,)) for k in range(40)]
        for thread in batch:
            thread.start()
        for thread in batch:
            thread.join()
    return sum(sums)
""")
    assert (profiled, is_whole) == (plain, True)


def test_deep_recursion_comes_back_with_its_result() -> None:
    plain, profiled, is_whole = results("""
import sys
sys.setrecursionlimit(50_000)
def down(k):
    return 0 if k == 0 else 1 + down(k - 1)
def work():
    return [down(k) for k in (100, 20_000, 3) * 5]
""")
    assert (profiled, is_whole) == (plain, True)


def test_the_limit_of_recursion_is_reached_at_the_same_depth() -> None:
    plain, profiled, is_whole = results("""
def work():
    depth = 0
    def down():
        nonlocal depth
        depth += 1
        down()
    for _ in range(50):
        try:
            down()
        except RecursionError:
            pass
    return depth // 500
""")
    assert (profiled, is_whole) == (plain, True)


def test_generators_closed_midway_run_what_they_have_left_to_do() -> None:
    plain, profiled, is_whole = results("""
def numbers(log):
    try:
        for n in range(100):
            yield from (n * k for k in range(5))
    finally:
        log.append(n)
def work():
    log = []
    for k in range(3000):
        made = numbers(log)
        for _ in range(k % 40 + 1):
            next(made)
        made.close() if k % 2 else None
        del made
    return len(log), sum(log)
""")
    assert (profiled, is_whole) == (plain, True)


def test_code_that_comes_and_goes_at_the_same_address_is_read_without_harm() -> None:
    plain, profiled, is_whole = results("""
import gc
class Knot:
    def __init__(self):
        self.me = self
def work():
    seen = []
    for k in range(1500):
        Knot()
        space = {}
        exec(compile(f"def made_{k % 7}(n):\\n    return sum(i + {k} for i in range(n))", f"<made {k}>", "exec"), space)
        seen.append(space[f"made_{k % 7}"](300))
        if k % 100 == 0:
            gc.collect()
    return sum(seen)
""")
    assert (profiled, is_whole) == (plain, True)


def test_exceptions_through_many_frames_arrive() -> None:
    plain, profiled, is_whole = results("""
def fall(k):
    if k == 0:
        raise ValueError
    return fall(k - 1)
def work():
    caught = 0
    for _ in range(300):
        try:
            fall(300)
        except ValueError:
            caught += 1
    return caught
""")
    assert (profiled, is_whole) == (plain, True)


def test_tasks_that_are_cancelled_midway_clean_up() -> None:
    plain, profiled, is_whole = results("""
import asyncio
async def wait(log, k):
    try:
        await asyncio.sleep(0.001 * (k % 3))
        await asyncio.sleep(60)
    finally:
        log.append(k)
async def main():
    log = []
    for _ in range(20):
        tasks = [asyncio.create_task(wait(log, k)) for k in range(20)]
        await asyncio.sleep(0.005)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return sum(log)
def work():
    return asyncio.run(main())
""")
    assert (profiled, is_whole) == (plain, True)


def test_a_signal_handler_of_the_program_runs_as_without_a_profile() -> None:
    plain, profiled, is_whole = results("""
import signal, time
def work():
    seen = []
    signal.signal(signal.SIGALRM, lambda *_: seen.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    while len(seen) < 100:
        time.sleep(0.01)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return len(seen) >= 100
""")
    assert (profiled, is_whole) == (plain, True)


def test_a_program_that_closes_all_descriptors_keeps_what_it_opens_then() -> None:
    program = """
        import os, time, tailgana_lab
        with tailgana_lab.profile("p", interval_ms=1.0) as profile:
            os.closerange(3, 64)
            pipes = [os.pipe() for _ in range(20)]
            for _, end in pipes:
                os.write(end, b"12345678")
            until = time.perf_counter() + 0.2
            while time.perf_counter() < until:
                pass
            print(all(os.read(end, 64) == b"12345678" for end, _ in pipes))
        print(profile.n_samples > 50)
    """
    assert printed(program) == ["True", "True"]

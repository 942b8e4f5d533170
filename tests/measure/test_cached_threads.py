"""A cached function under threads, interrupts, forks, and at the end of the interpreter."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter

import pytest

from tailgana_lab import cached
from tailgana_lab.results.caching import POLICIES


def together(n: int, work) -> list[str]:
    """Run work(i) in n threads from one barrier; what escaped them."""
    barrier, escaped = threading.Barrier(n), []

    def run(i: int) -> None:
        barrier.wait()
        try:
            work(i)
        except BaseException as error:
            escaped.append(repr(error))

    threads = [threading.Thread(target=run, args=(i,), daemon=True) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return escaped


class Held:
    """A cached function whose computations wait until they are let go, once `n_waiting` threads are inside it."""

    def __init__(self, fails: bool = False) -> None:
        self.ran: Counter[object] = Counter()
        self.go, self.inside = threading.Event(), threading.Event()

        @cached(capacity=100)
        def function(x):
            self.ran[x] += 1
            self.inside.set()
            assert self.go.wait(60)
            if fails:
                raise OSError(x)
            return 2 * x

        self.function = function

    def ask_together(self, n: int) -> list[object]:
        """The key 1 in n threads; lets go when all of them have asked."""
        found: list[object] = []

        def ask() -> None:
            try:
                found.append(self.function(1))
            except OSError as error:
                found.append(error)

        threads = [threading.Thread(target=ask) for _ in range(n)]
        for thread in threads:
            thread.start()
        while self.function.cache_info().misses < n:
            os.sched_yield()
        self.go.set()
        for thread in threads:
            thread.join(60)
        return found


def test_threads_that_miss_together_compute_once() -> None:
    held = Held()
    assert held.ask_together(8) == [2] * 8
    assert held.ran == {1: 1}
    assert held.function.cache_info() == (0, 8, 100, 1)


def test_an_error_is_raised_in_all_that_waited() -> None:
    held = Held(fails=True)
    found = held.ask_together(8)
    assert [str(error) for error in found] == ["1"] * 8
    assert (held.ran, held.function.cache_info().currsize) == ({1: 1}, 0)


def test_a_lock_that_the_waiting_thread_holds_does_not_hang_both() -> None:
    lock, inside, ran = threading.Lock(), threading.Event(), []

    @cached(capacity=10)
    def function(x):
        ran.append(x)
        if x == 1 and ran.count(1) == 1:
            inside.set()
            with lock:
                return 2 * x
        return 2 * x

    function(0)  # so that it is known how long computing takes
    found = []
    other = threading.Thread(target=lambda: found.append(function(1)), daemon=True)

    def hold_and_ask() -> None:
        with lock:
            other.start()
            assert inside.wait(60)
            found.append(function(1))

    holder = threading.Thread(target=hold_and_ask, daemon=True)
    holder.start()
    holder.join(60)
    other.join(60)
    assert (found, ran) == ([2, 2], [0, 1, 1])
    assert (function(1), function.cache_info().currsize) == (2, 2)


def test_after_clearing_nobody_joins_an_older_computation() -> None:
    held = Held()
    first = threading.Thread(target=held.function, args=(1,))
    first.start()
    assert held.inside.wait(60)
    held.function.clear()
    held.go.set()
    assert held.function(1) == 2
    first.join(60)
    assert (held.ran, held.function.cache_info().currsize) == ({1: 2}, 1)


def test_threads_that_need_each_others_keys_over_two_caches_return() -> None:
    met = threading.Barrier(2)
    local = threading.local()

    def compute(x, other):
        if not getattr(local, "inside", False):
            local.inside = True
            met.wait(60)
            return other()(x) + 1
        return 10

    @cached(capacity=10)
    def one(x):
        return compute(x, lambda: two)

    @cached(capacity=10)
    def two(x):
        return compute(x, lambda: one)

    assert together(2, lambda i: (one, two)[i](7)) == []
    assert {one(7), two(7)} <= {10, 11, 12}


def test_random_operations_of_eight_threads_keep_every_invariant() -> None:
    class Key:
        def __init__(self, number: int, mood: int) -> None:
            self.number, self.mood = number, mood

        def __hash__(self) -> int:
            if self.mood == 1:
                raise OSError
            return self.number % 16

        def __eq__(self, other: object) -> bool:
            if self.mood == 2:
                raise OSError
            if self.mood == 3:
                triple(Key(self.number + 1, 0))
            return isinstance(other, Key) and self.number == other.number

    @cached(capacity=50)
    def triple(key):
        return 3 * key.number

    wrong = []

    def work(i: int) -> None:
        draw = random.Random(i)
        changes = [
            lambda: triple.resize(draw.randrange(1, 80)),
            lambda: triple.set_policy(draw.choice(POLICIES)),
            lambda: triple.set_ttl(draw.choice([None, 1e-4, 5.0])),
            triple.clear,
            triple.metrics,
            triple.trace,
        ]
        for step in range(1500):
            mood = draw.randrange(30)
            number = draw.randrange(120)
            try:
                if triple(Key(number, mood if mood < 4 else 0)) != 3 * number:
                    wrong.append(number)
            except OSError:
                pass
            if step % 50 == 0:
                draw.choice(changes)()

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        escaped = together(8, work)
    finally:
        sys.setswitchinterval(interval)
    seen = triple.statistics(since_start=True)
    assert (escaped, wrong) == ([], [])
    assert seen.size <= seen.capacity
    assert triple.cache_info()[:2] == (seen.hits, seen.misses)


def test_an_interrupt_ends_a_wait() -> None:
    held = Held()
    first = threading.Thread(target=held.function, args=(1,))
    first.start()
    assert held.inside.wait(60)

    def interrupt() -> None:
        while held.function.cache_info().misses < 2:
            os.sched_yield()
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        held.function(1)
    held.go.set()
    first.join(60)
    assert held.function(1) == 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_forgets_what_others_were_computing() -> None:
    held = Held()
    first = threading.Thread(target=held.function, args=(1,))
    first.start()
    assert held.inside.wait(60)
    child = os.fork()
    if not child:
        held.go.set()
        os._exit(0 if held.function(1) == 2 and held.function(1) == 2 else 1)
    held.go.set()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    first.join(60)
    assert held.ran == {1: 1}


LEAVING = """
import threading, time
from tailgana_lab import cached
inside = threading.Event()
@cached(capacity=10)
def slow(x):
    inside.set()
    time.sleep(0.3)
    return x
for _ in range(3):
    threading.Thread(target=slow, args=(1,), daemon=True).start()
inside.wait()
"""


def test_leaving_while_daemon_threads_compute_and_wait_is_clean() -> None:
    done = subprocess.run([sys.executable, "-c", LEAVING], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


FORKING_WITHIN = """
import os, threading, warnings
from tailgana_lab import cached
warnings.simplefilter("ignore")

@cached(capacity=10)
def function(x):
    global child
    asking.start()
    while function.cache_info().misses < 2:
        os.sched_yield()
    child = os.fork()
    return x

child = None
asking = threading.Thread(target=lambda: function(1))
value = function(1)
if child == 0:
    os._exit(0 if (value, function(1)) == (1, 1) else 1)
asking.join()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""


def test_what_a_forked_child_ends_takes_no_lock_of_the_parents() -> None:
    done = subprocess.run([sys.executable, "-c", FORKING_WITHIN], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_many_computations_at_once_are_found_and_ended() -> None:
    from asyncio import gather, run, sleep

    @cached(capacity=30_000)
    async def function(x):
        await sleep(0)
        return x

    async def ask() -> list[int]:
        return await gather(*[function(x) for x in range(20_000)], *[function(x) for x in range(20_000)])

    assert run(ask()) == [*range(20_000)] * 2
    assert function.cache_info() == (0, 40_000, 30_000, 20_000)

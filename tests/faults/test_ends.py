"""However a profiled block ends, its end is the one that it would have had without the profile.

Empty cells, syntax errors and cells within cells are with the magics, a second profile beside a first with the session.
"""

import pytest

from tests.faults.children import printed, run

SAMPLER_THREADS = """
def sampler_threads():
    import os
    names = []
    for task in os.listdir("/proc/self/task"):
        try:
            names.append(open(f"/proc/self/task/{task}/comm").read())
        except OSError:  # it has ended meanwhile
            pass
    return sum("tailgana" in name for name in names)
"""


def test_an_interrupt_passes_and_the_profile_up_to_there_is_kept() -> None:
    lines = printed("""
        import signal, time
        from tailgana_lab.lab import Lab

        def spin():
            end = time.perf_counter() + 60
            while time.perf_counter() < end:
                pass

        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            with Lab().profile() as p:
                spin()
        except KeyboardInterrupt:
            print(p.is_complete, p.columns("functions")["function"][0], p.duration_s < 30)
    """)
    assert lines == ["True spin True"]


@pytest.mark.parametrize(
    ("leave", "code", "said"),
    [
        ("sys.exit(7)", 7, ""),
        ("sys.exit('a word')", 1, "a word\n"),
        ("raise SystemExit", 0, ""),
        ("os._exit(9)", 9, ""),
    ],
)
def test_a_block_that_exits_ends_the_process_as_it_says(leave: str, code: int, said: str) -> None:
    done = run(f"import os, sys\nfrom tailgana_lab.lab import Lab\nwith Lab().profile():\n    {leave}\n")
    assert (done.returncode, done.stdout, done.stderr) == (code, "", said)


def test_a_profile_that_is_never_stopped_does_not_hold_up_the_end_of_the_process() -> None:
    done = run("from tailgana_lab.measure.session import ProfileSession\nProfileSession().start()\nprint('end')\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def test_a_session_that_is_forgotten_while_it_runs_ends_without_harm() -> None:
    done = run("""
        import gc
        from tailgana_lab.measure.session import ProfileSession, _release
        session = ProfileSession()
        session.start()
        _release(session)
        del session
        gc.collect()
        print(sum(range(100_000)))
    """)
    assert (done.returncode, done.stdout, done.stderr) == (0, "4999950000\n", "")


DEATHS = {
    "a read of no memory": "ctypes.string_at(0)",
    "an abort": "os.abort()",
    "a division by zero": "os.kill(os.getpid(), signal.SIGFPE)",
    "a kill": "os.kill(os.getpid(), signal.SIGKILL)",
    "a polite request": "os.kill(os.getpid(), signal.SIGTERM)",
}


@pytest.mark.parametrize("death", DEATHS.values(), ids=DEATHS)
def test_a_death_in_c_is_by_the_same_signal_as_without_a_profile(death: str) -> None:
    start = "import ctypes, os, resource, signal\nfrom tailgana_lab.lab import Lab\n"
    start += "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
    plain = run(f"{start}if True:\n    {death}\n")
    ours = run(f"{start}with Lab().profile():\n    {death}\n")
    assert plain.returncode < 0
    assert (ours.returncode, ours.stdout, ours.stderr) == (plain.returncode, plain.stdout, plain.stderr)


def test_the_sampler_has_a_thread_within_the_profile_and_none_after_it() -> None:
    lines = printed(f"""
{SAMPLER_THREADS}
from tailgana_lab.lab import Lab
print(sampler_threads())
with Lab().profile():
    print(sampler_threads())
print(sampler_threads())
try:
    with Lab().profile():
        raise ValueError
except ValueError:
    print(sampler_threads())
""")
    assert lines == ["0", "1", "0", "0"]


def test_no_signal_handler_is_installed() -> None:
    lines = printed("""
        import signal, threading
        from tailgana_lab.lab import Lab

        first = threading.Thread(target=int)  # with a process's first thread the C library installs one of its own
        first.start()
        first.join()

        def caught():  # masks of the kernel: what is blocked, ignored, caught
            status = open("/proc/self/status").read()
            return [line for line in status.splitlines() if line.startswith(("SigBlk", "SigIgn", "SigCgt"))]

        def handlers():
            return {number: signal.getsignal(number) for number in signal.valid_signals()}, caught()

        before = handlers()
        with Lab().profile():
            within = handlers()
        print(within == before, handlers() == before)
    """)
    assert lines == ["True True"]

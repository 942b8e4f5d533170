"""Blocks that fork, exec, and start processes: each child runs as without a profile, and ends by itself."""

from pathlib import Path

import pytest

from tests.faults.children import printed
from tests.faults.test_ends import SAMPLER_THREADS


def test_a_forked_child_has_one_thread_and_ends_by_itself() -> None:
    lines = printed("""
        import os
        from tailgana_lab.lab import Lab

        ends = []
        with Lab().profile() as p:
            for k in range(8):
                read_end, write_end = os.pipe()
                pid = os.fork()
                if pid == 0:
                    os.write(write_end, b"%d %d" % (len(os.listdir("/proc/self/task")), sum(range(1000 + k))))
                    os._exit(k)
                os.close(write_end)
                said = os.read(read_end, 100).decode()
                os.close(read_end)
                ends.append((said, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))
        print(ends == [(f"1 {sum(range(1000 + k))}", k) for k in range(8)], p.is_complete)
    """)
    assert lines == ["True True"]


def test_a_forked_child_that_leaves_the_block_has_no_profile_and_exits_as_it_says() -> None:
    lines = printed("""
        import os, sys
        from tailgana_lab.lab import Lab

        parent = os.getpid()
        try:
            with Lab().profile() as p:
                pid = os.fork()
                if pid == 0:
                    sys.exit(5)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        except SystemExit as end:
            os._exit(end.code if os.getpid() != parent and not p.is_complete else 99)
        print(code, p.is_complete)
    """)
    assert lines == ["5 True"]


def test_a_forked_child_can_run_a_profile_of_its_own() -> None:
    lines = printed(f"""
{SAMPLER_THREADS}
import os
from tailgana_lab.lab import Lab
with Lab().profile():
    pid = os.fork()
    if pid == 0:
        with Lab().profile() as own:
            within = sampler_threads()
        os._exit(10 * within + sampler_threads() if own.is_complete else 99)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(code)
""")
    assert lines == ["10"]


def test_a_forked_child_collects_garbage_without_the_profiles_clock() -> None:
    lines = printed("""
        import gc, os
        from tailgana_lab.lab import Lab

        block = Lab().profile()
        with block:
            pid = os.fork()
            if pid == 0:
                gc.collect()
                block.__exit__(None, None, None)
                gc.collect()
                os._exit(len(gc.callbacks))
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(code)
    """)
    assert lines == ["0"]


def test_a_process_that_execs_becomes_the_other_program() -> None:
    lines = printed("""
        import os, sys
        from tailgana_lab.lab import Lab
        with Lab().profile():
            count = "import os; print(len(os.listdir('/proc/self/task')))"
            os.execv(sys.executable, [sys.executable, "-c", count])
    """)
    assert lines == ["1"]


def test_a_program_that_is_run_has_its_row_among_the_children() -> None:
    lines = printed("""
        import subprocess, sys
        from tailgana_lab.lab import Lab
        with Lab().profile() as p:
            code = "import time\\nwhile time.process_time() < 0.3: pass"
            child = subprocess.Popen([sys.executable, "-c", code])
            child.wait()
        print(p.columns("children")["pid"] == [child.pid], p.columns("children")["cpu_s"][0] > 0.1)
    """)
    assert lines == ["True True"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_multiprocessing_give_their_results(method: str, tmp_path: Path) -> None:
    lines = printed(
        f"""
        import multiprocessing
        from tailgana_lab.lab import Lab

        def work(n):
            return sum(i * i for i in range(n))

        if __name__ == "__main__":
            with Lab().profile() as p:
                with multiprocessing.get_context("{method}").Pool(2) as pool:
                    found = pool.map(work, range(1000, 1040))
            print(found == [work(n) for n in range(1000, 1040)], p.is_complete)
        """,
        file=tmp_path / "program.py",
    )
    assert lines == ["True True"]

"""The magics in a real kernel, judged by the messages that a front end gets."""

import queue
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

pytestmark = pytest.mark.filterwarnings("default")  # the client's own

ROOT = Path(__file__).resolve().parents[2]
MAGIC = "%%tailgana_profile"
OWN = "application/vnd.tailgana.profile+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
LIMIT_S = 60  # for what should take none of it
STAND_IN = """
import os, sys
sys.path.insert(0, {root!r})
from tailgana_lab import lab
from tests.sessions import FakeSession
lab._default = lab.Lab(new_session=FakeSession)
"""


@dataclass
class Reply:
    """What came back for one cell."""

    status: str = ""
    error: str = ""
    value: str = ""
    text: str = ""
    traceback: str = ""
    kinds: list[str] = field(default_factory=list)
    bundles: list[dict[str, Any]] = field(default_factory=list)

    @property
    def profiles(self) -> list[dict[str, Any]]:
        return [bundle for bundle in self.bundles if OWN in bundle]


class Kernel:
    """Runs cells over the wire."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self.manager, self.client = manager, client

    def run(self, code: str, *, interrupt_at: str = "") -> Reply:
        """Run a cell; interrupt it when it has printed that text."""
        ident, reply, idle = self.client.execute(code), Reply(), False
        while not idle:
            message = self.client.get_iopub_msg(timeout=LIMIT_S)
            if message["parent_header"].get("msg_id") != ident:
                continue
            kind, content = message["msg_type"], message["content"]
            reply.kinds.append(kind)
            idle = kind == "status" and content["execution_state"] == "idle"
            if kind == "stream":
                reply.text += content["text"]
                if interrupt_at and interrupt_at in content["text"]:
                    self.manager.interrupt_kernel()
            elif kind in ("display_data", "execute_result"):
                reply.bundles.append(content["data"])
            elif kind == "error":
                reply.traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(content["traceback"]))
        return self._answered(ident, reply)

    def _answered(self, ident: str, reply: Reply) -> Reply:
        while True:
            message = self.client.get_shell_msg(timeout=LIMIT_S)
            if message["parent_header"].get("msg_id") == ident:
                content = message["content"]
                reply.status = content["status"]
                reply.error, reply.value = content.get("ename", ""), content.get("evalue", "")
                return reply

    def must(self, code: str) -> Reply:
        reply = self.run(code)
        assert reply.status == "ok", f"{reply.error}: {reply.value}\n{reply.text}"
        return reply

    def complete(self, line: str) -> list[str]:
        ident = self.client.complete(line)
        while True:
            message = self.client.get_shell_msg(timeout=LIMIT_S)
            if message["parent_header"].get("msg_id") == ident:
                return message["content"]["matches"]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    manager = KernelManager(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]))
    manager.start_kernel(stdout=DEVNULL, stderr=DEVNULL, cwd=str(tmp_path_factory.mktemp("kernel")))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=LIMIT_S)
        yield Kernel(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


@pytest.fixture
def kernel(started: Kernel) -> Kernel:
    started.must("%reset -f")
    started.must(STAND_IN.format(root=str(ROOT)))
    started.must("%reload_ext tailgana_lab")
    return started


def test_value_first_then_the_profile_with_the_panel_in_one_output(kernel: Kernel) -> None:
    reply = kernel.must(f"{MAGIC} first\nx = 40 + 2\nx")
    value, profile = reply.bundles
    assert value["text/plain"] == "42"
    assert {OWN, WIDGET, "text/html", "text/plain"} <= set(profile)
    assert reply.kinds.index("execute_result") < reply.kinds.index("display_data")


LOOKING = """
class Looking(FakeSession):
    def start(self):
        super().start()
        Looking.modules = set(sys.modules)
lab._default = lab.Lab(new_session=Looking)
"""


def test_what_the_panel_needs_is_imported_before_the_cell_runs(kernel: Kernel) -> None:
    kernel.must(LOOKING)
    kernel.must(f"{MAGIC}\nx = 1")
    new = kernel.must(
        "[name for name in set(sys.modules) - Looking.modules if name.startswith(('tailgana', 'anywidget'))]"
    )
    assert new.bundles[0]["text/plain"] == "[]"


def test_showing_a_profile_needs_no_pandas(kernel: Kernel) -> None:
    kernel.must("%tailgana_profile on")
    kernel.must("x = 1")
    kernel.must("%tailgana_profile off")
    heavy = kernel.must("[name for name in ('pandas', 'altair', 'pyarrow') if name in sys.modules]")
    assert heavy.bundles[0]["text/plain"] == "[]"


@pytest.mark.parametrize(
    "body",
    [
        "x = 1\ndef deep():\n    return x / 0\ndeep()",
        "x = 1\ny = = 2",
        "import sys\nsys.exit(3)",
        "try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError('bad') from e",
        "import asyncio\nawait asyncio.sleep(0)\n1 / 0",
    ],
)
def test_an_error_is_answered_and_shown_as_without_the_magic(kernel: Kernel, body: str) -> None:
    plain, ours = kernel.run(f"# {MAGIC} --quiet\n{body}"), kernel.run(f"{MAGIC} --quiet\n{body}")
    same = [(r.status, r.error, re.sub(r"\d+\.py", "N.py", r.value)) for r in (plain, ours)]
    shown = [re.sub(r"In\[\d+\]", "In[n]", r.traceback) for r in (plain, ours)]
    assert same[0] == same[1]
    assert shown[0] == shown[1]


@pytest.mark.parametrize("line", ["--no-such-option", "--interval-ms 5000", "--save p.docx", "--into 3x"])
def test_a_bad_option_fails_the_cell_in_one_line(kernel: Kernel, line: str) -> None:
    reply = kernel.run(f"{MAGIC} {line}\ntouched = 1")
    assert (reply.status, reply.error, reply.traceback) == ("error", "UsageError", "")
    assert len(reply.text.strip().splitlines()) == 1
    assert kernel.run("touched").error == "NameError"


@pytest.mark.parametrize(
    "body",
    [
        "import time\nprint('started', flush=True)\nfor _ in range(6000): time.sleep(0.01)",
        "import asyncio\nprint('started', flush=True)\nfor _ in range(6000): await asyncio.sleep(0.01)",
    ],
    ids=["plain", "await"],
)
def test_an_interrupt_is_shown_as_such_and_the_profile_kept(kernel: Kernel, body: str) -> None:
    plain = kernel.run(body, interrupt_at="started")
    ours = kernel.run(f"{MAGIC} --quiet --into P\n{body}", interrupt_at="started")
    assert ours.error == plain.error
    assert "tailgana_lab" not in ours.traceback
    assert kernel.must("P.is_complete, len(FakeSession.running)").bundles[0]["text/plain"] == "(True, 0)"
    assert kernel.must(f"{MAGIC}\nx = 1").profiles


def test_top_level_await_runs_on_the_kernels_own_loop(kernel: Kernel) -> None:
    kernel.must("import asyncio\nasync def seven():\n    return 7\npending = asyncio.ensure_future(seven())")
    kernel.must(f"{MAGIC} --quiet\nloop = asyncio.get_running_loop()\nkept = await pending")
    assert kernel.must("kept, loop is asyncio.get_running_loop()").bundles[0]["text/plain"] == "(7, True)"


def test_output_of_the_cell_arrives_before_the_profile(kernel: Kernel) -> None:
    reply = kernel.must(f"{MAGIC}\nprint('out')\nprint('err', file=sys.stderr)")
    assert "out" in reply.text
    assert "err" in reply.text
    assert reply.kinds.index("stream") < reply.kinds.index("display_data")


def test_on_profiles_cells_that_await_and_cells_that_fail(kernel: Kernel) -> None:
    kernel.must("%tailgana_profile on")
    assert kernel.must("import asyncio\nawait asyncio.sleep(0)\nslept = True").profiles
    failed = kernel.run("1 / 0")
    assert (failed.error, len(failed.profiles)) == ("ZeroDivisionError", 1)
    assert failed.traceback.count("ZeroDivisionError: division by zero") == 1
    assert not kernel.must("%tailgana_profile off").profiles
    assert not kernel.must("x = 1").profiles


def test_under_capture_panel_and_output_are_captured(kernel: Kernel) -> None:
    reply = kernel.must(f"%%capture held\n{MAGIC}\nprint('inside')\nx = 1")
    assert (reply.bundles, reply.text) == ([], "")
    assert kernel.must("held.stdout, len(held.outputs)").bundles[0]["text/plain"] == "('inside\\n', 1)"


def test_options_complete_in_the_front_end(kernel: Kernel) -> None:
    assert "--interval-ms" in kernel.complete(f"{MAGIC} --in")
    assert "status" in kernel.complete("%tailgana_profile st")


def test_a_forked_child_of_the_cell_shows_nothing(kernel: Kernel) -> None:
    body = "pid = os.fork()\nif pid == 0:\n    os._exit(3)\ncode = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])"
    assert len(kernel.must(f"{MAGIC}\n{body}").profiles) == 1
    assert kernel.must("code").bundles[0]["text/plain"] == "3"


def test_on_the_profile_knows_the_file_of_the_cells_code(kernel: Kernel) -> None:
    kernel.must("%tailgana_profile on")
    kernel.must("def f():\n    pass")
    kernel.must("%tailgana_profile off")
    same = kernel.must("lab.default_lab().profiles[-1].cell['file'] == f.__code__.co_filename")
    assert same.bundles[0]["text/plain"] == "True"


def test_a_cache_is_shown_in_one_output_and_completed_by_its_name(kernel: Kernel) -> None:
    kernel.must("import tailgana_lab as tgl\n@tgl.cached(capacity=4, name='on_the_wire')\ndef f(x):\n    return x")
    kernel.must("for x in range(900):\n    _ = f(x % 7)")
    for line, kind in (("%tailgana_cache on_the_wire", "cache_advice"), ("%tailgana_cache", "caches")):
        (shown,) = kernel.must(line).bundles
        assert {f"application/vnd.tailgana.{kind}+json", WIDGET, "text/html", "text/plain"} <= set(shown)
        assert "on_the_wire" in shown["text/plain"]
    refused = kernel.run("%tailgana_cache on_the_wier")
    assert refused.status == "error"
    assert "did you mean `on_the_wire`" in refused.traceback + refused.text + refused.error
    assert "on_the_wire" in kernel.complete("%tailgana_cache on_")


def test_nothing_is_left_on_the_wire(kernel: Kernel) -> None:
    kernel.must(f"{MAGIC}\nx = 1")
    with pytest.raises(queue.Empty):
        kernel.client.get_iopub_msg(timeout=0)

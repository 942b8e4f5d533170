"""The machine, the Python and the code that a measurement was made with, as plain data that can be stored.

It only looks, and never raises: what can't be known is None. No host name and no path is kept.
"""

import hashlib
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

STEAL_WINDOW_S = 0.1  # seconds; the kernel counts stolen time in hundredths
GIT_LIMIT_S = 30.0  # seconds for one question to git
_PACKAGES = "tailgana-lab numpy pandas pyarrow scipy ipython ipykernel cloudpickle sqlalchemy".split()
_CGROUP = Path("/sys/fs/cgroup")
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"  # git's name for no files at all
_OWN_FILES = (":(top)", ":(top,exclude,glob)**/.tailgana/**", ":(top,exclude,glob)**/__pycache__/**")
_MAX_HASHED_BYTES = 1 << 20  # larger untracked files count by size and time
_MOVERS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX")


def capture_environment(engine: Mapping[str, Any] | None = None, *, folder: Path | None = None) -> dict[str, Any]:
    """Describe what a measurement depends on besides its code.

    Parameters
    ----------
    engine : mapping, optional
        Facts of the compiled engine.
    folder : Path, optional
        Whose repository is meant; the current folder by default.

    Returns
    -------
    dict
        `commit_hash`, `branch`, `is_dirty`, `diff_hash`, `cpu_model`, `n_cores`, `core_limit` (cores that may be used
        at once), `memory_limit_bytes`, `kernel`, `machine`, `python`, `packages`, `governor`, `load_1m`,
        `steal_fraction` (of a tenth of a second), `engine`; None where it is not known.

    Examples
    --------
    >>> capture_environment()["python"]["implementation"] == sys.implementation.name
    True
    """
    return {
        **capture_commit(folder or Path.cwd()),
        "cpu_model": _cpu_model(),
        "n_cores": os.cpu_count(),
        "core_limit": _core_limit(),
        "memory_limit_bytes": _memory_limit(),
        "kernel": f"{platform.system()} {platform.release()}",
        "machine": platform.machine() or None,
        "python": {
            "version": platform.python_version(),
            "implementation": sys.implementation.name,
            "build": " ".join(platform.python_build()),
            "compiler": platform.python_compiler(),
        },
        "packages": {name: _version(name) for name in _PACKAGES},
        "governor": _text(Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")),
        "load_1m": _load(),
        "steal_fraction": _steal(),
        "engine": dict(engine) if engine is not None else None,
    }


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Fields that make the measurements of two environments incomparable; what one of them does not know is not one.

    Examples
    --------
    >>> differences({"machine": "x86_64", "n_cores": 2}, {"machine": "aarch64", "n_cores": 2})
    ['machine']
    """
    first, second = _decisive(one), _decisive(other)
    return [name for name in first if None not in (first[name], second[name]) and first[name] != second[name]]


def _decisive(environment: Mapping[str, Any]) -> dict[str, Any]:
    """What has to agree."""
    python = environment.get("python") or {}
    minor = ".".join(str(python.get("version") or "").split(".")[:2])
    return {
        **{name: environment.get(name) for name in ("cpu_model", "n_cores", "core_limit", "machine")},
        "python": f"{python.get('implementation') or ''} {minor}".strip() or None,
    }


def capture_commit(folder: Path) -> dict[str, Any]:
    """Commit, branch and changes of the repository that a folder is in; all None outside of one.

    Returns
    -------
    dict
        `commit_hash`, `branch` (None when detached), `is_dirty`, `diff_hash` (of all changes against the commit, also
        of files that are not tracked; None when there are none).
    """
    if git(folder, "rev-parse", "--is-inside-work-tree") != "true":
        return dict.fromkeys(("commit_hash", "branch", "is_dirty", "diff_hash"))
    status = git(folder, "status", "--porcelain", "--untracked-files=all", "--", *_OWN_FILES)
    return {
        "commit_hash": git(folder, "rev-parse", "--verify", "--quiet", "HEAD"),
        "branch": git(folder, "symbolic-ref", "--quiet", "--short", "HEAD"),
        "is_dirty": None if status is None else bool(status),
        "diff_hash": _diff_hash(folder) if status else None,
    }


def git(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str | None:
    """What git answers, without its last newline; None if it fails or is not there. It locks nothing."""
    answer = git_answer(folder, *arguments, environment=environment)
    return answer.stdout.rstrip("\n") if answer is not None and answer.returncode == 0 else None


def git_answer(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str] | None":
    """Git's answer with its exit code and what it complains of; None if it is not there or takes too long."""
    known = {name: value for name, value in os.environ.items() if name not in _MOVERS}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), "-c", "core.quotePath=false", "-c", "core.hooksPath=/dev/null", *arguments],
            env={**known, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=GIT_LIMIT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _diff_hash(folder: Path) -> str | None:
    """One name for all that differs from the commit."""
    top = git(folder, "rev-parse", "--show-toplevel")
    base = git(folder, "rev-parse", "--verify", "--quiet", "HEAD") or _EMPTY_TREE
    plain = ("--no-ext-diff", "--no-textconv", "--no-color", "--full-index", "--binary")
    changed = git(folder, "diff", *plain, base, "--", *_OWN_FILES)
    others = git(folder, "ls-files", "--others", "--exclude-standard", "--full-name", "-z", "--", *_OWN_FILES)
    if top is None or changed is None or others is None:
        return None
    digest = hashlib.sha256(changed.encode(errors="surrogateescape"))
    for name in filter(None, others.split("\0")):
        digest.update(name.encode(errors="surrogateescape") + b"\0" + _content(Path(top) / name))
    return digest.hexdigest()[:16]


def _content(path: Path) -> bytes:
    """What stands for a file in a hash."""
    try:
        size = path.stat().st_size
        if size > _MAX_HASHED_BYTES:
            return f"{size} {path.stat().st_mtime_ns}".encode()
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b"?"


def _text(path: Path) -> str | None:
    """What a small file holds; None if it can't be read or is empty."""
    try:
        return path.read_text(errors="replace").strip() or None
    except OSError:
        return None


def _cpu_model() -> str | None:
    """The processor's name."""
    found = re.search(r"^(?:model name|Model|cpu model)\s*:\s*(.+)$", _text(Path("/proc/cpuinfo")) or "", re.M)
    return found.group(1).strip() if found else platform.processor() or None


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _core_limit() -> float | None:
    """Cores that may be used at once: by affinity, or by the container's quota where that is less."""
    limits: list[float] = [quota for quota in _quotas() if quota > 0]
    if hasattr(os, "sched_getaffinity"):
        limits.append(len(os.sched_getaffinity(0)))
    return min(limits, default=None)


def _quotas() -> Iterator[float]:
    """Quotas of all groups that hold this process, in cores."""
    for group in _groups("cpu"):
        words = (_text(group / "cpu.max") or "").split()
        if not words:
            words = [_text(group / f"cpu.cfs_{each}_us") or "" for each in ("quota", "period")]
        if len(words) == 2 and words[0].isdigit() and words[1].isdigit() and int(words[1]):
            yield int(words[0]) / int(words[1])


def _memory_limit() -> int | None:
    """Smallest limit of all groups that hold this process, bytes."""
    texts = [_text(group / name) for group in _groups("memory") for name in ("memory.max", "memory.limit_in_bytes")]
    limits = [int(text) for text in texts if text is not None and text.isdigit()]
    return min((limit for limit in limits if limit < 1 << 60), default=None)  # unlimited is near 2^63


def _groups(controller: str) -> list[Path]:
    """Folders of the control groups that hold this process, innermost first, under version 2 and version 1."""
    found: list[Path] = []
    for line in (_text(Path("/proc/self/cgroup")) or "").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "name=") or controller in controllers.split(","):
            root = _CGROUP if not controllers else _CGROUP / controller
            inner = root / path.lstrip("/")
            found += [inner, *(each for each in inner.parents if each.is_relative_to(root))]
    return found


def _load() -> float | None:
    """Processes that ran or waited to run, mean of a minute."""
    try:
        return round(os.getloadavg()[0], 2)
    except (OSError, AttributeError):
        return None


def _steal() -> float | None:
    """Share of the processors' time that other machines on the same host took, just now."""
    before = _processor_times()
    if before is None:
        return None
    time.sleep(STEAL_WINDOW_S)
    after = _processor_times()
    if after is None or after[0] <= before[0]:
        return None
    return round((after[1] - before[1]) / (after[0] - before[0]), 4)


def _processor_times() -> tuple[int, int] | None:
    """All time of all processors, and what was stolen of it, in ticks."""
    words = (_text(Path("/proc/stat")) or "").split("\n")[0].split()
    if len(words) < 9 or words[0] != "cpu":
        return None
    ticks = [int(word) for word in words[1:9]]  # guest times stand in user times already
    return sum(ticks), ticks[7]

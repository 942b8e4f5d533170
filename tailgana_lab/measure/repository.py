"""The git repository around a folder: which commit, what differs from it, and the files of another commit.

It only reads: neither the working tree nor the index nor the list of worktrees is ever changed.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tailgana_lab.environment import capture_commit, git, git_answer
from tailgana_lab.errors import LabError

N_LISTED = 5
"""Commits that are named where one was not found."""


class UnknownCommitError(LabError):
    """There is no such commit; the message lists the newest that exist."""


class Repository:
    """A git repository with a working tree.

    Parameters
    ----------
    root : Path
        The top folder of the working tree.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def find(cls, folder: Path) -> "Repository | None":
        """The repository that a folder is in; None outside of one, or without git."""
        root = git(folder, "rev-parse", "--show-toplevel")
        return cls(Path(root)) if root else None

    def head(self) -> str | None:
        """Hash of the current commit; None before the first one."""
        return git(self.root, "rev-parse", "--verify", "--quiet", "HEAD")

    def branch(self) -> str | None:
        """Name of the current branch; None when a commit is checked out by itself."""
        return git(self.root, "symbolic-ref", "--quiet", "--short", "HEAD")

    def is_dirty(self) -> bool:
        """Whether any file differs from the commit, or is not tracked and not ignored."""
        return bool(capture_commit(self.root)["is_dirty"])

    def diff_hash(self) -> str | None:
        """One name for all that differs from the commit; None when nothing does."""
        found: str | None = capture_commit(self.root)["diff_hash"]
        return found

    def resolve(self, rev: str) -> str:
        """Whole hash of the commit that a name stands for.

        Raises
        ------
        UnknownCommitError
            If there is none.
        """
        found = None
        if rev.strip():
            found = git(self.root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev.strip()}^{{commit}}")
        if found is None:
            raise UnknownCommitError(f"there is no commit `{rev}` in this repository: {self._what_exists()}")
        return found

    def recent(self, n: int = N_LISTED) -> list[tuple[str, str]]:
        """Hash and subject of the newest commits up to the current one, newest first."""
        lines = (git(self.root, "log", f"--max-count={n}", "--format=%H %s") or "").splitlines()
        return [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]

    @contextmanager
    def worktree(self, commit: str) -> Iterator[Path]:
        """The files of a commit in a folder of their own, which is gone when the block is left.

        They are written through an index of their own, so git's list of worktrees stays as it is, also when this
        process is killed.

        Parameters
        ----------
        commit : str
            Its hash, or any name for it.

        Raises
        ------
        UnknownCommitError
            If there is no such commit.
        LabError
            If its files can't be written.
        """
        found = self.resolve(commit)
        try:
            folder = tempfile.TemporaryDirectory(prefix="tailgana-commit-", ignore_cleanup_errors=True)
        except OSError as error:
            raise LabError(f"the files of commit `{commit}` can't be written: {error}") from error
        with folder as name:
            tree = Path(name).resolve() / "tree"
            tree.mkdir()
            self._write(found, tree, Path(name) / "index")
            yield tree

    def _write(self, commit: str, tree: Path, index: Path) -> None:
        """Write the files of a commit."""
        own = {"GIT_INDEX_FILE": str(index), "GIT_LFS_SKIP_SMUDGE": "1"}
        for arguments in (["read-tree", commit], ["checkout-index", "--all", "--quiet", f"--prefix={tree}/"]):
            answer = git_answer(self.root, *arguments, environment=own)
            if answer is None or answer.returncode:
                said = (answer.stderr.strip().splitlines() if answer is not None else []) or ["git gave no answer"]
                raise LabError(f"the files of commit `{commit[:10]}` can't be written: {said[-1].strip()}")

    def _what_exists(self) -> str:
        """The newest commits, for a message."""
        listed = [f"`{commit[:10]}` ({_short(subject)})" for commit, subject in self.recent()]
        return f"the newest are {', '.join(listed)}" if listed else "it has no commit yet"


def _short(subject: str, width: int = 40) -> str:
    return subject if len(subject) <= width else subject[: width - 1].rstrip() + "…"

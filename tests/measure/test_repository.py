"""Repositories are real ones, made by git in a folder of the test; what the user has must stay as it is."""

import subprocess
from pathlib import Path

import pytest

from tailgana_lab.errors import LabError
from tailgana_lab.measure.repository import Repository, UnknownCommitError


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A repository with two commits."""
    folder = tmp_path / "project with a space"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for number in (1, 2):
        (folder / "code.py").write_text(f"x = {number}\n")
        (folder / "package").mkdir(exist_ok=True)
        (folder / "package" / "inner.py").write_text(f"y = {number}\n")
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", f"number {number}")
    found = Repository.find(folder / "package")
    assert found is not None
    return found


def state(repository: Repository) -> tuple[str, ...]:
    """All that must not change."""
    index = (repository.root / ".git" / "index").read_bytes().hex()
    questions = (["status", "--porcelain"], ["worktree", "list"], ["stash", "list"], ["branch", "--all"])
    files = sorted(str(path) for path in repository.root.rglob("*") if ".git" not in path.parts)
    return (index, *files, *(git(repository.root, *each) for each in questions))


def test_it_is_found_from_inside(repository: Repository) -> None:
    assert repository.root.name == "project with a space"


def test_outside_there_is_none(tmp_path: Path) -> None:
    assert Repository.find(tmp_path) is None


def test_without_git_there_is_none(repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Repository.find(repository.root) is None


def test_head_branch_and_changes_are_known(repository: Repository) -> None:
    assert repository.head() == git(repository.root, "rev-parse", "HEAD")
    assert (repository.branch(), repository.is_dirty(), repository.diff_hash()) == ("main", False, None)
    (repository.root / "code.py").write_text("x = 3\n")
    assert repository.is_dirty()
    assert repository.diff_hash()


def test_a_commit_by_itself_is_on_no_branch(repository: Repository) -> None:
    git(repository.root, "checkout", "-q", "--detach")
    assert repository.branch() is None


@pytest.mark.parametrize("rev", ["HEAD~1", "main~1", "short"])
def test_a_name_leads_to_its_commit(repository: Repository, rev: str) -> None:
    first = git(repository.root, "rev-parse", "HEAD~1")
    assert repository.resolve(first[:8] if rev == "short" else rev) == first


@pytest.mark.parametrize("rev", ["nosuchrev", "0123456789abcdef", "--help", "", "HEAD:code.py", "a b"])
def test_an_unknown_commit_is_named_with_what_exists(repository: Repository, rev: str) -> None:
    with pytest.raises(UnknownCommitError) as raised:
        repository.resolve(rev)
    text = str(raised.value)
    assert f"`{rev}`" in text
    assert all(commit[:10] in text for commit, _ in repository.recent())
    assert "\n" not in text


def test_in_an_empty_repository_the_message_says_so(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    repository = Repository(tmp_path)
    assert (repository.head(), repository.recent()) == (None, [])
    with pytest.raises(UnknownCommitError, match="it has no commit yet"):
        repository.resolve("HEAD")


def test_the_newest_commit_comes_first(repository: Repository) -> None:
    assert [subject for _, subject in repository.recent()] == ["number 2", "number 1"]
    assert len(repository.recent(1)) == 1


def test_the_files_of_a_commit_are_there_for_a_while(repository: Repository) -> None:
    with repository.worktree("HEAD~1") as tree:
        assert (tree / "code.py").read_text() == "x = 1\n"
        assert (tree / "package" / "inner.py").read_text() == "y = 1\n"
    assert not tree.exists()


def test_nothing_of_the_users_changes(repository: Repository) -> None:
    (repository.root / "code.py").write_text("x = 'edited'\n")
    (repository.root / "new.py").write_text("not tracked\n")
    before = state(repository)
    with repository.worktree("HEAD"):
        assert state(repository) == before
    assert state(repository) == before


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_it_is_gone_after_an_error_or_an_interrupt(repository: Repository, error: type[BaseException]) -> None:
    before = state(repository)
    with pytest.raises(error), repository.worktree("HEAD") as tree:
        raise error
    assert not tree.parent.exists()
    assert state(repository) == before


def test_two_commits_can_be_had_side_by_side(repository: Repository) -> None:
    with repository.worktree("HEAD") as new, repository.worktree("HEAD~1") as old:
        assert [(tree / "code.py").read_text() for tree in (new, old)] == ["x = 2\n", "x = 1\n"]


def test_no_hook_of_the_project_runs(repository: Repository) -> None:
    hook = repository.root / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\ntouch ran\n")
    hook.chmod(0o755)
    with repository.worktree("HEAD") as tree:
        assert not list(tree.rglob("ran"))
    assert not (repository.root / "ran").exists()


def test_what_can_not_be_written_is_said_on_one_line(repository: Repository) -> None:
    blob = git(repository.root, "rev-parse", "HEAD:code.py")
    (repository.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    refused = pytest.raises(LabError, match=r"the files of commit `\w{10}` can't be written: ")
    with refused as raised, repository.worktree("HEAD"):
        pass
    assert "\n" not in str(raised.value)

"""The Makefile and .ci/run, without running a server."""

import os
import subprocess

import pytest

from aidnet.config import ROOT


def made(*words: str, **environment: str) -> str:
    """What make would do, with everything out of date."""
    told = subprocess.run(
        ["make", "--dry-run", "--always-make", *words],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]} | environment,
    )
    return told.stdout


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("demo", "serve --demo --port 8000"),
        ("run", "serve --port 8000"),
        ("test", "pytest"),
        ("lint", "mypy"),
        ("lock", "pip-compile"),
    ],
)
def test_a_target_does_what_it_is_for(target: str, told: str) -> None:
    assert told in made(target)


@pytest.mark.parametrize("target", ["demo", "run"])
def test_the_port_may_be_chosen(target: str) -> None:
    assert "--port 9001" in made(target, PORT="9001")
    assert "--port 9002" in made(target, "PORT=9002")


@pytest.mark.parametrize(("target", "folder"), [("demo", "instance/demo"), ("run", "instance")])
def test_the_folder_may_be_chosen_and_is_not_shared_by_demo_and_real(target: str, folder: str) -> None:
    assert f'AIDNET_INSTANCE="${{AIDNET_INSTANCE:-{folder}}}" .venv/bin/flask' in made(target)


def test_packages_come_only_with_their_hashes() -> None:
    installs = [line for line in made("test").splitlines() if "pip install" in line]

    assert len(installs) == 2
    assert all("--require-hashes" in line for line in installs)


def test_ci_runs_the_command_of_the_readme() -> None:
    assert "make test" in (ROOT / "README.md").read_text("utf-8")
    assert (ROOT / ".ci" / "run").read_text("utf-8").rstrip().endswith("make test")
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)

"""The addons keep the rules of the house."""

from pathlib import Path

import checks
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
def test_rule(check):
    problems = check(ROOT / "addons")
    assert not problems, f"{check.__doc__}\n" + "\n".join(problems)


def test_no_code_depends_on_this_machine():
    """Nothing in the repository names a working folder of ours."""
    marks = ["/" + "work/" + folder for folder in ("main", "shared", ".library")]
    found = []
    for folder in ("addons", "tests", "dev", "docs", "benchmarks"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".xml", ".md", ".sh", ".toml", ".csv", ".js", ".yml"} and path.is_file():
                text = path.read_text()
                found += [f"{path.relative_to(ROOT)}: {mark}" for mark in marks if mark in text]
    assert not found


def test_a_connector_is_small():
    """The promise of docs/write-a-connector.md, held by the connector that it shows."""
    lines = 0
    for name in ("connector.py", "mapping.py"):
        text = (ROOT / "addons/ec_channel_demo/demo" / name).read_text()
        lines += sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("#"))
    assert lines < 300

"""Mounts addons/ bare as `odoo.addons.<name>`: pure code is tested in milliseconds, without Odoo and without a database.

An addon's own `__init__.py` is never run (it imports models), so `from odoo import models` in pure code is an ImportError.
Run with `pytest -p no:odoo tests/…`; the tests that need a database live in the addons, and in tests/faults, isolation, kits, pos, prices and scenarios.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent
ADDONS = ROOT / "addons"


def _bare(name, *paths):
    """A package that is nothing but a place where its submodules are found."""
    module = ModuleType(name)
    module.__path__ = [str(path) for path in paths]
    module.__spec__ = importlib.util.spec_from_loader(name, loader=None, is_package=True)
    module.__spec__.submodule_search_locations = module.__path__
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


INSIDE_ODOO = hasattr(sys.modules.get("odoo"), "release")


def pytest_collection_modifyitems(items):
    tests = ROOT / "tests"
    inside = {tests / name for name in ("faults", "isolation", "kits", "pos", "prices", "scenarios")}
    if INSIDE_ODOO and any(tests in item.path.parents and not inside & set(item.path.parents) for item in items):
        raise pytest.UsageError("only tests/faults, isolation, kits, pos, prices and scenarios run inside Odoo; the rest of tests/: pytest -p no:odoo tests/…")


def _mount():
    _bare("odoo")
    _bare("odoo.addons")
    for folder in sorted(path for path in ADDONS.iterdir() if path.is_dir()):
        _bare(f"odoo.addons.{folder.name}", folder)


if not INSIDE_ODOO:
    _mount()
    pytest.register_assert_rewrite("odoo.addons.ec_channel_base.sdk.testing")
sys.path.insert(0, str(ROOT / "dev"))  # the shop simulators

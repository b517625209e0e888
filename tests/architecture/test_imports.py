"""The first net: the import contracts are kept by the tree and bite on planted violations."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config import topology

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")
CONFIGURATION = "importlinter.ini"
CONTRACTS = configparser.ConfigParser()
CONTRACTS.read(ROOT / CONFIGURATION)
PACKAGES = CONTRACTS["importlinter"]["root_packages"].split()

# contract, module that gets the line, the line, what the report must name
PLANTS = [
    ("sealed-orders", "payments.policies", "import orders.models", "payments.policies -> orders.models"),
    ("sealed-orders", "config.topology", "import orders.usecases", "config.topology -> orders.usecases"),
    ("sealed-inventory", "orders.usecases", "import inventory.facade", "orders.usecases -> inventory.facade"),
    ("sealed-payments", "shared_kernel.ids", "from payments import policies", "shared_kernel.ids -> payments.policies"),
    ("sealed-customers", "orders.handlers", "import customers.models", "orders.handlers -> customers.models"),
    ("layers", "orders.models", "import orders.usecases", "orders.models -> orders.usecases"),
    ("layers", "orders.events", "import orders.policies", "orders.events -> orders.policies"),
    ("layers", "payments.rest", "import payments.facade", "payments.rest -> payments.facade"),
    ("layers", "inventory.planted", "", "- inventory.planted"),
    ("purity", "orders.policies", "from django.db import models", "orders.policies -> django"),
    ("purity", "orders.api", "import celery", "orders.api -> celery"),
    ("purity", "payments.events", "import shared_kernel.transactions", "shared_kernel.transactions -> django"),
    ("simulator", "payments.simulator", "import payments.gateways", "payments.simulator -> payments.gateways"),
    ("kernel", "shared_kernel.money", "import orders.events", "shared_kernel.money -> orders.events"),
    ("composition-root", "customers.facade", "import config.settings", "customers.facade -> config.settings"),
    ("call-graph", "payments.usecases", "from orders import api", "payments.usecases -> orders.api"),
]


def lint(folder: Path, *options: str) -> str:
    """What the import linter says of the packages in `folder`."""
    done = subprocess.run(
        [str(LINTER), "--config", CONFIGURATION, "--no-logo", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "300", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


def plant(folder: Path, module: str, line: str) -> None:
    """Add a line to a module, which may be a package or missing."""
    path = folder.joinpath(*module.split("."))
    target = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    with target.open("a", encoding="utf-8") as text:
        text.write(f"\n{line}\n")


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / CONFIGURATION, tmp_path)
    return tmp_path


class TestTheContracts:
    def test_are_kept(self) -> None:
        report = lint(ROOT)

        assert " 0 broken." in report, report

    @pytest.mark.parametrize(("contract", "module", "line", "named"), PLANTS)
    def test_report_a_planted_violation(
        self, copied_tree: Path, contract: str, module: str, line: str, named: str
    ) -> None:
        plant(copied_tree, module, line)

        report = lint(copied_tree, "--no-cache", "--contract", contract)

        assert "0 kept, 1 broken." in report, report
        assert named in report

    def test_refuse_an_exemption_that_nothing_needs(self, copied_tree: Path) -> None:
        configuration = copied_tree / CONFIGURATION
        text = configuration.read_text(encoding="utf-8")
        configuration.write_text(
            text.replace("    ** -> orders.api\n", "    ** -> orders.api\n    orders.api -> payments.models\n"),
            encoding="utf-8",
        )

        report = lint(copied_tree, "--no-cache", "--contract", "sealed-orders")

        assert "No matches for ignored import orders.api -> payments.models" in report

    def test_each_have_a_planted_violation(self) -> None:
        declared = {title.rpartition(":")[2] for title in CONTRACTS.sections() if ":contract:" in title}

        assert {contract for contract, *_ in PLANTS} == declared

    def test_forbid_what_the_topology_does_not_declare(self) -> None:
        calls_nobody = {context.name for context in topology.CONTEXTS if not context.calls}

        assert set(CONTRACTS["importlinter:contract:call-graph"]["source_modules"].split()) == calls_nobody

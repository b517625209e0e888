"""The second net: what import contracts cannot see, on the real tree and on planted violations."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture.checks import kernel_tables, migrations, reaching_out, relations, shape
from tests.architecture.checks.source import Finding, SourceTree

Check = Callable[[SourceTree], list[Finding]]

CHECKS: list[Check] = [
    kernel_tables.queries_without_alias,
    migrations.foreign_migrations,
    reaching_out.contexts_named_by_the_kernel,
    reaching_out.dynamic_access,
    reaching_out.foreign_aliases,
    reaching_out.foreign_names,
    reaching_out.foreign_schemas,
    relations.foreign_relations,
    shape.hidden_work,
    shape.long_modules,
    shape.missing_packages,
    shape.transactions_below_the_door,
    shape.vague_names,
]

PENDING_EVENT = "class PendingEvent(models.Model):\n    pass\n"
EVENTS = "shared_kernel/models/events.py"
MIGRATION = "class Migration(migrations.Migration):\n    dependencies = [('inventory', '0001_initial')]\n"

PLANTS: list[tuple[Check, str, str]] = [
    (relations.foreign_relations, "orders/models.py", "variant = models.ForeignKey('inventory.Variant', on_delete=1)"),
    (relations.foreign_relations, "orders/models.py", "variant = models.OneToOneField(to='inventory.Variant')"),
    (relations.foreign_relations, "orders/models/line.py", "buyer = ForeignKey(settings.AUTH_USER_MODEL, CASCADE)"),
    (relations.foreign_relations, "orders/models.py", "order = ForeignKey('Order', CASCADE, db_constraint=False)"),
    (relations.foreign_relations, "orders/models.py", "thing = GenericForeignKey('kind', 'id')"),
    (relations.foreign_relations, "orders/migrations/0001_initial.py", "f = models.ForeignKey(to='payments.payment')"),
    (relations.foreign_relations, "shared_kernel/models/due.py", "o = models.ForeignKey('orders.Order', CASCADE)"),
    (reaching_out.dynamic_access, "orders/usecases/stock.py", "Variant = apps.get_model('inventory', 'Variant')"),
    (reaching_out.dynamic_access, "orders/facade.py", "import importlib"),
    (reaching_out.dynamic_access, "orders/facade.py", "from django.utils.module_loading import import_string"),
    (reaching_out.dynamic_access, "orders/facade.py", "__import__('inventory.models')"),
    (reaching_out.foreign_schemas, "orders/stock.py", "SQL = 'select on_hand from inventory.stock_level'"),
    (reaching_out.foreign_schemas, "orders/stock.py", 'SQL = f\'select {x} from "inventory"."stock_level"\''),
    (reaching_out.foreign_schemas, "orders/migrations/0002_view.py", "s = 'create table t as select 1 from public.t'"),
    (reaching_out.foreign_schemas, "orders/stock.py", "cursor.execute('set local search_path = inventory')"),
    (reaching_out.foreign_names, "orders/checkout/driver.py", "ring('payments.execute_transaction')"),
    (reaching_out.foreign_names, "orders/handlers.py", "@subscribe('payments.follow_orders', X)\ndef f(): ..."),
    (reaching_out.foreign_names, "orders/handlers.py", "NAME = 'payments.payment_captured.v1'"),
    (reaching_out.foreign_aliases, "orders/rest/views.py", "Level.objects.using('inventory')"),
    (reaching_out.foreign_aliases, "orders/rest/views.py", "transaction.atomic(using='inventory', durable=True)"),
    (reaching_out.foreign_aliases, "orders/rest/views.py", "connections['inventory'].cursor()"),
    (reaching_out.contexts_named_by_the_kernel, "shared_kernel/due.py", "if alias == 'orders': ..."),
    (reaching_out.contexts_named_by_the_kernel, "shared_kernel/due.py", "ring('orders.drive_checkout')"),
    (migrations.foreign_migrations, "orders/migrations/0001_initial.py", MIGRATION),
    (
        migrations.foreign_migrations,
        "orders/migrations/0001_initial.py",
        "run_before = [('inventory', '0001_initial')]",
    ),
    (
        migrations.foreign_migrations,
        "orders/migrations/0001_initial.py",
        "dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]",
    ),
    (shape.missing_packages, "orders/usecases/placing.py", ""),
    (shape.long_modules, "orders/models.py", "\n" * 301),
    (shape.long_modules, "tests/orders/test_models.py", "\n" * 401),
    (shape.vague_names, "orders/utils.py", ""),
    (shape.vague_names, "shared_kernel/common/dates.py", ""),
    (shape.hidden_work, "orders/models.py", "class Order:\n    def save(self, **options): ..."),
    (shape.hidden_work, "orders/handlers.py", "from django.db.models.signals import post_save"),
    (shape.hidden_work, "orders/handlers.py", "from django.db.models import signals"),
    (shape.transactions_below_the_door, "orders/usecases/placing.py", "with transaction.atomic(using='orders'): ..."),
    (
        kernel_tables.queries_without_alias,
        "shared_kernel/models/events.py",
        PENDING_EVENT + "PendingEvent.objects.all()",
    ),
    (kernel_tables.queries_without_alias, EVENTS, PENDING_EVENT + "m = PendingEvent.objects"),
]


def plant(root: Path, path: str, text: str) -> SourceTree:
    """A tree that holds one module, in packages except where the plant is a missing one."""
    module = root / path
    module.parent.mkdir(parents=True)
    module.write_text(text, encoding="utf-8")
    return SourceTree(root)


@pytest.fixture(scope="module")
def tree() -> SourceTree:
    return SourceTree(Path(__file__).parents[2])


class TestTheSourceTree:
    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_keeps(self, tree: SourceTree, check: Check) -> None:
        found = check(tree)

        assert not found, "\n".join(map(str, found))

    def test_has_the_modules_that_the_checks_read(self, tree: SourceTree) -> None:
        assert {module.owner for module in tree.contexts} == {"orders", "inventory", "payments", "customers"}
        assert kernel_tables.kernel_models(tree) >= {"PendingEvent", "IdempotencyKey"}


class TestEachCheck:
    @pytest.mark.parametrize(("check", "path", "text"), PLANTS, ids=lambda value: getattr(value, "__name__", None))
    def test_reports_its_planted_violation(self, tmp_path: Path, check: Check, path: str, text: str) -> None:
        tree = plant(tmp_path, path, text)

        found = check(tree)

        assert [finding.path for finding in found if path.startswith(finding.path)]

    def test_has_a_planted_violation(self) -> None:
        assert {check for check, _, _ in PLANTS} == set(CHECKS)

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("orders/models.py", "line = models.ForeignKey('Order', CASCADE)\nparent = ForeignKey('self', CASCADE)"),
            ("orders/usecases/placing.py", "'''What payments.api says, and inventory.stock_level from there.'''"),
            ("orders/checkout/driver.py", "ring('orders.drive_checkout')\nSQL = 'select 1 from checkout_saga'"),
            ("orders/rest/views.py", "scopes = {'get': 'payments:read'}\natomic(using='orders', durable=True)"),
            ("orders/models.py", "try:\n    with atomic(using='orders'): ...\nexcept IntegrityError: ..."),
            ("config/settings.py", "import_string('orders.facade.OrdersFacade')"),
            (EVENTS, PENDING_EVENT + "PendingEvent.objects.using(alias).all()"),
        ],
    )
    def test_leaves_what_is_allowed_alone(self, tmp_path: Path, path: str, text: str) -> None:
        tree = plant(tmp_path, path, text)

        found = [finding for check in CHECKS if check is not shape.missing_packages for finding in check(tree)]

        assert not found

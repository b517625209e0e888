import pytest

from shared_kernel import contexts
from shared_kernel.facades import binding


@pytest.fixture(autouse=True, scope="session")
def _bound() -> None:
    if not binding._bindings.facades:
        mine = [contexts.get("inventory")]
        binding._bindings = binding.build(mine, mine, through_codec=True)

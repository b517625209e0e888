from tests.scenarios.conftest import provider, shop

__all__ = ["provider", "shop"]

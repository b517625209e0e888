"""What `up` needs of the machine is refused by the name of the variable that asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.supervisor.ground import refuse_taken_port, sole_user
from config.variables import ConfigurationError
from tests.stack import free_ports


class TestTheDataDirectory:
    @pytest.mark.parametrize("directory", ["/proc/nowhere", "/dev/null"])
    def test_must_be_writable(self, directory: str) -> None:
        with (
            pytest.raises(ConfigurationError, match=rf"^ASHLAR_DATA_DIR is {directory}, which cannot be written"),
            sole_user(Path(directory)),
        ):
            pass

    def test_has_one_user_at_a_time(self, tmp_path: Path) -> None:
        with (
            sole_user(tmp_path),
            pytest.raises(ConfigurationError, match=r"another `manage\.py up` runs"),
            sole_user(tmp_path),
        ):
            pass


class TestAHost:
    @pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
    def test_must_be_an_address_of_this_machine(self, host: str) -> None:
        with pytest.raises(ConfigurationError, match=rf"^MANAGEMENT_HOST is {host}, where we cannot listen"):
            refuse_taken_port("MANAGEMENT_PORT", host, free_ports(1)[0])

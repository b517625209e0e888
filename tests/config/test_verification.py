"""The steps of the one check."""

from __future__ import annotations

import sys

import pytest

from config.verification import Step, quick_steps, run


def python(name: str, code: str, *, fixing: str | None = None) -> Step:
    return Step(
        name=name,
        command=(sys.executable, "-c", code),
        fixing=(sys.executable, "-c", fixing) if fixing else None,
        environment={"PLANTED": "here"},
    )


@pytest.fixture
def said() -> list[str]:
    return []


class TestAStep:
    def test_that_passes_says_its_name_only(self, said: list[str]) -> None:
        passed = run(python("tidy", "print('much detail')"), fix=False, say=said.append)

        assert passed
        assert [line.split(" (")[0].split() for line in said] == [["ok", "tidy"]]

    def test_that_fails_shows_what_it_printed_before_its_name(self, said: list[str]) -> None:
        passed = run(python("untidy", "print('line 3 is wrong'); exit(1)"), fix=False, say=said.append)

        assert not passed
        assert said[0] == "line 3 is wrong"
        assert said[1].startswith("FAILED untidy")

    def test_mends_where_it_may(self, said: list[str]) -> None:
        step = python("tidy", "exit(1)", fixing="exit(0)")

        assert run(step, fix=True, say=said.append)
        assert not run(step, fix=False, say=said.append)

    def test_runs_in_its_own_environment_and_without_our_settings(
        self, said: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
        code = "import os; exit(os.environ['PLANTED'] != 'here' or 'DJANGO_SETTINGS_MODULE' in os.environ)"

        assert run(python("inside", code), fix=False, say=said.append)


class TestTheQuickSteps:
    def test_draw_secrets_anew_each_time(self) -> None:
        steps = [step for _ in range(2) for step in quick_steps() if step.name == "deployment"]

        drawn = {step.environment["SECRET_KEY"] for step in steps}
        assert len(drawn) == 2

    def test_never_show_these_secrets(self) -> None:
        assert all("SECRET_KEY" not in repr(step) for step in quick_steps())

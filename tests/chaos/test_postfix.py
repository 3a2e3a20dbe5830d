"""A real Postfix with TLS, a login, greylisting, few connections, a rate and a quota loses and doubles nothing."""

from pathlib import Path

from chaos.postfix import run


async def test_a_postfix_that_is_restarted_and_killed_under_load_has_every_message_once(tmp_path: Path) -> None:
    """A small run of what `make chaos` does with 500."""
    report = await run(40, rate=40, folder=tmp_path)

    assert report.problems == []

"""What Redis needs no server for: its container's declaration, the splitting of commands, the reading of its log."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from orchestrator.core.declared_lab import LabDeclaration, Service
from orchestrator.core.drill import Drill, LoadedDrill
from orchestrator.core.errors import StepFailedError
from orchestrator.core.software_port import Access
from orchestrator.preflight import declaration_mistakes
from orchestrator.software.redis import Redis, information, session

if TYPE_CHECKING:
    from pathlib import Path

REDIS = Redis()
SETTINGS = {"appendonly": True, "save": "3600 1 300 100", "maxmemory": 1048576, "activedefrag": False}
SERVICE = Service(type="redis", image="any", settings=SETTINGS)
NOWHERE = Access("127.0.0.1", 1, "default", "0", "planted")

APPEND_ONLY = """\
2026-01-02T03:04:05.100000001Z 7:C 02 Jan 2026 03:04:05.099 # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo
2026-01-02T03:04:05.200000001Z 7:M 02 Jan 2026 03:04:05.199 * Reading RDB base file on AOF loading...
2026-01-02T03:04:05.300000001Z 7:M 02 Jan 2026 03:04:05.299 * Loading RDB produced by version 7.0.15
2026-01-02T03:04:05.4Z 7:M 02 Jan 2026 03:04:05.399 * DB loaded from base file appendonly.aof.1.base.rdb: 0.1 seconds
2026-01-02T03:04:05.5Z 7:M 02 Jan 2026 03:04:05.499 * DB loaded from incr file appendonly.aof.1.incr.aof: 0.1 seconds
2026-01-02T03:04:05.600000001Z 7:M 02 Jan 2026 03:04:05.599 * DB loaded from append only file: 0.210 seconds
2026-01-02T03:04:05.700000001Z 7:M 02 Jan 2026 03:04:05.699 * Ready to accept connections
"""


def test_no_secret_stands_in_environment_or_command() -> None:
    """The password goes by file only."""
    assert REDIS.environment(SERVICE) == {"REDIS_PASSWORD_FILE": "/run/secrets/redis_password"}
    assert REDIS.secrets(SERVICE) == {"password": "/run/secrets/redis_password"}


def test_the_command_states_each_setting_as_an_option() -> None:
    """Booleans are yes and no, and a setting of several words is given word by word."""
    assert REDIS.command(SERVICE) == (
        *("redis-server", "--appendonly", "yes", "--save", "3600", "1", "300", "100"),
        *("--maxmemory", "1048576", "--activedefrag", "no"),
    )


def test_an_empty_setting_is_stated_as_empty() -> None:
    """`save: ""` switches snapshots off; without its empty word the option would be another one."""
    assert REDIS.command(SERVICE.model_copy(update={"settings": {"save": ""}})) == ("redis-server", "--save", "")


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        ({"settings": {"save": "3600 '1"}}, "settings.save: cannot be split into words: no closing quotation"),
        ({"database": "app"}, "database: redis numbers its databases, and 'app' is no number"),
    ],
)
def test_what_redis_could_not_take_is_told_before_anything_is_built(
    tmp_path: Path, declared: dict[str, object], says: str
) -> None:
    """With the setting; a command of another database is refused too."""
    lab = LabDeclaration(services={"cache": SERVICE.model_copy(update=declared)})
    file = tmp_path / "any.yaml"
    drill = Drill.model_construct(lab=lab)
    loaded = LoadedDrill.model_construct(drill=drill, file=file)
    assert list(declaration_mistakes(loaded, {"redis": REDIS})) == [f"{file}: lab.services.cache.{says}"]
    with pytest.raises(StepFailedError, match="redis numbers its databases, and 'app' is no number"):
        REDIS.execute(replace(NOWHERE, database="app"), "PING")


def test_a_value_that_is_no_text_is_told_by_its_numbers() -> None:
    """A picture in the cache is no reason to stop."""
    with session(NOWHERE, 1.0) as server:
        assert server.get_encoder().decode(b"caf\xc3\xa9 \xff") == "caf\u00e9 \\xff"


def test_marks_are_told_in_order_by_the_engines_stamps() -> None:
    """Of several files that are loaded, the first that begins and the last that ends count."""
    assert REDIS.server_marks(APPEND_ONLY) == [
        ("process-started", "2026-01-02T03:04:05.100000Z"),
        ("redo-started", "2026-01-02T03:04:05.200000Z"),
        ("redo-done", "2026-01-02T03:04:05.600000Z"),
        ("accepting-connections", "2026-01-02T03:04:05.700000Z"),
    ]


def test_a_line_that_quotes_a_mark_is_none() -> None:
    """Only what a line begins with counts."""
    log = "2026-01-02T03:04:05.1Z 7:M 02 Jan 2026 03:04:05.099 * Not yet Ready to accept connections\n"
    assert REDIS.server_marks(log) == []


def test_redis_archives_nothing_and_keeps_no_key_in_a_file_of_its_own() -> None:
    """Who wants to spoil a key's file is told what there is instead."""
    assert REDIS.archiver(NOWHERE) is None
    with pytest.raises(StepFailedError) as caught:
        REDIS.data_file(NOWHERE, "session:1")
    assert caught.value.message == "session:1: redis keeps all keys in memory, none of them in a file of its own"
    assert caught.value.hint == "spoil its RDB or AOF files instead"


def test_a_line_that_cannot_be_split_is_told_before_anything_is_sent() -> None:
    """The message says why; the server, which there is none of, was not asked."""
    with pytest.raises(StepFailedError) as caught:
        REDIS.execute(NOWHERE, "# a comment\n\nSET a 'b\n")
    assert caught.value.message == "a line of commands cannot be split into words: no closing quotation"


def test_what_a_server_says_of_itself_is_read_by_name() -> None:
    """Headings are none of it, and a value may hold colons."""
    text = "# Server\r\nredis_version:7.0.15\r\nlistener0:name=tcp,bind=::1\r\n\r\n# Persistence\r\nloading:0\r\n"
    assert information(text) == {"redis_version": "7.0.15", "listener0": "name=tcp,bind=::1", "loading": "0"}

"""How a file service's answers and files are understood; what it does with them: tests/real/test_files.py."""

from __future__ import annotations

import pytest

from orchestrator.ledger.clients import AttemptFailedError, Identity
from orchestrator.ledger.clients.files import identity_from, is_definite, path_of, row_from
from reports.facts.ledger import Row


@pytest.mark.parametrize(
    ("status", "definite"),
    [
        pytest.param(401, True, id="who is not let in"),
        pytest.param(403, True, id="where nobody may write"),
        pytest.param(405, True, id="a server that only reads"),
        pytest.param(409, True, id="where there is no folder"),
        pytest.param(413, True, id="too large"),
        pytest.param(507, True, id="no room"),
        pytest.param(500, False, id="broken down, before or after"),
        pytest.param(502, False, id="a proxy that lost its server"),
        pytest.param(503, False, id="a proxy without a server"),
    ],
)
def test_only_a_definite_no_is_a_refusal(status: int, definite: bool) -> None:  # noqa: FBT001 - a case
    """Refused writes must be absent later, so whatever may have been written is in doubt instead."""
    assert is_definite(status) is definite


@pytest.mark.parametrize(
    ("writer", "sequence", "path"),
    [
        (0, 1, "/drillmaster/ledger/0/0/1"),
        (7, 99, "/drillmaster/ledger/7/0/99"),
        (12, 12345, "/drillmaster/ledger/12/123/12345"),
    ],
)
def test_each_write_has_one_path(writer: int, sequence: int, path: str) -> None:
    """And each path one write: nothing can be there twice."""
    assert path_of(writer, sequence) == path
    assert row_from(path, b"-5\n") == Row(writer, sequence, -5)


@pytest.mark.parametrize("content", [b"", b"17", b"17\n\0", b"018446744073709551615\n", b"17\r\n", b"\xff"])
def test_what_is_no_payload_counts_as_another_one(content: bytes) -> None:
    """A file cut short or overwritten is a corrupt write, and no reason not to read the others."""
    row = row_from("/drillmaster/ledger/1/0/2", content)
    assert (row.writer, row.sequence) == (1, 2)
    assert row.payload != 17
    assert -(2**63) <= row.payload < 2**63


@pytest.mark.parametrize("raw", [b"", b"\xff", b"[]", b"7", b"null", b'{"system": "s"}'])
def test_an_answer_of_something_else_is_a_failed_attempt(raw: bytes) -> None:
    """Whatever stands at the address by now."""
    with pytest.raises(AttemptFailedError) as caught:
        identity_from(raw)
    assert caught.value.says == "the answer is not that of a drill's file service"
    assert identity_from(b'{"system": "s", "started": "t"}') == Identity("s", 1, "t")


def test_a_writer_that_no_ledger_has_is_told() -> None:
    """The ledger's files have no room for its number."""
    with pytest.raises(AttemptFailedError) as caught:
        row_from("/drillmaster/ledger/65536/0/1", b"1\n")
    assert caught.value.says == "the folder holds a number that no ledger writes"


@pytest.mark.parametrize(
    "path",
    [
        "/drillmaster/ledger/1/0/2.bak",
        "/drillmaster/ledger/1/0/02",
        "/drillmaster/ledger/01/0/2",
        "/drillmaster/ledger/1/1/2",
        "/drillmaster/ledger/1/2",
        "/drillmaster/ledger/1/0/0",
    ],
)
def test_a_file_that_no_ledger_can_have_written_is_told_without_its_name(path: str) -> None:
    """Such a folder cannot be judged file by file."""
    with pytest.raises(AttemptFailedError) as caught:
        row_from(path, b"1\n")
    assert (caught.value.says, caught.value.definite) == ("there is a file that no ledger writes", True)

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.store import envelope
from harness.store.envelope import Unreadable

CONTENT = {"schema_version": 1, "reason": "größer als ±3 %", "lone": "\udc80", "numbers": [1, 2.5, None]}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "record.json"
    envelope.write(path, CONTENT)
    return path


def test_reads_what_was_written(path):
    assert envelope.read(path, newest=1) == CONTENT


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(), st.lists)


@settings(max_examples=20, deadline=None)
@given(st.dictionaries(st.text(), VALUES))
def test_any_json_survives(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("envelope") / "record.json"
    envelope.write(path, {**content, "schema_version": 1})
    assert envelope.read(path, newest=1) == {**content, "schema_version": 1}


def test_truncation_at_any_length_is_noticed(path):
    whole = path.read_bytes()
    for length in range(len(whole) - 1):  # without the last line break it is still whole
        path.write_bytes(whole[:length])
        with pytest.raises(Unreadable, match="not a whole record"):
            envelope.read(path, newest=1)


def test_an_edit_is_noticed(path):
    path.write_text(path.read_text().replace("2.5", "2.4"))
    with pytest.raises(Unreadable, match=r"record\.json: its checksum does not match its content"):
        envelope.read(path, newest=1)


@pytest.mark.parametrize("version", [2, 99, "2", None])
def test_a_newer_schema_is_refused_by_name(path, version):
    stored = json.loads(path.read_text())
    stored["content"]["schema_version"] = version
    path.write_text(json.dumps(stored))
    with pytest.raises(Unreadable, match=f"schema version {version}, but this twinbench reads up to 1; upgrade it"):
        envelope.read(path, newest=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "7",
        "{}",
        '{"sha256": "", "content": []}',
        '{"sha256": "", "content": {}}',
        "\x00",
        "[" * 100_000,
    ],
)
def test_what_is_no_envelope_is_unreadable(path, text):
    path.write_text(text)
    with pytest.raises(Unreadable, match=r"record\.json: not a whole record"):
        envelope.read(path, newest=1)


def test_what_cannot_be_read_is_unreadable(tmp_path):
    for missing in (tmp_path / "none.json", tmp_path):
        with pytest.raises(Unreadable, match="not a whole record"):
            envelope.read(missing, newest=1)


def test_bytes_that_are_no_text_are_unreadable(path):
    path.write_bytes(b"\xff\xfe" + path.read_bytes())
    with pytest.raises(Unreadable, match="not a whole record"):
        envelope.read(path, newest=1)

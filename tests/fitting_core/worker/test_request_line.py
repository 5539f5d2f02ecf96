"""Any bytes on a line are a request or an error in words."""

from __future__ import annotations

import json

import pytest

from fitting_core.errors import MOST_MESSAGE
from fitting_core.worker.request_line import MOST_BRACKETS, BadLineError, parse_request


def test_both_forms() -> None:
    words = parse_request(b'{"id": "1", "command": "fit", "arguments": ["a", "b"]}\n')
    assert (words.id, words.command, words.arguments, words.fields) == ("1", "fit", ("a", "b"), None)
    fields = parse_request('{"id": "ü", "command": "fit", "fields": {"photo": "[[{"}}'.encode())
    assert (fields.id, fields.arguments, fields.fields) == ("ü", (), {"photo": "[[{"})


BAD: dict[str, tuple[bytes, str, str]] = {
    "not JSON": (b"{", "", "not JSON"),
    "a list": (b"[1]", "", "not a JSON object"),
    "not UTF-8": (b'{"id": "1", "command": "ping", "arguments": ["\xff"]}', "", "not UTF-8"),
    "NUL bytes": (b"\0\0\0", "", "not JSON"),
    "unclosed text": (b'"' + b'\\"' * 500_000, "", "not JSON"),
    "digits": (b'{"id": "1", "command": "fit", "fields": {"takes": %s}}' % (b"9" * 5000), "", "5000 digits"),
    "more digits": (b'{"id": "1", "n": %s}' % (b"1" * 900_000), "", "900000 digits"),
    "deep": (b"[" * 5000 + b"]" * 5000, "", "lists and objects"),
    "deep in fields": (b'{"id": "1", "command": "fit", "fields": ' + b'{"a":' * 99 + b"1" + b"}" * 99 + b"}", "", "lists"),
    "wide": (b'{"id": "1", "command": "fit", "arguments": [' + b"[]," * MOST_BRACKETS + b"[]]}", "", "lists"),
    "command twice": (b'{"id": "1", "command": "cancel", "command": "fit"}', "", "'command' twice"),
    "field twice": (b'{"id": "1", "command": "fit", "fields": {"takes": 1, "takes": 2}}', "", "'takes' twice"),
    "no id": (b'{"command": "fit"}', "", "needs an 'id'"),
    "id is a number": (b'{"id": 1, "command": "fit"}', "", "needs an 'id'"),
    "endless id": (b'{"id": "%s", "command": "fit"}' % (b"1" * 10_000), "", "needs an 'id'"),
    "no such command": (b'{"id": "1", "command": "%s"}' % (b"x" * 500_000), "1", "is not known"),
    "command is a list": (b'{"id": "1", "command": ["fit"]}', "1", "is not known"),
    "both forms": (b'{"id": "1", "command": "fit", "fields": {}, "arguments": []}', "1", "either"),
    "fields of a ping": (b'{"id": "1", "command": "ping", "fields": {}}', "1", "takes no fields"),
    "fields are a list": (b'{"id": "1", "command": "fit", "fields": []}', "1", "must be an object"),
    "arguments are numbers": (b'{"id": "1", "command": "fit", "arguments": [1]}', "1", "list of strings"),
    "another key": (b'{"id": "1", "command": "fit", "argv": []}', "1", "no 'argv'"),
}  # fmt: skip


@pytest.mark.parametrize(("line", "request_id", "words"), BAD.values(), ids=BAD)
def test_bad_lines(line: bytes, request_id: str, words: str) -> None:
    with pytest.raises(BadLineError, match=words) as bad:
        parse_request(line)
    assert bad.value.request_id == request_id and len(str(bad.value)) <= MOST_MESSAGE


def test_brackets_in_texts_are_no_nesting() -> None:
    line = json.dumps({"id": "1", "command": "fit", "arguments": ["[" * 500, 'a\\"[{', "\\"]})
    assert parse_request(line.encode()).arguments[0] == "[" * 500

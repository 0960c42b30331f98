"""Who is answered and what a browser is told; what a route gives away, asked as an attacker would."""

import http.client
import json
import re
from urllib.parse import quote, urlparse

import pytest

from reading_room import guard, pictures


@pytest.fixture(scope="module")
def address(serve, small_cabinet):
    return urlparse(serve(small_cabinet.path))


def asked(address, path, *, method="GET", body=None, **headers):
    """Answer to a request whose path is sent as it is written."""
    line = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    line.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        line.putheader(name.replace("_", "-"), value)
    if body is not None:
        line.putheader("Content-Length", str(len(body)))
    line.endheaders(body)
    answer = line.getresponse()
    answer.content = answer.read()
    line.close()
    return answer


def test_no_other_name_is_answered(address):
    for name in (
        "evil.example",
        f"evil.example:{address.port}",
        "127.0.0.1.evil.example",
        "",
        "127.0.0.1@evil.example",
    ):
        for path in ("/", "/thumbs/archive?id=x", "/_stcore/health", "/_stcore/host-config"):
            answer = asked(address, path, Host=name)
            assert answer.status == 400, (name, path)
    for name in (f"127.0.0.1:{address.port}", f"localhost:{address.port}", "LOCALHOST"):
        assert asked(address, "/", Host=name).status == 200


SOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec_WebSocket_Version": "13",
    "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def test_no_other_site_may_open_a_socket(address):
    own = f"http://127.0.0.1:{address.port}"
    for origin in ("http://evil.example", "null", "https://share.streamlit.io", f"http://127.0.0.1:{address.port + 1}"):
        assert asked(address, "/_stcore/stream", Origin=origin, **SOCKET).status == 403, origin
    assert asked(address, "/_stcore/stream", Origin=own, Host="evil.example", **SOCKET).status == 403
    assert asked(address, "/_stcore/stream", Origin=own, **SOCKET).status == 101
    for path in ("/_stcore/host-config", "/thumbs/archive?id=x"):
        assert asked(address, path, Origin="http://evil.example").status == 403
        assert asked(address, path, Origin=own).status in (200, 404)


def test_every_answer_tells_the_browser_what_to_refuse(address, small_cabinet):
    shown = quote(next(small_cabinet.shown()).id)
    for path in (
        "/",
        "/item",
        "/favicon.png",
        f"/thumbs/archive?id={shown}",
        "/thumbs/archive?id=none",
        "/_stcore/health",
    ):
        answer = asked(address, path)
        for name, value in guard.HEADERS.items():
            assert answer.getheader(name) == value, path
        rules = dict(rule.split(" ", 1) for rule in answer.getheader("Content-Security-Policy").split("; "))
        assert rules["default-src"] == "'self'"
        assert rules["object-src"] == "'none'"
        assert rules["frame-ancestors"] == "'self'"
        assert "unsafe" not in rules["script-src"]
        everything = " ".join(rules.values()).split()
        here = {f"{scheme}://127.0.0.1:{address.port}" for scheme in ("ws", "wss")}
        assert {word for word in everything if re.search(r"[.*:]", word)} <= here | {"data:", "blob:"}
    assert json.loads(asked(address, "/_stcore/host-config").content)["allowedOrigins"] == []


def test_a_policy_names_the_sockets_of_this_host_and_cannot_be_written_by_it():
    assert "ws://here.example:8501 wss://here.example:8501;" in guard.policy("here.example:8501")
    assert guard.policy("a; script-src *") == guard.policy("")


TRAVERSAL = [
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "/etc/passwd",
    "..\\..\\x",
    "a\0b",
]


@pytest.mark.parametrize("tried", TRAVERSAL)
def test_no_path_leads_out_of_an_archive(address, tried):
    for path in (
        f"/thumbs/{quote(tried, safe='%/')}?id=x",
        f"/thumbs/archive?id={quote(tried, safe='%/')}",
        f"/thumbs/archive/{quote(tried, safe='%/')}",
        f"/views/archive/800?id={quote(tried, safe='%/')}",
        f"/views/{quote(tried, safe='%/')}/800?id=x",
        f"/static/{quote(tried, safe='%/')}",
        f"/app/static/{quote(tried, safe='%/')}",
        f"/_stcore/bidi-components/{quote(tried, safe='%/')}",
        f"/media/{quote(tried, safe='%/')}",
    ):
        answer = asked(address, path)
        assert b"root:" not in answer.content, path
        assert answer.status in (400, 404) or b"<title>Streamlit</title>" in answer.content, (
            path
        )  # the app's empty page


def test_views_come_in_two_sizes(address, small_cabinet):
    shown = quote(next(small_cabinet.shown()).id)
    assert {asked(address, f"/views/archive/{side}?id={shown}").status for side in pictures.SIDES} == {200}
    for side in ("0", "-1", "100000", "801", "x"):
        assert asked(address, f"/views/archive/{side}?id={shown}").getheader("Content-Type") != "image/webp", side


def test_a_picture_is_sent_once(address, small_cabinet):
    path = pictures.thumb("archive", next(small_cabinet.shown()).id)
    first = asked(address, path)
    assert first.getheader("Content-Type") == "image/webp"
    assert first.content[8:12] == b"WEBP"
    again = asked(address, path, If_None_Match=first.getheader("ETag"))
    assert (again.status, again.content) == (304, b"")


def test_nothing_is_taken_without_a_session(address):
    answer = asked(address, "/_stcore/upload_file/nobody/file", method="PUT", body=b"x" * 100)
    assert answer.status == 403
    for method in ("POST", "DELETE", "PUT"):
        assert asked(address, "/thumbs/archive?id=x", method=method, body=b"").status == 405


def test_programs_cannot_steer_a_session(address):
    """Streamlit's interface for programs is shut."""
    assert asked(address, "/_stcore/agent/interact", method="POST", body=b"{}").status in (403, 404)

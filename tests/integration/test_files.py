"""Files: uploads and downloads over HTTP, and messages that share them."""

import base64
import hashlib
import os
import uuid

import pytest

from api import KEY, Backend
from client import Chat
from dialects import Action, Topic
from server import eventually

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
TUS = "application/offset+octet-stream"


def client(server, token=None):
    return Backend(server.address, token)


@pytest.fixture
def user(server, accounts):
    """The HTTP client of a user."""
    return lambda name: client(server, accounts.token(name))


@pytest.fixture
def connect(server, accounts, leave_at_end):
    return lambda *who, **how: leave_at_end(accounts.connect(server, *who, **how))


@pytest.fixture
def server(start, accounts):
    return start(*accounts.options, "--admin-key", KEY)


@pytest.fixture(params=["memory", "directory"])
def start_either(request, start, tmp_path):
    """Starts a server with its files in memory, or in a directory."""
    where = ("--files-dir", str(tmp_path / "files"))
    return lambda *options: start(*(where if request.param == "directory" else ()),
                                  *options)


def upload(http, content=PNG, query="?name=a.png", **headers):
    answer = http.ask("POST", f"/v1/files{query}", content, **headers)
    assert answer.status == 201, answer
    return answer.body


def path_of(file):
    return "/v1/files/" + file["id"]


def encoded(**values):
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}"
                    for k, v in values.items())


# --- uploads and downloads ---------------------------------------------------


def test_a_file_comes_back_as_it_was(start_either):
    http = client(start_either())
    for size in 0, 1, 16384, 300_000:
        content = os.urandom(size)
        file = upload(http, content, "?name=../b%20c.bin",
                      content_type="application/x-thing")
        assert file["size"] == size and file["name"] == "b c.bin"
        assert file["type"] == "application/x-thing"
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert uuid.UUID(file["id"]).version == 4
        got = http.get(file["url"])
        assert (got.status, got.raw) == (200, content)
        assert got.headers["Content-Type"] == "application/x-thing"
        assert got.headers["Content-Disposition"] == 'attachment; filename="b c.bin"'
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in got.headers["Content-Security-Policy"]


def test_bodies_of_unknown_length_are_taken(start_either):
    http = client(start_either("--limits-body-bytes", "1000"))
    content = os.urandom(100_000)
    http.connection.request("POST", "/v1/files?name=x", iter([content]),
                            {"Transfer-Encoding": "chunked"},
                            encode_chunked=True)
    answer = http.connection.getresponse()
    assert answer.status == 201
    location = answer.headers["Location"]
    answer.read()
    assert http.get(location).raw == content


def test_only_safe_pictures_are_shown(start):
    http = client(start())
    html = b"<script>alert(1)</script>"
    for content, declared, served, shown in (
        (PNG, "image/png", "image/png", "inline"),
        (PNG, "text/html", "image/png", "inline"),
        (html, "image/png", "text/plain", "attachment"),
        (html, "text/html", "text/html", "attachment"),
        (b"<svg/>", "image/svg+xml", "text/plain", "attachment"),
    ):
        file = upload(http, content, content_type=declared)
        got = http.get(file["url"])
        assert got.headers["Content-Type"] == served, (content, declared)
        assert got.headers["Content-Disposition"].startswith(shown)


def test_ranges_and_conditions(start_either):
    http = client(start_either())
    file = upload(http)
    whole = http.get(file["url"])
    etag = whole.headers["ETag"]
    size = len(PNG)
    for asked, first, last in (("bytes=0-9", 0, 9), ("bytes=100-", 100, size - 1),
                               ("bytes=-5", size - 5, size - 1),
                               ("bytes=5-99999999", 5, size - 1)):
        got = http.get(file["url"], range=asked)
        assert (got.status, got.raw) == (206, PNG[first:last + 1]), asked
        assert got.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
    for asked in "bytes=9-1", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6":
        assert http.get(file["url"], range=asked).status == 200, asked
    for asked in f"bytes={size}-", "bytes=-0":
        refused = http.get(file["url"], range=asked)
        assert refused.status == 416
        assert refused.headers["Content-Range"] == f"bytes */{size}"
    assert http.get(file["url"], if_none_match=etag).status == 304
    assert http.get(file["url"], if_none_match='"other"').status == 200
    changed = http.get(file["url"], range="bytes=0-9", if_range='"other"')
    assert (changed.status, changed.raw) == (200, PNG)
    head = http.ask("HEAD", file["url"])
    assert (head.status, head.raw) == (200, b"")
    assert head.headers["Content-Length"] == str(size)


# --- tus -----------------------------------------------------------------------


def create(http, size, **metadata):
    made = http.ask("POST", "/v1/files", tus_resumable="1.0.0",
                    upload_length=str(size), upload_metadata=encoded(**metadata))
    assert made.status == 201, made
    return made.headers["Location"]


def patch(http, location, offset, piece):
    return http.ask("PATCH", location, piece, tus_resumable="1.0.0",
                    content_type=TUS, upload_offset=str(offset))


def offset_of(http, location):
    head = http.ask("HEAD", location, tus_resumable="1.0.0")
    assert head.status == 200 and head.headers["Cache-Control"] == "no-store"
    return int(head.headers["Upload-Offset"])


def test_an_upload_goes_on_where_it_was_interrupted(start_either):
    server = start_either()
    http = client(server)
    location = create(http, len(PNG), filename="a.png", filetype="image/png")
    assert offset_of(http, location) == 0
    assert http.get(location).status == 404
    assert patch(http, location, 0, PNG[:1000]).headers["Upload-Offset"] == "1000"
    # The connection breaks in the middle of a request.
    broken = client(server)
    broken.connection.putrequest("PATCH", location)
    for name, value in (("Content-Type", TUS), ("Upload-Offset", "1000"),
                        ("Content-Length", "4000")):
        broken.connection.putheader(name, value)
    broken.connection.endheaders(PNG[1000:3000])
    eventually(lambda: offset_of(http, location) >= 3000)
    broken.close()
    refused = patch(http, location, 1000, PNG[1000:])
    assert (refused.status, refused["error"]) == (409, "file_offset")
    assert refused["limit"] == 3000
    http = client(server)
    done = patch(http, location, 3000, PNG[3000:])
    assert done.status == 204
    assert done.headers["Upload-Offset"] == str(len(PNG))
    assert http.get(location).raw == PNG
    assert offset_of(http, location) == len(PNG)
    assert patch(http, location, len(PNG), b"").status == 409


def test_what_tus_requires(start):
    server = start()
    http = client(server)
    options = http.ask("OPTIONS", "/v1/files")
    assert options.status == 204
    assert options.headers["Tus-Version"] == "1.0.0"
    assert "creation" in options.headers["Tus-Extension"]
    old = http.ask("POST", "/v1/files", tus_resumable="0.2.2", upload_length="5")
    assert (old.status, old.headers["Tus-Version"]) == (412, "1.0.0")
    location = create(http, 5, filename="x")
    assert http.ask("PATCH", location, b"hello", upload_offset="0").status == 415
    http = client(server)
    assert http.ask("PATCH", location, b"", content_type=TUS).status == 422
    assert patch(http, location, 0, b"hello!").status == 413
    http = client(server)
    assert patch(http, location, 0, b"hello").status == 204
    for bad in "x", "-1", "", "99999999999999999999":
        refused = http.ask("POST", "/v1/files", upload_length=bad)
        assert refused.status == 422, bad
    refused = http.ask("POST", "/v1/files", upload_length="1",
                       upload_metadata="filename !!!")
    assert (refused.status, refused["field"]) == (422, "Upload-Metadata")


def test_an_upload_that_breaks_off_is_removed_unless_it_can_go_on(start_either):
    server = start_either("--files-quota-user", "100KiB")
    http = client(server)
    broken = client(server)
    broken.connection.putrequest("POST", "/v1/files?name=x")
    broken.connection.putheader("Content-Length", "100000")
    broken.connection.endheaders(b"x" * 50_000)

    def stats():
        return http.get("/stats")["files"]

    eventually(lambda: stats()["received_bytes"] >= 50_000)
    assert stats()["count"] == 1
    broken.close()
    eventually(lambda: stats()["count"] != 1)


# --- whose they are ------------------------------------------------------------


def test_a_file_is_its_owners_until_it_is_shared(server, connect, user):
    alice, bob = connect("alice"), connect("bob")
    alice.ask_ok("create", name="Tea", room="tea")
    file = upload(user("alice"))
    assert "key" not in file and file["url"] == path_of(file)
    assert user("alice").get(file["url"]).raw == PNG
    assert user("bob").get(file["url"]).status == 404
    assert client(server).get(file["url"]).status == 401
    assert user("bob").ask("DELETE", file["url"]).status == 404
    # Others cannot share it.
    bob.ask_ok("join", room="tea")
    assert bob.refusal("broadcast", room="tea", message={
        "file": {"id": file["id"]}})["code"] == "file_not_found"
    alice.ask_ok("broadcast", room="tea", message={
        "text": "look", "file": {"id": file["id"], "name": "evil.exe", "size": 1,
                                 "width": 16, "height": 9, "other": 1}})
    bob.expect("broadcast", room="tea", message={
        "text": "look",
        "file": {"id": file["id"], "name": "a.png", "type": "image/png",
                 "size": len(PNG), "url": path_of(file), "width": 16, "height": 9}})
    assert user("bob").get(file["url"]).raw == PNG
    assert user("bob").ask("DELETE", file["url"]).status == 404
    assert user("alice").ask("DELETE", file["url"]).status == 204
    assert user("bob").get(file["url"]).status == 404


def test_no_file_is_served_to_who_may_not_read_its_room(server, connect, user):
    alice, bob = connect("alice"), connect("bob")
    connect("carol")
    alice.ask_ok("create", name="Secret", room="secret", private=True)
    file = upload(user("alice"), query="?name=a.png&room=secret")
    assert user("alice").get(file["url"]).status == 200
    for name in "bob", "carol":
        assert user(name).get(file["url"]).status == 404
        refused = user(name).ask("POST", "/v1/files?room=secret", b"x")
        assert (refused.status, refused["error"]) == (404, "room_not_found")
    alice.ask_ok("invite", room="secret", member="bob")
    bob.ask_ok("join", room="secret")
    assert user("bob").get(file["url"]).status == 200
    assert user("carol").get(file["url"]).status == 404
    alice.ask_ok("ban", room="secret", member="bob")
    assert user("bob").get(file["url"]).status == 404
    assert user("bob").get(file["url"] + "?key=" + "0" * 32).status == 404
    assert user("alice").get(file["url"] + "?key=" + "0" * 32).status == 200
    alice.ask_ok("delete", room="secret")
    assert user("bob").get(file["url"]).status == 404


def test_talks_and_the_lobby(server, connect, user):
    alice, bob = connect("alice"), connect("bob")
    connect("carol")
    bob.pending()
    file = upload(user("alice"))
    alice.ask_ok("dm", recipient="bob", message={"file": {"id": file["id"]}})
    shared = bob.expect("dm", member="alice")["message"]["file"]
    assert (shared["name"], shared["size"]) == ("a.png", len(PNG))
    assert user("bob").get(file["url"]).status == 200
    assert user("carol").get(file["url"]).status == 404
    alice.ask_ok("broadcast", message={"file": {"id": file["id"]}})
    assert user("carol").get(file["url"]).status == 200


def test_anonymous_clients_need_the_key(start, leave_at_end):
    server = start()
    http = client(server)
    file = upload(http, query="?name=a.png")
    assert file["url"].startswith(path_of(file) + "?key=")
    assert http.get(file["url"]).raw == PNG
    # Who gets the URL, in a message, can neither remove nor share the file.
    assert http.ask("DELETE", file["url"]).status == 404
    alice = leave_at_end(Chat(server.address))
    shown = file["url"].rpartition("=")[2]
    assert alice.refusal("broadcast", message={"file": {
        "id": file["id"], "key": shown}})["code"] == "file_not_found"
    for url in path_of(file), path_of(file) + "?key=" + "0" * 32:
        assert http.get(url).status == 404
        assert http.ask("DELETE", url).status == 404
    own = path_of(file) + "?key=" + file["key"]
    assert http.get(own).raw == PNG
    assert http.ask("DELETE", own).status == 204
    assert http.get(file["url"]).status == 404


def test_broken_parts_are_refused(server, connect):
    alice = connect("alice")
    alice.ask_ok("create", name="Tea", room="tea")
    for part, code in (({}, "bad_field"), ({"id": 1}, "bad_field"),
                       ({"id": "../../etc/passwd"}, "bad_field"),
                       ({"id": str(uuid.uuid4())}, "file_not_found")):
        refused = alice.refusal("broadcast", room="tea", message={"file": part})
        assert refused["code"] == code, part
    for other in {"file": "a.txt"}, {"file": 1}, [{"file": {}}], {"files": {}}:
        alice.post("tea", other)
    assert alice.refusal("dm", recipient="bob",
                         message={"text": "x"})["code"] == "bad_field"


# --- messages ------------------------------------------------------------------


def test_a_file_lives_in_the_history_and_goes_with_its_message(connect, user):
    alice = connect("alice")
    bob = connect("bob")
    alice.ask_ok("create", name="Tea", room="tea", persistent=True)
    file = upload(user("alice"))
    seq = alice.ask_ok("broadcast", room="tea", message={
        "file": {"id": file["id"]}})["seq"]
    page = bob.ask_ok("join", room="tea", history=10)
    assert page["messages"][-1]["message"]["file"]["url"] == file["url"]
    edited = {"text": "better", "file": {"id": file["id"]}}
    alice.ask_ok("edit", room="tea", seq=seq, message=edited)
    assert bob.expect("edit", room="tea")["message"]["file"]["name"] == "a.png"
    assert user("bob").get(file["url"]).status == 200
    alice.ask_ok("redact", room="tea", seq=seq)
    assert user("bob").get(file["url"]).status == 404
    assert user("alice").get(file["url"]).status == 404


def test_backends_share_files_and_read_all(server, connect):
    alice = connect("alice")
    alice.ask_ok("create", name="Tea", room="tea")
    backend = Backend(server.address)
    file = upload(backend, query="?name=report.pdf&room=tea")
    backend.publish("tea", {"file": {"id": file["id"]}})
    got = alice.expect("broadcast", room="tea")["message"]["file"]
    assert got["url"] == file["url"]
    assert client(server).get(got["url"]).raw == PNG
    assert backend.get(path_of(file)).raw == PNG


def test_other_dialects_get_a_link(start, leave_at_end):
    server = start("--files-url", "https://chat.example.org")
    http = client(server)
    alice = leave_at_end(Chat(server.address))
    alice.ask_ok("create", name="Tea", room="tea")
    topic = leave_at_end(Topic(server.address, target="/ws/topic"))
    topic.join("tom", "tea")
    action = leave_at_end(Action(server.address, target="/ws/action"))
    action.join("tea")
    file = upload(http, b"x" * 1600, "?name=notes.txt")
    alice.ask_ok("broadcast", room="tea", message={
        "text": "my \"notes\"", "file": {"id": file["id"], "key": file["key"]}})
    assert file["url"].startswith("https://chat.example.org" + path_of(file))
    link = "notes.txt (1.5 KiB): " + file["url"]
    assert topic.next()["message"] == 'my "notes"\n' + link
    assert action.next()["body"] == 'my "notes"\n' + link


# --- limits --------------------------------------------------------------------


def test_limits_of_size_quota_and_type(start_either):
    server = start_either("--files-size", "200KiB", "--files-quota-user", "300KiB",
                   "--files-types", "image/*,text/plain")

    def http():
        return client(server)

    refused = http().ask("POST", "/v1/files", b"x" * 204_801)
    assert (refused.status, refused["error"]) == (413, "file_too_large")
    assert refused["limit"] == 204_800
    refused = http().ask("POST", "/v1/files", b"MZ" + bytes(1000))
    assert (refused.status, refused["error"]) == (415, "file_type_refused")
    upload(http(), b"x" * 200_000)
    # Loopback addresses share one quota.
    refused = http().ask("POST", "/v1/files", b"x" * 200_000)
    assert (refused.status, refused["error"]) == (507, "quota_reached")
    connection = http().connection
    connection.request("POST", "/v1/files", iter([b"x" * 150_000]),
                       {"Transfer-Encoding": "chunked"}, encode_chunked=True)
    assert connection.getresponse().status == 507
    small = upload(http(), b"x" * 50_000)
    eventually(lambda: http().get("/stats")["files"]["count"] == 2)
    own = path_of(small) + "?key=" + small["key"]
    assert http().ask("DELETE", own).status == 204


def test_memory_is_bounded_and_rights_are_needed(start, accounts):
    server = start(*accounts.options, "--files-memory", "1MiB")
    reader = client(server, accounts.token("reader", "--can", "read"))
    refused = reader.ask("POST", "/v1/files", b"x")
    assert (refused.status, refused["error"]) == (403, "forbidden")
    assert "'upload'" in refused["text"]
    alice = client(server, accounts.token("alice"))
    upload(alice, b"x" * 1_000_000)
    refused = alice.ask("POST", "/v1/files", b"x" * 100_000)
    assert (refused.status, refused["error"]) == (507, "files_full")


def test_a_file_expires(start_either):
    # Rooms and files are swept together.
    server = start_either("--files-expire", "1s", "--rooms-empty-for", "1s")
    http = client(server)
    file = upload(http)
    assert http.get(file["url"]).raw == PNG
    eventually(lambda: http.get(file["url"]).status == 404)

    def figures():
        files = http.get("/stats")["files"]
        return files["count"], files["bytes"], files["expired"]

    eventually(lambda: figures() == (0, 0, 1))


def test_downloads_that_are_not_read_delay_no_other(start_either):
    """The server has a few kilobytes of each, independent of the size of the file."""
    server = start_either("--files-size", "16MiB")
    http = client(server)
    content = os.urandom(12 << 20)
    file = upload(http, content)
    before = http.get("/stats")["held_bytes"]
    stalled = [client(server) for _ in range(20)]
    for each in stalled:
        each.connection.request("GET", file["url"])
    assert http.get(file["url"]).raw == content
    stats = http.get("/stats")
    assert stats["held_bytes"] - before < len(stalled) << 16
    assert stats["files"]["sent_bytes"] < (1 + len(stalled)) * len(content) // 2
    assert stalled[0].connection.getresponse().read() == content
    for each in stalled:
        each.close()


def test_files_can_be_off(start):
    server = start("--files-size", "0")
    http = client(server)
    assert http.ask("POST", "/v1/files", b"").status == 404
    refused = http.ask("POST", "/v1/files", b"some bytes")
    assert (refused.status, refused.raw) == (404, b"There are no files here\n")
    http = client(server)
    assert http.get("/v1/files/" + str(uuid.uuid4())).status == 404

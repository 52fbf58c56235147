"""Monitoring of the ASP.NET server: paths and shapes of /api/monitoring."""

import json
from datetime import datetime, timedelta, timezone

import pytest

from client import get
from dialects import Dotnet
from server import AT_ONCE, PARLEYD, Server

MEMBER = Dotnet
RECORD = ["id", "timestamp", "clientId", "username", "commandType", "parameters", "success",
          "errorMessage", "executionTimeMs", "responseData", "ipAddress", "userAgent"]
STATS = ["commandType", "count", "avgExecutionTimeMs", "successRate", "lastExecuted"]


@pytest.fixture
def server():
    with Server(PARLEYD, *AT_ONCE, listen=["127.0.0.1:0=dotnet"]) as server:
        yield server


@pytest.fixture
def ask(server):
    def ask(path):
        got = get(server.address, "/api/monitoring/" + path)
        assert got.status == 200, got
        assert got.headers["content-type"].startswith("application/json")
        return json.loads(got.body)
    return ask


@pytest.fixture
def alice(meet):
    """Has sent some commands, of which one failed."""
    alice = meet()
    alice.ask_for("setUsername", "alice")
    alice.ask_for("setUsername", "")
    alice.send_command("chat", "hello")
    alice.users()
    alice.room = alice.ask_for("createRoom", "dev")["RoomId"]
    return alice


def test_nothing_has_happened(ask):
    status = ask("status")
    assert list(status) == ["timestamp", "currentActiveConnections", "currentActiveRooms",
                            "totalCommandsToday", "totalErrorsToday", "errorRate", "topCommands",
                            "recentErrors"]
    assert status["totalCommandsToday"] == status["errorRate"] == 0
    for path in ("commands/stats", "commands/recent", "commands/errors", "users/activity", "rooms",
                 "users/alice/commands", "users/alice/rooms"):
        assert ask(path) == []
    assert ask("performance") == {
        "slowCommands": [], "fastCommands": [], "mostUsed": [], "worstPerforming": []}
    stats = ask("rooms/stats")
    del stats["lastUpdated"]
    assert stats == {"totalRooms": 0, "averageMembers": 0, "mostPopularRoom": None,
                     "recentlyCreatedRooms": [], "emptyRooms": 0}


def test_commands_are_recorded(ask, alice):
    assert alice.name
    newest, *_ = records = ask("commands/recent")
    assert [list(record) for record in records] == 5 * [RECORD]
    assert [(r["commandType"], r["parameters"], r["success"], r["errorMessage"])
            for r in records] == [
        ("createRoom", "dev", True, None),
        ("listUsers", "", True, None),
        ("ChatMessage", "Message: hello, Length: 5", True, None),
        ("setUsername", "", False, "Username cannot be empty"),
        ("setUsername", "alice", True, None),
    ]
    assert (newest["username"], newest["userAgent"]) == ("alice", None)
    assert len(ask("commands/recent?limit=2")) == 2
    assert ask("commands/errors") == [records[3]]
    assert ask("commands/errors?fromDate=2020-01-01&limit=1") == [records[3]]
    tomorrow = (datetime.now(timezone.utc) + timedelta(days=1)).strftime("%Y-%m-%d")
    assert ask(f"commands/errors?fromDate={tomorrow}") == []
    assert ask("users/alice/commands") == records
    assert ask("USERS/alice/Commands?limit=1") == records[:1]
    status = ask("status")
    assert (status["totalCommandsToday"], status["totalErrorsToday"]) == (5, 1)
    assert (status["errorRate"], status["recentErrors"]) == (0.2, ["Username cannot be empty"])
    assert (status["currentActiveConnections"], status["currentActiveRooms"]) == (1, 1)


def test_texts_of_private_messages_are_not_kept(ask, alice, meet):
    bob = meet("/ws?name=bob")
    alice.ask_for("pm", "bob a secret")
    assert bob.next()["Message"] == "a secret"
    assert ask("commands/recent?limit=1")[0]["parameters"] == "bob"


def test_commands_are_counted(ask, alice):
    assert alice.room
    stats = ask("commands/stats")
    assert [list(each) for each in stats] == 4 * [STATS]
    assert (stats[0]["commandType"], stats[0]["count"], stats[0]["successRate"]) == (
        "setUsername", 2, 0.5)
    tomorrow = (datetime.now(timezone.utc) + timedelta(days=1)).strftime("%Y-%m-%d")
    assert ask(f"commands/stats?fromDate={tomorrow}") == []
    assert ask("commands/stats?toDate=2020-01-02T03:04:05Z") == []
    assert ask(f"commands/stats?fromDate=2020-01-01&toDate={tomorrow}") == stats
    performance = ask("performance")
    assert performance["mostUsed"] == performance["fastCommands"] == stats
    assert performance["worstPerforming"] == stats[:1] and performance["slowCommands"] == []
    assert ask(f"performance?fromDate={tomorrow}")["mostUsed"] == []
    assert ask("performance?fromDate=2020-01-01")["mostUsed"] == stats
    user, = ask("users/activity")
    assert (user["username"], user["commandCount"], user["topCommands"]) == ("alice", 5, stats)
    # Zeros at the end of a fraction are left out.
    assert user["firstSeen"].rstrip("Z") <= user["lastSeen"].rstrip("Z")
    dashboard = ask("dashboard")
    assert list(dashboard) == ["status", "commandStats", "userActivity", "recentErrors"]
    assert dashboard["commandStats"] == stats
    assert dashboard["userActivity"] == [user]
    assert dashboard["recentErrors"] == ask("commands/errors")


def test_users_are_listed_up_to_a_limit(ask, alice, meet):
    bob = meet("/ws?name=bob")
    bob.users()
    assert [user["username"] for user in ask("users/activity")] == ["alice", "bob"]
    assert [user["username"] for user in ask("users/activity?limit=1")] == ["alice"]
    assert ask("users/bob/rooms") == []
    bob.ask_for("joinRoom", alice.room)
    room, = ask("users/bob/rooms")
    assert (room["id"], room["memberCount"]) == (alice.room, 2)
    assert ask(f"rooms/{alice.room}/members") == ["alice", "bob"]


def test_a_room_without_members_is_gone(ask, alice, meet):
    bob = meet("/ws?name=bob")
    larger = bob.ask_for("createRoom", "larger")["RoomId"]
    alice.ask_for("joinRoom", larger)
    stats = ask("rooms/stats")
    assert (stats["totalRooms"], stats["averageMembers"]) == (2, 1.5)
    assert stats["mostPopularRoom"]["id"] == larger
    assert [room["name"] for room in stats["recentlyCreatedRooms"]] == ["larger", "dev"]
    alice.ask_for("leaveRoom", alice.room)
    assert [room["id"] for room in ask("rooms")] == [larger]


def test_rooms(ask, alice, server):
    room, = rooms = ask("rooms")
    assert list(room) == ["id", "name", "createdBy", "createdAt", "memberCount"]
    assert (room["id"], room["name"], room["createdBy"], room["memberCount"]) == (
        alice.room, "dev", "alice", 1)
    assert ask(f"rooms/{alice.room}") == room | {"members": ["alice"]}
    assert ask(f"rooms/{alice.room}/members") == ["alice"]
    assert ask("users/alice/rooms") == rooms
    stats = ask("rooms/stats")
    assert (stats["totalRooms"], stats["averageMembers"], stats["emptyRooms"]) == (1, 1, 0)
    assert stats["mostPopularRoom"] == room and stats["recentlyCreatedRooms"] == rooms
    got = get(server.address, "/api/monitoring/rooms/nope")
    assert (got.status, got.body) == (404, b"Room with ID 'nope' not found")


@pytest.mark.parametrize("path", ["", "x", "status/x", "commands", "commands/x", "users/a/x",
                                  "users", "commands/stats/x/y"])
def test_unknown_paths(server, path):
    assert get(server.address, f"/api/monitoring/{path}").status == 404


def test_pages(server):
    got = get(server.address, "/")
    assert got.body.decode() == (
        "Advanced WebSocket Chat Server is running.\n- WebSocket: Connect to /ws\n"
        "- Monitoring Dashboard: /monitoring.html\n- API Documentation: /swagger")
    assert get(server.address, "/API/Monitoring/STATUS").status == 200
    got = get(server.address, "/ws")
    assert (got.status, got.body) == (400, b"WebSocket connection required")
    got = get(server.address, "/monitoring.html")
    assert (got.status, got.headers["location"]) == (302, "/monitor")
    assert get(server.address, "/monitor", Accept="text/html").status == 200

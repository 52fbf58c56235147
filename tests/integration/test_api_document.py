"""share/api/openapi.json is complete and describes what the server does."""

import json
import re
import subprocess

import pytest

from api import KEY, Backend
from server import AT_ONCE, PARLEYD, ROOT, Server

DOCUMENT = ROOT / "share/api/openapi.json"
METHODS = {"HTTP_GET": "get", "HTTP_POST": "post", "HTTP_PUT": "put",
           "HTTP_DELETE": "delete", "HTTP_PATCH": "patch",
           "HTTP_OPTIONS": "options"}
EXAMPLES = 25


@pytest.fixture(scope="module")
def parleyd():
    with Server(PARLEYD, *AT_ONCE, "--admin-key", KEY) as server:
        yield server


def test_it_has_every_route_and_no_other():
    source = (ROOT / "transport/api/api_routes.c").read_text()
    routes = {(path, METHODS[method])
              for path, method in re.findall(r'\{ "(/v1/[^"]*)",\s*(HTTP_\w+),', source)}
    paths = json.loads(DOCUMENT.read_text())["paths"]
    documented = {(path, method) for path, item in paths.items()
                  for method in item if method != "parameters"}
    assert len(routes) > 10 and routes == documented


def test_it_is_served_to_all(parleyd):
    backend = Backend(parleyd.address, None)
    served = backend.get("/v1/openapi.json")
    assert served.raw == DOCUMENT.read_bytes()
    assert backend.get("/v1/openapi.json",
                       If_None_Match=served.headers["ETag"]).status == 304
    backend.close()


def test_all_its_references_exist():
    document = json.loads(DOCUMENT.read_text())
    text = json.dumps(document)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', text)):
        node = document
        for part in reference.split("/"):
            node = node[part]


@pytest.fixture(scope="module")
def schemathesis():
    """A Python that has it; the first time it is installed into build/venv."""
    done = subprocess.run([ROOT / "tools/python", "schemathesis"],
                          capture_output=True, text=True)
    if done.returncode != 0 or not done.stdout.strip():
        pytest.skip("schemathesis is not there and cannot be installed: " +
                    done.stderr.strip()[-200:])
    return str(ROOT / done.stdout.strip())


@pytest.mark.timeout(1800)
def test_answers_match_the_document(parleyd, schemathesis, tmp_path):
    """Requests made from the document, valid and not: no server error, no
    status, type or body that it does not have."""
    document = json.loads(DOCUMENT.read_text())
    # They take as long as they like; test_api.py has tests of both.
    del document["paths"]["/v1/rooms/{room}/events"], document["paths"]["/v1/trace"]
    # Its type of body is not known there; test_files.py has tests.
    del document["paths"]["/v1/files/{file}"]["patch"]
    history = document["paths"]["/v1/rooms/{room}/messages"]["get"]
    history["parameters"] = [each for each in history["parameters"]
                             if each["name"] != "wait"]
    copy = tmp_path / "openapi.json"
    copy.write_text(json.dumps(document))
    done = subprocess.run(
        [schemathesis, "-m", "schemathesis.cli", "run", str(copy),
         "--url", "http://%s:%d" % parleyd.address[:2],
         "--header", f"Authorization: Bearer {KEY}",
         "--max-examples", str(EXAMPLES), "--generation-deterministic",
         "--no-color",
         "--checks", "not_a_server_error,status_code_conformance,"
         "content_type_conformance,response_schema_conformance,"
         "response_headers_conformance,negative_data_rejection"],
        capture_output=True, text=True, timeout=1500, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]

"""The page over TLS: https, wss, and a certificate that Chromium refuses."""

import base64
import hashlib
import subprocess

import pytest

from certificates import make_certificate
from page import Page


@pytest.fixture
def server(start, tmp_path):
    certificate, key = make_certificate(tmp_path, "localhost", "DNS:localhost")
    server = start("--tls-certificate", str(certificate), "--tls-key", str(key),
                   listen=("127.0.0.1:0,tls",))
    server.certificate = certificate
    return server


def key_hash(certificate):
    """The hash of the public key, in the form of Chromium's option."""
    pem = subprocess.run(["openssl", "x509", "-pubkey", "-noout", "-in", certificate],
                         check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"],
                         input=pem, check=True, capture_output=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


@pytest.fixture
def browser(server):
    """Starts a browser with arguments."""
    pages = []

    def browser(*arguments):
        pages.append(Page(*arguments))
        pages[-1].scheme = "https"
        return pages[-1], ("localhost", server.address[1])

    yield browser
    for page in pages:
        page.close()


def test_members_talk_over_wss(server, browser, tmp_path):
    page, address = browser(
        f"--user-data-dir={tmp_path}/profile",
        f"--ignore-certificate-errors-spki-list={key_hash(server.certificate)}")
    page.enter(address, "alice", "tea")
    assert page.run("return sockets[0].url").startswith("wss://localhost:")
    page.post("hello")
    page.until_shown("hello")
    assert page.run("return performance.getEntriesByType('navigation')[0]"
                    ".nextHopProtocol") == "http/1.1"


def test_a_certificate_of_no_authority_is_refused(browser):
    page, address = browser()
    page.open(address)
    assert "ERR_CERT_AUTHORITY_INVALID" in page.driver.page_source
    assert page.text("#name") is None

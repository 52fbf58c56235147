"""Certificates for tests, made by the openssl program."""

import subprocess

from server import DEADLINE


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True,
                   capture_output=True, timeout=DEADLINE)


def make_certificate(folder, name, *alternatives):
    """Self-signed, for these names ("DNS:localhost"); returns the files of
    certificate and key."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    _openssl("req", "-x509", "-newkey", "ec",
             "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", f"/CN={name}",
             "-addext", f"subjectAltName={','.join(alternatives)}",
             "-keyout", key, "-out", certificate)
    return certificate, key


def make_rsa_key(path):
    """Makes an RSA key; make_certificate() makes another kind."""
    _openssl("genrsa", "-out", path)

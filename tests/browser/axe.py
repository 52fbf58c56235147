"""axe-core, which checks a page for accessibility."""

import functools
import io
import subprocess
import tarfile
from pathlib import Path

import pytest

VERSION = "4.14.1"
HOME = Path(__file__).resolve().parents[2] / "build/axe"


def _fetch(path):
    HOME.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["npm", "pack", "--silent", f"axe-core@{VERSION}"],
        cwd=HOME, capture_output=True, timeout=120, check=True,
    )
    packed = HOME / done.stdout.decode().strip()
    with tarfile.open(fileobj=io.BytesIO(packed.read_bytes())) as archive:
        path.write_bytes(archive.extractfile("package/axe.min.js").read())
    packed.unlink()


@functools.cache
def axe_source():
    path = HOME / f"axe-{VERSION}.js"
    if not path.exists():
        try:
            _fetch(path)
        except (OSError, subprocess.SubprocessError) as error:
            pytest.skip(f"npm cannot fetch axe-core: {error}")
    return path.read_text()

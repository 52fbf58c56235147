"""What is measured under TLS is measured of both servers in the same way."""

import argparse
import shutil

import pytest

import secure_peers
from peers import NCHAN
from script import ROOT


@pytest.mark.parametrize("name", secure_peers.SERVERS)
def test_a_run_has_all_figures(name, tmp_path):
    if name != "parleyd" and not (shutil.which("nginx") and NCHAN.exists()):
        pytest.skip("nchan is not installed")
    if not (ROOT / "build/parleyd").exists():
        pytest.skip("no build/parleyd")
    figures = secure_peers.run_once(
        name, argparse.Namespace(out=tmp_path, seconds=0.02))
    assert len(figures) == len(secure_peers.FIGURES)
    assert all(figure > 0 for figure in figures)

"""A server on a disk with faults: see tests/preload/faulty_disk.c."""

import os
import uuid
from pathlib import Path

from server import ENVIRONMENT, ROOT

LIBRARY = os.environ.get("FAULTY_DISK", str(ROOT / "build/release/faulty_disk.so"))


class FaultyDisk:
    """Controls the disk below a store; it has no faults until they are set."""

    def __init__(self, folder):
        self.store = Path(folder) / "store"
        self._control = Path(folder) / "control"
        self._boot_id = Path(folder) / "boot_id"
        self._names = Path(folder) / "names"
        self.environment = {
            "LD_PRELOAD": LIBRARY,
            "FAULTY_DISK_DIR": str(self.store),
            "FAULTY_DISK_CONTROL": str(self._control),
            "FAULTY_DISK_BOOT_ID": str(self._boot_id),
            "FAULTY_DISK_NAMES": str(self._names),
            # The sanitizer wants to be first, but need not be.
            "ASAN_OPTIONS": ENVIRONMENT["ASAN_OPTIONS"]
            + ":verify_asan_link_order=0",
        }
        self.boot()

    def boot(self, lasts=lambda: False):
        """The machine starts anew: what is killed before this lost power,
        if the disk holds back what is not synced. lasts(): whether one change
        of a name has become lasting all the same."""
        self._boot_id.write_text(f"{uuid.uuid4()}\n")
        if self._names.exists():
            for change in reversed(self._names.read_text().splitlines()):
                if not lasts():
                    self._undo(*change.split())
            self._names.unlink()

    def _undo(self, what, name, other=None):
        """See tests/preload/names.h; the operation itself may not have happened."""
        path = self.store / name
        if what == "made":
            path.unlink(missing_ok=True)
        elif what == "kept":
            self._names.with_suffix(".kept").joinpath(other).rename(path)
        elif (self.store / other).exists() and not path.exists():
            (self.store / other).rename(path)

    def be(self, **faults):
        """Sets the faults from now on; those that are not named are off."""
        new = self._control.with_suffix(".new")
        new.write_text("".join(f"{word} {n}\n" for word, n in faults.items()))
        new.rename(self._control)

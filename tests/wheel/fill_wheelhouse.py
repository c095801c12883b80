"""Fill a folder with every wheel that the third-party test installs, scld's own first.

Run as ``python tests/wheel/fill_wheelhouse.py DIR``. scld's wheel is built anew each time; the others
are fetched only when they are missing, so that a second run needs no network.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = "hatchling>=1.26"
EXTRAS = "cli,testing"


def _pip(*arguments: str, quiet: bool = False) -> bool:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL if quiet else None).returncode == 0


def fill(folder: Path) -> Path:
    """Make `folder` hold scld, its extras, what they need, and the build backend; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("scld-*.whl"):
        old.unlink()
    if not _pip("wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT)):
        sys.exit("scld's own wheel could not be built; the build needs hatchling in this environment")
    (wheel,) = folder.glob("scld-*.whl")
    wanted = (f"{wheel}[{EXTRAS}]", BUILD)
    here = ("--find-links", str(folder), "-d", str(folder))
    if _pip("download", "-q", "--no-index", *here, *wanted, quiet=True):
        return folder
    sys.stdout.write("not all wheels are here yet; they are fetched from the index\n")
    if not _pip("download", "-q", "--only-binary", ":all:", *here, *wanted):
        sys.exit("the wheels could not be fetched")
    return folder


if __name__ == "__main__":
    fill(Path(sys.argv[1]))

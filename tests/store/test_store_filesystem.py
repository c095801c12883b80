"""Where an SQLite store may lie."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters.sql.filesystem import GOOD, NETWORK, check_folder, file_system_of
from scld_core.errors import BadInput

names = st.text("ab -\\\t\né", min_size=1, max_size=4).filter(lambda name: name not in (".", ".."))
paths = st.lists(names, max_size=4).map(lambda parts: PurePosixPath("/", *parts))
mounts = st.dictionaries(paths, st.sampled_from(["ext4", "nfs", "cifs", "fuse.sshfs", "xfs"]), max_size=6)
optional = st.lists(st.sampled_from(["shared:1", "master:2", "propagate_from:3"]), max_size=2)


def escaped(path: PurePosixPath) -> str:
    """As the kernel writes a mount point (proc_pid_mountinfo(5))."""
    return "".join(f"\\{ord(c):03o}" if c in " \t\n\\" else c for c in str(path))


def line(point: PurePosixPath, kind: str, extra=()) -> str:
    """One mount."""
    return " ".join(["36", "35", "98:0", "/", escaped(point), "rw,noatime", *extra, "-", kind, "dev", "rw"])


@given(mounts, paths, st.data())
def test_the_deepest_mount_that_holds_the_path_decides(table, path, data):
    """Agreement with the definition, in any order of lines and with any optional fields."""
    lines = [line(point, kind, data.draw(optional)) for point, kind in table.items()]
    text = "\n".join(data.draw(st.permutations(lines)))
    around = [folder for folder in (path, *path.parents) if folder in table]
    assert file_system_of(path, text) == (table[around[0]] if around else None)


@given(st.text(max_size=200), paths)
def test_any_text_gives_an_answer(text, path):
    """A table that cannot be read says nothing, and never raises."""
    assert file_system_of(path, text) is None or isinstance(file_system_of(path, text), str)


def test_a_later_mount_on_the_same_point_hides_the_earlier():
    """What is seen at a mount point is what was mounted there last."""
    root = PurePosixPath("/")
    assert file_system_of(root / "d", line(root, "ext4") + "\n" + line(root, "nfs")) == "nfs"


@pytest.mark.parametrize("kind", sorted(NETWORK))
def test_network_file_systems_are_refused(tmp_path, kind):
    """The refusal names folder and kind, and offers a local disk or PostgreSQL; the folder need not exist yet."""
    table = tmp_path / "mountinfo"
    table.write_text(line(PurePosixPath("/"), "ext4") + "\n" + line(PurePosixPath(tmp_path), kind) + "\n")
    with pytest.raises(BadInput, match=rf"network file system \({kind}\).*local disk.*PostgreSQL"):
        check_folder(tmp_path / "new" / "district", table)


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_file_systems_of_one_machine_are_good(tmp_path, kind):
    """They give no warning."""
    table = tmp_path / "mountinfo"
    table.write_text(line(PurePosixPath("/"), kind))
    assert check_folder(tmp_path, table) is None


def test_unknown_file_systems_and_systems_without_a_table_are_warned_of(tmp_path):
    """A warning says what is not known; it is no refusal."""
    table = tmp_path / "mountinfo"
    table.write_text(line(PurePosixPath("/"), "lustre"))
    assert "(lustre)" in (check_folder(tmp_path, table) or "")
    assert "not known" in (check_folder(tmp_path, tmp_path / "absent") or "")


def test_this_machine_answers(tmp_path):
    """The real table can be read, where there is one."""
    assert "disk of this machine" in (check_folder(tmp_path) or "a disk of this machine")

"""`scld report`: the list, a page, a table, and mistakes with a remedy."""

from __future__ import annotations


def test_reports_from_the_command_line(scld, tmp_path):
    """The list names each report; the default is a page in DIR/reports; --out chooses the form by its ending."""
    folder = tmp_path / "s"
    scld("init", folder, "--sample")
    scld("day", folder, "--actor", "sample-associate")
    told = scld("report", "list", folder)
    assert [line.split()[0] for line in told.lines] == sorted(line.split()[0] for line in told.lines)
    assert {"runs", "waiting"} <= {line.split()[0] for line in told.lines}
    page = scld("report", "runs", folder)
    assert page.code == 0
    (found,) = (folder / "reports").glob("runs-*.html")
    assert page.lines == [str(found)]
    table = scld("report", "waiting", folder, "--out", tmp_path / "w.csv", "--audience", "it")
    assert table.code == 0
    assert (tmp_path / "w.csv").read_bytes().startswith(b"Step,Area,")


def test_mistakes_are_told_with_what_to_do(scld, tmp_path):
    """An unknown report, audience or form ends with exit 2 and writes nothing."""
    folder = tmp_path / "s"
    scld("init", folder, "--sample")
    for arguments, remedy in (
        (("report", "rnus", folder), "Did you mean 'runs'"),
        (("report", "runs", folder, "--audience", "finance"), "Choose one of it"),
        (("report", "runs", folder, "--out", tmp_path / "r.pdf"), "Choose one of .html"),
        (("report", "runs", folder, "--from", "2026-03-01"), "Leave --from and --to out"),
        (("report", "runs", folder, "--reveal"), "Leave --reveal out"),
        (("report", "agency-money", folder, "--from", "2026-03-02", "--to", "2026-03-01"), "Name the first day"),
    ):
        told = scld(*arguments)
        assert told.code == 2
        assert remedy in told.err.replace("\n", " ")
    assert not (folder / "reports").exists()
    assert not (tmp_path / "r.pdf").exists()


def test_a_report_over_days(scld, tmp_path):
    """The days are in the file's name; a bound that is left out is today, or the first of the last day's month."""
    folder = tmp_path / "s"
    scld("init", folder, "--sample")
    for days, name in (
        (("--from", "2026-02-03"), "2026-02-03-to-2026-03-10"),
        (("--to", "2026-02-27"), "2026-02-01-to-2026-02-27"),
        (("--from", "2025-12-01", "--to", "2025-12-31"), "2025-12-01-to-2025-12-31"),
        ((), "2026-03-10"),
    ):
        told = scld("report", "agency-money", folder, *days)
        assert (told.code, told.lines) == (0, [str(folder / "reports" / f"agency-money-{name}.html")])

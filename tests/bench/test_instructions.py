"""What is read from callgrind's files."""

import instructions


def run_of(functions):
    return {"functions": functions}


def test_functions_are_found_in_the_lines_of_the_report():
    found = instructions.LINE.match(
        "   1,234  ./domain/base/id_map.c:id_map_find.part.0 [/bin/parleyd]")
    assert found.groups() == ("1,234", "id_map_find.part.0")
    assert instructions.LINE.match("I refs: 12") is None


def test_the_total_is_read_from_either_line(tmp_path):
    for line in ("summary: 12", "totals: 12"):
        (tmp_path / "out").write_text(f"version: 1\n{line}\n")
        assert instructions.total_of(tmp_path / "out") == 12


def test_what_changed_most_comes_first():
    rows = instructions.difference(run_of({"a": 5, "b": 9, "c": 2}),
                                   run_of({"a": 5, "b": 7, "d": 4}))
    assert rows == [("d", 0, 4), ("b", 9, 7), ("c", 2, 0), ("a", 5, 5)]

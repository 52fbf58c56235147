"""The tables of goals."""

import pytest

from goals import CASES, GOALS, Goal, without
from tables import markdown, plain, replace_part
from verdict import goals_table, judge, page_table


def goal(kind="value", against=None, least=True, bound=1.0, allowance=0):
    return Goal("case", "figure", "k", 1e-3, kind, against, least, bound,
                allowance)


def run(number, target, value, **more):
    return {"case": "case", "round": number, "target": target,
            "figure": value, **more}


def test_every_goal_is_of_a_case_that_is_run():
    cases = {case.name: case for case in CASES}
    for each in GOALS:
        targets = cases[each.case].targets
        assert "parley" in targets
        assert each.against is None or each.against in targets


def test_a_missing_program_has_no_runs_and_no_rows():
    cases, goals = without("uws", CASES, GOALS)
    assert "uws" in {each.against for each in GOALS}
    assert {each.against for each in GOALS} - {each.against for each in goals} \
        == {"uws"}
    assert [each.name for each in cases] == [each.name for each in CASES]
    assert not any("uws" in each.targets for each in cases)


def test_takes_the_median_of_the_rounds():
    row = judge(goal(), [run(n, "parley", v)
                         for n, v in enumerate([9000, 1000, 2000])])
    assert row["result"] == 2000
    assert row["spread"] == 8000
    assert row["parley"] == 2


def test_takes_a_ratio_within_its_round():
    runs = [run(0, "parley", 10), run(0, "bare", 20),
            run(1, "parley", 900), run(1, "bare", 1000),
            run(2, "parley", 70), run(2, "bare", 100)]
    assert judge(goal("ratio", "bare"), runs)["result"] == 0.7


def test_leaves_out_a_round_in_which_the_other_failed():
    runs = [run(0, "parley", 10), run(1, "parley", 80), run(1, "bare", 100)]
    row = judge(goal("ratio", "bare"), runs)
    assert row["result"] == 0.8
    assert row["parley"] == pytest.approx(0.045)


def test_takes_a_difference_within_its_round():
    runs = [run(0, "parley", 15), run(0, "bare", 12)]
    assert judge(goal("difference", "bare"), runs)["result"] == 3


@pytest.mark.parametrize("kind, result", [("ratio", 3), ("difference", 200)])
def test_subtracts_the_allowance_from_ours_first(kind, result):
    runs = [run(0, "parley", 2300), run(0, "disk", 100)]
    if kind == "difference":
        runs[1]["figure"] = 100
    row = judge(goal(kind, "disk", False, 3, 2000), runs)
    assert row["result"] == result


def test_shows_ours_without_the_allowance():
    runs = [run(0, "parley", 2300), run(0, "disk", 100)]
    row = judge(goal("ratio", "disk", False, 3, 2000), runs)
    assert row["parley"] == pytest.approx(2.3)


@pytest.mark.parametrize("least, value, reached", [
    (True, 1.0, True), (True, 0.99, False),
    (False, 1.0, True), (False, 1.01, False),
])
def test_a_bound_is_a_floor_or_a_ceiling(least, value, reached):
    row = judge(goal(least=least), [run(0, "parley", value)])
    assert row["reached"] is reached


def test_omits_a_case_that_was_not_run():
    assert judge(goal(), []) is None
    assert judge(goal(), [{**run(0, "parley", 1), "case": "other"}]) is None


def test_leaves_a_goal_open_if_the_other_was_not_there():
    row = judge(goal("ratio", "redis"), [run(0, "parley", 1)])
    assert row["result"] is None
    assert "reached" not in row
    assert goals_table([row])[1][-1] == "-"


def test_a_page_has_missed_goals_in_bold():
    runs = [run(0, "parley", 500), run(0, "bare", 1000)]
    rows = [judge(goal("ratio", "bare", least, 0.9), runs)
            for least in (True, False)]
    assert page_table(rows)[1:] == [
        ("`case`", "figure", "0.50 k", "**0.50 of bare**", ">= 0.9"),
        ("`case`", "figure", "0.50 k", "0.50 of bare", "<= 0.9")]


LINES = [("case", "figure", "how"), ("one", "1,234.5", "a|b"),
         ("three", "-", "c")]


def test_a_plain_table_has_its_figures_to_the_right():
    assert plain(LINES) == ("case    figure  how\n"
                            "one    1,234.5  a|b\n"
                            "three        -  c\n")


def test_a_markdown_table_survives_a_bar_in_a_cell():
    assert markdown(LINES).splitlines() == [
        "| case | figure | how |", "| --- | --- | --- |",
        "| one | 1,234.5 | a\\|b |", "| three | - | c |"]


PAGE = "a\n<!-- x -->\nold\n<!-- end of x -->\nb\n"


def test_a_part_of_a_page_is_replaced_and_nothing_else():
    new = replace_part(PAGE, "x", "new\n")
    assert new == "a\n<!-- x -->\nnew\n<!-- end of x -->\nb\n"
    assert replace_part(new, "x", "old\n") == PAGE


@pytest.mark.parametrize("page", ["", PAGE.replace("end of x", "end of y"),
                                  PAGE.replace("<!-- x", "<!-- y")])
def test_a_page_without_that_part_is_left_alone(page):
    with pytest.raises(ValueError):
        replace_part(page, "x", "new\n")

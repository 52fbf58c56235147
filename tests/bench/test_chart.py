"""Charts are drawn for any result of a run."""

import re
import xml.etree.ElementTree as xml

import pytest

import chart
import latency

SVG = "{http://www.w3.org/2000/svg}"


def texts(drawing):
    return [each.text for each in xml.fromstring(drawing).iter(SVG + "text")]


def test_a_bar_is_as_long_as_its_value():
    drawing = chart.bars("title", [("one", 1.0), ("two", 2.0), ("none", 0)], 1)
    widths = [float(each.get("width")) for each in
              xml.fromstring(drawing).iter(SVG + "rect")][1:]
    assert widths[1] == pytest.approx(2 * widths[0])
    assert widths[2] == 0
    assert texts(drawing) == ["title", "one", "1.00", "two", "2.00", "none",
                              "0.00"]


def test_a_value_below_zero_has_no_bar_but_is_written():
    drawing = chart.bars("title", [("one", -3.0)], 1)
    assert 'width="0.0"' in drawing
    assert "-3.00" in texts(drawing)


def test_labels_are_only_text():
    assert "<script>" in texts(chart.bars("<script>", [("a&b", 1)]))


def test_shares_grow_to_the_whole():
    assert chart.cumulate([(10, 1), (20, 2), (90, 1)]) == [
        (10, 0.25), (20, 0.75), (90, 1)]


@pytest.mark.parametrize("values, powers", [
    ([15], (1, 2)), ([10], (1, 2)), ([9, 1001], (0, 4)), ([0, 50], (1, 2))])
def test_the_axis_covers_everything(values, powers):
    assert chart.span([("a", [(value, 1) for value in values])]) == powers


def test_curves_stay_within_their_axes():
    drawing = chart.curves("title", "us", [
        ("a", [(0, 1), (12.5, 7), (9000, 1)]), ("b", [(100, 1)])])
    lines = list(xml.fromstring(drawing).iter(SVG + "polyline"))
    assert len(lines) == 2
    for each in lines:
        for x, y in re.findall(r"([-\d.]+),([-\d.]+)", each.get("points")):
            assert chart.LEFT <= float(x) <= chart.LEFT + chart.PLOT
            assert chart.TOP <= float(y) <= chart.TOP + 300


@pytest.mark.parametrize("asked, loaded", [
    (("action", 4, 30, 60), (4, 30, 60)),
    (("topic", 4, 30, 2), (4, 30, 2)),
    (("topic", 4, 30, 60), (20, 1, 60)),
    (("topic", 50, 30, 90), (50, 1, 60)),
])
def test_topic_is_not_asked_for_more_than_it_allows(asked, loaded):
    assert latency.load(*asked) == loaded

"""Tables for people: on a terminal, and in a page of the handbook."""

import re


def is_figure(cell):
    return bool(re.fullmatch(r"-?[0-9][0-9,.]*|-", cell))


def plain(lines):
    """Columns side by side, those with figures only to the right."""
    columns = list(zip(*lines))
    right = [all(map(is_figure, column[1:])) for column in columns]
    widths = [max(map(len, column)) for column in columns]
    return "".join(
        "  ".join(cell.rjust(width) if to_right else cell.ljust(width)
                  for cell, width, to_right in zip(line, widths, right)
                  ).rstrip() + "\n"
        for line in lines)


def markdown(lines):
    head, *body = [[cell.replace("|", "\\|") for cell in line]
                   for line in lines]
    rows = [head, ["---"] * len(head), *body]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def replace_part(page, name, text):
    """The page with another text between the two marks of that name."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, found, rest = page.partition(begin)
    old, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"the page has no part <!-- {name} -->")
    return before + begin + text + end + after


def write_part(path, name, text):
    page = path.read_text()
    path.write_text(replace_part(page, name, text))

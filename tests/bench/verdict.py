"""Many runs become one row for each goal, and the rows a table."""

import statistics

TARGETS = ("parley", "bare", "limit", "uws", "disk", "redis")


def judge(goal, runs):
    """One row of the table; None: the case was not run."""
    values = {}
    for run in runs:
        if run["case"] == goal.case and goal.figure in run:
            values.setdefault(run["target"], {})[run["round"]] = \
                run[goal.figure]
    ours = values.get("parley", {})
    if not ours:
        return None
    theirs = values.get(goal.against, {})
    ours = {n: value - goal.allowance for n, value in ours.items()}
    if goal.kind == "value":
        results = list(ours.values())
    elif goal.kind == "ratio":
        results = [ours[n] / theirs[n] for n in ours if theirs.get(n)]
    else:
        results = [ours[n] - theirs[n] for n in ours if n in theirs]
    row = {"case": goal.case, "figure": goal.figure, "unit": goal.unit,
           "kind": goal.kind, "against": goal.against or "",
           "goal": (">= " if goal.least else "<= ") + f"{goal.bound:g}"}
    for target in TARGETS:
        seen = values.get(target, {}).values()
        row[target] = statistics.median(seen) * goal.scale if seen else None
    row["result"] = statistics.median(results) if results else None
    if results:
        row["spread"] = max(results) - min(results)
        row["reached"] = (row["result"] >= goal.bound if goal.least
                          else row["result"] <= goal.bound)
    return row


def number(value):
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    return f"{value:,.{digits}f}"


def describe(row):
    against = f" {row['kind']} to {row['against']}" if row["against"] else ""
    return (row["case"], row["figure"].replace("_per_cpu_s", "/cpu-s"),
            row["unit"], *(number(row[target]) for target in TARGETS),
            number(row["result"]) + against, row["goal"],
            {True: "yes", False: "NO"}.get(row.get("reached"), "-"))


def goals_table(rows):
    """A head, and a line for each goal."""
    return [("case", "figure", "unit", *TARGETS, "result", "goal",
             "reached")] + [describe(row) for row in rows]


def describe_for_page(row):
    result = number(row["result"])
    if row["against"]:
        how = "of" if row["kind"] == "ratio" else "beside"
        result += f" {how} {row['against']}"
    if row.get("reached") is False:
        result = f"**{result}**"
    return (f"`{row['case']}`", row["figure"].replace("_per_cpu_s", "/CPU-s"),
            f"{number(row['parley'])} {row['unit']}".strip(), result,
            row["goal"])


def page_table(rows):
    """The same, narrow enough to be read; what was missed is bold."""
    return [("case", "figure", "parleyd", "result", "goal")] + [
        describe_for_page(row) for row in rows]

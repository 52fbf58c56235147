"""What a second thread of the server adds, on two cores."""

from statistics import median

from identity import run_generator

ROUNDS = 5
CASES = {"room": "discard-1000", "rooms": "discard-rooms"}


def speeds(site, workers, case):
    with site.start({"PARLEY_WORKERS": str(workers)}) as server:
        figures = run_generator(site, server, case)
    return (figures["deliveries_per_wall_s"], figures["deliveries_per_cpu_s"])


def measure_workers(site):
    """The generator and the server share the cores: its clients cost it next to
    nothing. Both numbers of workers take turns."""
    site = site._replace(seconds=site.seconds / ROUNDS, core=None)
    figures = {}
    for name, case in CASES.items():
        pairs = [(speeds(site, 1, case), speeds(site, 2, case))
                 for _ in range(ROUNDS)]
        for at, unit in enumerate(("wall_s", "cpu_s")):
            figures[f"{name}_per_{unit}_ratio"] = median(
                two[at] / one[at] for one, two in pairs)
    return figures

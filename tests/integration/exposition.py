"""A strict reader of the text format of Prometheus, version 0.0.4."""

import re
from typing import NamedTuple

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL})(?:,(?:{LABEL}))*)\}})? (\S+)")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
SUFFIXES = ("_bucket", "_sum", "_count")


class Family(NamedTuple):
    kind: str
    help: str
    samples: dict  # (suffix, labels as a tuple of pairs): value

    def value(self, **labels):
        """The value of a counter or gauge; 0 if there is no such sample."""
        return self.samples.get(("", tuple(sorted(labels.items()))), 0)

    def total(self, **labels):
        """The number of values in a histogram."""
        return self.samples.get(("_count", tuple(sorted(labels.items()))), 0)

    def label_names(self):
        return {name for _, labels in self.samples for name, _ in labels} - {"le"}

    def label_values(self, name):
        return {dict(labels).get(name) for _, labels in self.samples}


def read(text):
    """Families by name. Fails on everything that the format does not allow,
    and on what promtool would complain about."""
    assert text.endswith("\n") and "\r" not in text
    families, family, name = {}, None, None
    lines = text.splitlines()
    while lines:
        line = lines.pop(0)
        if match := re.fullmatch(rf"# HELP ({NAME}) (\S.*\.)", line):
            name = match[1]
            assert name not in families, f"{name} twice"
            kind = re.fullmatch(rf"# TYPE {name} (counter|gauge|histogram)", lines.pop(0))
            assert kind, f"{name} without a type"
            family = families[name] = Family(kind[1], match[2], {})
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample and family, line
        assert NUMBER.fullmatch(sample[sample.re.groups]), line
        suffix = sample[1].removeprefix(name)
        assert sample[1].startswith(name), f"{line} in {name}"
        assert suffix in (SUFFIXES if family.kind == "histogram" else ("",)), line
        labels = re.findall(LABEL, sample[2] or "")
        assert len(dict(labels)) == len(labels), line
        key = (suffix, tuple(sorted(labels)))
        assert key not in family.samples, f"{line} twice"
        family.samples[key] = float(sample[sample.re.groups])
    for name, family in families.items():
        check_family(name, family)
    return families


def check_family(name, family):
    assert (family.kind == "counter") == name.endswith("_total"), name
    assert not name.endswith(SUFFIXES), name
    assert all(value >= 0 for value in family.samples.values()), name
    if family.kind == "histogram":
        series = {tuple(pair for pair in labels if pair[0] != "le")
                  for _, labels in family.samples}
        for labels in series:
            check_histogram(name, family, labels)


def check_histogram(name, family, labels):
    buckets = [
        (float(dict(of)["le"]), value) for (suffix, of), value in family.samples.items()
        if suffix == "_bucket" and tuple(p for p in of if p[0] != "le") == labels
    ]
    assert buckets == sorted(buckets), f"{name}: bounds do not ascend"
    counts = [count for _, count in buckets]
    assert counts == sorted(counts), f"{name}: buckets do not add up"
    assert buckets[-1][0] == float("inf"), f"{name}: no bucket without a bound"
    assert counts[-1] == family.samples["_count", labels], name
    assert family.samples["_sum", labels] >= 0, name

"""Command line: print the totals per area; exit 1 where a mismatch has no known reason."""

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict

from . import findings as results
from .recording import Unreadable, load
from .scenario import behaviour_findings
from .static_layer import cost_finding, static_finding


def main(arguments=None) -> int:
    options = _options(arguments)
    try:
        scenarios = load(options.file)
    except (OSError, Unreadable) as unreadable:
        print(f"replay: {unreadable}", file=sys.stderr)
        return 2
    found = replay(scenarios, options.layer or results.LAYERS)
    used = results.explain_gaps(found, results.load_gaps(options.gaps))
    _print_totals(found)
    _print_gaps(used)
    _print_unexplained(found, options.list)
    if options.report:
        with open(options.report, "w", encoding="utf-8") as file:
            json.dump(_report(found, used), file, indent=1, ensure_ascii=False)
    return int(any(item.result == results.UNEXPLAINED for item in found))


def replay(scenarios, layers=results.LAYERS) -> list[results.Finding]:
    """The findings of every layer asked for, scenario by scenario."""
    found = []
    for steps in scenarios:
        if "static" in layers:
            found += [static_finding(step) for step in steps]
        if "cost" in layers:
            found += [item for item in map(cost_finding, steps) if item is not None]
        if "behaviour" in layers:
            found += behaviour_findings(steps)
    return found


def _options(arguments):
    parser = argparse.ArgumentParser(prog="shopify_simulator.replay", description=__doc__)
    parser.add_argument("file", help="recorded answers, JSON lines, .gz or plain")
    parser.add_argument("--report", help="write every finding that is no match to this JSON file")
    parser.add_argument("--layer", action="append", choices=results.LAYERS)
    parser.add_argument("--gaps", default=results.KNOWN_GAPS, help="known gaps, TOML")
    parser.add_argument("--list", type=int, default=40, help="how many unexplained to print")
    return parser.parse_args(arguments)


def _print_totals(found) -> None:
    kinds = (results.MATCHED, results.GAP, results.UNEXPLAINED)
    print(f"{'area':44}" + "".join(f"{kind:>13}" for kind in kinds) + f"{'score':>9}")
    areas = results.totals(found)
    for (domain, layer), counts in sorted(areas.items(), key=lambda item: (item[0][1], item[0][0])):
        _print_row(f"{layer:11}{domain}", counts, kinds)
    for layer in results.LAYERS:
        rows = [counts for (_, name), counts in areas.items() if name == layer]
        if rows:
            _print_row(f"{layer:11}TOTAL", sum(rows, Counter()), kinds)


def _print_row(label, counts, kinds) -> None:
    score = 100 * counts[results.MATCHED] / counts.total()
    print(f"{label:44}" + "".join(f"{counts[kind]:13}" for kind in kinds) + f"{score:8.1f}%")


def _print_gaps(used) -> None:
    if used:
        print("\nKnown gaps, by number of places:")
    for reason, count in used.most_common():
        print(f"{count:6}  {reason}")


def _print_unexplained(found, limit) -> None:
    lines = [
        f"{item.layer} {item.source} step {item.index} {'+'.join(item.roots)}\n"
        f"    {place.path}\n    expected {_short(place.expected)}\n    got      {_short(place.got)}"
        for item in found
        for place in item.mismatches
        if place.gap is None
    ]
    if lines:
        print(f"\n{len(lines)} mismatches without a known reason:")
        print("\n".join(lines[:limit]))


def _short(value) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:297] + "..."


def _report(found, used) -> dict:
    areas = results.totals(found)
    return {
        "totals": [
            {"domain": domain, "layer": layer, **counts}
            for (domain, layer), counts in sorted(areas.items())
        ],
        "known_gaps": dict(used.most_common()),
        "findings": [{**asdict(item), "result": item.result} for item in found if item.mismatches],
    }


if __name__ == "__main__":
    sys.exit(main())

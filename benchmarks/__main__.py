"""`python -m benchmarks`: measure, print the tables, and keep them in a file."""

import argparse
import json
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from benchmarks import (
    bias,
    cached,
    change_points,
    overhead,
    phases,
    replay,
    sampler_threads,
    store,
    tearing,
    tuning,
    verdicts,
)
from benchmarks.machine import capture_machine
from benchmarks.step import Failure, StepFailedError
from benchmarks.table import Table, render_all, render_markdown, render_text, table_to_json

BENCHMARKS: dict[str, Any] = {
    "overhead": overhead,
    "bias": bias,
    "phases": phases,
    "tearing": tearing,
    "sampler_threads": sampler_threads,
    "verdicts": verdicts,
    "change_points": change_points,
    "store": store,
    "replay": replay,
    "cached": cached,
    "tuning": tuning,
}
ACCURACY = ("bias", "phases")
DONE, WRONG_USAGE, INTERRUPTED = 0, 3, 130  # as `tailgana` has them


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USAGE, f"{self.prog}: {message}; `--help` tells more\n")


def measure(names: Sequence[str], is_quick: bool) -> Iterator[tuple[list[Table], bool]]:
    """The tables of one benchmark after the other, and whether it was interrupted: then they hold what there is."""
    plans = {name: BENCHMARKS[name].steps(is_quick) for name in names}
    with tqdm(total=sum(map(len, plans.values())), unit="step", leave=False) as bar:
        for name, plan in plans.items():
            results: dict[str, Any] = {}
            try:
                for step in plan:
                    bar.set_description(f"{name}, {step.label}")
                    try:
                        results[step.label] = step.run()
                    except StepFailedError as error:
                        results[step.label] = Failure(str(error))
                    bar.update()
            except KeyboardInterrupt:
                yield BENCHMARKS[name].tables(results) if results else [], True
                return
            yield BENCHMARKS[name].tables(results), False


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser("tailgana bench", description=__doc__, allow_abbrev=False)
    names = [*BENCHMARKS, "accuracy"]
    parser.add_argument("--only", action="append", choices=names, help="only this one; may be given again")
    parser.add_argument(
        "--quick", action="store_true", help="few and short runs: shows that all works, measures little"
    )
    parser.add_argument("--json", default="bench.json", type=Path, metavar="PATH", help="file to write (%(default)s)")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # being ended keeps what there is, like Ctrl-C
    wanted = set(options.only or BENCHMARKS)
    if "accuracy" in wanted:
        wanted.update(ACCURACY)
    machine = capture_machine()
    tables: list[Table] = []
    was_interrupted = False
    for found, is_cut in measure([name for name in BENCHMARKS if name in wanted], options.quick):
        tables += found
        was_interrupted = is_cut
        saved = {"quick": options.quick, "machine": machine, "tables": [table_to_json(table) for table in tables]}
        options.json.write_text(json.dumps(saved, indent=1) + "\n")
    print(render_all(tables, machine, render_markdown if options.markdown else render_text))
    if was_interrupted:
        print("\ninterrupted: what is not measured is missing", file=sys.stderr)
        return INTERRUPTED
    print(f"\nwrote {options.json}")
    return DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

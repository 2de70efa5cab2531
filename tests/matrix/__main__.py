"""Make all calls and print the table: ``python -m tests.matrix``. Exits with 1 if a call has a fault."""

import sys
import tempfile
from pathlib import Path

from rich.markup import escape

from benchmarks.report.tables import open_console
from tests.matrix.call import FAULTS, judge
from tests.matrix.refusals import as_refusal
from tests.matrix.service import matrix_service
from tests.matrix.table import CALLS, make_table


def main() -> int:
    """Returns the exit code. With the argument ``-v`` each call is printed with its outcome."""
    console = open_console(160)
    with tempfile.TemporaryDirectory() as directory, matrix_service(Path(directory)) as service:
        results = [judge(call, service, as_refusal) for call in CALLS]
    console.print(make_table(results))
    for result in results:
        if result.outcome in FAULTS or "-v" in sys.argv:
            console.print(f"{result.outcome}: {escape(result.call.id)}: {escape(result.detail)}")
    return int(any(result.outcome in FAULTS for result in results))


if __name__ == "__main__":
    sys.exit(main())

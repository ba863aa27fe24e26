"""`make mutate`: breaks each law of the rule core on a copy and shows which test sees it. Exit code 1: one survived.

`python -m tests.mutation 5 7` takes the laws that are named.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tests.mutation.patches import PATCHES
from tests.mutation.workshop import PatchError, results

WORKERS_MAX = 2


def main(laws: Sequence[int] = ()) -> int:
    """Print a row per patch and a sum. No law named: all of them."""
    patches = [patch for patch in PATCHES if patch.law in laws or not laws]
    survived = tried = 0
    sys.stdout.write(f"{'law':>3}  {'patch':<64}  caught by\n")
    try:
        for result in results(patches, min(WORKERS_MAX, os.cpu_count() or 1)):
            tried += 1
            survived += not result.caught_by
            sys.stdout.write(
                f"{result.patch.law:>3}  {result.patch.says:<64}  {result.caught_by or 'NOBODY: it survived'}\n"
            )
            sys.stdout.flush()
    except PatchError as error:
        sys.stdout.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{tried - survived} of {tried} patches caught\n")
    return 1 if survived else 0


if __name__ == "__main__":
    raise SystemExit(main([int(law) for law in sys.argv[1:]]))

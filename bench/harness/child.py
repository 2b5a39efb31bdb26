"""One measurement in a process of its own: child.py JSON, where JSON says library, driver, case, site and cores.

Prints one JSON line. Leaves by os._exit, so that no library's clean-up is waited for or can hang.
"""

import importlib
import json
import os
import sys
import traceback
import warnings
from dataclasses import asdict
from functools import partial
from types import SimpleNamespace


def main() -> int:
    order = json.loads(sys.argv[1])
    os.sched_setaffinity(0, order["cores"])  # before anything starts a thread or counts the cores
    warnings.simplefilter("ignore")  # the rivals' deprecations are not the news here
    from harness import drivers, site
    from harness.spare_memory import SpareMemory

    library = importlib.import_module("libraries." + order["library"].replace("-", "_").replace(".", "_"))
    case = SimpleNamespace(**order["case"])
    case.make_ready = partial(SpareMemory(order["spare"]).make_ready, case.memory)
    make = getattr(library, case.chosen)
    sample = getattr(drivers, order["driver"])(make, case, site.Site(**order["site"]))
    print(json.dumps(asdict(sample)), flush=True)
    return 0


if __name__ == "__main__":
    try:
        code = main()
    except BaseException:  # the parent shows it beside the library's name
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    os._exit(code)

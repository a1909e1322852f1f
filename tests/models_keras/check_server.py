"""Imports Keras once, on the backend of KERAS_BACKEND, and runs every check that it is asked for in a fork of itself.

Each line on stdin is a request as JSON: a script, its arguments, where to look for packages first, and the files that
take what it prints. The answer is a line with its exit status. Nothing is computed before a fork: no framework has
threads of its own by then.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
import traceback

from harness.registry import BROUGHT_ALONG
from harness.run.isolation import keep_out, let_in


def run(script: str, arguments: list[str], first: str, out: str, err: str) -> int:
    """Run a script as ``python script arguments`` would, in this process."""
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        with open(path, "w") as file:
            os.dup2(file.fileno(), stream.fileno())
    sys.argv = [script, *arguments]
    sys.path[:1] = [os.path.dirname(script), first]
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:  # told by the status, as of any process
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def serve() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    keep_out(BROUGHT_ALONG | {"tensorflow", "jax"} - {os.environ["KERAS_BACKEND"]})  # what takes seconds to import
    importlib.import_module("keras")
    let_in(BROUGHT_ALONG)  # data sets are read by them
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os._exit(run(**json.loads(line)))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    serve()

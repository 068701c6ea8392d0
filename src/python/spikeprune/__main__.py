"""The command line: ``spikeprune``, or ``python -m spikeprune``."""

import signal
import sys
from pathlib import Path

from spikeprune import _native


def main() -> None:
    """Runs the command line with the arguments of this process, and exits with its code."""
    # Signals are the command line's to hear, as in the program that cargo builds.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    called = sys.argv[0]
    if called.endswith("__main__.py"):
        script = Path(sys.executable).with_name("spikeprune")
        called = str(script) if script.exists() else "spikeprune"
    sys.exit(_native.main([called, *sys.argv[1:]]))


if __name__ == "__main__":
    main()

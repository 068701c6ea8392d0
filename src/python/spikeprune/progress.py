"""What is told while networks run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

__all__ = ["Asked", "Told", "listening"]


class Told(NamedTuple):
    """What a callback gets, several times a second."""

    images: int
    """Images done, over all networks in a test, of each network in a training."""
    of: int
    """All of them."""
    metrics: list[dict[str, Any]]
    """Rows of metrics measured since the last call, with the keys of ``metrics_``; each says after how many images."""


Callback = Callable[[Told], object]
Asked = Callback | str | bool | None
"""None or False for silence, "auto" or True for a bar of tqdm, or a function of :class:`Told`."""

_Native = Callable[[tuple[int, int] | None, list[str]], object]


@contextmanager
def listening(asked: Asked, what: str) -> Iterator[_Native | None]:
    """The function that the native module calls, or none."""
    if asked is None or asked is False:
        yield None
    elif asked is True or asked == "auto":
        from tqdm.auto import tqdm

        with tqdm(desc=what, unit=" images") as bar:

            def show(done: tuple[int, int] | None, rows: list[str]) -> None:
                if done is not None:
                    bar.total = done[1]
                    bar.update(done[0] - bar.n)

            yield show
    elif callable(asked):
        last = (0, 0)

        def tell(done: tuple[int, int] | None, rows: list[str]) -> None:
            nonlocal last
            last = done or last
            asked(Told(*last, [row for text in rows for row in json.loads(text)]))

        yield tell
    else:
        raise ValueError(f'progress is {asked!r}: it must be None, "auto" or a function')

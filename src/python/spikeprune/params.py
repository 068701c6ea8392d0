"""Parameters: presets, settings, and what every parameter means."""

import tomllib
from collections.abc import Mapping
from typing import Any, NamedTuple

from spikeprune import _native

__all__ = ["Parameter", "explain", "presets", "resolve", "text_of"]


class Parameter(NamedTuple):
    """What is known of a parameter."""

    key: str
    """Dotted, as ``set`` takes it: ``excitatory.tau_membrane_ms``."""
    meaning: str
    unit: str | None
    """ms, mV or Hz; none for a plain number or a word."""
    numbers: str | None
    """Which numbers it may be, in words."""
    words: dict[str, str]
    """Which words it may be, with what each means."""


def explain(key: str | None = None) -> Parameter | list[Parameter]:
    """What a parameter means, its unit and the values that it may have; without a key, all of them.

    >>> from spikeprune import params
    >>> params.explain("excitatory.tau_membrane_ms").unit
    'ms'
    """
    found = [
        Parameter(name, meaning, unit, numbers, dict(words))
        for name, meaning, unit, numbers, words in _native.explain()
    ]
    if key is None:
        return found
    for parameter in found:
        if parameter.key == key:
            return parameter
    near = [parameter.key for parameter in found if key.rsplit(".", 1)[-1] in parameter.key]
    hint = f"; there is {', '.join(near)}" if near else "; params.explain() lists all"
    raise ValueError(f"there is no parameter {key!r}{hint}")


def presets() -> dict[str, str]:
    """Names of the presets, and what each is.

    >>> from spikeprune import presets
    >>> "ten-class" in presets()
    True
    """
    return dict(_native.presets())


def text_of(value: Any) -> str:
    """A value as the command line's ``--set`` takes it.

    >>> text_of([7, 4, 6]), text_of(True), text_of(0.5)
    ('[7,4,6]', 'true', '0.5')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {text_of(item)}" for key, item in value.items()) + "}"
    if hasattr(value, "tolist"):
        return text_of(value.tolist())
    if isinstance(value, (list, tuple, range)):
        return "[" + ",".join(text_of(item) for item in value) + "]"
    return repr(value)


def resolve(
    preset: str | None = None,
    *,
    set: Mapping[str, Any] | None = None,
    rule: str | None = None,
    config: str = "",
) -> dict[str, Any]:
    """The parameters that a preset, a text of TOML, a rule and single settings give, as nested dictionaries.

    >>> from spikeprune import params
    >>> params.resolve("best", set={"time.dt_ms": 0.1})["time"]["dt_ms"]
    0.1
    """
    return tomllib.loads(_toml(preset, set=set, rule=rule, config=config))


def _toml(
    preset: str | None,
    *,
    set: Mapping[str, Any] | None = None,
    rule: str | None = None,
    config: str = "",
) -> str:
    settings = [(key, text_of(value)) for key, value in (set or {}).items()]
    return _native.resolve(preset, config, rule, settings)

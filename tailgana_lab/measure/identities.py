"""What stands for an object that is compared by identity later: nothing that keeps it alive.

Weak where the type allows it. A list, dict or set has no weak references, and its address may be given to another one:
it is held until nobody else does, looked at whenever the garbage collector runs.
"""

import atexit
import gc
import sys
from typing import Any
from weakref import WeakValueDictionary, ref

_OUR_REFERENCES = 2  # the attribute, and the argument of `getrefcount`


class Held:
    """An object without weak references, until nobody else holds it."""

    def __init__(self, value: object) -> None:
        self.value = value
        self.is_gone = False

    def let_go(self) -> None:
        """Give the object up if this is all that holds it."""
        if not self.is_gone and sys.getrefcount(self.value) <= _OUR_REFERENCES:
            self.is_gone, self.value = True, None


class Unknown:
    """Stands for what cannot be compared: it is like nothing, not even itself."""


_held: "WeakValueDictionary[int, Held]" = WeakValueDictionary()


def identity_of(value: object) -> "ref[Any] | Held":
    """What stands for an object; compare two with `are_same_object`."""
    try:
        return ref(value)
    except TypeError:
        pass
    held = _held.get(id(value))
    if held is None or held.value is not value:
        held = _held[id(value)] = Held(value)
    return held


def are_same_object(one: object, other: object) -> bool:
    """Whether both stand for one object that still lives, without asking its own comparison."""
    if type(one) is Held:
        return one is other and not one.is_gone
    return type(one) is ref and type(other) is ref and one() is other() and one() is not None


def let_go() -> None:
    """Give up what nobody else holds."""
    for weak in _held.valuerefs():
        held = weak()
        if held is not None:
            held.let_go()


def _when_collecting(phase: str, info: dict[str, int]) -> None:
    if phase == "start" and info["generation"]:
        let_go()


gc.callbacks.append(_when_collecting)
atexit.register(gc.callbacks.remove, _when_collecting)

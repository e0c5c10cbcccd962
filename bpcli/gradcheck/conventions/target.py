"""Find what computes gradients in a module: a function by the names that people give it, or a class with a method."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from .calling import STARS, Target, Values, call, forwards, optional, signature_of
from .names import Names, plain, words
from .objects import FUNCTIONS, OTHERS, method_of, of_class
from .refusals import RefusedError

__all__ = ["Target", "find", "of_class", "of_function"]

HELPERS = words("numer check approx sigmoid relu tanh softmax activation linear test plot")


def find(module: Mapping[str, Any], depth: int, wanted: str | None) -> Target:
    """Return the function or class that a module computes gradients with; ``wanted`` names it.

    Raises:
        RefusedError: there is none.
    """
    if wanted is not None:
        owner, _, method = wanted.partition(".")
        value = module.get(owner)
        if inspect.isclass(value):
            return of_class(value, depth, method or None)
        if callable(value):
            return of_function(value, wanted, depth)
        raise RefusedError("no function", f"there is no function {wanted}; it defines {_listed(module)}")
    if callable(value := module.get("gradients")) and not inspect.isclass(value):
        return of_function(value, "gradients", depth)
    own = {
        name: value for name, value in module.items() if not name.startswith("__") and _is_own(value, module)
    }
    functions = {
        plain(name): name
        for name, value in reversed(own.items())
        if callable(value) and not inspect.isclass(value) and _takes_data(value, depth)
    }
    classes = [value for value in own.values() if inspect.isclass(value) and method_of(value)]
    near = [
        name
        for word, name in functions.items()
        if ("grad" in word or "back" in word) and not any(helper in word for helper in HELPERS)
    ]
    for word in FUNCTIONS:
        if word in functions:
            return of_function(module[functions[word]], functions[word], depth)
    if classes:
        whole = [cls for cls in classes if _takes_data(getattr(cls, str(method_of(cls))), depth)]
        return of_class((whole or classes)[-1], depth, None)
    if len(near) == 1:
        return of_function(module[near[0]], near[0], depth)
    for word in OTHERS:
        if word in functions and not near:
            return of_function(module[functions[word]], functions[word], depth)
    which = f"; which of {', '.join(near)}?" if near else ""
    raise RefusedError(
        "no function",
        f"there is no function gradients; it defines {_listed(module)}{which}; define gradients, give --function NAME, "
        "or begin with bpcli gradcheck --template plain",
    )


def _takes_data(function: Any, depth: int) -> bool:
    """Whether a function asks for targets, or for as much as a whole backward pass needs."""
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return False
    roles = [Names(names, depth).role(name) for name in names]
    return len(names) > 2 or any(role and role.kind in {"y", "batch"} for role in roles)


def of_function(function: Callable[..., Any], name: str, depth: int) -> Target:
    """Wrap a function, or anything that can be called.

    Where it takes a cache, it gets that of the forward pass which stands beside it: only that one knows what is in it.
    """
    signature = signature_of(function, name)
    names = Names(signature.parameters, depth)
    kept = [n for n in signature.parameters if (role := names.role(n)) and role.kind == "cache"]
    forward = _forward_beside(function, depth) if kept else None
    going = signature_of(forward, name) if forward else None

    def run(given: Values) -> Any:
        if forward and going:
            with suppress(Exception):  # then it gets ours
                given = given | dict.fromkeys(kept, _cache_in(call(forward, going, given)))
        return call(function, signature, given)

    return Target(
        name,
        tuple(signature.parameters),
        optional(signature),
        run,
        getattr(getattr(function, "__code__", None), "co_firstlineno", None),
        forward=tuple(going.parameters) if going else (),
        starred={name: stars for name, p in signature.parameters.items() if (stars := STARS.get(p.kind))},
    )


def _forward_beside(function: Callable[..., Any], depth: int) -> Callable[..., Any] | None:
    """The forward pass in the same file, if all that it must be given is known."""
    beside = getattr(function, "__globals__", {})
    for name in forwards(beside):
        value = beside[name]
        if inspect.isfunction(value):
            signature = signature_of(value, name)
            names = Names(signature.parameters, depth)
            if all(names.role(n) for n in signature.parameters if n not in optional(signature)):
                return value
    return None


def _cache_in(returned: Any) -> Any:
    """What a forward pass keeps for the backward pass: what stands beside the output, or else all that it returns."""
    if isinstance(returned, dict):
        return returned
    whole = [returned] if isinstance(returned, tuple) else []
    return next(part for part in [*returned, *whole] if isinstance(part, dict | list | tuple))


def _is_own(value: Any, module: Mapping[str, Any]) -> bool:
    """Whether it was defined in this file and not imported from a library."""
    return getattr(value, "__module__", None) == module.get("__name__")


def _listed(module: Mapping[str, Any]) -> str:
    own = [
        n
        for n, value in module.items()
        if (inspect.isfunction(value) or inspect.isclass(value)) and _is_own(value, module)
    ]
    return ", ".join(own[:8]) or "no function"

"""What is called to get gradients, and how: arguments by name, whatever kinds of parameters a signature has."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .names import plain, words
from .refusals import RefusedError

FORWARDS = words(
    "forward forwardpropagation forwardpass feedforward forwardprop modelforward lmodelforward predict"
)
STARS: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
Values = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """Something to call.

    Attributes:
        name: as its author wrote it.
        names: the arguments that it must or may be given.
        optional: those that it has a default for.
        run: called with arguments by name.
        line: where it begins, if known.
        forward: arguments that it is given besides if they can be had: those of its own forward pass.
        starred: "*" or "**" for an argument that takes as many as there are.
    """

    name: str
    names: tuple[str, ...]
    optional: frozenset[str]
    run: Callable[[Values], Any]
    line: int | None = None
    forward: tuple[str, ...] = ()
    starred: dict[str, str] = field(default_factory=dict)


def forwards(names: Iterable[str]) -> list[str]:
    """The names that a forward pass may have, the likeliest first: one that predicts may return classes."""
    return sorted((n for n in names if plain(n) in FORWARDS), key=lambda n: FORWARDS.index(plain(n)))


def call(function: Callable[..., Any], signature: inspect.Signature, given: Values) -> Any:
    """Call with what a signature asks for, whatever kinds of parameters it has."""
    bound = inspect.BoundArguments(signature, {n: given[n] for n in signature.parameters if n in given})
    bound.apply_defaults()
    return function(*bound.args, **bound.kwargs)


def signature_of(function: Any, name: str) -> inspect.Signature:
    """Return what a function takes.

    Raises:
        RefusedError: it does not say.
    """
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        raise RefusedError("no function", f"{name} does not say what it takes; wrap it in a def") from None


def without_self(signature: inspect.Signature) -> inspect.Signature:
    """The signature of a method as its callers see it."""
    first = next(iter(signature.parameters), None)
    kept = [p for n, p in signature.parameters.items() if n != first or n != "self"]
    return signature.replace(parameters=kept)


def optional(signature: inspect.Signature) -> frozenset[str]:
    """The arguments that may be left out."""
    return frozenset(
        name
        for name, parameter in signature.parameters.items()
        if parameter.default is not parameter.empty or parameter.kind in STARS
    )

"""Find what computes gradients in a module: a function by the names that people give it, or a class with a method."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from numpy import array_equal  # under a name of our own, because a submission may take NumPy's away

from .leaves import Moved, spread
from .names import Names, plain, words
from .refusals import RefusedError

FUNCTIONS = words(
    "gradients gradient computegradients computegradient getgradients calculategradients calcgradients "
    "computegrads getgrads calcgrads grads grad backward backwardpropagation backpropagation backprop "
    "backwardpass backpropagate backwardprop modelbackward lmodelbackward backpropogation backprob "
    "lossandgradients lossandgrad lossgradients costandgradients costandgrad costfunction nncostfunction "
    "bprop bwd"
)
# What may return gradients besides, or new weights; after anything whose name speaks of gradients.
OTHERS = words(
    "loss cost trainstep updateweights updateparameters update sgdstep gradientdescentstep step train fit"
)
HELPERS = words("numer check approx sigmoid relu tanh softmax activation linear test plot")
FORWARDS = words(
    "forward forwardpropagation forwardpass feedforward forwardprop modelforward lmodelforward predict"
)
STORED = ("matrix", "bias", "matrices", "biases", "parameters")  # what an object may have for attributes
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
    classes = [value for value in own.values() if inspect.isclass(value) and _method(value)]
    near = [
        name
        for word, name in functions.items()
        if ("grad" in word or "back" in word) and not any(helper in word for helper in HELPERS)
    ]
    for word in FUNCTIONS:
        if word in functions:
            return of_function(module[functions[word]], functions[word], depth)
    if classes:
        whole = [cls for cls in classes if _takes_data(getattr(cls, str(_method(cls))), depth)]
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
    signature = _signature(function, name)
    names = Names(signature.parameters, depth)
    kept = [n for n in signature.parameters if (role := names.role(n)) and role.kind == "cache"]
    forward = _forward_beside(function, depth) if kept else None
    going = _signature(forward, name) if forward else None

    def run(given: Values) -> Any:
        if forward and going:
            with suppress(Exception):  # then it gets ours
                given = given | dict.fromkeys(kept, _cache_in(_call(forward, going, given)))
        return _call(function, signature, given)

    return Target(
        name,
        tuple(signature.parameters),
        _optional(signature),
        run,
        getattr(getattr(function, "__code__", None), "co_firstlineno", None),
        forward=tuple(going.parameters) if going else (),
        starred={name: stars for name, p in signature.parameters.items() if (stars := STARS.get(p.kind))},
    )


def _forward_beside(function: Callable[..., Any], depth: int) -> Callable[..., Any] | None:
    """The forward pass in the same file, if all that it must be given is known."""
    for name, value in getattr(function, "__globals__", {}).items():
        if plain(name) in FORWARDS and inspect.isfunction(value):
            signature = _signature(value, name)
            names = Names(signature.parameters, depth)
            if all(names.role(n) for n in signature.parameters if n not in _optional(signature)):
                return value
    return None


def _cache_in(returned: Any) -> Any:
    """What a forward pass keeps for the backward pass: all that it returns, or what stands beside the output."""
    if isinstance(returned, dict):
        return returned
    return next(part for part in returned if isinstance(part, dict | list | tuple))


def of_class(cls: type, depth: int, method: str | None) -> Target:
    """Wrap a class: make one with the weights, let it go forward, then call its method and take what it leaves."""
    name = method or _method(cls)
    function = getattr(cls, name, None) if name else None
    if not name or not callable(function):
        raise RefusedError("no function", f"class {cls.__name__} has no method {method or 'backward'}")
    making = _signature(cls, cls.__name__)
    calling = _without_self(_signature(function, name))
    forward = next((n for n in dir(cls) if plain(n) in FORWARDS), None)

    def run(given: Values) -> Any:
        made = _call(cls, making, given)
        _place(made, given, depth)
        before = deepcopy(_weights_in(made, depth))
        output = None
        if forward and forward != name:
            going = _without_self(_signature(getattr(cls, forward), forward))
            with suppress(
                Exception
            ):  # a method that needs more than it can be given may not be needed either
                output = _call(getattr(made, forward), going, given)
        outputs = {
            n for n in calling.parameters if (role := Names([n], depth).role(n)) and role.kind == "output"
        }
        more = dict.fromkeys(outputs, output) if output is not None else {}
        returned = _call(getattr(made, name), calling, given | more)
        if returned is not None and returned is not made:
            return returned
        if (left := _left_in(made, depth)) is not None:
            return left
        after = _weights_in(made, depth)
        if all(_alike(after[attribute], value) for attribute, value in before.items()):
            raise RefusedError(
                "missing return",
                f"{cls.__name__}.{name} returns nothing and leaves no gradient in an attribute such as self.dW1",
            )
        return Moved(after)

    names = [*making.parameters, *(n for n in calling.parameters if n not in making.parameters)]
    return Target(
        f"{cls.__name__}.{name}",
        ("self", *names),
        frozenset({"self"}) | _optional(making) | _optional(calling),
        run,
        getattr(getattr(function, "__code__", None), "co_firstlineno", None),
        forward=_inputs_of(cls, forward),
    )


def _inputs_of(cls: type, forward: str | None) -> tuple[str, ...]:
    """What the method that goes forward takes."""
    return tuple(_without_self(_signature(getattr(cls, forward), forward)).parameters) if forward else ()


def _place(made: Any, given: Values, depth: int) -> None:
    """Put the weights into the attributes that an object has made for its own."""
    everything = given.get("self")
    attributes = vars(made) if hasattr(made, "__dict__") else {}
    names = Names(attributes, depth)
    if everything is None:
        return
    for attribute, value in list(attributes.items()):
        role = names.role(attribute)
        if role is None or role.kind not in STORED:
            continue
        if role.kind == "parameters":
            if isinstance(value, dict):
                value.update({key: everything[key] for key in value if key in everything})
            continue
        one = "W" if role.kind in {"matrix", "matrices"} else "b"
        if role.kind in {"matrix", "bias"}:
            key = f"{one}{role.place + 1}"
            if key in everything:
                setattr(made, attribute, everything[key])
        elif isinstance(value, list):
            setattr(
                made,
                attribute,
                [everything[f"{one}{i + 1}"] for i in range(depth) if f"{one}{i + 1}" in everything],
            )


def _left_in(made: Any, depth: int) -> Any:
    """The gradients that a method has left in attributes such as dW1, or in a dict such as grads."""
    attributes = vars(made) if hasattr(made, "__dict__") else {}
    names = Names(attributes, depth)
    left = {name: value for name, value in attributes.items() if names.is_marked(name) and value is not None}
    if left:
        return left
    for name, value in attributes.items():
        if "grad" in plain(name) and value is not None:
            return value
    return None


def _weights_in(made: Any, depth: int) -> Values:
    """The weights and biases in the attributes of an object."""
    attributes = vars(made) if hasattr(made, "__dict__") else {}
    names = Names(attributes, depth)
    roles = {name: names.role(name) for name in attributes}
    return {n: attributes[n] for n, role in roles.items() if role and role.kind in STORED}


def _alike(one: Any, other: Any) -> bool:
    """Whether two arrays, or lists of arrays, are the same."""
    pairs = zip(spread(one, {}), spread(other, {}), strict=False)
    return all(array_equal(leaf.value, twin.value) for leaf, twin in pairs)


def _call(function: Callable[..., Any], signature: inspect.Signature, given: Values) -> Any:
    """Call with what a signature asks for, whatever kinds of parameters it has."""
    bound = inspect.BoundArguments(signature, {n: given[n] for n in signature.parameters if n in given})
    bound.apply_defaults()
    return function(*bound.args, **bound.kwargs)


def _signature(function: Any, name: str) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        raise RefusedError("no function", f"{name} does not say what it takes; wrap it in a def") from None


def _without_self(signature: inspect.Signature) -> inspect.Signature:
    first = next(iter(signature.parameters), None)
    kept = [p for n, p in signature.parameters.items() if n != first or n != "self"]
    return signature.replace(parameters=kept)


def _optional(signature: inspect.Signature) -> frozenset[str]:
    return frozenset(
        name
        for name, parameter in signature.parameters.items()
        if parameter.default is not parameter.empty or parameter.kind in STARS
    )


def _method(cls: type) -> str | None:
    """The method that computes gradients, if a class has one."""
    methods = {plain(n): n for n in dir(cls) if not n.startswith("__") and callable(getattr(cls, n))}
    return next((methods[word] for word in [*FUNCTIONS, *OTHERS] if word in methods), None)


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

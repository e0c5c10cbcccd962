"""A class as something to call: an object is made with the weights, goes forward and back, and leaves gradients."""

from contextlib import suppress
from copy import deepcopy
from typing import Any

from numpy import array_equal  # under a name of our own, because a submission may take NumPy's away

from .calling import Target, Values, call, forwards, optional, signature_of, without_self
from .leaves import Moved, alike_in, numbers, plain_result, shape_of, spread
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
STORED = ("matrix", "bias", "matrices", "biases", "parameters")  # what an object may have for attributes


def of_class(cls: type, depth: int, method: str | None) -> Target:
    """Wrap a class: make one with the weights, let it go forward, then call its method and take what it leaves."""
    name = method or method_of(cls)
    function = getattr(cls, name, None) if name else None
    if not name or not callable(function):
        raise RefusedError("no function", f"class {cls.__name__} has no method {method or 'backward'}")
    making = signature_of(cls, cls.__name__)
    calling = without_self(signature_of(function, name))
    forward = next((n for n in forwards(dir(cls)) if n != name), None)
    going = without_self(signature_of(getattr(cls, forward), forward)) if forward else None
    roles = Names([*making.parameters, *calling.parameters], depth)
    kept = {n for n in making.parameters if (role := roles.role(n)) and role.kind in {*STORED, "vector"}}
    outputs = {n for n in calling.parameters if (role := roles.role(n)) and role.kind == "output"}

    def run(given: Values) -> Any:
        # An object may do with its own weights as it likes.
        given = given | {n: deepcopy(given[n]) for n in {"self", *kept} & set(given)}
        made = call(cls, making, given)
        _place(made, given, depth)
        before = _copied(_weights_in(made, depth))
        output = None
        if forward and going:
            with suppress(Exception):  # one that needs more than it can be given may not be needed either
                output = call(getattr(made, forward), going, given)
        more = dict.fromkeys(outputs, output) if output is not None else {}
        returned = plain_result(call(getattr(made, name), calling, given | more))
        if isinstance(returned, cls):
            made, returned = returned, None
        left = _left_in(made, depth)
        if left is None and not _alike(before, after := _weights_in(made, depth)):
            left = Moved(after)
        if left is not None and not alike_in(returned, left):
            return left
        if returned is None:
            raise RefusedError(
                "missing return",
                f"{cls.__name__}.{name} returns nothing and leaves no gradient in an attribute such as self.dW1",
            )
        return returned

    names = [*making.parameters, *(n for n in calling.parameters if n not in making.parameters)]
    return Target(
        f"{cls.__name__}.{name}",
        ("self", *names),
        frozenset({"self"}) | optional(making) | optional(calling),
        run,
        getattr(getattr(function, "__code__", None), "co_firstlineno", None),
        forward=tuple(going.parameters) if going else (),
    )


def method_of(cls: type) -> str | None:
    """The method that computes gradients, if a class has one."""
    methods = {plain(n): n for n in dir(cls) if not n.startswith("__") and callable(getattr(cls, n))}
    return next((methods[word] for word in [*FUNCTIONS, *OTHERS] if word in methods), None)


def _place(made: Any, given: Values, depth: int) -> None:
    """Put the weights into the attributes that an object has made for its own."""
    everything = given.get("self")
    attributes = _attributes(made)
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
    attributes = _attributes(made)
    names = Names(attributes, depth)
    arrays = {
        n: value for n, value in attributes.items() if any(shape_of(leaf.value) for leaf in spread(value, {}))
    }
    if left := {name: value for name, value in arrays.items() if names.is_marked(name)}:
        return left
    return next((value for name, value in arrays.items() if "grad" in plain(name)), None)


def _weights_in(made: Any, depth: int) -> Values:
    """The weights and biases in the attributes of an object."""
    attributes = _attributes(made)
    names = Names(attributes, depth)
    roles = {name: names.role(name) for name in attributes}
    return {n: attributes[n] for n, role in roles.items() if role and role.kind in STORED}


def _attributes(made: Any) -> Values:
    return vars(made) if hasattr(made, "__dict__") else {}


def _copied(weights: Values) -> list[Any]:
    """A copy of every array of numbers."""
    return [found.copy() for leaf in spread(weights, {}) if (found := numbers(leaf.value)) is not None]


def _alike(before: list[Any], weights: Values) -> bool:
    """Whether weights are still what they were."""
    after = _copied(weights)
    return len(before) == len(after) and all(map(array_equal, before, after))

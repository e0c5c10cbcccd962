"""A model as an ONNX graph: from raw numbers and words to classes and probabilities, or to numbers.

Inputs: ``numbers`` (N×k, double, NaN where one is missing; dates as day, month, weekday and hour) and ``categories``
(N×c, text, empty where one is missing). The metadata ``numbers`` and ``categories`` name their columns, as JSON.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from bpcli.common.errors import UsageError
from bpcli.datasets.cell_columns import written
from bpcli.datasets.cells import MISSING_WORDS, any_case, marked_numbers
from bpcli.datasets.encoding import CategoryCode
from bpcli.models.model import Model

OPSET, ML_OPSET = 17, 3
_ACTIVATIONS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "identity": "Identity"}


def onnx_bytes(model: Model) -> bytes:  # noqa: PLR0912, PLR0915 - a graph is one list of nodes, in order
    """The content of an .onnx file.

    Raises:
        UsageError: the package onnx is not installed.
    """
    try:
        import onnx  # noqa: PLC0415 - the extra
        from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415
    except ImportError:
        raise UsageError("--to onnx needs the package onnx: pip install 'bpcli[onnx]'") from None
    encoding, target, arch = model.encoding, model.encoding.target, model.architecture
    nodes: list[Any] = []
    held: list[Any] = []

    def constant(name: str, value: Any) -> str:
        held.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(operator: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        nodes.append(helper.make_node(operator, inputs, [output], domain=domain, **attributes))
        return output

    marks = marked_numbers(encoding.missing_values, encoding.decimal)
    inputs, parts = [], []
    if encoding.numbers:
        inputs.append(
            helper.make_tensor_value_info("numbers", TensorProto.DOUBLE, ["N", len(encoding.numbers)])
        )
        gaps = add("IsNaN", ["numbers"], "gaps" if not marks else "empty")
        for i, mark in enumerate(marks):
            here = add("Equal", ["numbers", constant(f"mark_{i}", np.array(mark))], f"marked_{i}")
            gaps = add("Or", [gaps, here], f"gaps_{i}")
        filled = add("Where", [gaps, constant("fill", encoding.fill[np.newaxis]), "numbers"], "filled")
        kept = np.array(encoding.kept, np.int64)
        if len(kept):
            parts.append(add("Gather", [filled, constant("kept", kept)], "kept_numbers", axis=1))
        if encoding.indicators:
            where = constant("indicators", np.array(encoding.indicators, np.int64))
            chosen = add("Gather", [gaps, where], "chosen_gaps", axis=1)
            parts.append(add("Cast", [chosen], "indicator", to=TensorProto.DOUBLE))
    if encoding.categories:
        inputs.append(
            helper.make_tensor_value_info("categories", TensorProto.STRING, ["N", len(encoding.categories)])
        )
    for i, code in enumerate(encoding.categories):
        words = add("Gather", ["categories", constant(f"column_{i}", np.array([i]))], f"words_{i}", axis=1)
        keys, values, strange = _positions(code, encoding.missing_values, encoding.decimal)
        position = add(
            "LabelEncoder",
            [words],
            f"position_{i}",
            domain="ai.onnx.ml",
            keys_strings=keys,
            values_int64s=values,
            default_int64=strange,
        )
        if len(code.parts) <= 2:
            value = add("Cast", [position], f"number_{i}", to=TensorProto.DOUBLE)
            unknown = add("Less", [position, constant(f"zero_{i}", np.array([0]))], f"unknown_{i}")
            half = constant(f"half_{i}", np.array([0.5]))
            parts.append(add("Where", [unknown, half, value], f"encoded_{i}"))
        else:
            each = constant(f"parts_{i}", np.arange(len(code.parts))[np.newaxis])
            same = add("Equal", [position, each], f"same_{i}")
            parts.append(add("Cast", [same], f"encoded_{i}", to=TensorProto.DOUBLE))
    x = add("Concat", parts, "features", axis=1)
    x = add("Sub", [x, constant("offset", encoding.offset)], "centred")
    x = add("Div", [x, constant("scale", encoding.scale)], "scaled")
    if model.parameters.dtype == np.float32:
        x = add("Cast", [add("Cast", [x], "single", to=TensorProto.FLOAT)], "rounded", to=TensorProto.DOUBLE)
    for i, (W, bias) in enumerate(zip(model.parameters.weights, model.parameters.biases, strict=True)):
        x = add("MatMul", [x, constant(f"W{i + 1}_T", W.T.astype(np.float64))], f"product_{i + 1}")
        if bias is not None:
            x = add("Add", [x, constant(f"bias_W{i + 1}", bias.astype(np.float64))], f"sum_{i + 1}")
        last = i == arch.depth - 1
        if last and arch.output == "softmax":
            x = add("Softmax", [x], "z", axis=1)
        else:
            x = add(
                _ACTIVATIONS[arch.output if last else arch.activation], [x], "z" if last else f"h_{i + 1}"
            )
    outputs = []
    if target.task == "regression":
        x = add("Mul", [x, constant("target_scale", target.scale)], "target_scaled")
        add("Add", [x, constant("target_offset", target.offset)], "values")
        outputs.append(helper.make_tensor_value_info("values", TensorProto.DOUBLE, ["N", arch.sizes[-1]]))
    else:
        width = len(target.classes)
        if target.task == "classification":
            if arch.sizes[-1] == 1:
                other = add("Sub", [constant("one", np.array(1.0)), x], "not_z")
                add("Concat", [other, x], "probabilities", axis=1)
                yes = add("GreaterOrEqual", [x, constant("boundary", np.array(0.5))], "yes")
                found = add(
                    "Squeeze",
                    [add("Cast", [yes], "yes_1", to=TensorProto.INT64), constant("axis", np.array([1]))],
                    "class",
                )
            else:
                add("Identity", [x], "probabilities")
                found = add("ArgMax", [x], "class", axis=1, keepdims=0)
            add(
                "LabelEncoder",
                [found],
                "label",
                domain="ai.onnx.ml",
                keys_int64s=list(range(width)),
                values_strings=list(target.classes),
            )
            outputs.append(helper.make_tensor_value_info("label", TensorProto.STRING, ["N"]))
        else:
            add("Identity", [x], "probabilities")
            yes = add("GreaterOrEqual", [x, constant("boundary", np.array(0.5))], "yes")
            add("Cast", [yes], "labels", to=TensorProto.INT64)
            outputs.append(helper.make_tensor_value_info("labels", TensorProto.INT64, ["N", width]))
        outputs.append(helper.make_tensor_value_info("probabilities", TensorProto.DOUBLE, ["N", width]))
    graph = helper.make_graph(nodes, "bpcli", inputs, outputs, held)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    document = helper.make_model(graph, opset_imports=opsets, ir_version=8, producer_name="bpcli")
    helper.set_model_props(
        document,
        {
            "numbers": json.dumps(encoding.numbers),
            "categories": json.dumps([code.name for code in encoding.categories]),
            "classes": json.dumps(target.classes),
            "outputs": json.dumps(target.outputs),
        },
    )
    onnx.checker.check_model(document)
    content: bytes = document.SerializeToString()
    return content


def _numerals(mark: str, decimal: str) -> list[str]:
    """A mark that is a number as it may stand among words: -999, -999.0 and -999.00."""
    found = [
        text
        for value in marked_numbers([mark], decimal)
        for text in (
            written(value),
            *(f"{value:.{digits}f}" for digits in (1, 2) if round(value, digits) == value),
        )
    ]
    return [text.replace(".", decimal) for text in found]


def _positions(code: CategoryCode, marks: Sequence[str], decimal: str) -> tuple[list[str], list[int], int]:
    """Words and the position of each among the parts, and that of any other word; -1 is none of them.

    A graph cannot fold letters, so each word stands there in its usual spellings.
    """
    strange = len(code.levels) if code.other else -1
    absent = len(code.parts) - 1 if code.missing else strange
    table: dict[str, int] = {}
    for word in sorted(MISSING_WORDS.union(mark.strip() for mark in marks)):
        spellings = (word, word.lower(), word.upper(), word.title(), word.capitalize())
        table |= dict.fromkeys((*spellings, *_numerals(word, decimal)), absent)
    table |= {"NaN": absent}
    folded = set(any_case(code.levels).values())
    for spelling in (str.lower, str.upper, str.title, str.capitalize):
        for i, level in enumerate(code.levels):
            if level in folded:
                table.setdefault(spelling(level), i)
    table |= {level: i for i, level in enumerate(code.levels)}
    return list(table), list(table.values()), strange

"""The formulas that are printed, evaluated as matrices, are the gradients that were computed."""

import numpy as np
import pytest

from bpcli.network import Architecture, Network, Parameters
from bpcli.network.formulas import gradient_formulas


@pytest.mark.parametrize("sizes", [(3, 2), (3, 4, 2), (3, 4, 5, 2)])
@pytest.mark.parametrize(
    "pair", [("sigmoid", "squared_error"), ("softmax", "cross_entropy"), ("sigmoid", "cross_entropy")]
)
def test_each_printed_product_is_the_gradient(sizes, pair):
    """For one point, every formula's factors are multiplied as written: Λ and Ω as diagonal matrices, J in full."""
    output, loss = pair
    parameters = Parameters(Architecture(sizes, output=output, loss=loss))
    rng = np.random.default_rng(0)
    parameters.flat[...] = rng.normal(size=parameters.flat.shape)
    network = Network(parameters, rows=1)
    network.forward(rng.normal(size=(1, 3)))
    network.backward(np.array([[1.0, 0.0]]))
    found = network.quantities()
    z, y = found["z"][0], found["y"][0]
    values = {"y": y, "J": np.diag(z) - np.outer(z, z)}
    digits = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

    def value(symbol):
        name = symbol.translate(digits)
        if name in values:
            return values[name]
        name = name.replace("∇", "grad_").replace("Λ", "Lambda_").replace("Ω", "Omega").rstrip("_")
        array = found[name]
        if name.startswith(("Lambda", "Omega")):
            return np.diag(array[0])
        return array[0] if array.shape[0] == 1 and not name.startswith(("W", "V")) else array

    for formula in gradient_formulas(network.architecture):
        if formula.name == "grad_z":
            expected = {
                "z - y": z - y,
                "-y / z": -y / z,
                "(z - y) / (z(1-z))": (z - y) / (z * (1 - z)),
            }[formula.formula]
        else:
            factors = formula.formula.split()
            matrices = []
            for factor in factors:
                matrix = np.asarray(value(factor.removesuffix("ᵀ")))
                matrix = matrix[:, None] if matrix.ndim == 1 else matrix
                matrices.append(matrix.T if factor.endswith("ᵀ") else matrix)
            expected = np.linalg.multi_dot(matrices)
            assert set(formula.known) | set(formula.arrived) == {f.removesuffix("ᵀ") for f in factors}
            assert all(symbol.startswith("∇") for symbol in formula.arrived)
            assert not any(symbol.startswith("∇") for symbol in formula.known)
        assert np.allclose(np.ravel(expected), np.ravel(found[formula.name]), rtol=1e-12)

"""The compiled engine: whole epochs of training without a return to Python, by Numba, behind the core's interface.

``network`` stays the truth: it is what one reads, and ``gradcheck`` and the tests hold this room to it. Nothing here is
needed where Numba is not installed, and Numba is imported only when the engine is used.
"""

from bpcli.engine.choice import EXTRA, available, engine_versions, seconds_saved, worth_compiling
from bpcli.engine.compiled import CompiledEpochs, CompiledNetwork, CompiledStack, Rule
from bpcli.engine.jit import compilation_notice, load_kernel

__all__ = [
    "EXTRA",
    "CompiledEpochs",
    "CompiledNetwork",
    "CompiledStack",
    "Rule",
    "available",
    "compilation_notice",
    "engine_versions",
    "load_kernel",
    "seconds_saved",
    "worth_compiling",
]

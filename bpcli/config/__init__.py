"""The configuration: from YAML and overrides to immutable models, and back; every error with its place."""

from bpcli.config.library import Shipped, shipped
from bpcli.config.models import Config, DataConfig, ModelConfig, TrainingConfig
from bpcli.config.resolution import Layers, Resolved, is_table, read, read_layers, resolve
from bpcli.config.schema import json_schema
from bpcli.config.variants import (
    Adam,
    ConstantInit,
    ConstantSchedule,
    CosineSchedule,
    EarlyStopping,
    HeInit,
    Init,
    NormalInit,
    Sgd,
    StepSchedule,
    UniformInit,
    XavierInit,
    ZerosInit,
)
from bpcli.config.writer import ShownLine, show_lines, starter, to_yaml
from bpcli.yamltext.problems import ConfigProblems, Problem

__all__ = [
    "Adam",
    "Config",
    "ConfigProblems",
    "ConstantInit",
    "ConstantSchedule",
    "CosineSchedule",
    "DataConfig",
    "EarlyStopping",
    "HeInit",
    "Init",
    "Layers",
    "ModelConfig",
    "NormalInit",
    "Problem",
    "Resolved",
    "Sgd",
    "Shipped",
    "ShownLine",
    "StepSchedule",
    "TrainingConfig",
    "UniformInit",
    "XavierInit",
    "ZerosInit",
    "is_table",
    "json_schema",
    "read",
    "read_layers",
    "resolve",
    "shipped",
    "show_lines",
    "starter",
    "to_yaml",
]

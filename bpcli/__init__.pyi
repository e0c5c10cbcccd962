from bpcli.api import demonstrate_symmetry as demonstrate_symmetry
from bpcli.api import load_config as load_config
from bpcli.api import train as train
from bpcli.api import walk_through as walk_through
from bpcli.common.errors import BpcliError as BpcliError
from bpcli.common.errors import ConfigError as ConfigError
from bpcli.common.errors import DataError as DataError
from bpcli.common.errors import MachineError as MachineError
from bpcli.common.errors import UsageError as UsageError
from bpcli.config import Config as Config
from bpcli.gradcheck.function_check import check_gradients as check_gradients
from bpcli.models import Model as Model
from bpcli.network import Architecture as Architecture
from bpcli.network import Network as Network
from bpcli.network import Parameters as Parameters
from bpcli.network.example import Example as Example
from bpcli.training.result import TrainResult as TrainResult
from bpcli.training.saved_model import load_model as load_model

__version__: str
__all__: list[str]

"""The network as a scikit-learn estimator, for its pipelines, grids and cross-validation (the extra ``sklearn``)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "BackpropClassifier and BackpropRegressor need the extra sklearn: pip install 'bpcli[sklearn]'"
    ) from error

from bpcli.config import Config
from bpcli.datasets import prepare
from bpcli.datasets.dataset import Dataset, FloatArray, Task
from bpcli.models import Model
from bpcli.network import initialise
from bpcli.training.loop import Trainer
from bpcli.training.setup import build_network, complete


class _Backprop(BaseEstimator):  # type: ignore[misc]
    """What both estimators share; see them."""

    def __init__(
        self,
        hidden: tuple[int, ...] = (32,),
        *,
        activation: str = "sigmoid",
        optimizer: str = "adam",
        learning_rate: float = 0.01,
        weight_decay: float = 0.0,
        batch_size: int = 32,
        epochs: int = 200,
        patience: int | None = 20,
        validation: float = 0.0,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.hidden = hidden
        self.activation = activation
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.validation = validation
        self.random_state = random_state

    def _train(
        self, X: FloatArray, targets: NDArray[Any], task: Task, classes: tuple[str, ...], width: int
    ) -> None:
        config = Config.model_validate(
            {
                "data": {"source": "estimator.csv", "validation": self.validation},
                "model": {"hidden": tuple(self.hidden), "activation": self.activation, "output": "auto"},
                "training": {
                    "loss": "auto",
                    "optimizer": {"name": self.optimizer, "learning_rate": self.learning_rate},
                    "weight_decay": self.weight_decay,
                    "batch_size": self.batch_size,
                    "epochs": self.epochs,
                    "early_stopping": None if self.patience is None else {"patience": self.patience},
                },
            }
        )
        dataset = Dataset(
            "X",
            np.array(X, np.float64),
            targets,
            tuple(f"x{j}" for j in range(X.shape[1])),
            classes,
            ("y",) if width == 1 else tuple(f"y{j}" for j in range(width)),
            task,
            None,
        )
        config = complete(config, dataset)
        seed = self.random_state
        if isinstance(seed, np.random.RandomState):
            seed = int(seed.randint(2**31 - 1))
        for_split, for_weights, for_shuffling = map(
            np.random.default_rng, np.random.SeedSequence(seed).spawn(3)
        )
        data = prepare(
            dataset,
            validation=self.validation,
            scaling="standard",
            output=config.model.output,  # type: ignore[arg-type]
            loss=config.training.loss,  # type: ignore[arg-type]
            dtype=np.float64,
            rng=for_split,
            standardise_targets=task == "regression",
        )
        network = build_network(config, data)
        initialise(network.parameters, for_weights, **config.model.init.model_dump())
        trainer = Trainer(network, data, config.training, for_shuffling)
        self.loss_curve_ = [record.train.loss for record in trainer.epochs()]
        self.n_iter_ = trainer.epoch
        if data.encoding is None:
            raise AssertionError("prepared data have an encoding")
        self.model_ = Model(type(self).__name__, trainer.kept().copy(), data.encoding, trainer.kept_epoch)


class BackpropClassifier(ClassifierMixin, _Backprop):  # type: ignore[misc]
    """A classifier: softmax with cross-entropy, or for two classes a sigmoid output; trained by manual backpropagation.

    Args:
        hidden: width of each hidden layer; () is logistic regression.
        activation: sigmoid, tanh, relu or identity.
        optimizer: adam or sgd.
        learning_rate: of the optimiser.
        weight_decay: L2 strength.
        batch_size: samples per step.
        epochs: at most.
        patience: epochs without improvement after which training stops; None for never.
        validation: fraction held out to watch for improvement; 0 watches the training loss.
        random_state: seed of weights, split and shuffling.
    """

    def fit(self, X: Any, y: Any) -> "BackpropClassifier":
        """Train on X (N×d0) and N labels."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, positions = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"classification needs two classes, and y has {len(self.classes_)} class")
        self._train(
            X, positions.astype(np.int64), "classification", tuple(map(str, self.classes_.tolist())), 1
        )
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        """Return N×(number of classes) probabilities, in the order of ``classes_``."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self.model_.predict_proba(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the N labels."""
        probabilities = self.predict_proba(X)
        labels: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels


class BackpropRegressor(RegressorMixin, _Backprop):  # type: ignore[misc]
    """A regressor: identity output with squared error on standardised targets; arguments as for the classifier."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> "BackpropRegressor":
        """Train on X (N×d0) and y, N or N×d2 numbers."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        targets = np.asarray(y, np.float64).reshape(len(X), -1)
        self._train(X, targets, "regression", (), targets.shape[1])
        return self

    def predict(self, X: Any) -> FloatArray:
        """Return the numbers that are predicted, N or N×d2."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return self.model_.predict(X)

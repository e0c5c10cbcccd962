"""What people call the arguments of a gradient function, and the gradients that they return.

A name is looked up without case, underscores and the like, in the words below and then by its number: ``W1``,
``theta_2``, ``syn0``. What one word means may depend on the others beside it: ``W`` beside ``V`` is the matrix of the
output, ``W`` alone in a network with a hidden layer is a list of matrices, and ``W0`` says that counting starts at 0.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple


class Role(NamedTuple):
    """What an argument is: its kind, and for a matrix, a bias or a size its place, counted from 0."""

    kind: str
    place: int = 0


def words(text: str) -> list[str]:
    """The words of a text: a list of names that can be read."""
    return text.split()


WORDS: dict[str, str] = {
    "x": "x xs xi xb inputs input data features sample samples point xtrain trainx xbatch inputdata images a0 "
    "trainingdata inputvector example inputslist traininginputs trainingsetinputs",
    "y": "y ys yi yb t target targets label labels expected desired truth ytrue ytrain trainy ybatch groundtruth "
    "yonehot onehot trainingtargets tt targetslist trainingoutputs trainingsetoutputs",
    "batch": "batch minibatch xy batchxy",
    "rate": "lr learningrate alpha eta rate stepsize learnrate",
    "decay": "weightdecay reg lambda lam lmbda lambd l2 decay regularization regularisation regstrength l2reg "
    "reglambda regparam lambdareg wd l2weight",
    "epochs": "epochs nepochs numepochs maxepochs iterations niterations numiterations numberofiterations niter niters "
    "iters maxiter steps nsteps numsteps trainingiterations numberoftrainingiterations",
    "samples": "m n nsamples numsamples batchsize nexamples numexamples",
    "parameters": "params parameters param model network net weightsandbiases parametersdict",
    "vector": "theta nnparams thetavec wvec flat flatparams paramvector thetaflat unrolled initialtheta paramsvec",
    "matrices": "weights ws thetas weightmatrices wlist weightlist",
    "biases": "biases bs bias b blist biaslist biasvectors",
    "cache": "cache caches activations forward cached forwardcache state values",
    "output": "output outputs yhat ypred prediction predictions pred out al yhats scores z o finaloutput finaloutputs "
    "p probs probabilities",
    "sizes": "sizes layers layersizes layerdims dims layersdims architecture shape",
    "self": "self cls",
}
FIRST_SIZE = words(
    "inputsize ninput ninputs nin inputlayersize nx inputdim ninp inputnodes inputs numinputs dimin d0"
)
HIDDEN_SIZE = words("hiddensize nhidden nh hiddenlayersize hiddendim hiddennodes numhidden nhid dimhidden d1")
LAST_SIZE = words(
    "outputsize noutput noutputs nout outputlayersize ny numlabels outputdim nclasses numclasses "
    "outputnodes k numoutputs dimout d2"
)
# With one hidden layer, where the two layers are told apart by words and not by numbers.
HIDDEN_MATRIX = words(
    "v wh wih whid whidden win winput wxh wi wx u hiddenweights weightshidden weightsinputhidden "
    "inputhiddenweights winputhidden weightsih weightsxh inputweights weightsin weightsinput "
    "hiddenlayerweights weightsinputtohidden wji"
)
OUTPUT_MATRIX = words(
    "w wo who wout woutput why wy outputweights weightsoutput weightshiddenoutput hiddenoutputweights "
    "weightsho weightsout whiddenoutput outputlayerweights weightshiddentooutput wkj"
)
HIDDEN_BIAS = words(
    "biasv bv bh bhid bhidden hiddenbias biashidden biash bih hiddenbiases biaseshidden bin "
    "hiddenlayerbias bi bx biasinputhidden"
)
OUTPUT_BIAS = words(
    "biasw bw bo bout boutput outputbias biasoutput biaso bho outputbiases biasesoutput by biasout "
    "outputlayerbias c biashiddenoutput"
)
ONE_LAYER = {
    "matrix": words("w weight weights theta beta coef coefs v w1 syn0"),
    "bias": words("b bias biases biasw bw b0 b1 intercept"),
}
HIDDEN_OUT = words("h hidden hiddenlayer hiddenoutput hiddenoutputs hiddenactivations hiddenlayeroutput hid")
FORWARD = re.compile("(z|a|h)([1-9])")  # of the courses: z before the activation, a after it
DELTA = re.compile("(?:dz|delta|δ)([1-9])")
LAYER = r"(?:fc|l|layer|lin|linear|dense)"  # fc1.weight, l2_b, W_layer1
NUMBERED_MATRIX = re.compile(
    rf"(?:w|weights?|theta|syn|wt|wts)(?:{LAYER})?(\d{{1,2}})|{LAYER}(\d{{1,2}})(?:w|weights?|kernel)"
)
NUMBERED_BIAS = re.compile(
    rf"(?:b|bias|biases|biasw|bw)(?:{LAYER})?(\d{{1,2}})|{LAYER}(\d{{1,2}})(?:b|bias|biases)"
)
# What says of a name that it is a gradient: dW1, grad_V, Theta1_grad, dL_dW.
PREFIXES = words("dld djd dcd ded dlossd dcostd gradients gradient grads grad nabla delta dl dj d g")
SUFFIXES = ("gradients", "gradient", "grads", "grad")

BY_WORD = {word: Role(kind) for kind, words in WORDS.items() for word in words.split()}


def plain(name: object) -> str:
    """Return a name without case and punctuation."""
    return re.sub(r"[^a-zδ0-9]", "", str(name).replace("∇", "grad").lower())


class Names:
    """The roles of names that stand beside each other, in a network of so many layers."""

    def __init__(self, names: Iterable[object], depth: int) -> None:
        self.depth = depth
        self.words = words = {form for name in names for form in _forms(plain(name))}
        digits = [
            int(found[1] or found[2])
            for word in words
            if (found := NUMBERED_MATRIX.fullmatch(word) or NUMBERED_BIAS.fullmatch(word))
        ]
        self.start = 0 if 0 in digits else 1
        self.has_first = depth == 1 or any(self._layer(word) == Role("matrix") for word in words)

    def role(self, name: object) -> Role | None:
        """Return what an argument of this name is, or None if nobody uses the name so."""
        word = plain(name)
        if word == "w" and not self.has_first:
            return Role("matrices")
        known = self._layer(word)
        if known and not (word in BY_WORD and self._has_other(word, known)):
            return known
        if found := FORWARD.fullmatch(word):
            layer = int(found[2])
            return Role("pre" if found[1] == "z" else "out", layer - 1) if 1 <= layer <= self.depth else None
        if word in HIDDEN_OUT and self.depth == 2:
            return Role("out", 0)
        for index, words in ((0, FIRST_SIZE), (1, HIDDEN_SIZE), (self.depth, LAST_SIZE)):
            if word in words and word not in BY_WORD:
                return Role("size", index)
        return BY_WORD.get(word)

    def gradient(self, name: object) -> Role | None:
        """Return whose gradient goes by this name: a matrix, a bias, or a list of either."""
        for word in _forms(plain(name)):
            role = self.role(word)
            if role and role.kind in {"matrix", "bias", "matrices", "biases"}:
                return role
        return None

    def quantity(self, name: object) -> Role | None:
        """Return which quantity of the forward pass, or which delta, goes by this name."""
        word = plain(name)
        if found := DELTA.fullmatch(word):
            return Role("delta", int(found[1]) - 1) if 1 <= int(found[1]) <= self.depth else None
        role = self.role(word)
        if role and role.kind == "output":
            return Role("out", self.depth - 1)
        return role if role and role.kind in {"pre", "out"} else None

    def is_marked(self, name: object) -> bool:
        """Whether the name says that it is a gradient, as dW1 does and W1 does not."""
        return self.gradient(name) is not None and self.role(name) is None

    def _has_other(self, word: str, role: Role) -> bool:
        """Whether the role has another name: beside W2 l2_weight is no matrix, but the weight of an L2 norm."""
        return any(self._layer(other) == role for other in self.words - {word})

    def _layer(self, word: str) -> Role | None:
        """The matrix or the bias of one layer."""
        if self.depth == 1:
            for kind, words in ONE_LAYER.items():
                if word in words:
                    return Role(kind)
        if self.depth == 2:
            for index, matrix, bias in ((0, HIDDEN_MATRIX, HIDDEN_BIAS), (1, OUTPUT_MATRIX, OUTPUT_BIAS)):
                if word in matrix:
                    return Role("matrix", index)
                if word in bias:
                    return Role("bias", index)
        for kind, pattern in (("matrix", NUMBERED_MATRIX), ("bias", NUMBERED_BIAS)):
            if found := pattern.fullmatch(word):
                index = int(found[1] or found[2]) - self.start
                return Role(kind, index) if 0 <= index < self.depth else None
        return None


def _forms(word: str) -> list[str]:
    """The name itself, and without what says that it is a gradient."""
    shorter = [word, *(word.removesuffix(end) for end in SUFFIXES if word.endswith(end))]
    starts = [word.removeprefix(start) for start in PREFIXES if word.startswith(start)]
    return [form for form in [*shorter, *starts] if form]

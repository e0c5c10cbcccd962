"""The mistakes of the backward pass that textbooks and courses know best."""

from bpcli.mistakes.row import Mistake

ROWS = (
    Mistake(
        "no-omega",
        "The derivative of the output's sigmoid is missing, as if the loss were cross-entropy.",
        "∇W = e hᵀ,  ∇V = Λ Wᵀ e xᵀ",
        "∇W = Ω e hᵀ,  ∇V = Λ Wᵀ Ω e xᵀ",
        "The delta z - y is copied from a text on cross-entropy, where it is right, into a program with "
        "squared error.",
        "Multiply the error by z(1-z) before anything else: delta_2 = (z - y) * z * (1 - z).",
    ),
    Mistake(
        "extra-omega",
        "The derivative of the output is multiplied in, although the loss is cross-entropy, where it "
        "cancels.",
        "δ² = z(1-z) (z - y)",
        "δ² = z - y",
        "Code for squared error is used with cross-entropy; the network still learns, slowly.",
        "Under cross-entropy the delta of the output is z - y as it stands: leave z(1-z) out.",
    ),
    Mistake(
        "raw-error-back",
        "∇W is right, but the raw error z - y is passed back to the hidden layer instead of δ² = Ω e.",
        "∇h = Wᵀ e",
        "∇h = Wᵀ Ω e",
        "The output delta is written into one line with ∇W, and the backward line starts from the error "
        "again. Published teaching programs have it, and their networks still learn.",
        "Pass back the delta that ∇W uses: grad_h = W.T @ delta_2.",
    ),
    Mistake(
        "no-lambda",
        "The derivative of the hidden activation is missing.",
        "∇V = Wᵀ δ² xᵀ",
        "∇V = Λ Wᵀ δ² xᵀ",
        "The line that passes the error back is complete in itself, and the activation of the hidden "
        "layer is forgotten.",
        "Multiply what arrives at the hidden layer by the derivative of its activation, h(1-h) for the "
        "sigmoid and 1-h² for tanh: delta_1 = grad_h * h * (1 - h), or grad_h * (1 - h**2).",
    ),
    Mistake(
        "preactivation",
        "s′ is written with the pre-activation where the activation belongs: a(1-a) for h(1-h), b(1-b) "
        "for z(1-z).",
        "Λ = diag(a(1-a)),  Ω = diag(b(1-b))",
        "Λ = diag(h(1-h)),  Ω = diag(z(1-z))",
        "`sigmoid_prime(x)` is written as `x * (1 - x)` for an activation x, and then called with the "
        "pre-activation.",
        "Put the outputs of the sigmoid, h and z, into s(1-s), not its inputs a and b.",
    ),
    Mistake(
        "sigmoid-twice",
        "s′ is evaluated at an activation: the sigmoid is applied once more before s(1-s).",
        "Λ = diag(s(h)(1-s(h))),  Ω = diag(s(z)(1-s(z)))",
        "Λ = diag(h(1-h)),  Ω = diag(z(1-z))",
        "`sigmoid_prime(x)` is written as `s(x) * (1 - s(x))` for a pre-activation x, and then called "
        "with h or z.",
        "h and z are sigmoids already: write h * (1 - h), or call your derivative with a and b.",
    ),
    Mistake(
        "tanh-derivative",
        "The derivative of tanh, 1 - h², is used on a sigmoid.",
        "Λ = diag(1-h²),  Ω = diag(1-z²)",
        "Λ = diag(h(1-h)),  Ω = diag(z(1-z))",
        "The program was taken over from a network of tanh units, and only the activation was exchanged.",
        "Replace 1 - h**2 by h * (1 - h), and 1 - z**2 by z * (1 - z).",
    ),
    Mistake(
        "updated-first",
        "W was moved before ∇V was computed, so the error passes back through the new W.",
        "∇V = Λ (W - η∇W)ᵀ δ² xᵀ",
        "∇V = Λ Wᵀ δ² xᵀ",
        "`W -= rate * grad_W` stands right after ∇W, and ∇V is computed below it. It may happen for each "
        "point or once for the batch; the rate is fitted to the answer.",
        "Compute both gradients first, then update both matrices; or keep a copy of the old W.",
    ),
    Mistake(
        "raw-and-updated",
        "Two mistakes together: the raw error is passed back, and through a W that has moved already.",
        "∇V = Λ (W - η∇W)ᵀ e xᵀ",
        "∇V = Λ Wᵀ Ω e xᵀ",
        "Both of the above in one program; they are found together in the wild.",
        "Pass back delta_2 = Ω e, and through the W of the forward pass.",
    ),
    Mistake(
        "sign",
        "The sign is turned round: y - z where z - y belongs, so the step climbs.",
        "∇z = y - z",
        "∇z = z - y",
        "One text defines the error as y - z and adds, another as z - y and subtracts; the halves are mixed.",
        "Use z - y for the gradient and subtract it in the update, or keep y - z and add; not a mixture "
        "of both.",
    ),
    Mistake(
        "half",
        "A factor ½ is lost or applied twice: the loss is ½‖y-z‖², and its derivative is z - y, with no "
        "factor.",
        "∇z = 2(z - y)  or  ½(z - y)",
        "∇z = z - y",
        "The loss is taken for ‖y-z‖² in the derivative (a factor 2), or the ½ is kept although the 2 of "
        "the square has used it up (a factor ½).",
        "Remove the factor: the 2 of the square and the ½ of the loss cancel.",
    ),
    Mistake(
        "sum-for-mean",
        "The gradient is summed over the samples, but the loss is their mean.",
        "∇ = Σ_n ∇_n",
        "∇ = (1/N) Σ_n ∇_n",
        "`grad += …` over the samples, and no division at the end; or `X.T @ delta`, which sums.",
        "Divide by the number of samples N, once.",
    ),
    Mistake(
        "mean-twice",
        "The gradient is divided by the number of samples twice.",
        "∇ = (1/N²) Σ_n ∇_n",
        "∇ = (1/N) Σ_n ∇_n",
        "The error is divided by N, and the gradient once more.",
        "Divide by N in one place only.",
    ),
    Mistake(
        "w-not-transposed",
        "W is used where Wᵀ belongs; the shapes allow it only because the two layers are equally wide.",
        "∇h = W δ²",
        "∇h = Wᵀ δ²",
        "`W @ delta` runs without a complaint where both layers are equally wide.",
        "Transpose: grad_h = W.T @ delta_2 for a column, delta_2 @ W for samples in rows.",
    ),
    Mistake(
        "outer-transposed",
        "The outer product is the wrong way round, and the gradient comes out transposed.",
        "∇W = h δ²ᵀ",
        "∇W = δ² hᵀ",
        "`np.outer(h, delta)` for `np.outer(delta, h)`, often from a text that stores weights transposed."
        " Where the layer is not square the shape gives it away.",
        "Put the delta first: np.outer(delta_2, h) has the shape of W.",
    ),
    Mistake(
        "gradient-for-weight",
        "∇W is used where W belongs when the error is passed back.",
        "∇h = (∇W)ᵀ δ²",
        "∇h = Wᵀ δ²",
        "`grad_W.T @ delta` for `W.T @ delta`: two names that look alike.",
        "Pass the error back through the weights themselves: W.T @ delta_2.",
    ),
    Mistake(
        "matmul-for-elementwise",
        "A matrix product stands where the entry-by-entry product ⊙ with h(1-h) belongs.",
        "Λ = hᵀ(1-h) · I",
        "Λ = diag(h(1-h))",
        "`@` or `np.dot` where `*` belongs. For one point the product of two vectors is a number, and "
        "NumPy multiplies on; with samples in columns the shapes happen to fit.",
        "Use * for entries and @ for matrices: delta_1 = grad_h * (h * (1 - h)).",
    ),
    Mistake(
        "last-sample",
        "Only the last sample counts: the gradient is assigned (=) where it should be added up (+=).",
        "∇ = ∇_N  (or ∇_N / N)",
        "∇ = (1/N) Σ_n ∇_n",
        "`grad = …` inside the loop over the samples, where `grad += …` belongs.",
        "Start from zeros before the loop over the samples and use += inside it.",
    ),
    Mistake(
        "wrong-input",
        "The delta is multiplied by another layer's input: x where h belongs, or h where x belongs.",
        "∇W = δ² xᵀ  or  ∇V = δ¹ hᵀ",
        "∇W = δ² hᵀ,  ∇V = δ¹ xᵀ",
        "x, h and z are all at hand, and the layers are equally wide.",
        "A layer's gradient is its delta times its own input: h for W, x for V.",
    ),
    Mistake(
        "bias-frozen",
        "The gradient of a bias is zero or missing, so the bias never learns.",
        "∇bias = 0",
        "∇bias_W = δ²,  ∇bias_V = δ¹",
        "The biases were added to the forward pass later, or their gradients never returned.",
        "Return the delta itself (its mean over the samples) as the gradient of the bias.",
    ),
    Mistake(
        "bias-times-input",
        "The delta of a bias is multiplied by the layer's input, as if the bias were a weight of it.",
        "∇bias_W = δ² hᵀ  or  ∇bias_V = δ¹ xᵀ",
        "∇bias_W = δ²,  ∇bias_V = δ¹",
        "The line for the matrix is copied for the bias. Mostly the shape gives it away.",
        "The input of a bias is the constant 1: its gradient is the delta alone.",
    ),
    Mistake(
        "decay-missing",
        "The term of the weight decay is missing.",
        "∇W = δ² hᵀ",
        "∇W = δ² hᵀ + c W",
        "The penalty is in the loss and not in the gradient.",
        "Add weight_decay * W (and weight_decay * V) once, to the matrices only.",
    ),
    Mistake(
        "decay-doubled",
        "The weight decay counts twice: the derivative of ½c‖W‖² is cW, with no factor 2.",
        "∇W = δ² hᵀ + 2c W",
        "∇W = δ² hᵀ + c W",
        "The penalty is written c‖W‖² in the derivative and ½c‖W‖² in the loss.",
        "Add weight_decay * W once.",
    ),
    Mistake(
        "numeric-of-output",
        "The derivative is that of the summed outputs z, not of the loss: the error z - y is missing.",
        "∇W = Ω 1 hᵀ,  ∇V = Λ Wᵀ Ω 1 xᵀ",
        "∇W = Ω e hᵀ,  ∇V = Λ Wᵀ Ω e xᵀ",
        "The backward pass starts from ones, as automatic differentiation does from a scalar, but at z "
        "instead of at ℓ.",
        "Differentiate the loss: start the backward pass from ∇z = z - y, not from ones.",
    ),
)

"""A whole epoch in compiled code: the equations of ``network/`` once more, for speed, and held to them by gradcheck.

Arrays are flat, a matrix d_out×d_in beginning at an offset. A layer's output h takes the place of its a, and δ that of
∇h: nobody looks between the steps. Small products are loops over tiles of rows, which read the rows of X by their
number and so gather nothing; large ones are left to BLAS. Without momentum the update is folded into the product that
makes the gradient, V ← V - α δ xᵀ; every δ is there before the first matrix moves.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from bpcli.engine.choice import LARGE

BLOCK = 256  # columns of a product

SIGMOID, TANH, RELU, IDENTITY, SOFTMAX = range(5)
SQUARED_ERROR, CROSS_ENTROPY = range(2)
GRADIENT, SGD, MOMENTUM, ADAM = range(4)

# Sums may be taken in any order; elsewhere only a product and a sum may be rounded as one.
_sums = njit(fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
_exact = njit(fastmath={"contract"}, error_model="numpy")


# Numba's own indexing counts negative indices from the end, and its slices count references: both cost more than the
# arithmetic of a small layer.
def _element(context, builder, array_type, array, index):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index], inbounds=True)


@intrinsic
def load(_typing, array, index):
    """Return ``array[index]``, 0 ≤ index < size."""

    def build(context, builder, signature, args):
        return builder.load(_element(context, builder, signature.args[0], *args))

    return array.dtype(array, types.intp), build


@intrinsic
def store(_typing, array, index, value):
    """Set ``array[index]``, 0 ≤ index < size."""

    def build(context, builder, signature, args):
        builder.store(args[2], _element(context, builder, signature.args[0], args[0], args[1]))
        return context.get_dummy_value()

    return types.void(array, types.intp, array.dtype), build


@intrinsic
def times_power_of_two(_typing, value, shifted):
    """Return ``value`` · 2ᵏ, where k stands in the lowest bits of ``shifted``; it is added to the exponent."""
    bits, mantissa = (64, 52) if value == types.float64 else (32, 23)

    def build(_context, builder, _signature, args):
        integer = ir.IntType(bits)
        number, power = (builder.bitcast(arg, integer) for arg in args)
        moved = builder.shl(power, ir.Constant(integer, mantissa))
        return builder.bitcast(builder.add(number, moved), args[0].type)

    return value(value, value), build


@intrinsic
def gemm(_typing, t_a, t_b, m, n, k, alpha, a, a0, lda, b, b0, ldb, beta, c, c0, ldc):
    """Let C ← α op(A) op(B) + β C by BLAS: m×n of m×k and k×n, by columns as BLAS has them.

    The matrices begin at ``a0``, ``b0``, ``c0`` of their arrays; ``t_a`` and ``t_b`` say whether they are transposed.
    """
    kind, size = ord("d" if c.dtype == types.float64 else "s"), types.intp
    real = c.dtype
    matrix = (c, size, size)
    signature = types.void(
        types.boolean, types.boolean, size, size, size, real, *matrix, *matrix, real, *matrix
    )

    def build(context, builder, signature, args):
        byte, word = ir.IntType(8), ir.IntType(64)
        place = byte.as_pointer()
        kinds = [byte] * 3 + [word] * 3 + [place, place, word, place, word, place, place, word]
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.IntType(32), kinds), "numba_xxgemm"
        )

        def letter(flag):
            return builder.select(
                builder.trunc(flag, ir.IntType(1)), ir.Constant(byte, ord("t")), ir.Constant(byte, ord("n"))
            )

        def address(array, start):
            return builder.bitcast(_element(context, builder, c, array, start), place)

        def slot(value):
            return builder.bitcast(cgutils.alloca_once_value(builder, value), place)

        t_a, t_b, m, n, k, alpha, a, a0, lda, b, b0, ldb, beta, out, c0, ldc = args
        builder.call(
            function,
            [ir.Constant(byte, kind), letter(t_a), letter(t_b), m, n, k, slot(alpha)]
            + [address(a, a0), lda, address(b, b0), ldb, slot(beta), address(out, c0), ldc],
        )
        return context.get_dummy_value()

    return signature, build


def real(like, value):
    """Return ``value`` in the precision of ``like``."""


@overload(real, inline="always")
def _real(like, value):
    number = np.float64 if like == types.float64 else np.float32

    def converted(like, value):
        return number(value)

    return converted


def exp_parts(x):
    """Return (r, t, k): x = k log 2 + r with |r| ≤ ½ log 2, k whole, and in the last bits of t, too."""


@overload(exp_parts, inline="always")
def _exp_parts(x):
    number, digits = (np.float64, 52) if x == types.float64 else (np.float32, 23)
    per_log_2, rounder = number(1 / np.log(2)), number(1.5 * 2.0**digits)
    # The first part of log 2 has so few digits that its product with k is exact.
    high = number(0.693359375)
    low = number(np.log(2) - 0.693359375)

    def parts(x):
        t = x * per_log_2 + rounder
        k = t - rounder
        return (x - k * high) - k * low, t, k

    return parts


_TERMS = [np.float64(1 / float(math.factorial(i))) for i in range(14)]
_C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11, _C12, _C13 = _TERMS[2:]
_S2, _S3, _S4, _S5, _S6, _S7 = (np.float32(term) for term in _TERMS[2:8])


def exp_series(r):
    """Return (eʳ - 1) / r for |r| ≤ ½ log 2, by its Taylor series."""


@overload(exp_series, inline="always")
def _exp_series(r):
    def double(r):
        s = _C10 + r * (_C11 + r * (_C12 + r * _C13))
        s = _C6 + r * (_C7 + r * (_C8 + r * (_C9 + r * s)))
        return 1.0 + r * (_C2 + r * (_C3 + r * (_C4 + r * (_C5 + r * s))))

    def single(r):
        return np.float32(1) + r * (_S2 + r * (_S3 + r * (_S4 + r * (_S5 + r * (_S6 + r * _S7)))))

    return double if r == types.float64 else single


def exp_range(like):
    """Return the x between which eˣ is a number of full precision."""


@overload(exp_range, inline="always")
def _exp_range(like):
    low, high = (-708.0, 709.0) if like == types.float64 else (np.float32(-87), np.float32(88))

    def bounds(like):
        return low, high

    return bounds


@_exact
def exponentials(a, start, stop, sign, one):
    """Replace a[start:stop] by e^(sign·a); beyond the range of the precision by the value at its end."""
    low, high = exp_range(one)
    for i in range(start, stop):
        x = sign * load(a, i)
        x = high if x > high else x
        x = low if x < low else x
        r, t, _ = exp_parts(x)
        store(a, i, times_power_of_two(one + r * exp_series(r), t))


@_exact
def sigmoids(a, start, stop, one):
    """Replace a[start:stop] by s(a) = 1 / (1 + e⁻ᵃ)."""
    low, high = exp_range(one)
    for i in range(start, stop):
        x = -load(a, i)
        x = high if x > high else x
        x = low if x < low else x
        r, t, _ = exp_parts(x)
        store(a, i, one / (one + times_power_of_two(one + r * exp_series(r), t)))


@_exact
def tanhs(a, start, stop, one):
    """Replace a[start:stop] by tanh a = m / (m + 2) with m = e²ᵃ - 1, of |a|: no digits cancel near 0."""
    two = one + one
    most = real(one, 20)
    for i in range(start, stop):
        x = load(a, i)
        size = abs(x)
        size = most if size > most else size
        r, t, _ = exp_parts(two * size)
        power = times_power_of_two(one, t)
        m = power * (r * exp_series(r)) + (power - one)
        store(a, i, np.copysign(m / (m + two), x))


@_exact
def softmaxes(b, start, rows, width, one):
    """Replace each row of b by e^b / Σ e^b, the largest b subtracted first."""
    for row in range(rows):
        first = start + row * width
        largest = load(b, first)
        for i in range(first + 1, first + width):
            value = load(b, i)
            largest = value if value > largest else largest
        for i in range(first, first + width):
            store(b, i, load(b, i) - largest)
        exponentials(b, first, first + width, one, one)
        total = one - one
        for i in range(first, first + width):
            total += load(b, i)
        for i in range(first, first + width):
            store(b, i, load(b, i) / total)


@_sums
def products(x, rows, row0, x0, samples, width, theta, weight0, bias0, units, out, out0, one):
    """a = V x + bias: out (samples×units) at ``out0``, of the rows of x that ``rows[row0:]`` names.

    Two samples and four units at a time; where there are fewer, the last one is taken again, for the same result.
    """
    for j in range(0, units, 4):
        j1, j2, j3 = min(j + 1, units - 1), min(j + 2, units - 1), min(j + 3, units - 1)
        q0, q1 = weight0 + j * width, weight0 + j1 * width
        q2, q3 = weight0 + j2 * width, weight0 + j3 * width
        for n in range(0, samples, 2):
            n1 = min(n + 1, samples - 1)
            p0 = x0 + load(rows, row0 + n) * width
            p1 = x0 + load(rows, row0 + n1) * width
            a00 = a01 = a02 = a03 = a10 = a11 = a12 = a13 = one - one
            for k in range(width):
                u0, u1 = load(x, p0 + k), load(x, p1 + k)
                v0, v1, v2, v3 = (
                    load(theta, q0 + k),
                    load(theta, q1 + k),
                    load(theta, q2 + k),
                    load(theta, q3 + k),
                )
                a00 += u0 * v0
                a01 += u0 * v1
                a02 += u0 * v2
                a03 += u0 * v3
                a10 += u1 * v0
                a11 += u1 * v1
                a12 += u1 * v2
                a13 += u1 * v3
            if bias0 >= 0:
                b0, b1, b2, b3 = (
                    load(theta, bias0 + j),
                    load(theta, bias0 + j1),
                    load(theta, bias0 + j2),
                    load(theta, bias0 + j3),
                )
                a00 += b0
                a10 += b0
                a01 += b1
                a11 += b1
                a02 += b2
                a12 += b2
                a03 += b3
                a13 += b3
            o0, o1 = out0 + n * units, out0 + n1 * units
            store(out, o0 + j, a00)
            store(out, o0 + j1, a01)
            store(out, o0 + j2, a02)
            store(out, o0 + j3, a03)
            store(out, o1 + j, a10)
            store(out, o1 + j1, a11)
            store(out, o1 + j2, a12)
            store(out, o1 + j3, a13)


@_sums
def add_combinations(out, out0, lines, width, factor, f, f0, f_line, f_term, terms, b, rows, row0, b0):
    """Add to each of the lines of out (lines×width) factor · Σ f[line, term] b[term, :].

    f is read in steps of ``f_line`` and ``f_term``, and so may be transposed; b by its row numbers ``rows[row0:]``.
    Four terms at a time; a term that is not there is the last one, times 0. Some columns at a time, which stay in the
    fastest cache for all lines.
    """
    zero = factor - factor
    for begin in range(0, width, BLOCK):
        columns = min(BLOCK, width - begin)
        for line in range(lines):
            o = out0 + line * width + begin
            for term in range(0, terms, 4):
                g = f0 + line * f_line + term * f_term
                t1, t2, t3 = min(1, terms - term - 1), min(2, terms - term - 1), min(3, terms - term - 1)
                g0 = factor * load(f, g)
                g1 = factor * load(f, g + f_term) if t1 == 1 else zero
                g2 = factor * load(f, g + 2 * f_term) if t2 == 2 else zero
                g3 = factor * load(f, g + 3 * f_term) if t3 == 3 else zero
                p0 = b0 + load(rows, row0 + term) * width + begin
                p1 = b0 + load(rows, row0 + term + t1) * width + begin
                p2 = b0 + load(rows, row0 + term + t2) * width + begin
                p3 = b0 + load(rows, row0 + term + t3) * width + begin
                for k in range(columns):
                    added = (g0 * load(b, p0 + k) + g1 * load(b, p1 + k)) + (
                        g2 * load(b, p2 + k) + g3 * load(b, p3 + k)
                    )
                    store(out, o + k, load(out, o + k) + added)


@_exact
def activate(kind, a, start, rows, width, one):
    """h = g(a), in place."""
    stop = start + rows * width
    if kind == SIGMOID:
        sigmoids(a, start, stop, one)
    elif kind == TANH:
        tanhs(a, start, stop, one)
    elif kind == RELU:
        zero = one - one
        for i in range(start, stop):
            value = load(a, i)
            store(a, i, zero if value < zero else value)
    elif kind == SOFTMAX:
        softmaxes(a, start, rows, width, one)


@_exact
def receive(kind, h, h0, delta, delta0, count, one):
    """δ = Λ ∇h, in the place of ∇h, with Λ written in h."""
    if kind == SIGMOID:
        for i in range(count):
            out = load(h, h0 + i)
            store(delta, delta0 + i, load(delta, delta0 + i) * (out * (one - out)))
    elif kind == TANH:
        for i in range(count):
            out = load(h, h0 + i)
            store(delta, delta0 + i, load(delta, delta0 + i) * (one - out * out))
    elif kind == RELU:
        zero = one - one
        for i in range(count):
            out = load(h, h0 + i)
            value = load(delta, delta0 + i)
            store(delta, delta0 + i, value if out > zero else zero * value)


@_exact
def output_delta(kind, loss, z, z0, y, rows, row0, samples, width, delta, delta0, one):
    """δ of the output layer: (z - y)/N, times Ω where the loss is the squared error."""
    share = one / real(one, samples)
    for n in range(samples):
        p, q, d = load(rows, row0 + n) * width, z0 + n * width, delta0 + n * width
        if loss == SQUARED_ERROR and kind == SIGMOID:
            for j in range(width):
                out = load(z, q + j)
                store(delta, d + j, (out - load(y, p + j)) * share * (out * (one - out)))
        else:
            for j in range(width):
                store(delta, d + j, (load(z, q + j) - load(y, p + j)) * share)


@_exact
def scale(a, start, stop, factor, zero, one):
    """a ← factor · a; with the factor 0, whatever was there."""
    if factor == zero:
        for i in range(start, stop):
            store(a, i, zero)
    elif factor != one:
        for i in range(start, stop):
            store(a, i, factor * load(a, i))


@_exact
def add_scaled(a, start, stop, factor, b, b0):
    """a ← a + factor · b, b from ``b0`` on."""
    for i in range(stop - start):
        store(a, start + i, load(a, start + i) + factor * load(b, b0 + i))


@_exact
def adam_step(theta, m, v, g, rate, beta1, beta2, epsilon, unbias, one):
    """m ← β₁ m + (1-β₁) g, v ← β₂ v + (1-β₂) g², θ ← θ - rate m / (√v · unbias + ε); the rate has 1/(1-β₁ᵗ) in it."""
    for i in range(len(theta)):
        gradient = load(g, i)
        mean = beta1 * load(m, i) + (one - beta1) * gradient
        square = beta2 * load(v, i) + (one - beta2) * (gradient * gradient)
        store(m, i, mean)
        store(v, i, square)
        store(theta, i, load(theta, i) - rate * (mean / (np.sqrt(square) * unbias + epsilon)))


def train(
    X, Y, order, first, last, size, sizes, weight_at, bias_at, out_at, delta_at, gathered_at,
    activation, output, loss, rule, theta, g, slot, slot_2, work, count,
    rate, decay, beta1, beta2, epsilon, steps, one,
):  # fmt: skip
    """Train on batches ``first`` to ``last`` of the rows of X (M×d0) and Y (M×d_L) in ``order``, ``size`` at a time.

    ``sizes`` are d0 … d_L; ``weight_at``, ``bias_at`` (-1 without biases), ``out_at``, ``delta_at`` and ``gathered_at``
    say where in ``theta`` and ``work`` each layer's matrices begin. ``g`` takes the gradient, except under SGD, where
    it is added to ``theta`` at once. ``count`` is 0, 1, 2, …; ``one`` is 1 in the precision of the network.
    """
    layers = len(sizes) - 1
    kept = beta1 if rule == MOMENTUM else one - one
    zero = one - one
    alpha = one if rule != SGD else -rate
    target = theta if rule == SGD else (slot if rule == MOMENTUM else g)
    for batch in range(first, last):
        start = batch * size
        samples = min(size, len(order) - start)
        # Forward: a = V x + bias, h = g(a).
        x, x0, rows, row0 = X, 0, order, start
        if samples * sizes[0] * sizes[1] > LARGE:
            for n in range(samples):
                p, q = load(order, start + n) * sizes[0], gathered_at + n * sizes[0]
                for k in range(sizes[0]):
                    store(work, q + k, load(X, p + k))
            x, x0, rows, row0 = work, gathered_at, count, 0
        first_x, first_x0, first_rows, first_row0 = x, x0, rows, row0
        for layer in range(layers):
            width, units, out0 = sizes[layer], sizes[layer + 1], out_at[layer]
            if samples * width * units > LARGE:
                if bias_at[layer] >= 0:
                    for n in range(samples):
                        for j in range(units):
                            store(work, out0 + n * units + j, load(theta, bias_at[layer] + j))
                gemm(
                    True, False, units, samples, width, one, theta, weight_at[layer], width, x, x0, width,
                    one if bias_at[layer] >= 0 else zero, work, out0, units,
                )  # fmt: skip
            else:
                products(
                    x,
                    rows,
                    row0,
                    x0,
                    samples,
                    width,
                    theta,
                    weight_at[layer],
                    bias_at[layer],
                    units,
                    work,
                    out0,
                    one,
                )
            activate(activation if layer < layers - 1 else output, work, out0, samples, units, one)
            x, x0, rows, row0 = work, out0, count, 0
        # Backward: δ of every layer from that of the next, at these weights.
        output_delta(
            output, loss, work, out_at[layers - 1], Y, order, start, samples, sizes[layers], work,
            delta_at[layers - 1], one,
        )  # fmt: skip
        for layer in range(layers - 1, 0, -1):
            width, units, delta0, below0 = (
                sizes[layer],
                sizes[layer + 1],
                delta_at[layer],
                delta_at[layer - 1],
            )
            if samples * width * units > LARGE:
                gemm(
                    False, False, width, samples, units, one, theta, weight_at[layer], width, work, delta0, units,
                    zero, work, below0, width,
                )  # fmt: skip
            else:
                for i in range(below0, below0 + samples * width):
                    store(work, i, zero)
                add_combinations(
                    work, below0, samples, width, one, work, delta0, units, 1, units, theta, count, 0,
                    weight_at[layer],
                )  # fmt: skip
            receive(activation, work, out_at[layer - 1], work, below0, samples * width, one)
        # Update: the gradient is added to what the rule keeps of earlier ones, or to the weights themselves.
        for layer in range(layers):
            width, units, delta0, weight0 = sizes[layer], sizes[layer + 1], delta_at[layer], weight_at[layer]
            x, x0, rows, row0 = first_x, first_x0, first_rows, first_row0
            if layer > 0:
                x, x0, rows, row0 = work, out_at[layer - 1], count, 0
            keep = one - rate * decay if rule == SGD else kept
            if samples * width * units > LARGE:
                gemm(
                    False, True, width, units, samples, alpha, x, x0, width, work, delta0, units,
                    keep, target, weight0, width,
                )  # fmt: skip
            else:
                scale(target, weight0, weight0 + units * width, keep, zero, one)
                add_combinations(
                    target, weight0, units, width, alpha, work, delta0, 1, units, samples, x, rows, row0, x0
                )
            if bias_at[layer] >= 0:
                bias0 = bias_at[layer]
                scale(target, bias0, bias0 + units, one if rule == SGD else kept, zero, one)
                for n in range(samples):
                    add_scaled(target, bias0, bias0 + units, alpha, work, delta0 + n * units)
            if decay != zero and rule >= MOMENTUM:
                add_scaled(target, weight0, weight0 + units * width, decay, theta, weight0)
        if rule == MOMENTUM:
            add_scaled(theta, 0, len(theta), -rate, slot, 0)
        elif rule == ADAM:
            steps[0] += 1
            unbias_mean = 1.0 - (1.0 * beta1) ** steps[0]
            unbias_square = 1.0 - (1.0 * beta2) ** steps[0]
            adam_step(
                theta, slot, slot_2, g, real(one, rate / unbias_mean), beta1, beta2, epsilon,
                real(one, 1.0 / math.sqrt(unbias_square)), one,
            )  # fmt: skip


_train = njit(fastmath={"contract"}, error_model="numpy")(train)


@_exact
def mean_loss(
    X, Y, size, sizes, weight_at, bias_at, out_at, activation, output, loss, theta, work, count, one
):  # fmt: skip
    """Return the mean loss over all rows, ``size`` at a time: cross-entropy from b, the squared error from z."""
    last = len(sizes) - 2
    units = sizes[last + 1]
    total, zero, half = one - one, one - one, one / (one + one)
    rows = len(X) // sizes[0]
    for start in range(0, rows, size):
        samples = min(size, rows - start)
        x, x0 = X, start * sizes[0]
        for layer in range(last + 1):
            products(
                x, count, 0, x0, samples, sizes[layer], theta, weight_at[layer], bias_at[layer], sizes[layer + 1],
                work, out_at[layer], one,
            )  # fmt: skip
            if layer < last:
                activate(activation, work, out_at[layer], samples, sizes[layer + 1], one)
            x, x0 = work, out_at[layer]
        if loss == SQUARED_ERROR:
            activate(output, work, x0, samples, units, one)
        for n in range(samples):
            p, q = (start + n) * units, x0 + n * units
            if loss == SQUARED_ERROR:
                for j in range(units):
                    error = load(Y, p + j) - load(work, q + j)
                    total += half * error * error
            elif output == SIGMOID:
                for j in range(units):
                    b = load(work, q + j)
                    total += max(b, zero) + math.log1p(math.exp(-abs(b))) - load(Y, p + j) * b
            else:
                largest = load(work, q)
                for j in range(1, units):
                    largest = max(largest, load(work, q + j))
                powers = zero
                for j in range(units):
                    powers += math.exp(load(work, q + j) - largest)
                whole = largest + math.log(powers)
                for j in range(units):
                    total += load(Y, p + j) * (whole - load(work, q + j))
    return total / rows


def train_epochs(
    X, Y, X_validation, Y_validation, orders, rates, evaluated, limit, losses, validation_losses,
    size, sizes, weight_at, bias_at, out_at, delta_at, gathered_at, activation, output, loss, rule,
    theta, g, slot, slot_2, work, count, decay, beta1, beta2, epsilon, steps, one,
):  # fmt: skip
    """Train for an epoch at each of the ``rates``, and return how many: fewer if the loss leaves its ``limit``.

    ``orders`` has the rows of one epoch after those of the other; the mean losses after those that are ``evaluated``
    go to ``losses`` and ``validation_losses``. The rest is as in ``train``.
    """
    rows = len(orders) // len(rates)
    for epoch in range(len(rates)):
        _train(
            X, Y, orders[epoch * rows : (epoch + 1) * rows], 0, -(-rows // size), size, sizes, weight_at, bias_at,
            out_at, delta_at, gathered_at, activation, output, loss, rule, theta, g, slot, slot_2, work, count,
            rates[epoch], decay, beta1, beta2, epsilon, steps, one,
        )  # fmt: skip
        if evaluated[epoch]:
            mean = mean_loss(
                X, Y, size, sizes, weight_at, bias_at, out_at, activation, output, loss, theta, work, count, one,
            )  # fmt: skip
            losses[epoch] = mean
            if len(X_validation) > 0:
                validation_losses[epoch] = mean_loss(
                    X_validation, Y_validation, size, sizes, weight_at, bias_at, out_at, activation, output, loss,
                    theta, work, count, one,
                )  # fmt: skip
                if not math.isfinite(validation_losses[epoch]):
                    return epoch + 1
            if not (mean <= limit and math.isfinite(mean)):
                return epoch + 1
    return len(rates)


def compiler(*, cache: bool) -> Any:
    """Return what compiles ``train`` and ``train_epochs``, and keeps them on disk with ``cache``."""
    return njit(fastmath={"contract"}, error_model="numpy", cache=cache)


def epochs_signature(name: str) -> tuple[Any, ...]:
    """Return the types that ``train_epochs`` takes, for ``float64`` or ``float32``."""
    number = getattr(types, name)
    numbers, wholes = types.Array(number, 1, "C"), types.Array(types.int64, 1, "C")
    flags = types.Array(types.boolean, 1, "C")
    _, _, _, _, _, *shape = signature(name)
    *shape, _rate, decay, beta1, beta2, epsilon, steps, one = shape
    return (
        *(numbers, numbers, numbers, numbers, wholes, numbers, flags, number, numbers, numbers),
        *shape,
        *(decay, beta1, beta2, epsilon, steps, one),
    )


def signature(name: str) -> tuple[Any, ...]:
    """Return the types that ``train`` takes, for ``float64`` or ``float32``."""
    number = getattr(types, name)
    whole = types.int64
    numbers, wholes = types.Array(number, 1, "C"), types.Array(whole, 1, "C")
    return (
        *(numbers, numbers, wholes, whole, whole, whole),
        *(wholes, wholes, wholes, wholes, wholes, whole),
        *(whole, whole, whole, whole),
        *(numbers, numbers, numbers, numbers, numbers, wholes),
        *(number, number, number, number, number, wholes, number),
    )

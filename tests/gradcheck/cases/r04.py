"""A right gradient."""

import numpy as np


def s(u):
    return 1 / (1 + np.exp(-u))


class N:
    def __init__(self, v, parents=()):
        self.v, self.parents, self.g = v, parents, 0.0

    def __add__(self, o):
        return N(self.v + o.v, ((self, 1.0), (o, 1.0)))

    def __mul__(self, o):
        return N(self.v * o.v, ((self, o.v), (o, self.v)))

    def sig(self):
        t = 1 / (1 + np.exp(-self.v))
        return N(t, ((self, t * (1 - t)),))


def back(root):
    order, seen = [], set()

    def visit(n):
        if id(n) not in seen:
            seen.add(id(n))
            for p, _ in n.parents:
                visit(p)
            order.append(n)
    visit(root)
    root.g = 1.0
    for n in reversed(order):
        for p, d in n.parents:
            p.g += d * n.g


def gradients(x, y, V, W):
    PV = [[N(v) for v in row] for row in V]
    PW = [[N(v) for v in row] for row in W]

    def layer(P, inputs):
        out = []
        for row in P:
            t = row[0] * inputs[0]
            for w, i in zip(row[1:], inputs[1:]):
                t = t + w * i
            out.append(t.sig())
        return out
    z = layer(PW, layer(PV, [N(v) for v in x]))
    total = N(0.0)
    for o, t in zip(z, y):
        e = o + N(-t)
        total = total + N(0.5) * e * e
    back(total)
    return [[n.g for n in row] for row in PV], [[n.g for n in row] for row in PW]

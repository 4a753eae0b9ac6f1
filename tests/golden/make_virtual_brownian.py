#!/usr/bin/env python3
"""Writes virtual_brownian.json: increments of our Brownian path, from its definition (dyadic tree of
depth 25 over ln(sigma) in [-12, 12], Philox4x32-10, inverse normal distribution), in float64 and without any library.
Python 3.11's statistics.NormalDist().inv_cdf is algorithm AS 241.

    python3 make_virtual_brownian.py"""
import json
import math
import os
from statistics import NormalDist

DEPTH, LOW, HIGH, STREAM = 25, -12.0, 12.0, 0x6B617A75
POINTS = 1 << DEPTH


def philox(counter, key):
    c, k = list(counter), [key & 0xFFFFFFFF, key >> 32]
    for _ in range(10):
        a, b = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(b >> 32) ^ c[1] ^ k[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ k[1], a & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def normal(seed, index, depth, element):
    word = philox((element // 4, index, depth, STREAM), seed)[element % 4]
    return NormalDist().inv_cdf((word + 0.5) / 2**32)


class Path:
    def __init__(self, seed, element, eta):
        self.seed, self.element, self.eta = seed, element, eta

    def time(self, point):
        return -math.expm1(-2 * self.eta * (LOW + (HIGH - LOW) * point / POINTS)) / (2 * self.eta)

    def value(self, point):
        a, b = 0, POINTS
        w_a, w_b = -normal(self.seed, 0, 0, self.element) * math.sqrt(self.time(b) - self.time(a)), 0.0
        depth = 1
        while point not in (a, b):
            m = (a + b) // 2
            left = (self.time(b) - self.time(m)) / (self.time(b) - self.time(a))
            deviation = math.sqrt((self.time(m) - self.time(a)) * left)
            w_m = left * w_a + (1 - left) * w_b + deviation * normal(self.seed, m, depth, self.element)
            if point < m:
                b, w_b = m, w_m
            else:
                a, w_a = m, w_m
            depth += 1
        return w_a if point == a else w_b

    def increment(self, sigma, following):
        high, low = (round((math.log(s) - LOW) / (HIGH - LOW) * POINTS) for s in (sigma, following))
        return (self.value(high) - self.value(low)) / math.sqrt(self.time(high) - self.time(low))


def main():
    rows = []
    for seed, eta in ((42, 1.0), (42, 0.5), (2**40 + 7, 1.0)):
        for sigma, following in ((14.6146, 9.1029), (9.1029, 1.5), (1.5, 0.0292), (0.05, 0.0499)):
            values = [Path(seed, element, eta).increment(sigma, following) for element in range(6)]
            rows.append({"seed": seed, "eta": eta, "sigma": sigma, "next": following, "increments": values})
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "virtual_brownian.json"), "w") as out:
        json.dump(rows, out)


if __name__ == "__main__":
    main()

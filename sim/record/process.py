"""Options decided amid a slow activity level that nobody sees: the engine's own equation, fitted to the record.

    logit p[t, k] = base[k] + Σ_m weight[k, m] · strength[m] · trace[t, m] + tempo[k] · pull · tanh(y[t])

y is the tempo: autoregressive, standard normal in the long run, with a half-life. It is summed out by a forward filter
over a chain of states, so the likelihood is exact for that chain. The chain is Rouwenhorst's: so many coins, each of
which turns with the same small probability a week; how many show heads has the very autocorrelation asked for, however
long the half-life, and is normal in the limit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy import optimize
from scipy.linalg import eigh_tridiagonal
from scipy.special import expit, gammaln

from sim.arrays import Array, Bools
from sim.quantity import Quantity
from sim.record.plan import Process
from sim.record.replay import Observed

#: States of the chain.
STATES = 21
#: Standard deviations from the centre of a 90 % interval to either end.
NINETY = 1.6449


class Chain(NamedTuple):
    """Tempo as a chain of states with the autocorrelation 2^(-1/half-life)."""

    states: Array  # (G,) standard normal scores
    start: Array  # (G,) how often each is met in the long run
    vectors: Array  # (G, G) by which moves become powers of the autocorrelation

    def moves(self, half_life: float, slope: bool = False) -> Array:
        """Probabilities (G, G) of going from a state to another in a week, or their slope in the log half-life."""
        keep, order = 0.5 ** (1 / half_life), np.arange(len(self.states))
        powers = keep**order * (order * np.log(2) / half_life if slope else 1)
        root = np.sqrt(self.start)
        found = (self.vectors * powers) @ self.vectors.T * root / root[:, None]
        return found if slope else np.maximum(found, 0)


@cache
def chain(states: int = STATES) -> Chain:
    """The chain with so many states."""
    coins = states - 1
    heads = np.arange(states)
    log = gammaln(states) - gammaln(heads + 1) - gammaln(states - heads) - coins * np.log(2)
    # One coin at a time: a matrix whose eigenvectors those of every such chain are, and whose eigenvalues are even.
    beside = np.sqrt((heads[:-1] + 1) * (coins - heads[:-1])) / 2
    _, vectors = eigh_tridiagonal(np.zeros(states), beside)
    return Chain((2 * heads - coins) / np.sqrt(coins), np.exp(log), vectors[:, ::-1])


class Prior(NamedTuple):
    """What was thought before the data: normal for the strengths, the pull and the log half-life; Jeffreys' for the
    bases."""

    mean: Array  # (M + 2,)
    sd: Array

    @classmethod
    def of(cls, process: Process) -> Prior:
        """As a plan states it."""
        (pull,), half_life = process.tempo.values(), process.half_life
        normal = [*process.responses.values(), pull]
        log = [np.log(part or 1) for part in (half_life.mode, half_life.low, half_life.high)]
        return cls(np.array([each.centre for each in normal] + [log[0]]),
                   np.array([_spread(each) for each in normal] + [(log[2] - log[1]) / (2 * NINETY)]))


def _spread(quantity: Quantity) -> float:
    middle = (np.arange(1000) + 0.5) / 1000
    return float(np.std(quantity.ppf(middle))) if quantity.sd is None else quantity.sd


class Filtered(NamedTuple):
    """How likely each state of the chain is: before (T, G) and after each week's options are known, and what the
    weeks' options were worth, (T,) log probabilities."""

    before: Array
    after: Array
    worth: Array


@dataclass(frozen=True)
class Fit:
    """Parameters (K bases, M strengths, the pull, the log half-life) with their covariance, and the likelihood."""

    observed: Observed
    values: Array
    covariance: Array
    log_likelihood: float  # of all weeks alike, without the prior

    @property
    def errors(self) -> Array:
        """Standard errors."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def states(self) -> Array:
        """(G,) the tempo in each state of the chain, in standard deviations."""
        return chain().states

    @property
    def bases(self) -> Array:
        """(K,) log-odds amid no traces at a tempo of 0."""
        return self.values[:len(self.observed.options)]

    @property
    def strengths(self) -> Array:
        """(M,) of the responses."""
        return self.values[len(self.observed.options):-2]

    @property
    def pull(self) -> float:
        """Strength of the tempo."""
        return float(self.values[-2])

    @property
    def half_life(self) -> float:
        """Of the tempo, in weeks."""
        return float(np.exp(self.values[-1]))

    def odds(self, observed: Observed) -> Array:
        """Log-odds (T, K) at a tempo of 0."""
        return _odds(self.values, observed)

    def filtered(self, observed: Observed | None = None) -> Filtered:
        """The tempo week by week, of the data that were fitted or of others."""
        return _filter(self.values, observed or self.observed)

    def chances(self, observed: Observed) -> tuple[Array, Array]:
        """Probabilities of each option (T, K) and of any (T,) a week ahead, each week given all before it."""
        before = self.filtered(observed).before
        pulled = observed.tempo[:, None] * self.pull * np.tanh(chain().states)
        p = expit(self.odds(observed)[:, :, None] + pulled) * observed.open[:, :, None]
        return (np.einsum("tg,tkg->tk", before, p), 1 - (before * np.prod(1 - p, axis=1)).sum(axis=1))

    def overdispersion(self) -> float:
        """How many times as much yearly counts vary as they would if every week's chance, seen a week ahead, were
        right: what is left between years."""
        observed, (chances, _) = self.observed, self.chances(self.observed)
        years = np.array([(observed.first + timedelta(weeks=week)).year for week in range(len(observed))])
        own = (years[:, None] == np.unique(years)).astype(float)
        missed = own.T @ (observed.happened - chances)
        return float((missed**2).sum() / (chances * (1 - chances)).sum())

    def tempo(self) -> tuple[float, float]:
        """Mean and standard deviation of the tempo in the week after the last."""
        ahead = self.filtered().after[-1] @ chain().moves(self.half_life)
        mean = float(ahead @ chain().states)
        return mean, float(np.sqrt(ahead @ (chain().states - mean) ** 2))

    def ahead(self, weeks: int, due: Array | None = None, paths: int = 1000, seed: int = 1,
              drawn: bool = True) -> Bools:
        """Options taken in the weeks after the last, (paths, weeks, K).

        `due` (weeks, M) is what will fall due as far as it is known, as in `Observed.due`. Where `drawn`, every path
        has parameters of its own, as uncertain as they are. What a flag ruled out in the last week stays ruled out.
        """
        rng, observed = np.random.default_rng([seed, 3]), self.observed
        values = rng.multivariate_normal(self.values, self.covariance, paths) if drawn else \
            np.repeat(self.values[None], paths, axis=0)
        count = len(observed.options)
        bases, strengths, pull = values[:, :count].T, values[:, count:-2].T, values[:, -2]
        keep = 0.5 ** np.exp(-np.clip(values[:, -1], 0, 8))
        y = rng.choice(chain().states, paths, p=self.filtered().after[-1])
        trace = np.repeat(observed.next_trace()[:, None], paths, axis=1)
        last, least = _weeks_since(observed)[:, None] * np.ones(paths), observed.pause[:, None]
        allowed = (observed.open[-1] | (_weeks_since(observed) <= observed.pause))[:, None]
        taken = np.empty((weeks, count, paths), dtype=bool)
        for week in range(weeks):
            y = keep * y + np.sqrt(1 - keep**2) * rng.standard_normal(paths)
            if due is not None:
                trace = np.minimum(trace + due[week][:, None], 1)
            odds = bases + observed.weight @ (strengths * trace) + observed.tempo[:, None] * (pull * np.tanh(y))
            taken[week] = (rng.random(odds.shape) < expit(odds)) & (last >= least) & allowed
            last = np.where(taken[week], 1, last + 1)
            trace = observed.left(trace, taken[week])
        return taken.transpose(2, 0, 1)


def _weeks_since(observed: Observed) -> Array:
    """Weeks since each option was last taken, counted from the week after the last."""
    backwards = observed.happened[::-1]
    return np.where(backwards.any(axis=0), backwards.argmax(axis=0) + 1, len(observed) + 1)


def fit(observed: Observed, prior: Prior, fade: float | None = None, begin: Array | None = None) -> Fit:
    """The most likely parameters given the data and the prior, and their covariance from the curvature there.

    With `fade` the weight of what a week shows halves every so many weeks into the past. `begin` are parameters near
    the answer, such as those fitted a quarter before.
    """
    weights = 0.5 ** (np.arange(len(observed))[::-1] / fade) if fade else np.ones(len(observed))
    k = len(observed.options)

    def loss(values: Array) -> tuple[float, Array]:
        value, slope = _likelihood(values, observed, weights)
        off = (values[k:] - prior.mean) / prior.sd
        p = expit(values[:k])
        value += np.log(p * (1 - p)).sum() / 2 - (off**2).sum() / 2
        slope[:k] += 0.5 - p
        slope[k:] -= off / prior.sd
        return -value, -slope

    if begin is None:
        share = (observed.happened.T @ weights + 0.5) / (observed.open.T @ weights + 1)
        begin = np.r_[np.log(share / (1 - share)), prior.mean]
    best = optimize.minimize(loss, begin, jac=True, method="BFGS", options={"gtol": 1e-3})
    step = 1e-3
    curvature = np.array([(loss(best.x + step * side)[1] - loss(best.x - step * side)[1]) / (2 * step)
                          for side in np.eye(len(best.x))])
    return Fit(observed, best.x, np.linalg.inv((curvature + curvature.T) / 2),
               float(_filter(best.x, observed).worth.sum()))


def _odds(values: Array, observed: Observed) -> Array:
    k = len(observed.options)
    return np.asarray(values[:k] + observed.trace @ (observed.weight * values[k:-2]).T)


def _pieces(values: Array, observed: Observed) -> tuple[Array, Array]:
    """Probabilities (T, K, G) of the options in each state, and the log probability (T, G) of what was done."""
    odds = _odds(values, observed)[:, :, None] + observed.tempo[:, None] * values[-2] * np.tanh(chain().states)
    p = expit(odds)
    said = np.where(observed.happened[:, :, None], odds, 0) + np.log1p(-np.minimum(p, 1 - 1e-15))
    return p, np.einsum("tkg,tk->tg", said, observed.open)


def _filter(values: Array, observed: Observed) -> Filtered:
    log = _pieces(values, observed)[1]
    before, after, worth, _ = _forward(log, chain().moves(np.exp(values[-1])))
    return Filtered(before, after, worth)


def _forward(log: Array, moves: Array) -> tuple[Array, Array, Array, Array]:
    """States before and after each week (T, G), the weeks' log probabilities (T,), and the chance of each week's
    options in each state over that in all, (T, G)."""
    top = log.max(axis=1)
    chance = np.exp(log - top[:, None])
    before, after, norm = np.empty_like(chance), np.empty_like(chance), np.empty(len(chance))
    now = chain().start
    for t, own in enumerate(chance):
        before[t] = now
        joint = now * own
        norm[t] = joint.sum()
        after[t] = joint / norm[t]
        now = after[t] @ moves
    return before, after, np.log(norm) + top, chance / norm[:, None]


def _likelihood(values: Array, observed: Observed, weights: Array) -> tuple[float, Array]:
    """The log likelihood and its slope, by Fisher's identity: the mean slope over what the states may have been."""
    p, log = _pieces(values, observed)
    half_life = float(np.exp(values[-1]))
    moves = chain().moves(half_life)
    _, after, worth, chance = _forward(log * weights[:, None], moves)
    later = np.ones_like(after)  # of the weeks after, over their chance in all
    for t in range(len(after) - 2, -1, -1):
        later[t] = moves @ (chance[t + 1] * later[t + 1])
    smooth = after * later
    missed = (observed.happened[:, :, None] - p) * observed.open[:, :, None] * (weights[:, None] * smooth)[:, None]
    own = missed.sum(axis=2)
    slope = np.r_[own.sum(axis=0), ((observed.trace.T @ own) * observed.weight.T).sum(axis=1),
                  np.einsum("tkg,k,g->", missed, observed.tempo, np.tanh(chain().states)),
                  ((after[:-1].T @ (chance[1:] * later[1:])) * chain().moves(half_life, slope=True)).sum()]
    return float(worth.sum()), slope


def simulated(values: Array, like: Observed, seed: int) -> Observed:
    """Made-up weeks in place of those observed: decided with these parameters, amid the same that fell due."""
    blank = replace(like.until(1), trace=np.zeros((1, len(like.responses))),
                    happened=np.zeros((1, len(like.options)), dtype=bool),
                    open=np.ones((1, len(like.options)), dtype=bool))
    start = Fit(blank, values, np.zeros((len(values), len(values))), 0.0)
    taken = start.ahead(len(like), like.due, 1, seed, drawn=False)[0]
    trace, allowed = np.zeros(like.trace.shape), np.ones(taken.shape, dtype=bool)
    left = np.zeros((len(like.responses), 1))
    for week, own in enumerate(taken):
        trace[week] = np.minimum(left[:, 0] + like.due[week], 1)
        left = like.left(trace[week][:, None], own[:, None])
        for k in np.flatnonzero(own):
            allowed[week + 1:week + like.pause[k], k] = False
    return replace(like, happened=taken, open=allowed, trace=trace)

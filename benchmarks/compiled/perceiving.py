"""Perceiving and weighing: features as they are now, and every country's sums of reasons."""

from __future__ import annotations

import numpy as np

from benchmarks.compiled.jit import compiled
from benchmarks.compiled.structs import (
    APPROVAL,
    CAPABILITY,
    CLOCK,
    CONDUCT,
    CUE,
    FEAR,
    FLAG,
    GAIN,
    GAP,
    LEADER,
    LEDGER,
    MANDATE,
    PUBLIC_GAIN,
    SCALE,
    STATUS_QUO,
    THREAT,
    UNDER_WAY,
)


@compiled
def unusual(conduct, usual, spread, at, pair):
    """How far both kinds of conduct together lie above the usual, in (-1, 1)."""
    pairs = len(usual) // 2
    deviation = conduct[at] - usual[pair] + conduct[at + pairs] - usual[pair + pairs]
    return np.tanh(deviation / np.sqrt(spread[pair] ** 2 + spread[pair + pairs] ** 2))


@compiled
def perceive(shape, parts, features, numbers, starts, watched, spread, usual, salience, public, accountability,
             capability, alliance, proximity, factors, week, moved, conduct, stance, mandate, tempo, leader, flag, date,
             last_day, situation):
    """All features as they are now."""
    _, countries, issues = shape
    pairs = countries * countries
    ledgers, quo, approvals, cues = parts[1], parts[2], parts[4], parts[5]
    for f in range(len(features)):
        kind, a, b, c = features[f, 0], features[f, 1], features[f, 2], features[f, 3]
        if kind == CUE:
            value = moved[cues + a]
        elif kind == STATUS_QUO:
            value = moved[quo + a]
        elif kind == APPROVAL:
            value = moved[approvals + a]
        elif kind == MANDATE:
            value = mandate[a]
        elif kind == FLAG:
            value = 1.0 if flag[a] else 0.0
        elif kind == LEADER:
            value = 1.0 if leader[a] == b else 0.0
        elif kind == GAP:
            value = (stance[b * issues + a] - stance[c * issues + a]) / 2
        elif kind == CONDUCT:
            deviation = conduct[a] - usual[b]
            if c:
                deviation += conduct[a + pairs] - usual[b + pairs]
            value = np.tanh(deviation / numbers[f, 0])
        elif kind == LEDGER:
            value = np.tanh(moved[ledgers + a] / 2)
        elif kind == CAPABILITY:
            value = (capability[a] - capability[b]) / max(capability[a] + capability[b], 1e-12)
        elif kind == CLOCK:
            value = 0.0
            for i in range(starts[f], starts[f + 1]):
                ahead = date[watched[i, 0]] // 7 - week
                away = ahead / (numbers[f, 0] + 1) if ahead > 0 else -ahead / (numbers[f, 1] + 1)
                value = max(value, 1 - away)
        elif kind == UNDER_WAY:
            value = 1.0 if last_day[a] >= 7 * week else 0.0
        elif kind == SCALE:
            value = 1.0
            for i in range(starts[f], starts[f + 1]):
                if leader[a] == watched[i, 0]:
                    value = factors[watched[i, 1]]
        elif kind == GAIN:
            value = salience[a * issues + b] * (stance[a * issues + b] - moved[quo + b]) / 2
        elif kind == PUBLIC_GAIN:
            value = salience[a * issues + b] * (public[a * issues + b] - moved[quo + b]) / 2 * accountability[a]
        elif kind == THREAT:
            pair = b * countries + a
            deviation = conduct[3 * pairs + pair] - usual[pairs + pair]
            value = max(0.0, -np.tanh(deviation / spread[pairs + pair])) * proximity[a * countries + b]
            value *= capability[b] / max(capability[a] + capability[b], 1e-12)
        elif kind == FEAR:
            lowest = 1.0
            for i in range(starts[f], starts[f + 1]):
                pair = watched[i, 0]
                lowest = min(lowest, unusual(conduct, usual, spread, 2 * pairs * c + pair, pair))
            value = alliance[a * countries + b] * max(0.0, -lowest)
        else:
            value = np.tanh(tempo[a])
        situation[f] = value


@compiled
def weigh(features, mechanisms, gate_starts, gate_features, gate_numbers, starts, of, weights, strength, references,
          situation, terms, sums):
    """Every term, and every country's sum for everything that it can do."""
    for t in range(len(terms)):
        value = situation[features[t]] * strength[mechanisms[t]]
        for i in range(gate_starts[t], gate_starts[t + 1]):
            value *= gate_numbers[i, 1] + gate_numbers[i, 0] * situation[gate_features[i, 0]]
        terms[t] = value
    for row in range(len(sums)):
        total = 0.0
        for i in range(starts[row], starts[row + 1]):
            total += weights[i] * terms[of[i, 0]]
        sums[row] = total - references[row]

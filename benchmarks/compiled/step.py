"""The step: one replicate from its first week to its last, as loops that numba compiles."""

from __future__ import annotations

import numpy as np

from benchmarks.compiled.jit import compiled, normal
from benchmarks.compiled.perceiving import perceive, weigh
from benchmarks.compiled.structs import QUANTILES

NEVER, NOWHERE, FRESH = -100_000, 1_000_000, 60


@compiled
def again(word, use):
    mixed = np.uint64(word) + np.uint64(use + 1) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.float64(mixed >> np.uint64(12)) * 2.0**-52 + 2.0**-53


@compiled
def number(quantity, u):
    kind, a, b, c, d = quantity
    if kind == 0:
        return a
    if kind == 1:
        return a + (b - a) * u
    if kind == 2:
        if u < (c - a) / (b - a):
            return a + np.sqrt(u * (b - a) * (c - a))
        return b - np.sqrt((1 - u) * (b - a) * (b - c))
    return a + b * normal(c + u * d)


@compiled
def announce(vacated, starts, successors, weights, waits, week, day, word, leader, successor, chosen, office):
    """The leaders of these countries go: who follows, and when."""
    for c in vacated[:, 0]:
        first, last = starts[c], starts[c + 1]
        if first == last or successor[c] >= 0:
            continue
        total = 0.0
        for s in range(first, last):
            total += weights[s] * (successors[s, 0] != leader[c])
        pick, running = again(word, 10) * total, 0.0
        for s in range(first, last):
            running += weights[s] * (successors[s, 0] != leader[c])
            successor[c] = successors[s, 0]
            if running >= pick:
                break
        chosen[c] = max(int(np.rint(day + number(waits[c, 0], again(word, 11)))), 7 * (week + 1))
        office[c] = chosen[c] + max(int(np.rint(number(waits[c, 1], again(word, 12)))), 0)


@compiled
def persuade(places, shifts, stance):
    """Moves stances."""
    for i in range(len(places)):
        stance[places[i, 0]] = min(max(stance[places[i, 0]] + shifts[i], -1.0), 1.0)


@compiled
def settle(starts, rows, values, track_starts, tracks, parts, log, sizes, first, last, moved, cue_day, last_day, flag):
    """Applies the occurrences `first` to `last` of the log: their effects, what notes them, the flags they change."""
    for n in range(first, last):
        for i in range(starts[log[n, 1]], starts[log[n, 1] + 1]):
            moved[rows[i, 0]] += values[i] * sizes[n]
    for at in range(parts[2], parts[5]):
        moved[at] = min(max(moved[at], -1.0), 1.0)
    for at in range(parts[5], len(moved)):
        moved[at] = min(moved[at], 1.0)
    for change in (2, 3):
        for n in range(first, last):
            column, day, days = log[n, 1], log[n, 2], log[n, 3]
            for i in range(track_starts[column], track_starts[column + 1]):
                kind, at = tracks[i]
                if kind == change:
                    flag[at] = kind == 2
                elif kind == 0:
                    cue_day[at] = max(cue_day[at], day)
                elif kind == 1:
                    last_day[at] = max(last_day[at], day + days - 1)


@compiled
def choose(week, words, bases, sums, party_starts, parties, choice, chooses, pauses, limit_starts, limits, flag, leader,
           successor, last_week, odds, taken):
    """The options taken this week; gives how many."""
    for o in range(len(odds)):
        least = np.inf
        for i in range(party_starts[o], party_starts[o + 1]):
            least = min(least, sums[parties[i, 0]])
        odds[o] = bases[o] + least
    hits = 0
    for o in range(len(odds)):
        u = (words[o] + 0.5) * 2.0**-32
        if choice[o] < 0:
            hit = u * (1 + np.exp(-odds[o])) < 1
        else:
            total, below = 1.0, 0.0
            for other in range(chooses[o], len(odds)):
                if choice[other] == choice[o]:
                    total += np.exp(odds[other])
                    if other < o:
                        below += np.exp(odds[other])
            hit = below / total <= u < (below + np.exp(odds[o])) / total
        if not hit or last_week[o] > week - pauses[o]:
            continue
        for i in range(limit_starts[o], limit_starts[o + 1]):
            kind, place, who, wanted = limits[i]
            if kind == 0:
                hit &= flag[place] == (wanted != 0)
            elif kind == 1:
                hit &= (leader[place] == who) == (wanted != 0)
            else:
                hit &= successor[place] < 0
        if hit:
            taken[hits] = o
            hits += 1
    return hits


@compiled
def fade(shape, parts, keep, keep_issue, keep_cue, term_approval, anchors, origin, influenced, influence, noise, leader,
         moved, tempo, stance, away):
    """Everything remembered fades by a week."""
    _, countries, issues = shape
    for k in range(issues):
        baseline = moved[parts[3] + k]
        moved[parts[2] + k] = baseline + keep_issue[k] * (moved[parts[2] + k] - baseline)
    for e in range(len(keep_cue)):
        moved[parts[5] + e] *= keep_cue[e]
    for at in range(parts[1], parts[2]):
        moved[at] *= keep[0]
    for c in range(countries):
        usual = term_approval[leader[c]]
        moved[parts[4] + c] = usual + keep[1] * (moved[parts[4] + c] - usual)
        tempo[c] = keep[3] * tempo[c] + np.sqrt(1 - keep[3] ** 2) * noise[c]
        for k in range(issues):
            at, anchor = c * issues + k, anchors[leader[c] * issues + k]
            away[at] = stance[at] - origin[at]
            stance[at] = anchor + keep[2] * (stance[at] - anchor)
    for i in range(len(influenced)):
        own, partner = influenced[i]
        for k in range(issues):
            stance[own * issues + k] += influence[i] * (away[partner * issues + k] - away[own * issues + k])
    for at in range(len(stance)):
        stance[at] = min(max(stance[at], -1.0), 1.0)


@compiled
def occur(log, sizes, n, week, column, day, days, size):
    log[n, 0], log[n, 1], log[n, 2], log[n, 3] = week, column, day, days
    sizes[n] = size
    return n + 1


@compiled
def one_replicate(tables, lot, r, log, sizes, levels):
    """Runs one replicate to the horizon; gives how often something occurred."""
    # Structs are taken apart once: a look into one costs more than one into an array.
    shape, parts = tables.shape, tables.parts
    weeks, countries, issues = shape
    pairs = countries * countries
    moved, conduct, stance = lot.moved[r].copy(), lot.conduct[r].copy(), lot.stance[r].copy()
    mandate, tempo = lot.mandate[r].copy(), lot.tempo[r].copy()
    leader, flag, date = lot.leader[r].copy(), lot.flag[r].copy(), lot.date[r].copy()
    cue_day, last_day = lot.cue_day[r].copy(), lot.last_day[r].copy()
    dated, votes, margin, going, lasts = tables.dated, tables.votes, lot.margin[r], lot.going[r], lot.days[r]
    vacate_starts, vacates, persuade_starts = tables.vacates.starts, tables.vacates.values, tables.persuades.starts
    persuades, shifts, steps = tables.persuades.values, tables.shifts, tables.steps
    follow_starts, followers, follow_weights, waits = (tables.successors.starts, tables.successors.values,
                                                       tables.chances_of, tables.waits)
    chances, chance_days, rates, chance_words = tables.chances, tables.chance_days, lot.rates[r], lot.chance[r]
    plans, alternatives, weighed, portions, delays = (tables.plans, tables.alternatives, tables.weighed,
                                                      tables.portions, tables.delays)
    plan_bases, plan_words, spreads, columns = lot.plan_bases[r], lot.planning[r], tables.sizes, tables.columns
    words, reaction_starts, reactions, lags = (lot.options[r], tables.reactions.starts, tables.reactions.values,
                                               tables.lags)
    effect_starts, effects, values = tables.effects.starts, tables.effects.values, tables.values
    track_starts, tracks, term_approval = tables.tracks.starts, tables.tracks.values, lot.term_approval[r]
    fast, slow = lot.keep_conduct[r]
    planned, decided, portion = np.ones(len(date), np.bool_), np.zeros(len(date), np.bool_), np.ones(len(date))
    successor, chosen, office = np.full(countries, -1), np.full(countries, NEVER), np.full(countries, NEVER)
    last_week, taken = np.full(len(columns), NEVER), np.empty(len(columns), np.int64)
    situation, terms = np.empty(len(tables.features)), np.empty(len(tables.term_feature))
    sums, odds = np.empty(len(tables.reasons.starts) - 1), np.empty(len(columns))
    away, weight, n = np.empty(countries * issues), np.empty(alternatives.shape[1]), 0
    for week in range(weeks):
        monday, before = 7 * week, n
        for i in range(len(date)):
            if planned[i] and monday <= date[i] < monday + 7:
                planned[i] = False
                column, election = dated[i]
                if election >= 0:
                    c = int(votes[election, 0])
                    mandate[c], at = margin[election], parts[4] + c
                    moved[at] = min(max(moved[at] + votes[election, 1] * mandate[c], -1.0), 1.0)
                announce(vacates[vacate_starts[column]:vacate_starts[column + 1]], follow_starts, followers,
                         follow_weights, waits, week, date[i], going[i], leader, successor, chosen, office)
                first, last = persuade_starts[column], persuade_starts[column + 1]
                persuade(persuades[first:last], shifts[first:last], stance)
                n = occur(log, sizes, n, week, column, date[i], lasts[i], portion[i])
        for e in range(len(chances)):
            word = chance_words[week, e]
            if (word + 0.5) * 2.0**-32 < rates[e]:
                column, day = chances[e], monday + int(7 * again(word, 0))
                n = occur(log, sizes, n, week, column, day,
                          max(int(np.rint(number(chance_days[e], again(word, 1)))), 1), 1.0)
                announce(vacates[vacate_starts[column]:vacate_starts[column + 1]], follow_starts, followers,
                         follow_weights, waits, week, day, word, leader, successor, chosen, office)
                first, last = persuade_starts[column], persuade_starts[column + 1]
                persuade(persuades[first:last], shifts[first:last], stance)
        for c in range(countries):
            if successor[c] >= 0 and NEVER < chosen[c] <= monday + 6:
                n = occur(log, sizes, n, week, steps[c, 0], chosen[c], 1, 1.0)
                chosen[c] = NEVER
            if successor[c] >= 0 and office[c] <= monday + 6:
                n = occur(log, sizes, n, week, steps[c, 1], office[c], 1, 1.0)
                leader[c], successor[c] = successor[c], -1
                moved[parts[4] + c] = term_approval[leader[c]]
        settle(effect_starts, effects, values, track_starts, tracks, parts, log, sizes, before, n, moved, cue_day,
               last_day, flag)
        before = n
        perceive(shape, parts, tables.features, tables.numbers, tables.watched.starts, tables.watched.values,
                 tables.spread, lot.usual[r], lot.salience[r], lot.public[r], lot.accountability[r], lot.capability[r],
                 lot.alliance[r], lot.proximity[r], lot.factors[r], week, moved, conduct, stance, mandate, tempo,
                 leader, flag, date, last_day, situation)
        weigh(tables.term_feature, tables.term_mechanism, tables.gates.starts, tables.gates.values,
              tables.gate_numbers, tables.reasons.starts, tables.reasons.values, tables.weights, lot.strength[r],
              lot.references[r], situation, terms, sums)
        for p in range(len(plans)):
            i = plans[p, 0]
            ahead = date[i] // 7 - week
            if decided[i] or not 0 < ahead <= plans[p, 1]:
                continue
            decided[i] = True
            word, total = plan_words[p], 1.0
            for a in range(len(weight)):
                largest = -np.inf
                for row in weighed[p, a]:
                    largest = max(largest, sums[row] if row >= 0 else 0.0)
                weight[a] = np.exp(plan_bases[p, a] + largest)
                total += weight[a]
            u, below = (word + 0.5) * 2.0**-32, 0.0
            for a in range(len(weight)):
                if below <= u < below + weight[a] / total:
                    n = occur(log, sizes, n, week, alternatives[p, a, 0], monday + int(7 * again(word, 0)), 1, 1.0)
                    planned[i] = alternatives[p, a, 1] != 0
                    portion[i] = portions[p, a, int(QUANTILES * again(word, 3))]
                    delay = delays[p, a, int(QUANTILES * again(word, 2))]
                    date[i] = date[i] + delay if planned[i] else NOWHERE
                    break
                below += weight[a] / total
        hits = choose(week, words[week], lot.bases[r], sums, tables.parties.starts, tables.parties.values,
                      tables.choice, tables.chooses, tables.pauses, tables.limits.starts, tables.limits.values, flag,
                      leader, successor, last_week, odds, taken)
        for o in taken[:hits]:
            word = words[week, o]
            day = monday + int(7 * again(word, 0))
            for i in range(reaction_starts[o], reaction_starts[o + 1]):
                trigger = cue_day[reactions[i, 0]]
                after = trigger + lags[reactions[i, 1], int(QUANTILES * again(word, 1))]
                if trigger >= monday - FRESH and after >= monday:
                    day = min(after, monday + 6)
            column = columns[o]
            announce(vacates[vacate_starts[column]:vacate_starts[column + 1]], follow_starts, followers,
                     follow_weights, waits, week, day, word, leader, successor, chosen, office)
            last_week[o] = week
            n = occur(log, sizes, n, week, column, day,
                      max(int(np.rint(number(spreads[o, 0], again(word, 2)))), 1),
                      number(spreads[o, 1], again(word, 3)))
        fade(shape, parts, lot.keep[r], lot.keep_issue[r], lot.keep_cue[r], term_approval, lot.anchors[r],
             lot.origin[r], tables.influence, lot.influence[r], lot.noise[r, week], leader, moved, tempo, stance, away)
        settle(effect_starts, effects, values, track_starts, tracks, parts, log, sizes, before, n, moved, cue_day,
               last_day, flag)
        for at in range(2 * pairs):
            now = min(max(moved[parts[0] + at], -10.0), 10.0)
            conduct[at] = now + fast * (conduct[at] - now)
            conduct[2 * pairs + at] = now + slow * (conduct[2 * pairs + at] - now)
            moved[parts[0] + at] = 0.0
        levels[week, :countries * issues] = stance
        levels[week, countries * issues:] = moved[parts[2]:parts[5]]
    return n


@compiled
def weeks_of(tables, lot, most):
    """Runs every replicate to the horizon. Gives, by replicate, how often something occurred, the log (week, column,
    day, days), sizes, and the stances, status quo, baselines and approvals at the end of each week."""
    replicates, countries, issues = len(lot.moved), tables.shape[1], tables.shape[2]
    counts = np.zeros(replicates, np.int64)
    logs, sizes = np.empty((replicates, most, 4), np.int32), np.empty((replicates, most))
    levels = np.empty((replicates, tables.shape[0], countries * issues + tables.parts[5] - tables.parts[2]))
    for r in range(replicates):
        counts[r] = one_replicate(tables, lot, r, logs[r], sizes[r], levels[r])
    return counts, logs, sizes, levels

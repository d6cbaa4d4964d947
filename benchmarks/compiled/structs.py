"""Structs: the numbers of a world and of some replicates, as plain arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

Array = Any
#: Kinds of features, by the numbers that stand for them.
KINDS = ("cue", "status_quo", "approval", "mandate", "flag", "leader", "gap", "conduct", "ledger", "capability",
         "clock", "under_way", "scale", "gain", "public_gain", "threat", "fear", "tempo")
(CUE, STATUS_QUO, APPROVAL, MANDATE, FLAG, LEADER, GAP, CONDUCT, LEDGER, CAPABILITY, CLOCK, UNDER_WAY, SCALE, GAIN,
 PUBLIC_GAIN, THREAT, FEAR, TEMPO) = range(len(KINDS))
#: Even quantiles that stand for a distribution that is drawn from again and again.
QUANTILES = 256


class Ragged(NamedTuple):
    """Lists of different lengths: those of row i are `values[starts[i]:starts[i + 1]]`, a matrix of whole numbers."""

    starts: Array
    values: Array


class Tables(NamedTuple):
    """What all replicates share. Places are numbers of countries, issues, cues, … as in the world."""

    shape: tuple[int, int, int]  # weeks, countries, issues
    parts: Array  # where conduct, ledger, status quo, baseline, approval and cues begin in `moved`
    features: Array  # (features, 6): kind and what it is of
    numbers: Array  # (features, 2)
    watched: Ragged  # pairs that a fear looks at; of a scale, leader and factor; of a clock, instances
    spread: Array  # (2 * pairs,)
    term_feature: Array
    term_mechanism: Array
    gates: Ragged  # feature
    gate_numbers: Array  # slope, offset
    reasons: Ragged  # term
    weights: Array
    parties: Ragged  # of options: rows
    choice: Array  # of options: number, or -1
    chooses: Array  # of options: the first of its choice
    limits: Ragged  # kind (0 flag, 1 leader, 2 succession), place, leader, wanted
    pauses: Array
    vacates: Ragged  # of columns: countries
    sizes: Array  # (options, 2, 5): spreads of days and of size
    columns: Array  # of options
    reactions: Ragged  # of options: cue, lag
    lags: Array
    effects: Ragged  # of columns: row in `moved`
    values: Array
    tracks: Ragged  # of columns: kind (0 cue, 1 lasting, 2 raises, 3 lowers), place
    persuades: Ragged  # of columns: stance
    shifts: Array
    dated: Array  # of instances: column, election or -1
    votes: Array  # of elections: country, approval
    plans: Array  # of decided instances: instance, lead
    alternatives: Array  # (plans, alternatives, 2): column, holds
    weighed: Array
    portions: Array
    delays: Array
    chances: Array  # of chance events: column
    chance_days: Array  # (chance events, 5)
    steps: Array  # of countries: columns of choice and taking office, or -1
    successors: Ragged  # of countries: leader
    chances_of: Array  # their weights
    waits: Array  # (countries, 2, 5): spreads of the days to the choice and to taking office
    influence: Array  # receiver, partner


class Lot(NamedTuple):
    """What some replicates begin with and the words that their variates are made of; the replicate comes first."""

    moved: Array
    conduct: Array
    usual: Array
    stance: Array
    origin: Array
    anchors: Array
    public: Array
    salience: Array
    capability: Array
    accountability: Array
    mandate: Array
    alliance: Array
    proximity: Array
    tempo: Array
    leader: Array
    term_approval: Array
    factors: Array
    flag: Array
    cue_day: Array
    last_day: Array
    strength: Array
    references: Array
    bases: Array
    keep_conduct: Array
    keep: Array  # ledger, approval, stance, tempo
    keep_issue: Array
    keep_cue: Array
    influence: Array
    date: Array
    days: Array  # of instances
    margin: Array  # of elections
    going: Array  # (R, instances) words
    plan_bases: Array  # (R, plans, alternatives)
    planning: Array  # (R, plans) words
    rates: Array  # (R, chance events)
    chance: Array  # (R, weeks, chance events) words
    options: Array  # (R, weeks, options) words
    noise: Array  # (R, weeks, countries) standard normal

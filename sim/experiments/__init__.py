"""Experiments: several variants of a scenario run on the same draws, and what differs between them.

    from sim.experiments import theories
    found = theories.run(sim.load("july_2025"), replicates=1000)
    found.shares, found.families, found.mechanisms

`paired` runs variants and takes differences; the others ask one question each with it.
"""

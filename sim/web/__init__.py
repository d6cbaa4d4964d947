"""The workbench: a page on this machine on which scenarios are changed, run and compared without editing files.

    changes   what a page asks for: a scenario and what is changed in it, typed and bounded
    work      what worker processes do: drafts, batches, stories, a game; briefing: what a player is told
    pool      the worker processes; jobs: full runs by them
    app       addresses and answers; guard: who may ask

Nothing of one page is kept for another: every request carries its whole state, and what is cached is kept by content.
"""

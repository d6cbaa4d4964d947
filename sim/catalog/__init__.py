"""The schema of everything that a world's files may hold: one entry per country, issue, action, mechanism, …"""

from sim.catalog.base import Day, Entry, Names, Sourced
from sim.catalog.country import Country, Leader, Stance, Usual
from sim.catalog.event import Alternative, Election, Event, Window
from sim.catalog.fitted import Fitted
from sim.catalog.issue import Action, Cooperation, Cue, External, Flag, Issue, Select, Source
from sim.catalog.mechanism import Feature, Gate, Mechanism, Memory, Move, Theory
from sim.catalog.option import Base, Option
from sim.catalog.variant import Variant

__all__ = ["Action", "Alternative", "Base", "Cooperation", "Country", "Cue", "Day", "Election", "Entry", "Event",
           "External", "Feature", "Fitted", "Flag", "Gate", "Issue", "Leader", "Mechanism", "Memory", "Move", "Names",
           "Option", "Select", "Source", "Sourced", "Stance", "Theory", "Usual", "Variant",
           "Window"]

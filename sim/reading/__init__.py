"""Reads YAML files to plain data that remembers where every value stands.

Files are data and nothing else: YAML 1.2 core schema, names as text, no anchors, tags or directives, bounded size
and depth. Whatever is wrong is reported with its position, all problems of a file at once.
"""

from sim.reading.cache import cache_folder
from sim.reading.document import Document, Place, joined
from sim.reading.explain import explain_validation
from sim.reading.files import read_document
from sim.reading.parse import read_text
from sim.reading.world import read_world

__all__ = ["Document", "Place", "cache_folder", "explain_validation", "joined", "read_document", "read_text",
           "read_world"]

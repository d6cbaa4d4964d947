"""Feeds the loader what teaches it something new: `python fuzz/guided.py -n 50000 --out DIR`.

Atheris watches which lines of the loader and of the parser an input reaches, and changes further those that reached a
new one. Needs `pip install atheris`. Counts and keeps as `fuzz/run.py` does.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from random import Random

import atheris

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

with atheris.instrument_imports(include=["sim.reading", "sim.overlay", "sim.references", "sim.scenario", "sim.catalog",
                                         "sim.quantity", "sim.record.questions", "ruamel.yaml"]):
    from fuzz import mutate
    from fuzz.loading import Loader, limited_memory, limited_time
    from fuzz.run import Campaign, asked

#: Which file's place an input takes is said by its first byte.
FIRST = 1


def main() -> None:
    given = asked(__doc__, 50_000)
    os.environ["DIPLOMACY_NO_CACHE"] = "1"
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    atexit.register(shutil.rmtree, folder, True)
    loader, campaign = Loader(folder / "corpus"), Campaign(given.out, given.seed)
    names = [*loader.rest, *loader.world]
    seeds = folder / "seeds"
    seeds.mkdir()
    for i, name in enumerate(names):
        (seeds / name.replace("/", "+")).write_bytes(bytes([i]) + loader.files[name].encode())

    def one(raw: bytes) -> None:
        name = names[raw[0] % len(names)] if raw else names[0]
        campaign.note(campaign.done, name, raw[FIRST:], loader.load(name, raw[FIRST:]))
        if campaign.done % 1000 == 0 or campaign.done == given.n:
            campaign.save()

    def changed(raw: bytes, longest: int, seed: int) -> bytes:
        """Half of the changes are those of `mutate`, half the library's own."""
        draw = Random(seed)
        if draw.random() < 0.5:
            i = draw.randrange(len(names))
            return (bytes([i]) + mutate.mutant(draw, loader.files[names[i]], list(loader.files.values())))[:longest]
        return bytes(atheris.Mutate(raw, longest))

    with limited_time(), limited_memory():
        atheris.Setup([sys.argv[0], f"-runs={given.n - campaign.done}", f"-seed={given.seed}", "-max_len=1500",
                       "-timeout=0", "-rss_limit_mb=0", "-verbosity=0", str(seeds)], one, custom_mutator=changed)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Feeds the loader inputs that nobody would write: `python fuzz/run.py -n 200000 --out DIR`.

Inputs are numbered, and each is made from its number and the seed alone, so that a campaign that was stopped goes on
where it was when the same command is given again. `DIR/campaign.json` says what was found, and `DIR/faults` holds some
inputs of each kind that gave a traceback, took longer than 2 s, took more than 200 MB, or were rejected without a
position that is one in the file.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import platform
import sys
import tempfile
from collections import Counter
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fuzz import mutate  # noqa: E402
from fuzz.loading import Found, Loader, kind_of, limited_memory, limited_time  # noqa: E402

#: One input in so many is about as large as a file may be, one in so many is settings rather than a file.
LARGE, SETTINGS = 2000, 25


class Campaign:
    """What came of all inputs so far; on disk too, so that it can go on."""

    def __init__(self, out: Path, seed: int):
        self.out, self.seed = out, seed
        self.done = self.accepted = self.rejected = 0
        self.kinds: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.messages: Counter[str] = Counter()
        self.slowest: dict[str, Any] = {"seconds": 0.0}
        self.largest: dict[str, Any] = {"bytes": 0}
        self.seconds = 0.0
        path = out / "campaign.json"
        if path.exists() and (before := json.loads(path.read_text()))["seed"] == seed:
            self.__dict__ |= {key: Counter(value) if isinstance(vars(self)[key], Counter) else value
                              for key, value in before.items() if key in vars(self)}

    def note(self, number: int, name: str, content: bytes | list[str], found: Found) -> None:
        """Counts one input; keeps it where something is wrong."""
        self.done += 1
        self.accepted += found.accepted
        self.rejected += bool(found.messages)
        self.seconds += found.seconds
        self.kinds["settings" if isinstance(content, list) else name.split("/")[0]] += 1
        size = sum(map(len, content)) if isinstance(content, list) else len(content)
        self.messages.update({kind_of(message) for message in found.messages})
        if found.seconds > self.slowest["seconds"]:
            self.slowest = {"seconds": round(found.seconds, 3), "input": number, "file": name, "size": size}
        if found.bytes > self.largest["bytes"]:
            self.largest = {"bytes": found.bytes, "input": number, "file": name, "size": size}
        if found.fault:
            kind = kind_of(found.fault)
            self.faults[kind] += 1
            if self.faults[kind] <= 3:
                short = f"{kind.partition(':')[0]}-{sha256(kind.encode()).hexdigest()[:8]}"
                place = self.out / "faults" / f"{short}-{number}"
                place.mkdir(parents=True, exist_ok=True)
                raw = content if isinstance(content, bytes) else "\n".join(content).encode("utf-8", "surrogatepass")
                (place / name.replace("/", "+")).write_bytes(raw)
                (place / "found.txt").write_text(
                    "\n".join([found.fault, *found.messages[:20], found.trace]), "utf-8", "backslashreplace")

    def save(self) -> None:
        """Writes what is known to `campaign.json`, whole or not at all."""
        self.out.mkdir(parents=True, exist_ok=True)
        about = {"python": platform.python_version(), "kinds_of_messages": len(self.messages)}
        draft = self.out / "campaign.draft"
        draft.write_text(json.dumps(about | {key: value for key, value in vars(self).items() if key != "out"},
                                    indent=1))
        os.replace(draft, self.out / "campaign.json")


def made(loader: Loader, seed: int, number: int) -> tuple[str, bytes | list[str]]:
    """The input of this number: the file whose place it takes, and its content; or settings laid over that file."""
    draw = Random(f"{seed}-{number}")
    name = draw.choice(loader.rest if draw.random() < 0.6 else loader.world)
    if number % SETTINGS == 1:
        return draw.choice([name for name in loader.rest if name.startswith("scenarios/")]), mutate.settings(draw)
    if number % LARGE == LARGE - 1:
        return name, mutate.large(draw, loader.files[name])
    return name, mutate.mutant(draw, loader.files[name], list(loader.files.values()))


def run(out: Path, seed: int, inputs: int, quiet: bool = False) -> Campaign:
    """A campaign of so many inputs, or the rest of one."""
    campaign = Campaign(out, seed)
    quick = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a folder in memory: half of the time is files
    with tempfile.TemporaryDirectory(dir=quick) as folder:
        before = {name: os.environ.get(name) for name in ("XDG_CACHE_HOME", "DIPLOMACY_NO_CACHE")}
        os.environ |= {"XDG_CACHE_HOME": f"{folder}/cache", "DIPLOMACY_NO_CACHE": "0"}
        try:
            loader = Loader(Path(folder) / "corpus")
            kept = set(Path(folder, "cache").rglob("*.json"))
            with limited_time(), limited_memory():
                for number in range(campaign.done, inputs):
                    os.environ["DIPLOMACY_NO_CACHE"] = str(int(number % 10 > 0))  # some through the cache, too
                    name, content = made(loader, seed, number)
                    found = loader.load(name, content) if isinstance(content, bytes) else loader.load(name, None,
                                                                                                      content)
                    campaign.note(number, name, content, found)
                    if number % 1000 == 999:
                        campaign.save()
                        for path in set(Path(folder, "cache").rglob("*.json")) - kept:
                            path.unlink()
                        if not quiet:
                            print(f"{campaign.done:,} inputs, {campaign.accepted:,} accepted, "
                                  f"{sum(campaign.faults.values())} faults, "
                                  f"{campaign.seconds / campaign.done * 1000:.1f} ms each", file=sys.stderr)
        finally:
            for variable, value in before.items():
                os.environ.pop(variable) if value is None else os.environ.__setitem__(variable, value)
    campaign.save()
    return campaign


def asked(description: str | None, inputs: int) -> argparse.Namespace:
    """What the command line asks of a campaign: `n` inputs (so many by default), `seed` and `out`."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=inputs, help="how many inputs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="folder of what is found")
    return parser.parse_args()


def main() -> int:
    given = asked(__doc__, 200_000)
    faulthandler.enable()
    campaign = run(given.out, given.seed, given.n)
    print(json.dumps({"inputs": campaign.done, "accepted": campaign.accepted, "rejected": campaign.rejected,
                      "faults": campaign.faults, "slowest": campaign.slowest, "largest": campaign.largest}, indent=1))
    return 1 if campaign.faults else 0


if __name__ == "__main__":
    sys.exit(main())

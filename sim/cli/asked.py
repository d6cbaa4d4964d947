"""What a command is asked about: a scenario, or that of a finished run, with changes or without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.errors import InputError

if TYPE_CHECKING:
    from sim.scenario import Scenario

#: Replicates of what was not run before.
REPLICATES = 10_000


@dataclass(frozen=True)
class Asked:
    """A scenario, where its world was read from, and how many replicates of which seed were made, if any were."""

    scenario: Scenario
    world: Path
    replicates: int | None = None
    seed: int | None = None


def asked(source: str, settings: Sequence[str] = (), without: Sequence[str] = (), reading: str | None = None,
          presets: Sequence[str] = ()) -> Asked:
    """The scenario of that path or shipped name, or that of the finished run in the folder of that path, with changes.

    Raises `InputError` for what is neither, and for another reading of a finished run, which holds but one.
    """
    from sim import store
    from sim.paths import scenario_file, world_folder
    from sim.scenario import load

    if not Path(source).is_dir():
        scenario = load(source, settings, without, reading, presets)
        return Asked(scenario, world_folder(scenario.head.world, scenario_file(source).parent))
    record = store.recall(source)
    if reading is not None:
        raise InputError(f"--reading {reading}: a finished run holds its world in one reading; give the scenario's "
                         f'name, such as "{record.scenario.name}", in the place of {source}')
    scenario = changed(record.scenario, source, settings, without, presets)
    return Asked(scenario, world_folder(scenario.head.world, Path(source)), record.replicates, record.seed)


def changed(scenario: Scenario, file: str, settings: Sequence[str], without: Sequence[str],
            presets: Sequence[str]) -> Scenario:
    """A scenario with further changes; `file` is what problems in it are reported of."""
    from sim.overlay import assigned, with_setting, with_variants, without_events
    from sim.reading import Document, Place
    from sim.scenario import Head, build

    if not (settings or without or presets):
        return scenario
    place, head = Place(file), scenario.tree["scenario"]
    document = Document(scenario.tree, place)
    if presets:  # those that the scenario has are worked in already
        own = {key: head[key] for key in ("reading", "presets") if key in head}
        for key in own:
            document = assigned(document, ("scenario", key), [], place)
        document = with_variants(document, None, presets)
        before: Any = own.get("presets") or []
        own["presets"] = [*([before] if isinstance(before, str) else before), *presets]
        for key, value in own.items():
            document = assigned(document, ("scenario", key), value, place)
    for setting in settings:
        document = with_setting(document, setting, tuple(Head.model_fields))
    return build(scenario.name, without_events(document, without))


def in_words(scenario: Scenario, said: Mapping[str, Any]) -> str:
    """What `--set`, `--without`, `--reading` and `--preset` change of a scenario, in a few words."""
    from sim.experiments import naming

    settings = [(path, value) for path, _, value in (setting.partition("=") for setting in said["--set"])]
    return ", ".join(naming.changes(scenario, said["--without"], settings, said["--reading"], said["--preset"]))

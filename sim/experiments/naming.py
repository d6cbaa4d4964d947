"""What drawn inputs are called in sentences: a path such as `countries.PRK.mandate` in the entries' own names. And what
is changed about a scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sim.catalog import Variant
from sim.experiments.design import full_path
from sim.experiments.wording import parties, party
from sim.scenario import Scenario

#: The theory that a replicate drew, beside the numbers it drew.
THEORY = "theory"


def quantity(scenario: Scenario, path: str) -> str:
    """The input at `path` in words; the path itself where no words are known."""
    section, _, rest = path.partition(".")
    words = _SECTIONS.get(section)
    try:
        return (words(scenario, *rest.split(".")) if words and rest else path) or path
    except (KeyError, TypeError, ValueError):
        return path


def changes(scenario: Scenario, without: Iterable[str] = (), settings: Iterable[tuple[str, str]] = (),
            reading: str | None = None, presets: Iterable[str] = ()) -> list[str]:
    """Changes of a scenario in words, such as "without “Freedom Edge”": events left out, numbers (by path) and what
    they are set to, another reading, and presets."""
    told = [f"without “{scenario.events[name].name}”" for name in without if name in scenario.events]
    told += [_setting(scenario, path, value) for path, value in settings]
    told += [f"reading “{_title(scenario.readings, reading)}”"] if reading else []
    return told + [f"preset “{_title(scenario.presets, name)}”" for name in presets]


def _setting(scenario: Scenario, path: str, value: str) -> str:
    """A number and what it is set to, or who governs; as it is written where no words are known."""
    match full_path(path).split("."):
        case ["countries", code, "leader"] if code in scenario.countries:
            every = scenario.tree["world"]["countries"][code]["leaders"]  # of those in force, most cannot govern as yet
            if value in every:
                return f"{every[value]['name']} governing {party(scenario, code)}"
    words = quantity(scenario, full_path(path))
    return f"{path}={value}" if words == full_path(path) else f"{words} at {value}"


def in_short(changes: Sequence[str], most: int = 2) -> str:
    """The first of these changes, and how many more there are."""
    more = len(changes) - most
    return ", ".join(changes[:most]) + (f" and {more} more change{'s' * (more > 1)}" if more > 0 else "")


def _title(entries: Mapping[str, Variant], name: str) -> str:
    return entries[name].name if name in entries else name


def _mechanism(scenario: Scenario, name: str, field: str) -> str:
    return f"{field} of “{scenario.mechanisms[name].name}”" if field == "strength" else ""


def _option(scenario: Scenario, name: str, *field: str) -> str:
    entry = scenario.options[name]
    who = " → ".join(filter(None, (parties(scenario, entry.by), parties(scenario, entry.to))))
    return f"weekly rate of “{who}: {scenario.actions[entry.action].name}”" if field == ("base", "rate") else ""


def _event(scenario: Scenario, name: str, *field: str) -> str:
    title = f"“{scenario.events[name].name}”"
    match field:
        case ("chance", "rate"):
            return f"weekly chance of {title}"
        case ("cadence", "every"):
            return f"days from one {title} to the next"
        case ("cadence", "first") | ("on", *_):
            return f"date of {title}"
        case ("yearly", "jitter"):
            return f"days by which {title} is later"
        case ("decision", "alternatives", alternative, "rate"):
            return f"chance that {title} comes to “{alternative.replace('_', ' ')}”"
        case ("election", "parties", of, "seats"):
            return f"seats that polls give {of} in {title}"
        case ("election", "common_error"):
            return f"common error of the polls before {title}"
    return ""


def _country(scenario: Scenario, code: str, *field: str) -> str:
    who, country = party(scenario, code), scenario.countries[code]
    match field:
        case ("stances", issue, "ideal"):
            return f"what {who} wants on {scenario.issues[issue].name}"
        case ("stances", issue, "salience"):
            return f"how much {scenario.issues[issue].name} matters to {who}"
        case ("stances", issue, "public"):
            return f"what the public of {who} wants on {scenario.issues[issue].name}"
        case ("leaders", leader, "anchors", issue, "ideal"):
            return f"what {country.leaders[leader].name} wants on {scenario.issues[issue].name}"
        case ("leaders", leader, "approval"):
            return f"approval of {country.leaders[leader].name} at first"
        case ("leaders", leader, "scales", family):
            return f"weight that {country.leaders[leader].name} gives to {family}"
        case ("mandate",):
            return f"mandate of the government of {who}"
        case ("tempo",):
            return f"how active {who} is at the start"
        case ("capability" | "accountability" as what, "value"):
            return f"{what} of {who}"
        case ("alliances", other, "strength"):
            return f"strength of the pact of {who} with {party(scenario, other)}"
        case ("proximity", other, "value"):
            return f"how near {party(scenario, other)} is to {who}"
        case ("influence", other, "value"):
            return f"pull of {party(scenario, other)} on {who}"
        case ("ledgers", other, "balance"):
            return f"concessions of {who} to {party(scenario, other)} not returned at the start"
    return ""


def _issue(scenario: Scenario, name: str, field: str) -> str:
    title = scenario.issues[name].name
    return {"status_quo": f"where {title} stands at the start", "half_life": f"half-life of {title}"}.get(field, "")


#: By section: the words for what follows it in a path.
_SECTIONS: dict[str, Callable[..., str]] = {
    "mechanisms": _mechanism, "options": _option, "events": _event, "countries": _country, "issues": _issue,
    "cues": lambda scenario, name, field: f"half-life of the trace “{scenario.cues[name].name}”",
    "memory": lambda scenario, name: f"half-life of {name.replace('_', ', ')} in memory",
}

"""Mesa's own page: one history of a shipped scenario, stepped week by week in SolaraViz. Needs the extra `mesa-viz`.

    solara run sim.mesa_page --production --no-check-version

It takes everything that it shows from this machine and sends nothing away. docs/for-mesa-users.md says more.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import mesa
import pandas as pd
import solara
import solara.server.settings
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from mesa.visualization import SolaraViz, make_plot_component
from mesa.visualization.utils import update_counter

from sim.experiments.wording import deed, party
from sim.model import DiplomacyModel, mean_tension
from sim.paths import shipped_scenarios

solara.server.settings.telemetry.mixpanel_enable = False  # it would report every start and end to its makers

#: The model's parameters, as the page offers them; Reset begins anew with what is chosen.
PARAMETERS: dict[str, Any] = {
    "world": {"type": "Select", "label": "scenario", "value": "july_2025", "values": shipped_scenarios()},
    "replicate": {"type": "SliderInt", "label": "replicate", "value": 0, "min": 0, "max": 199, "step": 1},
    "rng": {"type": "SliderInt", "label": "seed", "value": 1, "min": 1, "max": 100, "step": 1},
}
#: The table is longer than the place that Mesa gives it, and the page takes the space around cells away.
TILE, CELL = "height: 100%; overflow: auto", "padding: 2px 12px 2px 0; vertical-align: top"


class Watched(DiplomacyModel):
    """A model of one replicate that ends with its horizon, and whose first row is from before the first week."""

    def __init__(self, world: str = "july_2025", replicate: int = 0, rng: int = 1):
        super().__init__(world, replicate, rng=rng)
        self.datacollector = mesa.DataCollector(
            model_reporters={"tension": mean_tension}, agent_reporters={"code": "code", "approval": "approval"})
        self.datacollector.collect(self)

    def step(self) -> None:
        """One week, of those that the scenario has."""
        if self.state.week < self.world.weeks:
            super().step()


def week(model: Watched) -> pd.DataFrame:
    """What the countries did in the last week: a row per country, with who governs it and the approval there is."""
    world = model.world
    done = [world.columns[column] for log in model.log[-2:] for column in log[0]]
    return pd.DataFrame([
        {"Country": party(world.scenario, country.code),
         "Leader": world.scenario.countries[country.code].leaders[country.leader].name,
         "Approval": f"{country.approval:+.2f}",
         "Did": "; ".join(deed(world.scenario, column) for column in done if country.code in column.by) or "–"}
        for country in model.agents])


def approval(model: Watched) -> Figure:
    """Approval of each government over the weeks, labelled at the line's end."""
    figure = Figure(figsize=(6.4, 4.8))
    axes = figure.subplots()
    rows = model.datacollector.get_agent_vars_dataframe()
    for code, values in rows.groupby("code", sort=False)["approval"]:
        colour = model.world.scenario.countries[code].colour
        axes.plot(values.to_numpy(), color=colour)
        axes.annotate(f" {code}", (model.state.week, values.iloc[-1]), color=colour, va="center", annotation_clip=False)
    axes.set(xlabel="Step", ylabel="Approval, −1 to 1", xlim=(0, max(model.state.week, 1)), ylim=(-1, 1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def scaled(axes: Axes) -> None:
    """Gives the plot of tension its unit."""
    axes.set_ylabel("Tension, mean over pairs (Goldstein scale, −10 to 10)")


@solara.component
def approval_plot(model: Watched) -> None:
    """The plot of approval."""
    update_counter.get()
    solara.FigureMatplotlib(approval(model))


@solara.component
def week_table(model: Watched) -> None:
    """The table of the last week."""
    update_counter.get()
    number, scenario = model.state.week, model.world.scenario
    monday = scenario.start + timedelta(weeks=max(number - 1, 0))
    when = f"Week {number} of {scenario.weeks}, from {monday.day} {monday:%B %Y}"
    with solara.Card(scenario.title, when, style=TILE):
        solara.Text("This explores a model’s assumptions and is no forecast.")
        table = week(model).to_html(index=False, border=0, justify="left")
        solara.HTML(tag="div", unsafe_innerHTML=table.replace("<th>", f'<th style="{CELL}">').replace(
            "<td>", f'<td style="{CELL}">'))


@solara.component
def Page() -> None:  # noqa: N802 – the name that solara looks for
    """The page of one visitor, with a model of its own."""
    model = solara.use_memo(Watched, [])
    shown = [(week_table, 0), make_plot_component("tension", post_process=scaled), (approval_plot, 0)]
    SolaraViz(model, components=shown, model_params=PARAMETERS, name="One history", play_interval=200)

"""Addresses of the workbench and what they answer: the page, and JSON for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from importlib.resources import files
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sim import __version__
from sim.errors import InputError
from sim.web import answers, changes, description, game, offers, stories, work
from sim.web.changes import Asked, Changes, Library, Question
from sim.web.description import Address
from sim.web.guard import TOO_LARGE, App, Guard, TooLarge
from sim.web.jobs import Job, Jobs
from sim.web.pool import Busy, Pool

Model = TypeVar("Model", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]

#: What is served as it is, and the kind of each; nothing else of the disk is.
STATIC = {"index.html": "text/html", "workbench.css": "text/css", **{f"{name}.js": "text/javascript" for name in (
    "changes", "charts", "dom", "events", "file", "game", "history", "results", "state", "workbench")}}
#: Processes that answer quickly, beside those of full runs; seconds after an answer at which these start, so as not to
#: keep the first ones waiting; and between two words of a run's progress.
QUICK, LATER, PULSE = 2, 3.0, 0.2


class Told(Asked):
    """A request for one replicate's story."""

    changes: Changes
    seed: int = Field(default=1, ge=0, lt=2**53)
    replicate: int = Field(default=0, ge=0, le=1_000_000)


def make_app(token: str, port: int, hosts: frozenset[str] | None, library: Library, jobs: int = 2,
             quick: int = QUICK) -> App:
    """The workbench behind its guard. `jobs` processes do full runs and `quick` ones everything else."""
    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        app.state.quick, app.state.library = Pool(quick), library
        app.state.jobs = Jobs(Pool(jobs), library)
        app.state.quick.begin()
        try:
            yield
        finally:
            app.state.jobs.close()
            for pool in (app.state.quick, app.state.jobs.pool):
                pool.close()

    routes = [Route("/", _page), Route("/static/{name}", _static), Route("/api/openapi.json", _description),
              *(Route(each.path, _quick(each.body, QUICK_ONES[each.path]), methods=["POST"])
                for each in ADDRESSES if each.body and each.path in QUICK_ONES),
              Route("/api/scenarios", _scenarios),
              Route("/api/jobs", _submit, methods=["POST"]), Route("/api/jobs/{job}", _job),
              Route("/api/jobs/{job}/cancel", _cancel, methods=["POST"]),
              Route("/api/jobs/{job}/progress", _progress), Route("/api/jobs/{job}/picks", _picks),
              Route("/api/jobs/{job}/{side}/outcomes.csv", _csv),
              Route("/api/jobs/{job}/{side}/answers/{question}", _answers)]
    app = Starlette(routes=routes, lifespan=life, exception_handlers={
        InputError: _refused, ValidationError: _invalid, Busy: _busy, HTTPException: _http,
        TooLarge: _too_large, Exception: _failed})
    return Guard(app, token, port, hosts)


# What goes wrong

def _problems(status: int, rows: list[dict[str, Any]]) -> JSONResponse:
    return JSONResponse({"schema": 1, "problems": rows}, status)


def _plain(message: str) -> dict[str, Any]:
    return {"message": message, "file": "", "line": 0, "column": 0}


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    return _problems(422, work.problem_rows(error))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return _problems(422, [_plain(": ".join(filter(None, ('.'.join(map(str, each['loc'])), each['msg']))))
                           for each in found[:20]])


async def _busy(request: Request, error: Exception) -> Response:
    return _problems(429, [_plain(str(error))])


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _problems(error.status_code, [_plain(str(error.detail))])


async def _too_large(request: Request, error: Exception) -> Response:
    return _problems(413, [_plain(TOO_LARGE)])


async def _failed(request: Request, error: Exception) -> Response:
    return _problems(500, [_plain(f"internal error: {type(error).__name__}: {error}")])


# The page

async def _page(request: Request) -> Response:
    return _file_of("index.html")


async def _static(request: Request) -> Response:
    return _file_of(request.path_params["name"])


def _file_of(name: str) -> Response:
    if name not in STATIC:
        raise HTTPException(404, "there is no such file")
    return Response(files("sim.web").joinpath("static", name).read_bytes(), media_type=f"{STATIC[name]}; charset=utf-8")


# Quick answers

async def _body(request: Request, model: type[Model]) -> Model:
    """The request's body as what it must be."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "the body must be JSON")
    return model.model_validate_json(await request.body())


def _quick(model: type[Model], function: Callable[[Any, Library], Any]) -> Endpoint:
    """An endpoint that has `function(body, library)` done by a worker."""
    @wraps(function)
    async def answer(request: Request) -> Response:
        body, state = await _body(request, model), request.app.state
        found = await state.quick.call(work.guarded, function, body, state.library, about=_about(body))
        asyncio.get_running_loop().call_later(LATER, state.jobs.pool.begin)
        return JSONResponse(found)
    return answer


def _about(body: Any) -> str:
    """The scenario that a request is about."""
    changed: Changes = body if isinstance(body, Changes) else body.alt if isinstance(body, Question) else body.changes
    return changed.scenario


async def _description(request: Request) -> Response:
    return JSONResponse(description.described(ADDRESSES, __version__, {
        "scenario": tuple(name for name, _ in request.app.state.library.files),
        "side": ("base", "alt"), "question": answers.QUESTIONS}))


async def _scenarios(request: Request) -> Response:
    state = request.app.state
    rows = await asyncio.to_thread(offers.scenarios, state.library)
    return JSONResponse({"schema": 1, "scenarios": rows, "most": changes.FULL})


def _telling(asked: Changes, library: Library) -> Any:
    return {"schema": 1, "paths": offers.telling(asked, library)}


def _checked(asked: Changes, library: Library) -> Any:
    return {"schema": 1, "problems": work.problems_of(asked, library)}


def _file(asked: Changes, library: Library) -> Any:
    return {"schema": 1, "text": changes.as_file(asked, library), "name": f"{asked.scenario}.yaml"}


def _story(asked: Told, library: Library) -> Any:
    return stories.story(asked.changes, library, asked.seed, asked.replicate)


def _divergence(asked: Question, library: Library) -> Any:
    return {"schema": 1, "found": stories.divergence(asked, library)}


# Full runs

async def _submit(request: Request) -> Response:
    question = await _body(request, Question)
    state = request.app.state
    for side in question.sides.values():
        await state.quick.call(work.guarded, work.accepted, side, state.library)
    return JSONResponse(state.jobs.submit(question).status(), 202)


def _of(request: Request) -> Job:
    job: Job | None = request.app.state.jobs.all.get(request.path_params["job"])
    if job is None:
        raise HTTPException(404, "there is no such run any more; start it again")
    return job


def _side(request: Request, job: Job) -> str:
    side = str(request.path_params["side"])
    if side not in job.question.sides or not job.paired:
        raise HTTPException(404, "the run has no such side, or nothing of it yet")
    return side


async def _job(request: Request) -> Response:
    return JSONResponse(await asyncio.to_thread(_results, _of(request)))


def _results(job: Job) -> dict[str, Any]:
    return job.results() | {"changes": answers.changes(job)}


async def _cancel(request: Request) -> Response:
    job = _of(request)
    request.app.state.jobs.cancel(job)
    return JSONResponse(job.status())


async def _progress(request: Request) -> Response:
    """How a run gets on, as server-sent events until it ends."""
    job = _of(request)

    async def events() -> AsyncIterator[str]:
        before = None
        while True:
            status = job.status()
            if (now := (status["done"], status["state"])) != before:
                yield f"data: {json.dumps(status)}\n\n"
                before = now
            if status["state"] != "running":
                return
            await asyncio.sleep(PULSE)

    return StreamingResponse(events(), media_type="text/event-stream")


async def _picks(request: Request) -> Response:
    job = _of(request)
    if not job.paired:
        raise HTTPException(404, "the run has no replicates yet")
    return JSONResponse(await asyncio.to_thread(answers.picks, job))


async def _csv(request: Request) -> Response:
    job = _of(request)
    side = _side(request, job)
    return Response(await asyncio.to_thread(job.csv, side), media_type="text/csv; charset=utf-8",
                    headers={"content-disposition": f'attachment; filename="outcomes-{side}.csv"'})


async def _answers(request: Request) -> Response:
    job = _of(request)
    side, question = _side(request, job), request.path_params["question"]
    if question not in answers.QUESTIONS or question == "changes" and len(job.question.sides) < 2:
        raise HTTPException(404, "there is no such question")
    return JSONResponse(await asyncio.to_thread(answers.answered, job, side, question))


# What is asked of workers, and all addresses with what they are good for

QUICK_ONES: dict[str, Callable[[Any, Library], Any]] = {
    "/api/offers": offers.offered, "/api/telling": _telling, "/api/draft": work.draft, "/api/check": _checked,
    "/api/file": _file, "/api/story": _story, "/api/divergence": _divergence, "/api/play": game.play}
ADDRESSES = [
    Address("/api/scenarios", "The scenarios that may be asked for"),
    Address("/api/offers", "What can be changed in a scenario", "post", Changes),
    Address("/api/telling", "The assumptions that matter most for how it ends", "post", Changes),
    Address("/api/draft", "Endings and outcomes of few replicates, beside the baseline", "post", Question),
    Address("/api/check", "What is wrong with a scenario", "post", Changes),
    Address("/api/file", "The scenario file that says all this", "post", Changes),
    Address("/api/story", "One replicate, week by week", "post", Told),
    Address("/api/divergence", "The first replicate that parts from its twin", "post", Question),
    Address("/api/play", "A game as far as it has come", "post", game.Play),
    Address("/api/jobs", "Begins a full run", "post", Question, 202),
    Address("/api/jobs/{job}", "How a full run stands, and what came out"),
    Address("/api/jobs/{job}/cancel", "Ends a full run; what is done stays", "post"),
    Address("/api/jobs/{job}/progress", "How a full run gets on, until it ends", kind="text/event-stream"),
    Address("/api/jobs/{job}/picks", "The replicates worth reading"),
    Address("/api/jobs/{job}/{side}/outcomes.csv", "A row per replicate", kind="text/csv"),
    Address("/api/jobs/{job}/{side}/answers/{question}", "The report's answer to a question")]

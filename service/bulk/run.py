"""A run over a file, from its first row to the output's name."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from .. import __version__
from .errors import Refused
from .formats import Dialect
from .job import PanelTask, Task, Written
from .limits import ROWS
from .outputs import FileOutput, Output, SpooledParquet, StreamOutput, free_target
from .panels import PanelBatches
from .reading import Reading, Rows, check_columns, read
from .reading.source import Source
from .tables import Batch
from .work import Part, Work
from .workers import Workers, check, in_process
from .writing.columns import output_name

CHUNK_ROWS = 5000  # that are read at once where a row is a reading


@dataclass(frozen=True)
class Progress:
    """How far a run is. `end` of `total` is in the unit of the input; `done` rows were there before the run."""

    read: int
    rows: int
    errors: int
    end: int
    total: int | None
    done: int = 0


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Job:
    """A file, what is done with it, and where it goes. `model` is the version and its checksum, for the comparison with an earlier run."""

    source: Source
    task: Task
    written: Written
    model: str
    dialect: Dialect
    workers: int = 1
    overwrite: bool = False
    restart: bool = False


def run(job: Job, stdout: Any, report: Report, warn: Callable[[str], None]) -> Progress:
    """Do a job, or go on with it, and close its input. Returns what was done in all. Raises BulkError."""
    with closing(job.source):
        _check_output(job)
        return _run(job, stdout, report, warn)


def _run(job: Job, stdout: Any, report: Report, warn: Callable[[str], None]) -> Progress:
    rows = read(job.source, _reading(job))
    chunks = rows.batches
    first = next(chunks)
    check_columns(job.source.name, _required(job), first.rows.names if len(first.rows) else _required(job))
    work = job.task.work(first, job.written)
    for name in work.clashes(first.rows.names):
        warn(
            f"the input has a column {name}, whose name the model needs; it is written as {output_name(name, work.results)}"
        )
    batches = _batches(job, chain([first], chunks))
    with closing(_output(job, work, stdout)) as output:
        progress = _score(job, work, batches, output, rows, report)
        grown = job.source.growth()
        output.finish()
    if grown:
        warn(
            f"{job.source.name} grew by {grown:,} bytes while it was read; its last rows may not be whole, or not be here"
        )
    return progress


def _required(job: Job) -> list[str]:
    """The columns that the first rows must have. A key of JSON lines that is only written may come later."""
    if job.source.form.format != "jsonl":
        return job.task.columns
    return [name for name in job.task.columns if name not in (job.task.keep or ())]


def _check_output(job: Job) -> None:
    path = job.written.path
    if path is None:
        return
    if job.source.path is not None and path.exists() and path.samefile(job.source.path):
        raise Refused(f"{path} is the input; name another file for the output")
    free_target(path, overwrite=job.overwrite)


def _reading(job: Job) -> Reading:
    is_panel = isinstance(job.task, PanelTask)
    columns = None if job.task.keep is None else list(dict.fromkeys(job.task.columns))
    return Reading(CHUNK_ROWS if is_panel else ROWS, columns, job.dialect)


def _batches(job: Job, chunks: Iterator[Batch]) -> Iterator[Batch]:
    if not isinstance(job.task, PanelTask):
        return chunks
    return PanelBatches(job.source.name, job.task.columns_of.id).batches(chunks)


def _output(job: Job, work: Any, stdout: Any) -> Output:
    path, form = job.written.path, job.written.form
    if path is None:
        return SpooledParquet(stdout) if form.format == "parquet" else StreamOutput(stdout, work.encoder)
    fingerprint = job.source.fingerprint()
    described = {
        "input": fingerprint,
        "input format": [job.source.form.format, job.source.form.gzip],
        "model": job.model,
        **job.task.options,
        "format": [form.format, form.gzip],
        "dialect": [job.dialect.delimiter, job.dialect.decimal, job.dialect.encoding],
        "version": __version__,
    }
    output = FileOutput(path, form, work.encoder, described, resumable=fingerprint is not None)
    output.open(restart=job.restart)
    return output


def _score(job: Job, work: Work, batches: Iterator[Batch], output: Output, rows: Rows, report: Report) -> Progress:
    done = output.done
    progress = Progress(done.read, done.rows, done.errors, 0, rows.total, done.read)
    report(progress)
    with closing(_parts(job, work, islice(batches, done.batches, None))) as parts:
        for part in parts:
            output.write(part)
            progress = replace(
                progress,
                read=progress.read + part.read,
                rows=progress.rows + part.rows,
                errors=progress.errors + part.errors,
                end=part.end,
            )
            report(progress)
    return progress


def _parts(job: Job, work: Work, batches: Iterator[Batch]) -> Generator[Part]:
    if job.workers == 1:
        check(work)
        yield from in_process(work, batches)
        return
    with Workers(work, job.workers) as workers:
        workers.wait_until_ready()
        yield from workers.map(batches)

"""The store's tables."""

from contextlib import suppress

from sqlalchemy import Column, Engine, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text
from sqlalchemy.exc import OperationalError

metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("experiment", Text, nullable=False),  # JSON
    Column("state", String, nullable=False, index=True),
    Column("message", Text, nullable=False, default=""),
    Column("created", Float, nullable=False),  # seconds since 1970, as all times here
    Column("ended", Float),
    Column("worker", String),
    Column("begin", String, nullable=False, default="run"),  # run, or paused after one "batch" or "epoch"
    Column("attempt", Integer, nullable=False, default=0),  # how often it went on from a checkpoint
    Column("step", Integer, nullable=False, default=0),
    Column("total_steps", Integer, nullable=False, default=0),
    Column("epoch", Float, nullable=False, default=0.0),
    Column("digits_per_second", Float, nullable=False, default=0.0),
    Column("seconds", Float, nullable=False, default=0.0),  # spent training
    Column("layers", Text, nullable=False, default="[]"),  # JSON: names of the weighted layers
    Column("live", Text, nullable=False, default="{}"),  # JSON: what can be changed while it runs, as it is now
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("first_step", Integer, nullable=False),
    Column("events", Text, nullable=False),  # JSON columns, see journal
    Index("chunks_of_run", "run", "id"),
    sqlite_autoincrement=True,  # the id of a chunk that was dropped is not given to another: readers go by ids
)

controls = Table(
    "controls",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("name", String, nullable=False),  # pause, resume, step, stop, change
    Column("value", Text, nullable=False, default="null"),  # JSON
    Column("taken", Float, index=True),
    Column("refusal", Text),
)

workers = Table(
    "workers",
    metadata,
    Column("id", String, primary_key=True),
    Column("seen", Float, nullable=False),
    Column("ready", Integer, nullable=False, default=0),
)

kept = Table(
    "kept",  # checkpoints that stay
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("bytes", Integer, nullable=False),
    Column("live", Text, nullable=False),  # JSON, as in runs
)

verdicts = Table(
    "verdicts",  # which of the judged digits were answered rightly, at each evaluation
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("train", LargeBinary, nullable=False),  # a byte a digit
    Column("validation", LargeBinary, nullable=False),
)

forks = Table(
    "forks",
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("parent", String, nullable=False),
    Column("step", Integer, nullable=False),
)

inherited = Table(
    "inherited",  # seconds of training that a fork has from its parent
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("seconds", Float, nullable=False),
)

library = Table(
    "library",  # what a person says of a run; runs of older databases have no row
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("owner", String, nullable=False, default="", index=True),  # "": everybody's
    Column("starred", Integer, nullable=False, default=0),
    Column("note", Text, nullable=False, default=""),
    Column("deleted", Float),  # when; its files stay until it is purged
)

finals = Table(
    "finals",  # what came of a run, written as it ended
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("step", Integer, nullable=False),
    Column("parameters", Integer, nullable=False),
    Column("digest", String, nullable=False),  # of its curve, see training/digest.py
    Column("versions", Text, nullable=False),  # JSON, see training/versions.py
    Column("train_loss", Float),  # these four of its last evaluation
    Column("train_accuracy", Float),
    Column("validation_loss", Float),
    Column("validation_accuracy", Float),
    Column("lowest_validation_loss", Float),
    Column("best_step", Integer),  # of that lowest loss
    Column("train_digits", Integer, nullable=False),  # so many were judged
    Column("validation_digits", Integer, nullable=False),
)

replays = Table(
    "replays",  # runs that repeat another one
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("of", String, nullable=False, index=True),
    Column("last_step", Integer, nullable=False),  # up to which it is repeated
    Column("changes", Text, nullable=False),  # JSON: [after step, field, value] of what was changed while it ran
)

outlines = Table(
    "outlines",  # what a list of runs says of their experiments, without reading them; not of older databases' runs
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("network", String, nullable=False),
    Column("parameters", Integer, nullable=False),
    Column("seed", Integer, nullable=False),
)

tested = Table(
    "tested",  # the last measurement on the test split
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("step", Integer, nullable=False),
    Column("accuracy", Float, nullable=False),
    Column("digits", Integer, nullable=False),
)

sizes = Table(
    "sizes",  # what the files of an ended run take on disk
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("bytes", Integer, nullable=False),
    Column("ended", Float, nullable=False),  # the end after which they were measured
)

leftovers = Table(
    "leftovers",  # runs that are gone, whose files may still be there
    metadata,
    Column("run", String, primary_key=True),
)

announcements = Table(
    "announcements",  # what happened to runs without anybody's press of a button
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("text", Text, nullable=False),
)

imports = Table(
    "imports",  # the runs that begin with the weights of a file
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String, nullable=False),  # of the file
    Column("digest", String, nullable=False),  # SHA-256, hex
)

wishes = Table(
    "wishes",  # what somebody watches
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("request", Text, primary_key=True),  # JSON, see views/requests.py
    Column("until", Float, nullable=False),
)

shown = Table(
    "shown",  # and the newest answer to it
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("request", Text, primary_key=True),
    Column("step", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)

studies = Table(
    "studies",  # what a lab runs at a press of its button: several runs for one question
    metadata,
    Column("id", String, primary_key=True),
    Column("lab", String, nullable=False),
    Column("topic", String, nullable=False),
    Column("setup", Text, nullable=False),  # JSON
    Column("task", Integer),  # the question about the set-up itself, where there is one
    Column("planned", Integer, nullable=False),  # runs
    Column("created", Float, nullable=False),
)

trials = Table(
    "trials",  # the runs of studies
    metadata,
    Column("run", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("study", ForeignKey("studies.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("arm", String, nullable=False),
    Column("seed", Integer, nullable=False),
)

tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False),
    Column("run", String),
    Column("request", Text, nullable=False),  # JSON
    Column("state", String, nullable=False, index=True),  # waiting, taken, done, failed
    Column("message", Text, nullable=False, default=""),
    Column("worker", String),
    Column("result", LargeBinary),
    Column("created", Float, nullable=False),
)

INDEXES = (  # also of databases that are older than they
    Index("runs_by_end", runs.c.ended),
    Index("controls_of_run", controls.c.run),
    Index("tasks_of_run", tasks.c.run, tasks.c.kind),
)


def create_all(engine: Engine) -> None:
    """Tables and indexes that aren't there yet; a database that can only be read does without the indexes."""
    metadata.create_all(engine)
    with suppress(OperationalError):
        for index in INDEXES:
            index.create(engine, checkfirst=True)

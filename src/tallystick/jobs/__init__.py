"""Work to be done later, and work to be done again and again: `later`, `run`, `every`, `tick`."""

from tallystick.jobs.backoff import pause_us, spread
from tallystick.jobs.later import later, later_id
from tallystick.jobs.model import Handler, Job, JobRefusal, Ran, State
from tallystick.jobs.run import again, dead, job, prune, run
from tallystick.jobs.timers import Ticked, Timer, every, tick

__all__ = [
    "Handler",
    "Job",
    "JobRefusal",
    "Ran",
    "State",
    "Ticked",
    "Timer",
    "again",
    "dead",
    "every",
    "job",
    "later",
    "later_id",
    "pause_us",
    "prune",
    "run",
    "spread",
    "tick",
]

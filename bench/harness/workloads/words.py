"""What the rows are written with: sizes, goals, names that several groups use, commands of the C programs for limits.

Rows that are alike are made by a functools.partial of Case, named for what they share; a row's own words override it.
"""

from harness.case import OURS, Goal

K, M, G = 1 << 10, 1 << 20, 1 << 30
AWAITING = (OURS, "obstore", "obstore-range", "opendal", "awscrt")
AWAITED_GET = ("s3_get_async",)


def better(times: float, of: str = "best", what: str = "cpu") -> Goal:
    """At least so many times better than a rival."""
    return Goal(what, of, at_least=times)


def within(bound: float, of: str = "", what: str = "cpu") -> Goal:
    """At most so many times what another needs, or so much."""
    return Goal(what, of, at_most=bound)


def http(arguments: str, concurrency: str = "{concurrency}") -> str:
    return f"limit_http {arguments} --size {{size}} --concurrency {concurrency} --port {{port}} --seconds {{seconds}}"


def files(arguments: str, root: str = "files") -> str:
    return f"limit_files {arguments} --root {{folder}}/{root} --seconds {{seconds}}"

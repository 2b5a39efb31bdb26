"""The vocabulary of the table in workloads/: a case is one row, a goal is what that row has to show."""

from dataclasses import dataclass, field

OURS = "genro-storage"
OLD = "genro-storage-0.8"


@dataclass(frozen=True)
class Goal:
    """`what` (cpu, rate, wall, rss, rss_growth or connections) set against `of`.

    `of` is "best" (the best rival), a library's name, "limit", or "" for an absolute value. Against a rival the figure
    is a ratio, rival to ours, and must be `at_least`; against the limit it is ours to the limit and must be `at_most`;
    alone it is in microseconds per operation, CPU seconds per GB, seconds, MiB or sockets, and must be `at_most`.
    """

    what: str
    of: str = "best"
    at_least: float = 0.0
    at_most: float = 0.0


@dataclass(frozen=True)
class Case:
    name: str  # of this row, unique: its workload's, W1, and what tells it from other rows of it, W1-4k-64
    title: str
    driver: str
    operations: tuple[str, ...]  # functions of an adapter: the first that a library has is measured
    unit: str = "us"  # of CPU per operation: us, s, or s/GB
    size: int = 0
    objects: int = 0
    files: int = 0  # that one operation goes over: the page shows files per second
    memory: int = 0  # what a measurement may touch of memory and page cache, when it is much: see spare_memory.py
    concurrency: int = 1
    seconds: float = 0.5  # of the timed part
    repeats: int = 1
    verify: int = 128  # operations whose whole content is compared, before and after
    expected: int = 0
    source: str = ""
    no_argument: bool = False
    keep_target: bool = False
    fill: bool = False
    wall: bool = False  # the goal and the ranking are by wall clock
    both_cores: bool = False
    server: str = "fixed"  # or delayed, tls, stores (other than S3), or "" for none
    libraries: tuple[str, ...] = ()  # only these
    limits: dict[str, str] = field(default_factory=dict)  # name to program and its arguments
    goals: tuple[Goal, ...] = ()
    rounds: int = 0  # at most so many
    slow_rounds: int = 2  # for the libraries that LIBRARIES calls slow
    quick: dict = field(default_factory=dict)  # fields that differ with --quick
    minio: bool = False  # also in the pass against MinIO

    @property
    def id(self) -> str:
        """Of the workload: W1 for W1-4k-64."""
        return self.name.partition("-")[0]


# Which environment each library lives in.
LIBRARIES = {
    OURS: "ours",
    "obstore": "rivals",
    "obstore-range": "rivals",
    "opendal": "rivals",
    "awscrt": "rivals",
    "pyarrow": "rivals",
    "minio": "rivals",
    "boto3": "rivals",
    "aiobotocore": "rivals",
    "s3fs": "rivals",
    "httpx": "rivals",
    "aiohttp": "rivals",
    "fsspec": "rivals",
    "gcsfs": "rivals",
    "google-cloud-storage": "rivals",
    "adlfs": "rivals",
    "azure-storage-blob": "rivals",
    "webdav4": "rivals",
    OLD: OLD,
    "python": "rivals",  # by hand, with the standard library
    "cp": "rivals",
}
SLOW = ("minio", "boto3", "aiobotocore", "s3fs", OLD)  # fewer rounds: seldom contenders for the best
NOT_RIVALS = (OURS, "python", "cp")  # python and cp are limits

"""The table of workloads: what is measured, against which limit, and what has to be reached.

Order and numbers as in docs/benchmarks.md; one module a group of the page.
"""

from harness.workloads.large_objects import LARGE_OBJECTS
from harness.workloads.local_files import LOCAL_FILES
from harness.workloads.memory_and_calls import MEMORY_AND_CALLS
from harness.workloads.memory_bounds import MEMORY_BOUNDS
from harness.workloads.other_stores import OTHER_STORES
from harness.workloads.small_objects import SMALL_OBJECTS
from harness.workloads.web_servers import WEB_SERVERS

CASES = SMALL_OBJECTS + LARGE_OBJECTS + WEB_SERVERS + OTHER_STORES + LOCAL_FILES + MEMORY_AND_CALLS + MEMORY_BOUNDS

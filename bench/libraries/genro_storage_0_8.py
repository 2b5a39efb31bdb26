"""genro-storage 0.8.4 from PyPI: the fsspec-based package whose place ours takes."""

from libraries.genro_api import *  # noqa: F403

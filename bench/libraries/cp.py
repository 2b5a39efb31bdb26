"""The system's own cp, as a process: its start is part of the cost."""

import subprocess


def copy_file(site):
    return lambda source, target: subprocess.run(["cp", source, target], check=True)


def copy_tree(site):
    return lambda source, target: subprocess.run(["cp", "-r", source, target], check=True)

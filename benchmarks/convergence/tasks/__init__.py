"""The tasks: each module here declares `TASKS`, one or several; nothing else lists them."""

import functools
import importlib
import pkgutil

from ..task import Task


@functools.cache
def tasks() -> dict[str, Task]:
    """All tasks by name, those of one module together."""
    modules = [importlib.import_module(f"{__name__}.{each.name}") for each in pkgutil.iter_modules(__path__)]
    return {task.name: task for module in modules for task in module.TASKS}

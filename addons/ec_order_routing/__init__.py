from . import engine  # its conditions, actions, fences and criteria register themselves
from . import models
from . import wizards
from .hooks import uninstall_hook

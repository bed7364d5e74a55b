"""Forked worker processes that are killed by SIGKILL now and then, and whose counts outlive them."""

import os
import resource
import signal
import time
import traceback
from multiprocessing import RawArray

IDLE, WORKING = 0, 1


class Worker:
    """A forked process. `counts` and `state` live in memory shared with the parent, so a kill loses nothing that was counted."""

    def __init__(self, number, kinds, role=""):
        self.number, self.kinds, self.role, self.generation = number, kinds, role, 0
        self.counts, self.state = RawArray("q", len(kinds)), RawArray("i", 1)
        self.pid = None

    def start(self, run):
        self.generation += 1
        self.state[0] = IDLE
        self.pid = os.fork()
        if not self.pid:
            status = 1
            try:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                run(self)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)  # no clean-up of what belongs to the parent

    def add(self, kind, count=1):
        self.counts[self.kinds.index(kind)] += count

    def ended(self):
        return os.waitpid(self.pid, os.WNOHANG) != (0, 0)

    def kill(self, chance):
        """SIGKILL at a random moment of its work."""
        patience = time.monotonic() + 5
        while self.state[0] != WORKING and time.monotonic() < patience:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.06))
        busy = self.state[0] == WORKING
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        return busy


def cpu_seconds():
    """Processor time of the workers that have ended, PostgreSQL's not counted."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

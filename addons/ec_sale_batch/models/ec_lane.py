import logging
import random
import time
import traceback

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

LANE_SECONDS = 50
MAX_CONFLICTS = 100


class EcLane(models.AbstractModel):
    """Where work is run: in lots, each in its own transaction. The only place of these addons that commits or rolls back.

    There is no "running" state: a lot that is not committed never happened, so a killed worker leaves nothing to repair.
    """

    _name = "ec.lane"
    _description = "Work Lanes"

    @api.model
    def _run(self, step, seconds=None, shrinks=False):
        """Call `step()` (which answers how many rows it handled) on a fresh transaction until it answers 0 or time is up.

        A step may answer a function instead: it is called in a transaction of its own, again and again while workers meet.
        So a call to a shop is made once, and what came of it is taken in on a new snapshot.

        Two workers that met (PostgreSQL 40001 and the like) roll back and go on at once with some jitter: not an attempt, not
        an error; a step that `shrinks` is told how often in a row, so that it tries fewer rows. Anything else is logged and ends
        the run: a lane never raises, or Odoo would switch its cron off.
        Returns the number of rows handled.
        """
        deadline = time.monotonic() + (seconds or LANE_SECONDS)
        done = conflicts = 0
        again = None
        while again or time.monotonic() < deadline:  # what a shop answered is taken in, however late it is
            try:
                handled = again() if again else step(conflicts) if shrinks else step()
                if callable(handled):
                    again, handled = handled, 0
                    self.env["ir.cron"]._commit_progress()
                    continue
                self.env["ir.cron"]._commit_progress(handled)
                again = None
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self._rollback()
                conflicts += 1
                if conflicts > MAX_CONFLICTS:
                    _logger.warning("%s: %s conflicts in a row, left for the next run", step, conflicts)
                    break
                time.sleep(random.uniform(0.01, 0.05))
                continue
            except Exception:
                self._rollback()
                _logger.exception("lane stopped, its rows stay due")
                break
            conflicts = 0
            done += handled
            if not handled:
                break
        return done

    def _rollback(self):
        self.env.cr.rollback()
        self.env.invalidate_all(flush=False)

    @api.model
    def _halving(self, rows, work, park, passing=()):
        """Do `work(rows)`; when it fails, do the halves, down to the one bad row, which goes to `park(row, error, trace)`.

        Concurrency conflicts are raised: the whole transaction must start again on a new snapshot. So are the exceptions of
        `passing`, which are about all rows (a channel that is down).
        """
        if not rows:
            return
        try:
            with self.env.cr.savepoint():
                work(rows)
                self.env.flush_all()
            return
        except (*PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, *passing):
            raise
        except Exception as error:
            self.env.invalidate_all(flush=False)
            trace = traceback.format_exc()
            if len(rows) == 1:
                park(rows, error, trace)
                return
        middle = len(rows) // 2
        self._halving(rows[:middle], work, park, passing)
        self._halving(rows[middle:], work, park, passing)

    def _run_locked(self, space, number, step, seconds=None, shrinks=False):
        """Run `step` under a session-level advisory lock; when another worker has it, leave the work to that worker.

        Returns the number of rows handled.
        """
        cr = self.env.cr
        cr.execute("SELECT pg_try_advisory_lock(%s, %s)", (space, number))
        if not cr.fetchone()[0]:
            return 0
        cr.commit()
        try:
            return self._run(step, seconds, shrinks)
        finally:
            cr.execute("SELECT pg_advisory_unlock(%s, %s)", (space, number))
            cr.commit()

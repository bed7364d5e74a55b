from freezegun import freeze_time

from odoo.tests import TransactionCase, tagged

from .compare import Snapshot, highest_ids, reset_sequences
from .world import World


class EqualityCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.tz = "Asia/Tokyo"
        cls.world = World(cls.env)

    def plain(self, env, vals_list, split):
        if split:
            orders = env["sale.order"]
            for vals in vals_list:
                orders += env["sale.order"].create(vals)
                self.commit_work(env)
            for order in orders:
                order.action_confirm()
                self.commit_work(env)
        else:
            for vals in vals_list:
                env["sale.order"].create(vals).action_confirm()
                self.commit_work(env)

    def batch(self, env, vals_list, split):
        orders = env["sale.order"]._ec_create_batch(vals_list)
        if split:
            self.commit_work(env)
        orders._ec_confirm_batch()
        self.commit_work(env)

    def commit_work(self, env):
        """What a commit would still do: write, and post what was tracked."""
        env.flush_all()
        env.cr.precommit.run()
        env.invalidate_all()

    def run_both(self, vals_list, env=None, split=True, same_names=True):
        env = env or self.world.env
        # mrp adds to reordering rules what the batch leaves to Odoo: transfers are then made in another order
        same_names = same_names and "mrp.bom" not in env
        env.cr.precommit.run()
        snapshots = []
        for run in (self.plain, self.batch):
            with freeze_time("2031-01-15 03:04:05"), env.cr.savepoint(flush=False) as savepoint:
                since = highest_ids(env)
                reset_sequences(env, self.world.company)
                run(env, [_copy(vals) for vals in vals_list], split)
                snapshots.append(Snapshot(env, since, same_names))
                savepoint.rollback()
            env.invalidate_all()
        return snapshots

    def assert_same(self, vals_list, **options):
        plain, batch = self.run_both(vals_list, **options)
        differences = plain.differences(batch)
        self.assertFalse(differences, "\n".join(differences))
        return plain


def _copy(vals):
    if isinstance(vals, dict):
        return {key: _copy(value) for key, value in vals.items()}
    if isinstance(vals, list):
        return [_copy(value) for value in vals]
    return tuple(map(_copy, vals)) if type(vals) is tuple else vals


@tagged("-at_install", "post_install")
class TestEquality(EqualityCase):
    def test_random_orders_that_go_together(self):
        for seed in range(1, 4):
            with self.subTest(seed=seed):
                snapshot = self.assert_same(self.world.vals_list(seed, 25))
                states = {row["state"] for row in snapshot.rows["stock.picking"]}
                self.assertLessEqual({"assigned", "confirmed"}, states)

    def test_random_orders_of_which_some_go_their_own_path(self):
        for seed in range(11, 14):
            with self.subTest(seed=seed):
                self.assert_same(self.world.vals_list(seed, 20, hard=0.3), same_names=False)

    def test_created_and_confirmed_in_one_transaction(self):
        self.assert_same(self.world.vals_list(21, 15), split=False)

    def test_as_an_ordinary_salesperson(self):
        salesperson = self.world.sales[0]
        env = self.world.env(user=salesperson.id)
        self.assert_same(self.world.vals_list(31, 15, hard=0.2), env=env, same_names=False)

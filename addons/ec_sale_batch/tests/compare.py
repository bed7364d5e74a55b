"""What a run of orders left in the database, free of ids, so that two runs can be compared value by value."""

import json
import re
from collections import defaultdict

#: Compared models, referred-to ones first. Quants and reordering rules are compared as a whole, the others by what is new.
MODELS = (
    "sale.order",
    "sale.order.line",
    "stock.reference",
    "purchase.order",
    "purchase.order.line",
    "stock.picking.batch",
    "stock.picking",
    "stock.move",
    "stock.move.line",
    "mail.message",
    "mail.tracking.value",
    "mail.followers",
    "mail.notification",
    "mail.activity",
)
WHOLE = ("stock.quant", "stock.warehouse.orderpoint")
#: write_uid: whoever happens to flush signs computed values, the superuser when Odoo is just telling a salesperson
IGNORED = {"write_uid", "id", "access_token", "message_id", "display_name", "reply_to", "mail_mail_id"}
#: Lists of all that belongs to a record repeat what the other side is compared by
SKIPPED_TYPES = ("one2many", "binary", "properties", "properties_definition")


def highest_ids(env):
    ids = {}
    for model in MODELS:
        if model in env:
            env.cr.execute(f"SELECT COALESCE(max(id), 0) FROM {env[model]._table}")
            ids[model] = env.cr.fetchone()[0]
    return ids


def reset_sequences(env, company, number=1000):
    """Both runs draw the same names: numbers of a sequence outlive a rollback. Only sequences the test made itself."""
    for sequence in env["ir.sequence"].sudo().search([("company_id", "=", company.id)]):
        env.cr.execute("SELECT setval(%s, %s)", [f"ir_sequence_{sequence.id:03d}", number])


class Snapshot:
    def __init__(self, env, since, same_names=True):
        env.flush_all()
        env.invalidate_all()
        self.env = env(su=True, context={"lang": "en_US", "active_test": False})
        self.same_names = same_names
        self.labels = defaultdict(dict)
        self.rows = {}
        for model in MODELS:
            if model in env:
                self._take(model, self.env[model].search([("id", ">", since[model])], order="id"))
        for model in WHOLE:
            self._take(model, self.env[model].search([], order="id"))

    def _take(self, model, records):
        rows = sorted(
            ((self._row(record), record.id) for record in records),
            key=lambda pair: (self._sort_key(model, pair[0]), pair[1]),
        )
        for rank, (_row, id_) in enumerate(rows):
            self.labels[model][id_] = f"{model}#{rank}"
        self.rows[model] = [row for row, _id in rows]

    def _sort_key(self, model, row):
        if model == "sale.order":
            return ()
        if model == "sale.order.line":
            return (_number(row["order_id"]),)
        if model == "stock.picking":
            return tuple(str(row[name]) for name in ("sale_id", "origin", "picking_type_id", "partner_id"))
        if model == "stock.move":
            return tuple(str(row[name]) for name in ("sale_line_id", "picking_id", "product_id", "product_uom_qty"))
        if model == "stock.move.line":
            return tuple(str(row[name]) for name in ("move_id", "location_id", "lot_id", "quantity"))
        if model == "stock.reference":
            return (str(row["name"]),)
        return (json.dumps(row, sort_keys=True, default=str),)

    def _row(self, record):
        row = {}
        for name, field in record._fields.items():
            if name in IGNORED or not field.store or field.type in SKIPPED_TYPES:
                continue
            row[name] = self._value(record, field)
        if record._name == "mail.message":
            row["body"] = self._text(row["body"])
        if record._name in ("mail.message", "mail.followers", "mail.activity"):
            self._label_reference(record, row, "model" if record._name == "mail.message" else "res_model")
        return row

    def _label_reference(self, record, row, model_field):
        row["res_id"] = self.labels[record[model_field]].get(record.res_id, record.res_id)
        row.pop("record_name", None)
        row.pop("resource_ref", None)

    def _value(self, record, field):
        value = record[field.name]
        if field.type in ("many2one", "many2many"):
            if field.comodel_name in MODELS and field.comodel_name not in self.rows:
                return len(value)  # not compared yet: the other side refers to this one
            labels = self.labels[field.comodel_name]
            ids = [labels.get(id_, id_) for id_ in value.ids]
            return sorted(map(str, ids)) if field.type == "many2many" else (ids[0] if ids else False)
        if field.type in ("float", "monetary"):
            return round(value, 6)
        if field.type == "many2one_reference":
            return False
        if field.type == "json":
            return self._json(value)
        if field.type in ("char", "text", "html"):
            return self._text(value)
        return str(value) if value else False

    def _json(self, value):
        if isinstance(value, dict):
            value = dict(value)
            for key, model in (("reference_ids", "stock.reference"), ("sale_line_id", "sale.order.line")):
                if key in value:
                    ids = value[key] if isinstance(value[key], list) else [value[key]]
                    value[key] = [self.labels[model].get(id_, id_) for id_ in ids]
        return value

    def _text(self, value):
        if not value:
            return False
        text = re.sub(r'(data-oe-id|res_id)="?\d+"?', "", str(value))
        if not self.same_names:
            text = re.sub(r"(/[A-Z]+/|\bP)\d+", r"\1N", text)
        return text

    def differences(self, other):
        """Readable differences of two snapshots, a few a model."""
        found = []
        for model, rows in self.rows.items():
            others = other.rows[model]
            if len(rows) != len(others):
                found.append(f"{model}: {len(rows)} rows against {len(others)}")
            count = 0
            for rank, (row, their) in enumerate(zip(rows, others, strict=False)):
                for name in row:
                    if row[name] != their[name]:
                        count += 1
                        if count <= 8:
                            found.append(f"{model}#{rank}.{name}: {row[name]!r} against {their[name]!r}")
        return found


def _number(label):
    return int(str(label).rpartition("#")[2])

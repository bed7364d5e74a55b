import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields

from markupsafe import Markup, escape

from odoo import api, fields, models
from odoo.tools import SQL

from ..sdk.documents import Address
from ..sdk.prefectures import prefecture_code
from ..sdk.text import normalize_name, normalize_phone, normalize_zip
from ..upsert import insert_missing

# What shops write instead of the ISO 3166-1 code
_COUNTRY_ALIASES = {"UK": "GB", "EL": "GR", "USA": "US", "JPN": "JP"}
_ADDRESS_FIELDS = ("street", "street2", "city", "zip", "state_id", "country_id")


@dataclass(frozen=True)
class PartnerSet:
    """The contacts of one order, as ids of `res.partner`."""

    partner_id: int
    invoice_id: int
    shipping_id: int


@dataclass
class _Buying:
    """What one order says about its buyer, and what becomes of it."""

    document: object
    key: str  # of the customer
    name: str
    email: str
    phone: str
    home: Address | None  # the address of the customer's own contact, should it have to be made
    billing: Address | None
    shipping: Address | None
    guest: bool

    def address_key(self, address):
        return f"address:{self.key}:{_address_hash(address)}"


class EcPartnerBinding(models.Model):
    """Which contact a customer, a guest or an address of the channel is.

    Keys: "customer:<id>" for an account, "guest:<order id>" for an order without one (every guest is a contact of its own),
    "address:<customer key>:<hash>" for an address one of them has used. Contacts are shared by all companies: the same
    person who buys in two shops is one contact, and who may see orders is decided by the orders' company.
    """

    _name = "ec.partner.binding"
    _description = "Customer of a channel"
    _order = "channel_id, key, id"
    _rec_name = "key"

    channel_id = fields.Many2one("ec.channel", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    key = fields.Char(required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", required=True, ondelete="cascade", index=True)

    _identity = models.UniqueIndex("(channel_id, key)", "This customer of the channel already has a contact.")

    # -- Resolving ----------------------------------------------------------------------------------------------------

    @api.model
    def _resolve(self, channel, documents):
        """The contacts of each order: `{order external id: PartnerSet}`; made where they are missing. Called as superuser.

        A constant number of queries, one `create()` for customers and one for addresses. Replaying a document finds what
        it made. Nothing that staff typed is overwritten: a known customer only gets the name, e-mail or phone it lacks,
        and an address is reused only while it still reads as it was ordered to.
        """
        buyings = [self._read_document(document) for document in documents]
        if not buyings:
            return {}
        keys = {}
        for buying in buyings:
            keys[buying.key] = None
            for address in filter(None, (buying.home, buying.billing, buying.shipping)):
                keys[buying.address_key(address)] = None
        bindings = {
            binding.key: binding
            for binding in self.search_fetch(
                [("channel_id", "=", channel.id), ("key", "in", list(keys))], ["key", "partner_id"], order="id",
            )
        }
        places = _Places(self.env, buyings)
        langs = _Languages(self.env, channel.company_id)
        partners = {key: binding.partner_id for key, binding in bindings.items()}
        self._complete_known(buyings, partners)
        new_rows = self._create_customers(channel, buyings, partners, places, langs)
        new_customers = self.env["res.partner"].union(
            *(partners[row["key"]] for row in new_rows if not row["key"].startswith("address:"))
        )
        new_rows += self._create_addresses(channel, buyings, partners, bindings, places)
        insert_missing(self, new_rows, ("channel_id", "key"))
        self.env["ec.partner.match"]._propose(channel, new_customers)
        return {
            buying.document.external_id: PartnerSet(
                partner_id=partners[buying.key].id,
                invoice_id=self._at(buying, buying.billing, partners),
                shipping_id=self._at(buying, buying.shipping, partners),
            )
            for buying in buyings
        }

    @api.model
    def _at(self, buying, address, partners):
        return partners[buying.address_key(address) if address else buying.key].id

    # -- Reading documents --------------------------------------------------------------------------------------------

    @api.model
    def _read_document(self, document):
        """Who buys, and where things go, with the gaps of one filled from the others.

        The customer's own address is the billing address, else the shipping address, unless it is in somebody else's name
        (a gift): the parcel carries the name that was typed with the address.
        """
        buyer = document.buyer
        guest = not (buyer and buyer.external_id)
        billing, shipping = _present(document.billing_address), _present(document.shipping_address)
        email = ((buyer and buyer.email) or document.email).strip()
        phone = (
            (buyer and buyer.phone) or (billing and billing.phone) or document.phone or (shipping and shipping.phone) or ""
        ).strip()
        name = (
            (buyer and buyer.name.strip())
            or (billing and (billing.name.strip() or billing.company.strip()))
            or (shipping and (shipping.name.strip() or shipping.company.strip()))
            or email or phone or document.name
        )
        billing, shipping = (
            address and replace(address, name=address.name.strip() or name, phone=address.phone.strip() or phone)
            for address in (billing, shipping)
        )
        home = next((address for address in (billing, shipping) if address and _is_same_person(address.name, name)), None)
        return _Buying(
            document=document,
            key=f"guest:{document.external_id}" if guest else f"customer:{buyer.external_id}",
            name=name, email=email, phone=phone, home=home, billing=billing, shipping=shipping, guest=guest,
        )

    # -- Known customers ----------------------------------------------------------------------------------------------

    @api.model
    def _complete_known(self, buyings, partners):
        """Give known customers what they lack: e-mail, phone, and a name where it was only an e-mail address so far."""
        newest = {}
        for buying in buyings:
            if buying.key in partners and (
                buying.key not in newest or newest[buying.key].document.updated_at < buying.document.updated_at
            ):
                newest[buying.key] = buying
        self.env["res.partner"].union(*partners.values()).fetch(
            ["name", "email", "phone", "active", "parent_id", *_ADDRESS_FIELDS]
        )
        groups = defaultdict(self.env["res.partner"].browse)
        for key, buying in newest.items():
            partner, vals = partners[key], {}
            if buying.email and not partner.email:
                vals["email"] = buying.email
            if buying.phone and not partner.phone:
                vals["phone"] = buying.phone
            if partner.name != buying.name and partner.name in (partner.email, partner.phone) and (
                buying.name not in (buying.email, buying.phone, buying.document.name)
            ):
                vals["name"] = buying.name
            if vals:
                groups[tuple(sorted(vals.items()))] |= partner
        for vals, group in groups.items():
            group.write(dict(vals))

    # -- Making contacts ----------------------------------------------------------------------------------------------

    @api.model
    def _create_customers(self, channel, buyings, partners, places, langs):
        """One `create()` for all customers that have no contact yet; adds them to `partners`, returns their bindings."""
        missing = {}
        for buying in buyings:
            if buying.key not in partners and buying.key not in missing:
                missing[buying.key] = buying
        created = self._partners().create([
            self._prepare_customer_vals(channel, buying, places, langs) for buying in missing.values()
        ])
        rows = []
        for buying, partner in zip(missing.values(), created, strict=True):
            partners[buying.key] = partner
            rows.append(self._prepare_binding(channel, buying.key, partner))
            if buying.home:
                key = buying.address_key(buying.home)
                partners[key] = partner
                rows.append(self._prepare_binding(channel, key, partner))
        return rows

    @api.model
    def _create_addresses(self, channel, buyings, partners, bindings, places):
        """One `create()` for all addresses that their customer does not have yet; returns new bindings.

        An address somebody has changed or archived in Odoo is not the one the buyer typed any more: the binding is turned
        to a new contact, so that nothing is shipped to another place than ordered.
        """
        wanted = {}
        for buying in buyings:
            for role, address in (("invoice", buying.billing), ("delivery", buying.shipping)):
                if not address:
                    continue
                key = buying.address_key(address)
                known = partners.get(key)
                if known and (key not in bindings or places.reads_as(known, address)):
                    continue
                roles = wanted.setdefault(key, (buying, address, set()))[2]
                roles.add(role)
        created = self._partners().create([
            self._prepare_address_vals(partners[buying.key], address, roles, places)
            for buying, address, roles in wanted.values()
        ])
        rows = []
        for key, partner in zip(wanted, created, strict=True):
            partners[key] = partner
            if key in bindings:
                bindings[key].partner_id = partner
            else:
                rows.append(self._prepare_binding(channel, key, partner))
        of_known = {partners[buying.key].id for buying, _address, _roles in wanted.values() if buying.key in bindings}
        _inherit_commercial_values(created.filtered(lambda partner: partner.parent_id.id in of_known))
        return rows

    @api.model
    def _partners(self):
        # New contacts have nothing to synchronise with parents that are as new; _inherit_commercial_values does it for the
        # rest. Whoever retries an import does not become a follower of its customers.
        return self.env["res.partner"].with_context(_partners_skip_fields_sync=True, mail_create_nosubscribe=True)

    @api.model
    def _prepare_customer_vals(self, channel, buying, places, langs):
        """Values of a new customer; to extend."""
        buyer = buying.document.buyer
        vals = {
            "name": buying.name,
            "email": buying.email or False,
            "phone": buying.phone or False,
            "type": "contact",
            "is_company": False,
            "company_id": False,
            "lang": langs.get(buyer.locale if buyer else ""),
            "customer_rank": 1,
            "comment": False,
        }
        if buying.home:
            vals.update(places.prepare_vals(buying.home))
            vals["company_name"] = buying.home.company or False
            vals["phone"] = buying.phone or False
        return vals

    @api.model
    def _prepare_address_vals(self, customer, address, roles, places):
        """Values of a new address of `customer`; to extend."""
        return {
            **places.prepare_vals(address),
            # Odoo keeps no company name on the address of a person: it goes before the name, as on a label
            "name": " ".join(filter(None, (address.company, address.name))),
            "phone": address.phone or False,
            "parent_id": customer.id,
            "type": next(iter(roles)) if len(roles) == 1 else "other",
            "is_company": False,
            "company_id": False,
            "lang": customer.lang,
        }

    @api.model
    def _prepare_binding(self, channel, key, partner):
        return {
            "channel_id": channel.id, "company_id": channel.company_id.id, "key": key, "partner_id": partner.id,
        }


def _is_same_person(one, other):
    """Whether two spellings name one person, family name first or last."""
    return normalize_name(one) == normalize_name(other) or sorted(map(normalize_name, one.split())) == sorted(map(normalize_name, other.split()))


class _Places:
    """Countries and states of Odoo for addresses as typed: two queries for any number of addresses."""

    def __init__(self, env, buyings):
        self.env = env
        self.countries = {}
        for id_, code, names in env.execute_query(SQL("SELECT id, code, name FROM res_country")):
            for name in (names or {}).values():
                self.countries.setdefault(normalize_name(name), (id_, code))
            if code:
                self.countries[normalize_name(code)] = (id_, code)
        for alias, code in _COUNTRY_ALIASES.items():
            if found := self.countries.get(normalize_name(code)):
                self.countries.setdefault(normalize_name(alias), found)
        addresses = [
            address for buying in buyings for address in (buying.home, buying.billing, buying.shipping) if address
        ]
        ids = {self.country(address)[0] for address in addresses} - {False}
        self.states = defaultdict(dict)
        for id_, country_id, code, name in env.execute_query(SQL(
            "SELECT id, country_id, code, name FROM res_country_state WHERE country_id = ANY(%s)", list(ids)
        )):
            self.states[country_id].setdefault(normalize_name(name), id_)
            self.states[country_id][normalize_name(code)] = id_

    def country(self, address):
        """`(id, ISO code)`, `(False, "")` when the text names no country."""
        return self.countries.get(normalize_name(address.country_code), (False, ""))

    def state(self, address, country_id, country_code):
        states = self.states[country_id]
        codes = [address.region_code, f"{country_code}-{address.region_code}", address.region_code.partition("-")[2]]
        if country_code == "JP":
            codes += [prefecture_code(address.region), prefecture_code(address.region_code)]
        for text in [*codes, address.region]:
            if text and (found := states.get(normalize_name(text))):
                return found
        return False

    def prepare_vals(self, address):
        """The address fields of a contact. What Odoo has no record for is kept in the note, in the buyer's words."""
        country_id, country_code = self.country(address)
        state_id = self.state(address, country_id, country_code) if country_id else False
        lost = []
        if address.country_code and not country_id:
            lost.append((self.env._("Country as typed"), address.country_code))
        if (address.region or address.region_code) and not state_id:
            lost.append((self.env._("Region as typed"), address.region or address.region_code))
        digits = normalize_zip(address.zip, country_code) if country_code == "JP" else ""
        return {
            "street": address.street or False,
            "street2": address.street2 or False,
            "city": address.city or False,
            "zip": (f"{digits[:3]}-{digits[3:]}" if digits else address.zip) or False,
            "state_id": state_id,
            "country_id": country_id,
            "comment": Markup("<br/>").join(escape(f"{label}: {text}") for label, text in lost) or False,
        }

    def reads_as(self, partner, address):
        """Whether the contact is in use and still has the address as it was made from `address`."""
        vals = self.prepare_vals(address)
        return partner.active and all(
            (partner[name].id if name.endswith("_id") else partner[name] or False) == vals[name]
            for name in _ADDRESS_FIELDS
        )


class _Languages:
    """Odoo's installed languages for the locale codes of channels."""

    def __init__(self, env, company):
        self.codes = [code for code, _name in env["res.lang"].get_installed()]
        self.default = next(
            (code for code in (company.partner_id.lang, env.lang) if code in self.codes), self.codes[0]
        )

    def get(self, locale):
        """"ja", "ja-JP" and "ja_JP" are all ja_JP where it is installed; the company's language for what is not."""
        wanted = (locale or "").strip().replace("-", "_").lower()
        if not wanted:
            return self.default
        for code in self.codes:
            if code.lower() == wanted:
                return code
        language = wanted.partition("_")[0]
        return next((code for code in self.codes if code.lower().partition("_")[0] == language), self.default)


def _present(address):
    """None for no address at all; a country or region alone is none (digital goods)."""
    if address and any(
        getattr(address, name).strip() for name in ("street", "street2", "city", "zip", "company")
    ):
        return address
    return None


def _address_hash(address):
    """Equal for two spellings of one address: blanks, letter case, full-width letters and kinds of hyphens do not count."""
    parts = []
    for field in dataclass_fields(Address):
        text = getattr(address, field.name)
        if field.name == "zip":
            text = normalize_zip(text, address.country_code) or text
        elif field.name == "phone":
            text = normalize_phone(text, address.country_code) or text
        elif field.name == "region" and address.region_code:
            text = ""
        parts.append(normalize_name(text))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _inherit_commercial_values(addresses):
    """What Odoo does for a new address of an existing customer (payment terms, fiscal position, … of the customer), for
    many at once: one write for each set of values, not several for each address."""
    if not addresses:
        return
    shared = [
        name for name in addresses._commercial_fields() if not addresses._fields[name].company_dependent
    ]
    dependent = addresses._company_dependent_commercial_fields()
    jobs = [(addresses, shared)]
    jobs += [(addresses.with_company(company), dependent) for company in addresses.env["res.company"].search([])]
    for records, names in jobs:
        groups = defaultdict(records.browse)
        for record in records:
            parent = record.commercial_partner_id
            vals = parent._convert_fields_to_values([name for name in names if parent[name] != record[name]])
            if parent != record and vals:
                groups[tuple(sorted(vals.items()))] |= record
        for vals, group in groups.items():
            group.write(dict(vals))

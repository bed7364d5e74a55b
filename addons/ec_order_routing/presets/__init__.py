"""Rule sets to begin with: plain data, by name. `_` marks what is read by people.

A rule: scope, name, order (domain), lines ([any | all | none, domain]), when ([[condition, args]], a third "not": must not hold),
then ([[action, args]]), stop, unpaid (in use only with one of these answers to the wizard's question of that name). A mail template is
named without `mail_template_` in front. A strategy: name, mode, parcels, default, criteria ([[criterion, args, weight]]); its fences are all there
are. Lists, not tuples: Odoo's extraction takes the text after a bracket of the other kind for one to be translated.
"""

from . import shops, wholesale

PRESETS = {"shops": shops.PRESET, "wholesale": wholesale.PRESET}

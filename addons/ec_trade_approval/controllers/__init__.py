from . import approvals, home, rules, substitutes

"""Fields that only a button sets."""


def by_hand(env, names, vals_list):
    """Whether one of these fields is given by anyone but the system."""
    return not env.su and any(names & vals.keys() for vals in vals_list)


def defaults(env):
    """{field: default} of the context, for new records."""
    prefix = "default_"
    return {key.removeprefix(prefix): value for key, value in env.context.items() if key.startswith(prefix)}

def behaviour_findings(steps):
    return []

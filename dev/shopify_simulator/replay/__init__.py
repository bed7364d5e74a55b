"""Replays recorded answers of the real Admin API against the simulator and scores the likeness.

``python -m shopify_simulator.replay FILE.jsonl.gz [--report out.json]``, with ``dev`` on the
Python path.  A file holds JSON lines ``{source, apiVersion, domain, query, variables, response}``;
one ``source`` is one scenario, in file order.
"""

"""`python -m shopify_simulator`: a Shopify Admin API on one port, its control port and shop page on another."""
from __future__ import annotations

import argparse
import gc
import logging
import signal
import threading

from . import control, server
from .schema import LATEST, load_schema


def main() -> None:
    parser = argparse.ArgumentParser(prog="shopify_simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8470, help="the Admin API (0 = any free port)")
    parser.add_argument("--control-port", type=int, default=8471, help="control verbs and the shop page (0 = any free port)")
    parser.add_argument("--db", help="keep the shop in this file")
    parser.add_argument("--seed", type=int, default=0, help="seed of ids and of every random choice")
    parser.add_argument("--shop", default="hatoba-test.myshopify.com")
    parser.add_argument("--products", type=int, default=0, help="seed this many products when the shop is empty")
    parser.add_argument("--map", action="append", default=[], metavar="HTTPS=HTTP",
                        help="where an https webhook address really is, e.g. https://erp.example=http://127.0.0.1:8069")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    load_schema(LATEST)
    gc.freeze()  # the schema stays; and a shop's data are trees, which need no collector to go over them time and again
    gc.set_threshold(200_000, 50, 1000)
    simulation = server.Simulation(options.shop, options.seed, options.db)
    tenant = simulation.tenant()
    tenant.hooks.host_map = dict(pair.split("=", 1) for pair in options.map)
    if options.products and not tenant.shop.all("Product"):
        control.Control(simulation).call("seed", {"products": options.products})
    public = server.serve(simulation, options.host, options.port)
    private = control.serve(simulation, options.host, options.control_port)
    tenant.start()
    print(f"READY {public.server_address[1]} {private.server_address[1]}", flush=True)
    print(f"Shop {options.shop}: Admin API {simulation.base_url}, shop page http://{options.host}:{private.server_address[1]}/, "
          f"token {next(iter(tenant.app.tokens))}", flush=True)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    ended.wait()
    tenant.stop()


if __name__ == "__main__":
    main()

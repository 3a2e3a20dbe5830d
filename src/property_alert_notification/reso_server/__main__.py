"""Runs the RESO server by itself: `python -m property_alert_notification.reso_server --port 8071 --speed 86400`."""

import argparse

import uvicorn

from property_alert_notification.base.clock import Clock
from property_alert_notification.reso_server.api import CLIENT_ID, CLIENT_SECRET, ResoServer, create_reso_server
from property_alert_notification.reso_server.market import Market
from property_alert_notification.reso_server.sales import read_sales
from property_alert_notification.reso_server.timeline import timeline


def main() -> None:
    """Serve on a port of this machine until Ctrl-C."""
    credentials = f"Client id {CLIENT_ID}, secret {CLIENT_SECRET}."
    parser = argparse.ArgumentParser(
        description=f"A small RESO Web API with the house sales of King County. {credentials}"
    )
    parser.add_argument("--port", type=int, default=8071, help="port on 127.0.0.1")
    parser.add_argument("--speed", type=float, default=0.0, help="seconds of the market that pass in one second")
    options = parser.parse_args()
    clock = Clock()
    server = ResoServer(Market(timeline(read_sales(), ends_at=clock.now())), clock, speed=options.speed)
    uvicorn.run(create_reso_server(server), host="127.0.0.1", port=options.port)


if __name__ == "__main__":
    main()

"""Runs the User service by itself: `python -m property_alert_notification.user_service --port 8070`."""

import argparse

import uvicorn

from property_alert_notification.user_service.api import create_user_service


def main() -> None:
    """Serve on a port of this machine until Ctrl-C."""
    parser = argparse.ArgumentParser(description="A small User service with a thousand people.")
    parser.add_argument("--port", type=int, default=8070, help="port on 127.0.0.1")
    parser.add_argument("--file", default=":memory:", help="SQLite file that keeps the people")
    options = parser.parse_args()
    uvicorn.run(create_user_service(options.file), host="127.0.0.1", port=options.port)


if __name__ == "__main__":
    main()

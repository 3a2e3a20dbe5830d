"""A child that is a worker like any other, except that it also finds the providers in `providers/`."""

from pathlib import Path

from property_alert_notification import channels
from property_alert_notification.notification_worker import worker

if __name__ == "__main__":
    channels.__path__.append(str(Path(__file__).parent / "providers"))
    worker.main()

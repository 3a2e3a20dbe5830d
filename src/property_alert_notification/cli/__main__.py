"""Makes `python -m property_alert_notification.cli` the same as `property-alerts`."""

from property_alert_notification.cli import main

main()

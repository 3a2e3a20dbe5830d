"""The settings of the intake of reports that arrive by mail."""

from typing import Annotated

from pydantic import AfterValidator, Field, FilePath, SecretStr
from pydantic_settings import SettingsConfigDict

from property_alert_notification.base.settings import SettingsGroup
from property_alert_notification.base.settings.listening import host_name


class BounceSettings(SettingsGroup):
    """Where mail servers deliver the emails that they return, and their reports."""

    model_config = SettingsConfigDict(env_prefix="BOUNCE_", env_ignore_empty=True)

    imap_host: Annotated[str, AfterValidator(host_name)] | None = Field(None, examples=["imap.example.com"])
    """Name of the IMAP server of the mailbox that gets returned emails; none reads no mailbox. The worker deletes the
    reports that it understood, and marks every other mail as seen."""

    imap_port: int = Field(993, ge=1, le=65_535)
    """Port of the IMAP server."""

    imap_username: str = Field("", examples=["bounces@alerts.example.com"])
    """The name to log in with."""

    imap_password: SecretStr = Field(SecretStr(""), examples=["a-secret"])
    """The password of `BOUNCE_IMAP_USERNAME`."""

    imap_folder: str = Field("INBOX", min_length=1, max_length=255)
    """The folder to read, as people see its name."""

    imap_tls: bool = True
    """TLS from the first byte. Without it passwords and mails are sent unencrypted: only for a server on this
    machine."""

    imap_ca_file: FilePath | None = Field(None, examples=["/etc/ssl/our-ca.pem"])
    """Certificates (PEM) to trust besides those of the system."""

    imap_interval: float = Field(60.0, ge=1, le=86_400)
    """Seconds between two looks into the mailbox."""

    smtp_port: int | None = Field(None, ge=1, le=65_535, examples=["2525"])
    """Port at which the worker takes returned emails by SMTP; none takes no mail. Only one worker of a machine can
    listen; the next one takes over when it stops."""

    smtp_host: str = Field("127.0.0.1", min_length=1, max_length=253)
    """Address at which it listens. Everybody who reaches it may send mail to the return paths of emails."""

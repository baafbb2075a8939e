"""Every setting, from the environment (`TALLYSTICK_…`) or a TOML file, in that order of precedence.

The file is `tallystick.toml` in the working directory or the one named by TALLYSTICK_SETTINGS.
docs/reference/settings.md lists each; a test keeps that list complete.
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource


class ProcessorSettings(BaseModel):
    """One payment processor: which plug speaks to it, and with what."""

    plug: str = Field(default="sandbox", description="Name of the connector plug that speaks to this processor.")
    url: str = Field(default="http://127.0.0.1:8471", description="Base address of the processor's API.")
    api_key: SecretStr = Field(default=SecretStr("sandbox"), description="Key the processor knows us by.")
    notification_secret: SecretStr = Field(
        default=SecretStr("sandbox"), description="Secret its notifications are signed with."
    )
    fee_basis_points: int = Field(default=290, ge=0, description="Agreed fee, in hundredths of a percent.")
    fee_fixed_minor: int = Field(default=30, ge=0, description="Agreed fee per payment, in minor units.")
    payout_lag_days: int = Field(default=0, ge=0, description="Days from settlement report to bank line.")
    timeout_seconds: float = Field(default=10.0, gt=0, description="How long one call may take before it is unknown.")


class RoutingRule(BaseModel):
    """Which processors to try, in order, for some payments; the most special fitting rule decides."""

    processors: list[str] = Field(default_factory=list, description="Processors to try, in order; at least one.")
    merchant: str = Field(default="*", description="Merchant the rule is for; * is any.")
    currency: str = Field(default="*", description="Currency the rule is for, in capitals; * is any.")


class Settings(BaseSettings):
    """All settings of one process. Each has a default that works for a first try on one machine."""

    model_config = SettingsConfigDict(env_prefix="TALLYSTICK_", env_nested_delimiter="__", extra="forbid")

    database_url: str = Field(
        default="sqlite:///tallystick.sqlite",
        description="Where the books are kept: sqlite:///FILE, postgresql://… or mysql://….",
    )
    host: str = Field(default="127.0.0.1", description="Address the HTTP server listens on.")
    port: int = Field(default=8470, ge=0, le=65535, description="Port the HTTP server listens on; 0 picks a free one.")
    secret_key: SecretStr = Field(
        default=SecretStr("development-only-secret-key"),
        description="Key for session cookies, key hashes and stored secrets. Set it before going live.",
    )
    instance_name: str = Field(
        default="main", description="Name of this server among several on one database; a restart keeps it."
    )
    processors: dict[str, ProcessorSettings] = Field(
        default_factory=lambda: {"sandbox": ProcessorSettings()},
        description="The processors by name, in order of preference.",
    )
    routing_order: list[str] = Field(
        default_factory=list, description="Processors to try, in order; empty means the order of `processors`."
    )
    routing_rules: dict[str, RoutingRule] = Field(
        default_factory=dict, description="Orders of processors for single merchants or currencies, by a name."
    )
    worker_embedded: bool = Field(default=True, description="Run timers and deliveries inside the server process.")
    resolve_after_seconds: int = Field(
        default=15, ge=0, description="Age at which an attempt without an answer is asked for at the processor."
    )
    event_brokers: list[str] = Field(
        default_factory=list,
        description="Addresses of brokers that get every event, such as file:///var/lib/tallystick/events.ndjson.",
    )
    webhook_allow_private: bool = Field(
        default=True, description="Allow webhook addresses in private networks; never for live-mode endpoints."
    )
    webhook_timeout_seconds: float = Field(default=10.0, gt=0, description="How long a receiver may take to answer.")
    body_limit_bytes: int = Field(default=1_048_576, gt=0, description="Largest request body that is read.")
    upload_limit_bytes: int = Field(default=268_435_456, gt=0, description="Largest statement file that is taken.")
    log_level: str = Field(
        default="info",
        pattern=r"^(?i:debug|info|warning|error|critical)$",
        description="Least level that is logged: debug, info, warning, error, critical.",
    )
    log_format: str = Field(default="json", pattern="^(json|text)$", description="How log lines look: json or text.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the TOML file."""
        file = Path(os.environ.get("TALLYSTICK_SETTINGS", "tallystick.toml"))
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=file)

"""The environment of a function, read and checked once, at the handler's start."""

import os

from pydantic import BaseModel, ConfigDict, Field

from linli.kernel import tables
from linli.kernel.time import Clock, clock_from


class Settings(BaseModel):
    """What a deployment may choose; the template gives each its value."""

    model_config = ConfigDict(frozen=True)

    clock_file: str = Field(default="", validation_alias="CLOCK_FILE")
    pool_metres: int = Field(default=3000, gt=0, validation_alias="POOL_METRES")
    point_fen: int = Field(default=100, gt=0, validation_alias="POINT_FEN")
    deposit_fen: int = Field(default=1000, ge=0, validation_alias="DEPOSIT_FEN")
    points_a_day: int = Field(default=20, ge=0, validation_alias="POINTS_A_DAY")
    points_a_return: int = Field(default=5, ge=0, validation_alias="POINTS_A_RETURN")
    wave_machine_arn: str = Field(default="", validation_alias="WAVE_MACHINE_ARN")
    offer_machine_arn: str = Field(default="", validation_alias="OFFER_MACHINE_ARN")
    offer_seconds: int = Field(default=180, gt=0, le=3600, validation_alias="OFFER_SECONDS")
    replan_machine_arn: str = Field(default="", validation_alias="REPLAN_MACHINE_ARN")
    proof_bucket: str = Field(default="", validation_alias="PROOF_BUCKET")
    fallback_machine_arn: str = Field(default="", validation_alias="FALLBACK_MACHINE_ARN")

    @property
    def clock(self) -> Clock:
        """The deployment's clock."""
        return clock_from(self.clock_file)


def settings_from_environment() -> Settings:
    """Read the settings and bind the tables of this process."""
    tables.bind(os.environ)
    return Settings.model_validate(dict(os.environ))

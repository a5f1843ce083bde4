"""The local stack as an object: what tests, the day and the command line work with.

with Stack.start(Path(".local/test-1")) as stack:      # own folder, free ports
    httpx.get(f"{stack.api_url}/v1/stores", headers=...)
stack = Stack.running()                                # the one that `make run` started
"""

import json
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from local import clock, daemon
from local.daemon import HOST, REGION, Ports
from local.deploy.apply import deploy
from local.paths import ROOT, STATE
from local.tokens import AUDIENCE, Issuer, issuer_at, mint
from local.wechatpay.keys import load_or_make
from local.wechatpay.server import KEY_FILE


class NotRunning(Exception):
    """No stack runs on this state folder."""


@dataclass(frozen=True)
class Mqtt:
    """Where devices connect: host, port, and the authority that signs the broker's certificate."""

    host: str
    port: int
    ca_file: Path


class Stack:
    """A running stack: an emulator with our template deployed on it."""

    def __init__(self, state_dir: Path, ports: Ports) -> None:
        """Stand for the stack on a state folder; `start` and `running` make these."""
        self.state_dir, self.ports = state_dir, ports
        self._clients: dict[str, Any] = {}

    @classmethod
    def start(
        cls,
        state_dir: Path,
        ports: Ports | None = None,
        template: Path = ROOT / "template.yaml",
        parameters: dict[str, str] | None = None,
    ) -> "Stack":
        """Start an emulator on a state folder (on free ports if none are given) and deploy.

        Raises `PortTaken`, `WouldNotStart` or `DeploymentFailed`.
        """
        state_dir = state_dir.resolve()
        stack = cls(state_dir, ports or daemon.free_ports())
        daemon.start(state_dir, stack.ports)
        try:
            stack.deploy(template, parameters)
        except BaseException:
            stack.stop()
            raise
        return stack

    @classmethod
    def running(cls, state_dir: Path = STATE) -> "Stack":
        """Return the stack that runs on a state folder; raise `NotRunning`."""
        ports = daemon.running_ports(state_dir)
        if ports is None:
            raise NotRunning("No stack runs here: `make run` starts one.")
        return cls(state_dir.resolve(), ports)

    def deploy(
        self, template: Path = ROOT / "template.yaml", parameters: dict[str, str] | None = None
    ) -> bool:
        """Bring the stack to what the template says; tell whether there was anything to do."""
        given = {
            "Issuer": self.issuer.url,
            "Audience": AUDIENCE,
            "ClockFile": str(self.clock_file),
            "AllowedOrigin": self.api_url,
            "ProtectData": "false",
            "WechatBaseUrl": self.wechatpay_url,
            "PaymentNotifyUrl": f"{self.api_url}/v1/payments/notifications/wechat",
        }
        changed = deploy(
            self, template, given | (parameters or {}), self.state_dir / "outputs.json"
        )
        self._make_contract()
        if changed:
            self.save()
        return changed

    def _make_contract(self) -> None:
        """Give the deployment the simulated provider's credentials, as a merchant would."""
        secret = self.resources.get("PaymentSecret")
        if secret is not None:
            content = json.dumps(load_or_make(self.state_dir / KEY_FILE).credentials())
            store = self.client("secretsmanager")
            if store.get_secret_value(SecretId=secret)["SecretString"] != content:
                store.put_secret_value(SecretId=secret, SecretString=content)

    @property
    def api_url(self) -> str:
        """The address of the HTTP API, without a slash at its end."""
        return f"http://{HOST}:{self.ports.api}"

    @property
    def wechatpay_url(self) -> str:
        """The address of the simulated WeChat Pay; see `local.wechatpay.server`."""
        return f"http://{HOST}:{self.ports.wechatpay}"

    @property
    def endpoint_url(self) -> str:
        """The address of the emulated AWS."""
        return f"http://{HOST}:{self.ports.emulator}"

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs of the deployed template, by name."""
        record = json.loads((self.state_dir / "outputs.json").read_text())
        return {key: value for key, value in record.items() if key not in ("digest", "resources")}

    @property
    def resources(self) -> dict[str, str]:
        """The physical name of each deployed resource, by its logical id in the template."""
        record = json.loads((self.state_dir / "outputs.json").read_text())
        return dict(record["resources"])

    @property
    def mqtt(self) -> Mqtt:
        """Where devices connect."""
        ca_file = self.state_dir / "mqtt-ca.pem"
        if not ca_file.exists():
            with urllib.request.urlopen(f"{self.endpoint_url}/_ministack/iot/ca.pem") as answer:
                ca_file.write_bytes(answer.read())
        return Mqtt("localhost", self.ports.mqtt, ca_file)

    @property
    def issuer(self) -> Issuer:
        """The stack's issuer of access tokens."""
        return issuer_at(f"{self.api_url}/issuer", self.state_dir / "issuer.pem")

    def token(self, *roles: tuple[str, str], subject: str = "u-1") -> str:
        """Return an access token for roles at places: `stack.token(("resident", "wulin"))`."""
        return mint(roles, subject, self.issuer)

    @property
    def clock_file(self) -> Path:
        """The file that holds the seconds the stack's clock is ahead."""
        return self.state_dir / "clock"

    def set_clock(self, instant: datetime) -> None:
        """Move the stack's clock so that it shows an aware instant now."""
        clock.advance_to(self.clock_file, instant)

    def now(self) -> datetime:
        """Return the instant that the stack's clock shows (UTC)."""
        return clock.now(self.clock_file)

    def client(self, service: str) -> Any:
        """
        Return a boto3 client of the emulated AWS, with an administrator's rights. The SDK is
        loaded here: a token is printed sooner without it.
        """
        import boto3
        from botocore.config import Config

        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint_url,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(
                    retries={"max_attempts": 1}, read_timeout=90, max_pool_connections=32
                ),
            )
        return self._clients[service]

    def save(self) -> None:
        """Write everything to disk now."""
        request = urllib.request.Request(f"{self.endpoint_url}/_linli/save", method="POST")
        with urllib.request.urlopen(request, timeout=60):
            pass

    def stop(self) -> None:
        """End the stack; its data stay in the state folder."""
        daemon.stop(self.state_dir)

    def __enter__(self) -> "Stack":
        """Use the stack in a `with` block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the stack."""
        self.stop()

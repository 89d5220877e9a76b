"""Who may speak to the API server, and the kubeconfig files that they do it with."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from engine.control_plane.certificates import Authority, write_private
from engine.control_plane.client import Client

ADMINISTRATORS: Final = "system:masters"
_TOKEN_S: Final = 24 * 3600


class Access:
    """The users of one control plane.

    `url`: the API server's. `users`: groups by name, each gets a token that the API server knows from its start on
    (`tokens`); `admin` is always among them. Others are made at any time by certificate or as service account.
    """

    def __init__(self, folder: Path, authority: Authority, url: str, users: Mapping[str, Sequence[str]]) -> None:
        self._folder, self._authority, self._url = folder, authority, url
        self.tokens = self._write_tokens({"admin": [ADMINISTRATORS], **users})
        self.kubeconfig = self.of_user("admin", [ADMINISTRATORS])
        self.client = self.client_of("admin", [ADMINISTRATORS])

    @property
    def token_file(self) -> Path:
        return self._folder / "tokens.csv"

    def of_user(self, user: str, groups: Sequence[str] = ()) -> Path:
        """A kubeconfig of `user`, known by a certificate. What it may do is RBAC's to say."""
        certificate, key = self._pair(user, groups)
        return self._write(_file_name(user), {"client-certificate": str(certificate), "client-key": str(key)})

    def of_token(self, user: str) -> Path:
        """A kubeconfig of one of `users`, known by its token."""
        return self._write(f"{_file_name(user)}.token", {"token": self.tokens[user]})

    def of_service_account(self, namespace: str, name: str) -> Path:
        """A kubeconfig of a service account that exists, with a token of its own for a day."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
        kind = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
        token = self.client.create(path, {**kind, "spec": {"expirationSeconds": _TOKEN_S}})["status"]["token"]
        return self._write(f"{namespace}.{name}", {"token": token})

    def client_of(self, user: str, groups: Sequence[str] = ()) -> Client:
        return Client(self._url, self._authority.file, self._pair(user, groups))

    def _pair(self, user: str, groups: Sequence[str]) -> tuple[Path, Path]:
        return self._authority.client("-".join(["user", _file_name(user), *map(_file_name, groups)]), user, groups)

    def _write_tokens(self, users: Mapping[str, Sequence[str]]) -> dict[str, str]:
        tokens = {user: secrets.token_hex(16) for user in users}
        rows = [f'{tokens[user]},{user},{user},"{",".join(groups)}"\n' for user, groups in users.items()]
        write_private(self.token_file, "".join(rows).encode())
        return tokens

    def _write(self, name: str, credentials: dict[str, Any]) -> Path:
        folder = self._folder / "kubeconfigs"
        folder.mkdir(exist_ok=True)
        content = {
            "apiVersion": "v1", "kind": "Config", "current-context": "development",
            "contexts": [{"name": "development", "context": {"cluster": "development", "user": name}}],
            "clusters": [{"name": "development", "cluster": {
                "server": self._url, "certificate-authority": str(self._authority.file)}}],
            "users": [{"name": name, "user": credentials}],
        }  # fmt: skip
        write_private(folder / name, json.dumps(content, indent=2).encode())
        return folder / name


def _file_name(user: str) -> str:
    return user.replace(":", ".").replace("/", ".")

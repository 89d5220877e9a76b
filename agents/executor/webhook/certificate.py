"""The webhook's certificate: given as files, or made here and kept in a Secret that all of its replicas share."""

from __future__ import annotations

import base64
import datetime
import ssl
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agents.kubernetes.connection import Api
from agents.kubernetes.errors import ApiError
from engine.errors import UserError

LIFE: Final = datetime.timedelta(days=3650)
BEFORE: Final = datetime.timedelta(hours=1)
"""Clocks differ."""
LEFT: Final = datetime.timedelta(days=30)


class Certificate(NamedTuple):
    """In PEM. It is its own authority."""

    certificate: bytes
    key: bytes

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "both.pem"
            file.touch(mode=0o600)
            file.write_bytes(self.key + self.certificate)
            context.load_cert_chain(file)
        return context


def made(names: list[str]) -> Certificate:
    """Signed by itself, for the DNS names or addresses that the API server calls it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "trimtab webhook")])
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - BEFORE)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([_name(each) for each in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    certificate = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Certificate(certificate.public_bytes(pem), secret)


def read_files(certificate: Path, key: Path) -> Certificate:
    """Raises UserError."""
    try:
        return Certificate(certificate.read_bytes(), key.read_bytes())
    except OSError as error:
        raise UserError(f"The webhook's certificate cannot be read: {error}.") from error


class _Secret(msgspec.Struct):
    data: dict[str, str] = {}


async def shared(api: Api, namespace: str, name: str, names: list[str]) -> Certificate:
    """That of the Secret; made, where there is none yet or it is about to expire. The first to write it wins."""
    path = f"/api/v1/namespaces/{namespace}/secrets"
    found = await _read(api, f"{path}/{name}")
    if found is not None and _lasts(found):
        return found
    own = made(names)
    data = {"tls.crt": _text(own.certificate), "tls.key": _text(own.key)}
    body = {"metadata": {"name": name}, "type": "kubernetes.io/tls", "data": data}
    try:
        if found is None:
            await api.request("POST", path, body=body)
        else:
            await api.request("PUT", f"{path}/{name}", body=body)
    except ApiError as error:
        if error.status != 409:
            raise
        return await _read(api, f"{path}/{name}") or own
    return own


async def _read(api: Api, path: str) -> Certificate | None:
    try:
        data = msgspec.json.decode(await api.get(path), type=_Secret).data
    except ApiError as error:
        if error.missing:
            return None
        raise
    if not {"tls.crt", "tls.key"} <= data.keys():
        return None
    return Certificate(base64.b64decode(data["tls.crt"]), base64.b64decode(data["tls.key"]))


def _lasts(certificate: Certificate) -> bool:
    until = x509.load_pem_x509_certificate(certificate.certificate).not_valid_after_utc
    return until - datetime.datetime.now(datetime.UTC) > LEFT


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _name(text: str) -> x509.GeneralName:
    import ipaddress  # noqa: PLC0415

    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)

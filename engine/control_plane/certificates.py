"""A certificate authority of one control plane, and what it signs."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFE: Final = datetime.timedelta(days=365)
_BEFORE: Final = datetime.timedelta(minutes=10)  # clocks differ
_SERVER_NAMES: Final = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
_SERVER_ADDRESSES: Final = ("127.0.0.1", "10.0.0.1")


class Authority:
    """Makes and keeps the certificates of one control plane in a folder; those that are there are used again.

    Files are `NAME.crt` and `NAME.key` (PEM, the key readable by the owner only), the authority's own `ca.crt`.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        if not (folder / "ca.key").exists():
            key = ec.generate_private_key(ec.SECP256R1())
            subject = _subject("trimtab development authority", ())
            self._keep("ca", _builder(subject, subject, key, authority=True).sign(key, hashes.SHA256()), key)
        self._certificate = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
        loaded = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        self._key = loaded

    @property
    def file(self) -> Path:
        return self._folder / "ca.crt"

    def server(self, name: str) -> tuple[Path, Path]:
        """Certificate and key of a server on this machine, good for 127.0.0.1 and localhost."""
        return self._signed(name, name, (), server=True)

    def client(self, name: str, user: str, groups: Sequence[str] = ()) -> tuple[Path, Path]:
        """Certificate and key by which `user` of `groups` is known to the API server."""
        return self._signed(name, user, groups, server=False)

    def _signed(self, name: str, user: str, groups: Sequence[str], server: bool) -> tuple[Path, Path]:
        if not (self._folder / f"{name}.key").exists():
            key = ec.generate_private_key(ec.SECP256R1())
            builder = _builder(_subject(user, groups), self._certificate.subject, key, authority=False)
            if server:
                builder = builder.add_extension(_alternative_names(), critical=False)
            self._keep(name, builder.sign(self._key, hashes.SHA256()), key)
        return self._folder / f"{name}.crt", self._folder / f"{name}.key"

    def _keep(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        (self._folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        write_private(self._folder / f"{name}.key", _private_pem(key))


def signing_pair(folder: Path) -> tuple[Path, Path]:
    """Public and private key with which the API server signs tokens of service accounts."""
    public, private = folder / "service-accounts.pub", folder / "service-accounts.key"
    if not private.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        public.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, form))
        write_private(private, _private_pem(key))
    return public, private


def write_private(file: Path, content: bytes) -> None:
    """A file that only its owner may read."""
    file.touch(mode=0o600)
    file.write_bytes(content)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _subject(user: str, groups: Sequence[str]) -> x509.Name:
    """Kubernetes takes the user from the common name, groups from the organisations."""
    organisations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organisations, x509.NameAttribute(NameOID.COMMON_NAME, user)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, authority: bool
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(_key_usage(authority), critical=True)
    )
    if not authority:
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return builder


def _key_usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=authority, crl_sign=authority, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _alternative_names() -> x509.SubjectAlternativeName:
    addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in _SERVER_ADDRESSES]
    return x509.SubjectAlternativeName([*(x509.DNSName(name) for name in _SERVER_NAMES), *addresses])

"""Certificates as private authorities make them, and some that nobody should accept."""

import datetime
import ipaddress
import ssl
import subprocess
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CLIENTS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
SERVERS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
POLICIES = x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3.4"), None)])


def name(common_name, organization=None):
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)] if organization else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def usage(*allowed):
    bits = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    bits += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{bit: bit in allowed for bit in bits})


def hosts(*names):
    return x509.SubjectAlternativeName([x509.DNSName(one) for one in names])


def authority_extensions(path_length=None):
    return [(x509.BasicConstraints(ca=True, path_length=path_length), True), (usage("key_cert_sign", "crl_sign"), True)]


class Identity:
    """A certificate and its key. `issue` makes another one that this one signs."""

    def __init__(self, certificate, key, chain=()):
        self.certificate = certificate
        self.key = key
        self.chain = list(chain)

    @classmethod
    def root(cls, subject="Test Root", key=None, extensions=None, **options):
        key = key or ec.generate_private_key(ec.SECP256R1())
        extensions = authority_extensions() if extensions is None else extensions
        subject = name(subject) if isinstance(subject, str) else subject
        return cls(sign(subject, subject, key, key, extensions, **options), key)

    def issue(self, subject="server", extensions=(), key=None, **options):
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = name(subject) if isinstance(subject, str) else subject
        made = sign(subject, self.certificate.subject, key, self.key, extensions, **options)
        below_root = [] if self.certificate.subject == self.certificate.issuer else [self.certificate]
        return Identity(made, key, [*below_root, *self.chain])

    def authority(self, subject, extensions=None, **options):
        return self.issue(subject, authority_extensions() if extensions is None else extensions, **options)

    def version_1(self, subject):
        """What `openssl x509 -req` makes when nobody mentions extensions."""
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            key = ec.generate_private_key(ec.SECP256R1())
            (folder / "key").write_bytes(private_pem(key))
            (folder / "ca").write_bytes(self.pem + private_pem(self.key))
            request = ["openssl", "req", "-new", "-key", "key", "-subj", f"/CN={subject}", "-out", "request"]
            subprocess.run(request, cwd=folder, check=True, capture_output=True)
            command = ["openssl", "x509", "-req", "-in", "request", "-CA", "ca", "-CAkey", "ca", "-CAcreateserial", "-days", "900"]
            text = subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout
            made = x509.load_pem_x509_certificate(text)
            assert made.version == x509.Version.v1
            return Identity(made, key)

    @property
    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def file(self, folder, file_name="ca.pem"):
        (folder / file_name).write_bytes(self.pem)
        return str(folder / file_name)

    def context(self, version=None, weak=False):
        """What a server presents."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if weak:
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        if version:
            context.minimum_version = context.maximum_version = version
        with tempfile.NamedTemporaryFile() as file:
            chain = [one.public_bytes(serialization.Encoding.PEM) for one in self.chain]
            file.write(private_pem(self.key) + self.pem + b"".join(chain))
            file.flush()
            context.load_cert_chain(file.name)
        return context


def sign(subject, issuer, key, issuer_key, extensions, hash=None, not_before=None, not_after=None):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(not_before or now - datetime.timedelta(days=1))
    builder = builder.not_valid_after(not_after or now + datetime.timedelta(days=300))
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, is_critical)
    return builder.sign(issuer_key, hash or hashes.SHA256())


def private_pem(key):
    no_encryption = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_encryption)


def rsa_key(bits):
    return rsa.generate_private_key(65537, bits)


def constraints(*permitted, excluded=None):
    return (x509.NameConstraints(list(permitted), excluded), True)


def dns(text):
    return x509.DNSName(text)


def directory(organization):
    return x509.DirectoryName(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization)]))


def address(text):
    return x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(text))])

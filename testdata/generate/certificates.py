"""Certificates and keys made for the scenes: a CA of our own, and what it and others sign."""
import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab import WORK

FOLDER = WORK / "tls"
HOST = "ws.example.test"  # what a server's certificate is for, unless something else is said
NOW = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
YEAR = datetime.timedelta(days=365)


class Pair:
    """A certificate and its private key, as files and as objects."""

    def __init__(self, name, certificate, key):
        self.certificate, self.private = certificate, key
        FOLDER.mkdir(exist_ok=True)
        self.crt, self.key = str(FOLDER / f"{name}.crt"), str(FOLDER / f"{name}.key")
        with open(self.crt, "wb") as f:
            f.write(certificate.public_bytes(serialization.Encoding.PEM))
        with open(self.key, "wb") as f:
            f.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()))

    def facts(self):
        """What a row says of the certificate, where it is on the wire in the clear."""
        c = self.certificate
        try:
            names = [str(n.value) for n in c.extensions.get_extension_for_class(x509.SubjectAlternativeName).value]
        except x509.ExtensionNotFound:
            names = []

        def part(name, oid):
            found = name.get_attributes_for_oid(oid)
            return found[0].value if found else None

        return {"subject": part(c.subject, NameOID.COMMON_NAME), "issuer": part(c.issuer, NameOID.COMMON_NAME),
                "issuer_organization": part(c.issuer, NameOID.ORGANIZATION_NAME), "names": names, "not_before": c.not_valid_before.isoformat() + "Z",
                "not_after": c.not_valid_after.isoformat() + "Z", "self_signed": c.subject == c.issuer}


def _name(common, organization):
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organization:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def _alternative(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def make(file, common=HOST, names=(HOST,), by=None, kind="ec", organization=None, begins=-YEAR / 12, ends=10 * YEAR, ca=False):
    """A certificate for names, signed by a Pair, or by itself where there is none. begins and ends are counted from now."""
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
    subject = _name(common, organization)
    b = x509.CertificateBuilder().subject_name(subject).issuer_name(by.certificate.subject if by else subject).public_key(key.public_key())
    b = b.serial_number(x509.random_serial_number()).not_valid_before(NOW + begins).not_valid_after(NOW + ends)
    b = b.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if ca:
        b = b.add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
                                          data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False), critical=True)
    else:
        b = b.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    if names and not ca:
        b = b.add_extension(x509.SubjectAlternativeName([_alternative(n) for n in names]), critical=False)
    return Pair(file, b.sign(by.private if by else key, hashes.SHA256()), key)


class Pki:
    """The CA that clients trust, one that nobody trusts, and servers' certificates of both."""

    def __init__(self):
        self.ca = make("ca", "wstap test CA", ca=True)
        self.stranger = make("stranger", "A CA that nobody knows", ca=True)
        self.ec = make("server", by=self.ca)

    def rsa(self):
        return make("server-rsa", by=self.ca, kind="rsa")

    def client(self):
        return make("client", "ann", names=("ann.example.test",), by=self.ca)

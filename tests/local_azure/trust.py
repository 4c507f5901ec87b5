"""The certificate that the local Azure shows, and the bundle by which clients trust it."""

import ssl
from pathlib import Path

import certifi
import trustme

_SYSTEM_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
REGISTRY_ADDRESSES = tuple(f"127.0.1.{last}" for last in range(1, 251))
REAL_NAMES = (
    "management.azure.com",
    "login.microsoftonline.com",
    "token.actions.githubusercontent.com",
    "api.loganalytics.io",
    "dev.azure.com",
    "*.azurecr.io",
    "*.westeurope-1.eventgrid.azure.net",
    "*.communication.azure.com",
    "*.05.environment.api.powerplatform.com",
)


class Trust:
    """A certificate authority of our own, which vouches for every name and address that is served."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.certificate = folder / "ca.pem"
        authority.cert_pem.write_to_path(str(self.certificate))
        system = _SYSTEM_BUNDLE if _SYSTEM_BUNDLE.exists() else Path(certifi.where())
        self.bundle = folder / "bundle.pem"
        self.bundle.write_bytes(system.read_bytes() + b"\n" + authority.cert_pem.bytes())
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1", *REGISTRY_ADDRESSES, *REAL_NAMES).configure_cert(
            self.server
        )

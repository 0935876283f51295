"""azure-identity: a secret, a certificate and an assertion of somebody else's."""

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    ClientAssertionCredential,
    ClientSecretCredential,
)
from settings import CERTIFICATE, CLIENT, HOST, SCOPE, SECRET, TENANT, assertion, claims_of, report

# `authority` may also come from AZURE_AUTHORITY_HOST; the other option has no variable.
AUTHORITY = {"authority": HOST, "disable_instance_discovery": True} if HOST else {}


def acquire(credential, **options):
    try:
        token = credential.get_token(SCOPE, **options).token
    except ClientAuthenticationError as error:
        return {"error": error.message}
    claims = claims_of(token)
    return {"acr": claims["appidacr"], "roles": len(claims["roles"])}


report(
    secret=acquire(ClientSecretCredential(TENANT, CLIENT, SECRET, **AUTHORITY)),
    wrong_secret=acquire(ClientSecretCredential(TENANT, CLIENT, "wrong", **AUTHORITY)),
    certificate=acquire(CertificateCredential(TENANT, CLIENT, CERTIFICATE, **AUTHORITY)),
    capable=acquire(ClientSecretCredential(TENANT, CLIENT, SECRET, **AUTHORITY), enable_cae=True),
    assertion=acquire(ClientAssertionCredential(TENANT, CLIENT, assertion, **AUTHORITY)),
)

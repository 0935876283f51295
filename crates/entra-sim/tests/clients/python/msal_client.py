"""MSAL for Python: a secret, a certificate, an assertion of somebody else's, and what it says when refused."""

import msal
from settings import CLIENT, HOST, SCOPE, SECRET, TENANT, assertion, claims_of, pem, report

# MSAL asks login.microsoftonline.com about authorities that it does not know, unless told not to.
AUTHORITY = {"authority": f"{HOST}/{TENANT}", "instance_discovery": False} if HOST else {
    "authority": f"https://login.microsoftonline.com/{TENANT}"
}


def acquire(credential, **options):
    application = msal.ConfidentialClientApplication(
        CLIENT, client_credential=credential, **AUTHORITY, **options
    )
    first = application.acquire_token_for_client([SCOPE])
    if "error" in first:
        return {"error": first["error"], "codes": first["error_codes"]}
    again = application.acquire_token_for_client([SCOPE])
    claims = claims_of(first["access_token"])
    return {
        "acr": claims["appidacr"],
        "roles": len(claims["roles"]),
        "expires_in": first["expires_in"],
        "cached": again["token_source"] == "cache",
    }


key, certificate = pem()
report(
    secret=acquire(SECRET),
    wrong_secret=acquire("wrong"),
    # With the certificate beside the key MSAL signs PS256 and names its SHA-256 thumbprint.
    certificate=acquire({"private_key": key, "public_certificate": certificate}),
    capable=acquire(SECRET, client_capabilities=["cp1"]),
    assertion=acquire({"client_assertion": assertion}),
)

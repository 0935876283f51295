"""What the test says of the simulator. Without SIM_HOST every client goes where it goes by default."""

import json
import os
import time
import uuid

import jwt

HOST = os.environ.get("SIM_HOST")  # https://localhost:8443
TENANT = os.environ["SIM_TENANT"]
CLIENT = os.environ["SIM_CLIENT_ID"]
SECRET = os.environ["SIM_SECRET"]
CERTIFICATE = os.environ["SIM_CERTIFICATE"]  # a PEM file with the private key and the certificate
ISSUER = os.environ["SIM_ISSUER"]  # of the federated credential, whose key is the certificate's
SUBJECT = os.environ["SIM_SUBJECT"]
SCOPE = f"{HOST or 'https://graph.microsoft.com'}/.default"


def pem():
    with open(CERTIFICATE, encoding="ascii") as file:
        text = file.read()
    key, begin, certificate = text.partition("-----BEGIN CERTIFICATE-----")
    return key, begin + certificate


def assertion():
    """What the issuer of a federated credential would say."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "sub": SUBJECT,
        "aud": "api://AzureADTokenExchange",
        "jti": str(uuid.uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + 300,
    }
    return jwt.encode(claims, pem()[0], algorithm="RS256", headers={"kid": "1"})


def claims_of(token):
    """Checks the signature by the published keys, as a resource would."""
    host = HOST or "https://login.microsoftonline.com"
    keys = jwt.PyJWKClient(f"{host}/{TENANT}/discovery/v2.0/keys")
    key = keys.get_signing_key_from_jwt(token).key
    return jwt.decode(token, key, algorithms=["RS256"], audience=SCOPE.removesuffix("/.default"))


def report(**results):
    print(json.dumps(results))

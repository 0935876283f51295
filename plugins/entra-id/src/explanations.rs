//! What Microsoft's numbers and codes say of our credential, each with its remedy (facts §1.4, §5.2).

/// An explanation; `{client_id}`, `{tenant}` and `{cloud}` are filled in.
pub(crate) struct Explanation {
    pub(crate) reason: &'static str,
    pub(crate) message: &'static str,
    pub(crate) remedy: &'static str,
    /// What of the connection the remedy changes, if anything: a field's JSON pointer, or the whole
    /// connection's, which is empty. How a connection is changed, only the host's user interface
    /// knows.
    pub(crate) changes: Option<&'static str>,
}

const SECRET: Option<&str> = Some("/secret");
const CERTIFICATE: Option<&str> = Some("/certificate");
const CLIENT: Option<&str> = Some("/client_id");
const TENANT: Option<&str> = Some("/tenant");
const CLOUD: Option<&str> = Some("/cloud");
const SEVERAL_FIELDS: Option<&str> = Some("");

const WRONG_SECRET: Explanation = Explanation {
    reason: "wrong-secret",
    message: "Microsoft Entra ID does not know this secret of the application {client_id}.",
    remedy: "Copy the secret's Value, not its Secret ID (often pasted by mistake; it looks like the other ids), under Certificates & secrets. The value is shown only once: if it was not kept, create a new secret. A new secret may need some seconds to work.",
    changes: SECRET,
};
const EXPIRED_SECRET: Explanation = Explanation {
    reason: "expired-secret",
    message: "The secret of the application {client_id} has expired.",
    remedy: "Under Certificates & secrets, create a new secret.",
    changes: SECRET,
};
const NO_CREDENTIAL: Explanation = Explanation {
    reason: "no-credential",
    message: "No credential was sent to Microsoft Entra ID.",
    remedy: "Set a secret, the Value of a client secret under Certificates & secrets, or a certificate.",
    changes: SECRET,
};
const UNUSABLE_ASSERTION: Explanation = Explanation {
    reason: "unusable-assertion",
    message: "Microsoft Entra ID cannot read the assertion that stands for a secret of the application {client_id}.",
    remedy: "Of a federated token: check that the file or variable holds one JWT and nothing else. Of a certificate: this is a defect of Doorward; please report it with this message.",
    changes: None,
};
pub(crate) const UNKNOWN_CERTIFICATE: Explanation = Explanation {
    reason: "unknown-certificate",
    message: "Microsoft Entra ID does not know the certificate of the application {client_id}.",
    remedy: "Upload the certificate (without its private key) under Certificates & secrets, Certificates, or take the one that is registered there; the thumbprints must be the same. A new one may need some seconds to work.",
    changes: CERTIFICATE,
};
pub(crate) const EXPIRED_CERTIFICATE: Explanation = Explanation {
    reason: "expired-certificate",
    message: "The certificate of the application {client_id} has expired.",
    remedy: "Make a new certificate, and upload it under Certificates & secrets, Certificates.",
    changes: CERTIFICATE,
};
const OUT_OF_TIME: Explanation = Explanation {
    reason: "assertion-time",
    message: "Microsoft Entra ID finds the assertion of the application {client_id} too old or too new.",
    remedy: "Check the clock of this machine. Of a federated token: its issuer must renew it; look at the file or variable that holds it.",
    changes: None,
};
const OTHER_CLIENT: Explanation = Explanation {
    reason: "assertion-client",
    message: "The assertion is not for the application {client_id}.",
    remedy: "Compare client_id with Application (client) ID on the app registration's overview page.",
    changes: CLIENT,
};
const OTHER_AUDIENCE: Explanation = Explanation {
    reason: "assertion-audience",
    message: "The assertion is for another audience than Microsoft Entra ID's tenant {tenant}.",
    remedy: "Of a federated token: have it issued for the audience of the federated credential, by default api://AzureADTokenExchange. Of a certificate: check tenant and cloud.",
    changes: SEVERAL_FIELDS,
};
pub(crate) const NO_TRUST: Explanation = Explanation {
    reason: "unknown-federated-credential",
    message: "The application {client_id} has no federated credential that fits the token: its issuer, subject and audience must be the same to the letter, in the same case.",
    remedy: "Compare them under Certificates & secrets, Federated credentials. The causes hold what Microsoft compared.",
    changes: None,
};
const UNKNOWN_APPLICATION: Explanation = Explanation {
    reason: "unknown-application",
    message: "There is no application {client_id} in the tenant {tenant}.",
    remedy: "Compare client_id with Application (client) ID and tenant with Directory (tenant) ID on the app registration's overview page. They must not be the Object ID.",
    changes: SEVERAL_FIELDS,
};
const INVALID_CLIENT_ID: Explanation = Explanation {
    reason: "invalid-client-id",
    message: "{client_id} cannot be the id of an application.",
    remedy: "Copy Application (client) ID from the app registration's overview page into client_id.",
    changes: CLIENT,
};
const NO_SERVICE_PRINCIPAL: Explanation = Explanation {
    reason: "missing-service-principal",
    message: "The application {client_id} exists, but not as an enterprise application of the tenant {tenant}.",
    remedy: "Grant admin consent for the application, which creates it there, or run `az ad sp create --id {client_id}`.",
    changes: None,
};
const UNKNOWN_TENANT: Explanation = Explanation {
    reason: "unknown-tenant",
    message: "There is no tenant {tenant} in Microsoft's cloud `{cloud}`.",
    remedy: "Copy Directory (tenant) ID from the app registration's overview page into tenant. If the tenant belongs to another of Microsoft's clouds (us-gov, us-gov-dod, china), set cloud.",
    changes: SEVERAL_FIELDS,
};
const MALFORMED_TENANT: Explanation = Explanation {
    reason: "malformed-tenant",
    message: "{tenant} is neither a tenant's id nor a domain name.",
    remedy: "Copy Directory (tenant) ID from the app registration's overview page into tenant.",
    changes: TENANT,
};
const NO_TENANT: Explanation = Explanation {
    reason: "unusable-tenant",
    message: "{tenant} does not name one tenant, which an application needs.",
    remedy: "Use the tenant's id or one of its domains, not `common` or `organizations`.",
    changes: TENANT,
};
const DISABLED: Explanation = Explanation {
    reason: "application-disabled",
    message: "The application {client_id} is disabled in the tenant {tenant}.",
    remedy: "Enable it: Enterprise applications, the application, Properties, Enabled for users to sign-in. It takes some minutes to work.",
    changes: None,
};
const BLOCKED: Explanation = Explanation {
    reason: "conditional-access",
    message: "A Conditional Access policy for workload identities blocks the application.",
    remedy: "Look at the service principal's sign-in logs for the policy, and exclude the application or allow this host's network.",
    changes: None,
};
const NO_GRAPH: Explanation = Explanation {
    reason: "unknown-resource",
    message: "The tenant {tenant} does not know Microsoft Graph of the cloud `{cloud}`.",
    remedy: "Set cloud to the one the tenant belongs to: global, us-gov, us-gov-dod or china.",
    changes: CLOUD,
};
const OTHER_CLOUD: Explanation = Explanation {
    reason: "wrong-cloud",
    message: "The tenant {tenant} belongs to another of Microsoft's clouds than `{cloud}`.",
    remedy: "Set cloud to the one the tenant belongs to: global, us-gov, us-gov-dod or china.",
    changes: CLOUD,
};
pub(crate) const BUSY: Explanation = Explanation {
    reason: "sign-in-unavailable",
    message: "Microsoft Entra ID cannot issue tokens at this moment.",
    remedy: "Try again later.",
    changes: None,
};
const SCOPE: Explanation = Explanation {
    reason: "refused-scope",
    message: "Microsoft Entra ID does not accept the scope that was asked for.",
    remedy: "This is a defect of the connector. Please report it with this message.",
    changes: None,
};
const REJECTED: Explanation = Explanation {
    reason: "rejected-credential",
    message: "Microsoft Entra ID does not accept the credential of the application {client_id}.",
    remedy: "Check client_id, tenant and the credential against the app registration.",
    changes: SEVERAL_FIELDS,
};
pub(crate) const FAILED: Explanation = Explanation {
    reason: "sign-in-failed",
    message: "Microsoft Entra ID gave no token for the application {client_id}.",
    remedy: "Check client_id, tenant and cloud against the app registration. The causes hold Microsoft's own words.",
    changes: SEVERAL_FIELDS,
};
const IDENTITY_NOT_FOUND: Explanation = Explanation {
    reason: "identity-not-found",
    message: "Microsoft Graph does not know the application {client_id} in the tenant {tenant}.",
    remedy: "If its enterprise application was made moments ago, try again in a minute. If it was deleted, grant admin consent again or restore it.",
    changes: None,
};
pub(crate) const CLAIMS: Explanation = Explanation {
    reason: "token-revoked",
    message: "Microsoft Graph revoked the access token and asks for more than a new one.",
    remedy: "Look at the service principal's sign-in logs: it may be disabled, risky, or outside an allowed network.",
    changes: None,
};
pub(crate) const TOKEN_REJECTED: Explanation = Explanation {
    reason: "token-rejected",
    message: "Microsoft Graph does not accept a fresh token.",
    remedy: "Check cloud, and endpoints if the connection sets them: the token may be meant for another cloud, or a proxy may change requests.",
    changes: SEVERAL_FIELDS,
};

/// By AADSTS number (facts §1.4).
pub(crate) const BY_NUMBER: &[(u64, &Explanation)] = &[
    (7_000_215, &WRONG_SECRET),
    (7_000_222, &EXPIRED_SECRET),
    (7_000_216, &NO_CREDENTIAL),
    (700_027, &UNKNOWN_CERTIFICATE),
    (700_024, &OUT_OF_TIME),
    (700_021, &OTHER_CLIENT),
    (700_023, &OTHER_AUDIENCE),
    (90_014, &UNUSABLE_ASSERTION),
    (5_002_738, &UNUSABLE_ASSERTION),
    (5_002_723, &UNUSABLE_ASSERTION),
    (50_027, &UNUSABLE_ASSERTION),
    (70_021, &NO_TRUST),
    (700_211, &NO_TRUST),
    (700_212, &NO_TRUST),
    (700_213, &NO_TRUST),
    (7_002_137, &NO_TRUST),
    (7_002_138, &NO_TRUST),
    (700_016, &UNKNOWN_APPLICATION),
    (700_038, &INVALID_CLIENT_ID),
    (7_000_229, &NO_SERVICE_PRINCIPAL),
    (7_000_112, &DISABLED),
    (90_002, &UNKNOWN_TENANT),
    (900_023, &MALFORMED_TENANT),
    (50_059, &NO_TENANT),
    (53_003, &BLOCKED),
    (500_011, &NO_GRAPH),
    (90_038, &OTHER_CLOUD),
    (90_024, &BUSY),
    (90_033, &BUSY),
    (90_055, &BUSY),
    (70_011, &SCOPE),
    (1_002_012, &SCOPE),
];

/// By `error`, when no number is known.
pub(crate) const BY_ERROR: &[(&str, &Explanation)] = &[
    ("invalid_client", &REJECTED),
    ("unauthorized_client", &REJECTED),
    ("invalid_tenant", &UNKNOWN_TENANT),
    ("invalid_resource", &NO_GRAPH),
    ("invalid_scope", &SCOPE),
    ("temporarily_unavailable", &BUSY),
];

/// By Graph's code, for a 401 of the endpoint (facts §5.2).
pub(crate) const BY_CODE: &[(&str, &Explanation)] = &[
    ("Authorization_IdentityNotFound", &IDENTITY_NOT_FOUND),
    ("Authorization_IdentityDisabled", &DISABLED),
    ("InvalidAuthenticationToken", &TOKEN_REJECTED),
];

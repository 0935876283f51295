// MSAL for Node: a secret and a certificate, and what it says when refused.

import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfidentialClientApplication } from '@azure/msal-node';

const { SIM_HOST, SIM_TENANT, SIM_CLIENT_ID, SIM_SECRET, SIM_CERTIFICATE } = process.env;
const host = SIM_HOST ?? 'https://login.microsoftonline.com';
const scope = `${SIM_HOST ?? 'https://graph.microsoft.com'}/.default`;

export function application(credential) {
  return new ConfidentialClientApplication({
    auth: {
      clientId: SIM_CLIENT_ID,
      authority: `${host}/${SIM_TENANT}`,
      // MSAL asks login.microsoftonline.com about authorities that are neither Microsoft's nor named here.
      knownAuthorities: SIM_HOST ? [new URL(SIM_HOST).host] : [],
      ...credential,
    },
  });
}

async function acquire(credential) {
  const client = application(credential);
  try {
    const first = await client.acquireTokenByClientCredential({ scopes: [scope] });
    const again = await client.acquireTokenByClientCredential({ scopes: [scope] });
    const claims = JSON.parse(Buffer.from(first.accessToken.split('.')[1], 'base64url'));
    return { acr: claims.appidacr, roles: claims.roles.length, cached: again.fromCache };
  } catch (error) {
    return { error: error.errorCode, codes: error.errorNo };
  }
}

export function certificate() {
  const pem = readFileSync(SIM_CERTIFICATE, 'ascii');
  const begin = pem.indexOf('-----BEGIN CERTIFICATE-----');
  const { raw } = new X509Certificate(pem.slice(begin));
  const thumbprintSha256 = createHash('sha256').update(raw).digest('hex');
  return { clientCertificate: { thumbprintSha256, privateKey: pem.slice(0, begin) } };
}

if (process.argv[1] === import.meta.filename) {
  console.log(JSON.stringify({
    secret: await acquire({ clientSecret: SIM_SECRET }),
    wrong_secret: await acquire({ clientSecret: 'wrong' }),
    certificate: await acquire(certificate()),
  }));
}

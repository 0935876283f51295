// The service's refusal of the token, in words that help.

import { cause, failure } from './errors.js';
import { parse, text } from './json.js';
import type { AuthFailure, Failure } from './wit.js';

/** What of the connection the remedy changes. */
const TOKEN = JSON.stringify({ pointer: '/token' });

/** Codes of RFC 6750 §3.1; the English text is only quoted. */
const REMEDIES: { [code: string]: string } = {
  invalid_token: 'It is wrong, revoked or expired: make a new token in the service and put it into the connection.',
  insufficient_scope: 'Make a token that may read and write users and groups, and put it into the connection.',
};
const REMEDY = 'Make a new token in the service and put it into the connection. If it is new, check that base_url is the address that belongs to it.';

export function explain(refused: AuthFailure): Failure {
  const challenge = refused.challenge ?? '';
  const code = /(?:^|[\s,])error="?([a-z_]+)"?/.exec(challenge)?.[1];
  const known = code !== undefined && Object.hasOwn(REMEDIES, code);
  return failure('unauthenticated', 'token-refused', 'The SCIM service does not accept the token of the connection.', {
    remedy: (known ? REMEDIES[code] : undefined) ?? REMEDY,
    providerCode: code,
    requestId: refused.requestId ?? undefined,
    causes: [cause(refused.status, text(parse(refused.body)?.detail))],
    attributes: TOKEN,
  });
}

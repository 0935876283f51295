// The service's refusal of the token. The host asks for this when it gets a 401.

import { failure } from './errors.js';
import { mapping, parse } from './values.js';

/** What of the connection the remedy changes. */
const TOKEN = JSON.stringify({ pointer: '/token' });

/** The service's message is not repeated here: some services quote the token in it. */
export function explain(refused) {
  const { code } = mapping(parse(refused.body)?.error);
  return failure(
    'unauthenticated',
    'token-refused',
    'The Teams service does not accept the token of the connection.',
    {
      remedy: 'It is wrong, revoked or expired: make a new token in the service and put it into the connection.',
      // Only a code that is known: what else stands there could be anything.
      providerCode: code === 'unauthorized' ? code : undefined,
      requestId: refused.requestId ?? undefined,
      causes: [`The answer was ${refused.status}.`],
      attributes: TOKEN,
    },
  );
}

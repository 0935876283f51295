// What went wrong, for a person under stress: what happened, to what, why, and what to do now.
//
// The service's codes decide, each with its status, then the status alone; never its English text, which
// may change any day.

import { mapping, NONE, parse, text } from './values.js';

const NEVER = { tag: 'never' };
const BACKOFF = { tag: 'backoff' };
const LONGEST_MESSAGE = 500;

/** An error to throw. It is no `Error`: that would be a defect of the connector. */
export function failure(kind, reason, message, more = {}) {
  return { retry: NEVER, causes: [], attributes: NONE, ...more, kind, reason, message };
}

/** What was thrown, by us or by the host. A defect goes on upward. */
export function thrownFailure(thrown) {
  if (thrown instanceof Error && !('payload' in thrown)) {
    throw thrown;
  }
  return thrown.payload ?? thrown;
}

/**
 * @typedef {object} Meaning
 * @property {string} kind
 * @property {string} reason
 * @property {string} says Follows "The Teams service ".
 * @property {string} remedy
 * @property {object} [retry] Only where the same request may succeed later. The host tries again,
 *   never the connector.
 */

/** @type {Meaning} */
const FORBIDDEN = {
  kind: 'permission-denied',
  reason: 'missing-permission',
  says: 'does not allow it with this token',
  remedy: 'Give the account that the token belongs to this right in the service.',
};
/** @type {Meaning} */
const SLOW_DOWN = {
  kind: 'rate-limited',
  reason: 'throttled',
  says: 'asks to slow down',
  remedy: 'Wait, then try again.',
  retry: BACKOFF,
};
/** @type {Meaning} */
const UNAVAILABLE = {
  kind: 'unavailable',
  reason: 'service-unavailable',
  says: 'failed',
  remedy: 'Try again in a moment. If it stays so, ask those who run the service.',
  retry: BACKOFF,
};
/** @type {Meaning} */
const REFUSED = {
  kind: 'invalid-request',
  reason: 'refused-request',
  says: 'did not accept the request',
  remedy: "The service's own words are among the causes. If they do not help, report this message.",
};
/** @type {Meaning} */
const CONFLICT = {
  kind: 'conflict',
  reason: 'conflict',
  says: 'says that the present state does not allow it',
  remedy: 'Read the object again, then decide whether the change is still right.',
};
/**
 * A 404 that is not the service's own says nothing about users and teams, and so does a redirection.
 * @type {Meaning}
 */
const NOT_THE_SERVICE = {
  kind: 'contract-violation',
  reason: 'unexpected-answer',
  says: 'gave an answer that its API does not know',
  remedy: 'Check that base_url is the address of the API, e.g. https://teams.example.com/api/v1.',
};

/**
 * By status and code: a code with another status is none that the service's API knows.
 * @type {Map<string, Meaning>}
 */
const BY_CODE = new Map([
  [
    '404 not_found',
    {
      kind: 'not-found',
      reason: 'not-found',
      says: 'knows nothing of this id',
      remedy: 'Check the id. The object may have been deleted.',
    },
  ],
  [
    '409 managed_by_directory',
    {
      kind: 'not-manageable',
      reason: 'managed-by-directory',
      says: 'fills this team from the directory',
      remedy: 'Change the membership in the directory.',
    },
  ],
  [
    '403 read_only',
    {
      kind: 'permission-denied',
      reason: 'read-only-token',
      says: 'lets this token only read',
      remedy: 'Make a token that may write, and put it into the connection.',
    },
  ],
  [
    '400 invalid_cursor',
    {
      kind: 'cursor-expired',
      reason: 'cursor-expired',
      says: 'does not know the place in its list any more',
      remedy: 'Read the list again from its start.',
    },
  ],
]);

function byStatus(status) {
  if (status === 403) {
    return FORBIDDEN;
  }
  if (status === 409) {
    return CONFLICT;
  }
  if (status === 429) {
    return SLOW_DOWN;
  }
  if (status >= 500) {
    return UNAVAILABLE;
  }
  return status >= 400 && status !== 404 ? REFUSED : NOT_THE_SERVICE;
}

/** The error of an answer that is not the one hoped for. `doing` follows "when asked ". */
export function refusal(response, doing) {
  const code = codeOf(response);
  const meaning = BY_CODE.get(`${response.status} ${code}`) ?? byStatus(response.status);
  const wait = header(response, 'retry-after') ?? '';
  const isTold = meaning.retry !== undefined && /^\d{1,9}$/.test(wait);
  return failure(meaning.kind, meaning.reason, `The Teams service ${meaning.says}, when asked ${doing}.`, {
    remedy: meaning.remedy,
    retry: isTold ? { tag: 'after', val: BigInt(wait) * 1000n } : (meaning.retry ?? NEVER),
    providerCode: code,
    requestId: requestId(response),
    causes: [cause(response)],
  });
}

/** An answer that claims success and is none. A captive portal also answers 200. */
export function unreadable(response, doing, why) {
  const message = `The answer of the Teams service cannot be used, when asked ${doing}: ${why}.`;
  return failure('contract-violation', 'unexpected-answer', message, {
    remedy: `${NOT_THE_SERVICE.remedy} If it is, report this message to those who run the service.`,
    requestId: requestId(response),
  });
}

export function codeOf(response) {
  return text(told(response).code);
}

function told(response) {
  return mapping(parse(decoded(response))?.error);
}

function cause(response) {
  const message = text(told(response).message);
  if (message === undefined) {
    // Not the body itself: nobody knows what a page from elsewhere holds.
    return `The answer was ${response.status}.`;
  }
  const characters = [...message];
  return characters.length > LONGEST_MESSAGE ? `${characters.slice(0, LONGEST_MESSAGE).join('')}…` : message;
}

function header(response, name) {
  return response.headers.find((one) => one.name === name)?.value;
}

/** What the support of the service asks for first. Each of its answers has one. */
export function requestId(response) {
  return text(header(response, 'x-request-id'));
}

export function decoded(response) {
  return new TextDecoder().decode(response.body);
}

// What went wrong, for a person under stress. Status and `scimType` decide, never English text.

import { text, parse } from './json.js';
import { retryAfter } from './time.js';
import { NONE } from './wit.js';
import type { ErrorKind, Failure, Response, Retry } from './wit.js';

const NEVER: Retry = { tag: 'never' };
const LONGEST_DETAIL = 500;
/** Where services write the id of a request; RFC 7644 has no header for it. */
const REQUEST_IDS = ['request-id', 'x-request-id', 'x-correlation-id'];

type More = Partial<Omit<Failure, 'kind' | 'reason' | 'message'>>;

export function failure(kind: ErrorKind, reason: string, message: string, more: More = {}): Failure {
  return { retry: NEVER, causes: [], attributes: NONE, ...more, kind, reason, message };
}

/** What was thrown, as an error of the contract. Anything else is a defect and goes on upward. */
export function thrownFailure(thrown: unknown): Failure {
  if (thrown instanceof Error && !('payload' in thrown)) {
    throw thrown;
  }
  const payload = (thrown as { payload?: Failure }).payload;
  return payload ?? (thrown as Failure);
}

interface Meaning {
  kind: ErrorKind;
  reason: string;
  /** Follows "The SCIM service ". */
  says: string;
  remedy: string;
  retry?: Retry;
}

const REFUSED: Meaning = {
  kind: 'invalid-request',
  reason: 'refused-request',
  says: 'did not accept the request',
  remedy: "The service's own words are among the causes. If they do not help, report this message.",
};
const UNAVAILABLE: Meaning = {
  kind: 'unavailable',
  reason: 'service-unavailable',
  says: 'failed',
  remedy: 'Try again in a moment. If it stays so, ask those who run the service.',
  retry: { tag: 'backoff' },
};
const CONFLICT: Meaning = {
  kind: 'conflict',
  reason: 'conflict',
  says: 'says that the present state does not allow it',
  remedy: 'Read the object again, then decide whether the change is still right.',
};

/** RFC 7644 §3.12, table 9. What is not here is told by its status. */
const BY_SCIM_TYPE: { [scimType: string]: Meaning } = {
  invalidFilter: {
    kind: 'unsupported',
    reason: 'filter-refused',
    says: 'does not support the filter that the question needs',
    remedy: 'Ask for the object by its id, or ask the vendor of the service whether filters (RFC 7644 §3.4.2.2) can be enabled.',
  },
  sensitive: {
    kind: 'unsupported',
    reason: 'filter-refused',
    says: 'does not take this value in a URL',
    remedy: 'Ask for the object by its id.',
  },
  tooMany: {
    kind: 'invalid-request',
    reason: 'too-many-results',
    says: 'found more than it is willing to give',
    remedy: 'Ask for something narrower, for example by id.',
  },
  mutability: {
    kind: 'not-manageable',
    reason: 'read-only',
    says: 'says that this cannot be changed through SCIM',
    remedy: 'Change it where it is kept: in the service itself, or in the directory that it is filled from.',
  },
  uniqueness: CONFLICT,
};

const BY_STATUS: { [status: number]: Meaning } = {
  401: {
    kind: 'unauthenticated',
    reason: 'token-refused',
    says: 'does not accept the token',
    remedy: 'Make a new token in the service and put it into the connection.',
  },
  403: {
    kind: 'permission-denied',
    reason: 'missing-permission',
    says: 'does not allow it with this token',
    remedy: 'Give the token, or the account that it belongs to, this right in the service.',
  },
  404: {
    kind: 'not-found',
    reason: 'not-found',
    says: 'does not know it',
    remedy: 'Check the id, and that base_url ends with the path of the SCIM service, often /scim/v2.',
  },
  409: CONFLICT,
  412: {
    kind: 'conflict',
    reason: 'changed-meanwhile',
    says: 'says that it was changed meanwhile',
    remedy: 'Try again.',
    retry: { tag: 'backoff' },
  },
  413: {
    kind: 'invalid-request',
    reason: 'too-large',
    says: 'says that the request is too large',
    remedy: 'Ask for less at once.',
  },
  429: {
    kind: 'rate-limited',
    reason: 'throttled',
    says: 'asks to slow down',
    remedy: 'Wait, then try again.',
    retry: { tag: 'backoff' },
  },
  501: {
    kind: 'unsupported',
    reason: 'not-implemented',
    says: 'does not offer this operation',
    remedy: 'Ask the vendor of the service whether it can be enabled.',
  },
};

function unexpected(status: number): Meaning {
  return {
    kind: 'contract-violation',
    reason: 'unexpected-status',
    says: `gave an answer that SCIM does not know (${status})`,
    remedy: 'Check that base_url leads to a SCIM 2.0 service and not to a page for people.',
  };
}

function byStatus(status: number): Meaning {
  const meaning = BY_STATUS[status];
  if (meaning !== undefined) {
    return meaning;
  }
  if (status >= 500) {
    return UNAVAILABLE;
  }
  return status >= 400 ? REFUSED : unexpected(status);
}

/** The error of an answer that is not the one hoped for. `doing` follows "when asked ". */
export function refusal(response: Response, doing: string): Failure {
  const body = parse(decoded(response)) ?? {};
  const scimType = text(body.scimType);
  const known = scimType !== undefined && Object.hasOwn(BY_SCIM_TYPE, scimType);
  const meaning = (known ? BY_SCIM_TYPE[scimType] : undefined) ?? byStatus(response.status);
  const wait = retryAfter(header(response, 'retry-after'));
  const retries = meaning.retry !== undefined;
  return failure(meaning.kind, meaning.reason, `The SCIM service ${meaning.says}, when asked ${doing}.`, {
    remedy: meaning.remedy,
    retry: retries && wait !== undefined ? { tag: 'after', val: wait } : (meaning.retry ?? NEVER),
    providerCode: scimType,
    requestId: requestId(response),
    causes: [cause(response.status, text(body.detail))],
  });
}

/** An answer that claims success and is none. */
export function unreadable(response: Response, doing: string, why: string): Failure {
  return failure(
    'contract-violation',
    'unexpected-answer',
    `The answer of the SCIM service cannot be used, when asked ${doing}: ${why}.`,
    {
      remedy: 'Check that base_url leads to a SCIM 2.0 service. If it does, report this message to its vendor.',
      requestId: requestId(response),
    },
  );
}

export function cause(status: number, detail: string | undefined): string {
  return detail === undefined ? `The answer was ${status}.` : shortened(detail);
}

function shortened(detail: string): string {
  const characters = [...detail];
  return characters.length > LONGEST_DETAIL ? `${characters.slice(0, LONGEST_DETAIL).join('')}…` : detail;
}

function header(response: Response, name: string): string | undefined {
  return response.headers.find((header) => header.name === name)?.value;
}

function requestId(response: Response): string | undefined {
  return REQUEST_IDS.map((name) => text(header(response, name))).find((id) => id !== undefined);
}

export function decoded(response: Response): string {
  return new TextDecoder().decode(response.body);
}

// The connection, and the one endpoint that it needs.

import { NONE } from './values.js';

/** The endpoint's name in requests. */
export const ENDPOINT = 'teams';

/** Origin, then path. A segment cannot begin with a dot: one of dots alone would lead elsewhere. */
export const BASE_URL = String.raw`(https?://[^/?#@\s\\]+)((?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)/?`;

/**
 * @typedef {object} Service
 * @property {string} origin Scheme, host and port.
 * @property {string} base What every path begins with, e.g. `/api/v1`.
 * @property {string} template The same with every value replaced: the path comes from the connection.
 * @property {string} token Stands for the token, which only the host knows.
 */

/**
 * The host has compared the connection with the schema: what fits it can be opened.
 * @returns {Service}
 */
export function openConnection(connection) {
  const values = JSON.parse(connection);
  const [, origin, base] = new RegExp(`^${BASE_URL}$`).exec(values.base_url);
  return { origin, base, template: '/{}'.repeat(base.split('/').length - 1), token: values.token.pointer };
}

/** Where the host may send requests, and how it authenticates there. The operator approves it. */
export function reach(service) {
  return [
    {
      name: ENDPOINT,
      origin: service.origin,
      scheme: {
        tag: 'header',
        val: { header: 'Authorization', prefix: 'Bearer ', secret: service.token, attributes: NONE },
      },
      readPosts: [],
      claims: [],
      // Only an address that somebody wrote into the connection may be on this machine.
      namedByConnection: true,
      attributes: NONE,
    },
  ];
}

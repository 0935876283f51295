// The connection, and the one endpoint that it needs.

import { failure } from './errors.js';
import { isObject, parse, text } from './json.js';
import { NONE } from './wit.js';
import type { Endpoint } from './wit.js';

/** The endpoint's name in requests. */
export const ENDPOINT = 'scim';

export interface Service {
  /** Scheme, host and port. */
  origin: string;
  /** What every path begins with, e.g. `/scim/v2`, or nothing. */
  base: string;
  /** The same with every value replaced: the path comes from the connection. */
  template: string;
  /** Stands for the token. */
  token: string;
}

const BASE_URL = /^(https?:\/\/[^/?#@\s\\]+)((?:\/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*)\/?$/;
const DOTS = /^(?:\.|%2e){1,2}$/i;

export function open(connection: string): Service {
  const values = parse(connection) ?? {};
  const matched = BASE_URL.exec(text(values.base_url) ?? '');
  const token = isObject(values.token) ? text(values.token.pointer) : undefined;
  const base = matched?.[2] ?? '';
  const segments = base.split('/').slice(1);
  if (matched?.[1] === undefined || token === undefined || segments.some((one) => DOTS.test(one))) {
    throw failure(
      'invalid-connection',
      'base-url',
      'The base_url of the connection is not the address of a SCIM service.',
      { remedy: 'Write it without query, user and password, e.g. https://example.com/scim/v2.' },
    );
  }
  return { origin: matched[1], base, template: segments.map(() => '/{}').join(''), token };
}

export function reach(service: Service): Endpoint[] {
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
      namedByConnection: true,
      attributes: NONE,
    },
  ];
}

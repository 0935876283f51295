// Requests to the service and their answers (RFC 7644 §3).

import { send, sendAll } from 'doorward:connector/http@0.2.0';
import { ENDPOINT } from './connection.js';
import type { Service } from './connection.js';
import { decoded, failure, refusal, unreadable } from './errors.js';
import { count, objects, parse } from './json.js';
import type { JsonObject } from './json.js';
import { NONE } from './wit.js';
import type { Request, RequestPath, Response, Result } from './wit.js';

/** Requests that the host takes at once. */
export const AT_ONCE = 64;
/** Objects asked for in one page; services give as many as they like. */
const PAGE = '100';

const TYPE = 'application/scim+json';
const ACCEPT = { name: 'accept', value: `${TYPE}, application/json` };

export type Collection = 'Users' | 'Groups' | 'ServiceProviderConfig';
export type Query = { [name: string]: string };

/** A path below the base. Values are encoded, so that each stays where it was put. */
export function path(service: Service, collection: Collection, id?: string, query: Query = {}): RequestPath {
  const object = id === undefined ? '' : `/${encodeURIComponent(checked(id))}`;
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return {
    text: `${service.base}/${collection}${object}${parameters.length > 0 ? '?' : ''}${parameters.join('&')}`,
    template: `${service.template}/${collection}${id === undefined ? '' : '/{}'}`,
  };
}

/** Whether this can be the id of an object: an empty one would name the whole collection. */
export function isId(id: string): boolean {
  return !['', '.', '..'].includes(id);
}

function checked(id: string): string {
  if (!isId(id)) {
    throw failure('invalid-request', 'invalid-id', `\`${id}\` cannot be the id of an object.`, {
      remedy: 'Check the id.',
    });
  }
  return id;
}

function get(path: RequestPath): Request {
  return { endpoint: ENDPOINT, method: 'get', path, headers: [ACCEPT], attributes: NONE };
}

export function ask(path: RequestPath): Response {
  return send(get(path));
}

/** Asks for all of these at once; the answers come in the same order. */
export function askAll(paths: RequestPath[]): Result<Response>[] {
  const answers: Result<Response>[] = [];
  for (let from = 0; from < paths.length; from += AT_ONCE) {
    answers.push(...sendAll(paths.slice(from, from + AT_ONCE).map(get)));
  }
  return answers;
}

/** The answer itself; whoever asked for several at once may live without one of them. */
export function value(result: Result<Response> | undefined): Response {
  if (result?.tag !== 'ok') {
    throw result?.val ?? failure('internal', 'missing-answer', 'The host gave fewer answers than requests.');
  }
  return result.val;
}

/** The object of an answer; nothing when it does not exist. */
export function found(response: Response, doing: string): JsonObject | undefined {
  return response.status === 404 ? undefined : body(response, doing);
}

export function body(response: Response, doing: string): JsonObject {
  if (response.status !== 200) {
    throw refusal(response, doing);
  }
  const object = parse(decoded(response));
  if (object === undefined) {
    throw unreadable(response, doing, 'it is no JSON object');
  }
  return object;
}

/** Sends a change. What the service answers beside its status is of no use. */
export function patch(path: RequestPath, operations: JsonObject[]): Response {
  const body = { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations };
  return send({
    endpoint: ENDPOINT,
    method: 'patch',
    path,
    headers: [ACCEPT, { name: 'content-type', value: TYPE }],
    body: JSON.stringify(body),
    attributes: NONE,
  });
}

/** One page of a list (RFC 7644 §3.4.2.4). */
export interface Listed {
  items: JsonObject[];
  total: number;
  /** Where the next page begins; absent after the last. */
  next?: number;
}

export function listPath(service: Service, collection: Collection, startIndex: number, query: Query = {}): RequestPath {
  return path(service, collection, undefined, { ...query, startIndex: String(startIndex), count: PAGE });
}

/** Reads a page. A short page is no last page: only the total says where the list ends. */
export function listed(response: Response, startIndex: number, doing: string): Listed {
  const answer = body(response, doing);
  const total = count(answer.totalResults);
  if (total === undefined) {
    throw unreadable(response, doing, 'it does not say how many there are');
  }
  const items = objects(answer.Resources);
  const began = count(answer.startIndex);
  if (items.length > 0 && startIndex > 1 && began !== undefined && began !== startIndex) {
    throw unreadable(response, doing, `it begins at ${began} instead of ${startIndex}`);
  }
  const after = startIndex + items.length;
  return { items, total, next: items.length > 0 && after <= total ? after : undefined };
}

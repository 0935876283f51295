// Requests to the service and their answers.

import { send, sendAll } from 'doorward:connector/http@0.2.0';
import { ENDPOINT } from './connection.js';
import { codeOf, decoded, failure, refusal, unreadable } from './errors.js';
import { NONE, parse, text } from './values.js';

/** Requests that the host takes at once. */
const AT_ONCE = 64;
/** The most that the service gives in one page. */
const PAGE = 100;

const ACCEPT = { name: 'accept', value: 'application/json' };

/**
 * A path below the base: words and ids in turn, e.g. `path(service, ['teams', id, 'members'])`.
 * @param {import('./connection.js').Service} service
 * @param {string[]} segments
 * @param {{ [name: string]: string | number | undefined }} query
 */
export function path(service, segments, query = {}) {
  const isId = (index) => index % 2 === 1;
  const parts = segments.map((one, index) => (isId(index) ? encodeURIComponent(checked(one)) : one));
  const shapes = segments.map((one, index) => (isId(index) ? '{}' : one));
  const parameters = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return {
    // Encoded, so that an id like `../me` stays within its segment.
    text: [service.base, ...parts].join('/') + (parameters === '' ? '' : `?${parameters}`),
    // How logs and the approved reach name the path: without ids, of which there are many.
    template: [service.template, ...shapes].join('/'),
  };
}

/** An empty id would name the whole list, and dots would lead elsewhere. */
export function isId(id) {
  return !['', '.', '..'].includes(id);
}

function checked(id) {
  if (!isId(id)) {
    throw failure('not-found', 'not-found', `\`${id}\` cannot be the id of anything in the Teams service.`, {
      remedy: 'Check the id.',
    });
  }
  return id;
}

function request(method, path) {
  return { endpoint: ENDPOINT, method, path, headers: [ACCEPT], attributes: NONE };
}

export function ask(path) {
  return send(request('get', path));
}

/** Asks for all of these at once; the answers come in the same order. */
export function askAll(paths) {
  const answers = [];
  for (let begin = 0; begin < paths.length; begin += AT_ONCE) {
    answers.push(...sendAll(paths.slice(begin, begin + AT_ONCE).map((one) => request('get', one))));
  }
  return answers.map(value);
}

function value(result) {
  if (result.tag === 'err') {
    throw result.val;
  }
  return result.val;
}

export function write(method, path) {
  return send(request(method, path));
}

/** The object of a good answer. */
export function body(response, doing) {
  if (response.status < 200 || response.status >= 300) {
    throw refusal(response, doing);
  }
  const answer = parse(decoded(response));
  if (answer === undefined) {
    throw unreadable(response, doing, 'it is no JSON object');
  }
  return answer;
}

/**
 * The object of an answer; nothing when it does not exist. Only the service's own code says so: a
 * wrong address is a 404, too, and nobody would have access to anything.
 */
export function found(response, doing) {
  return isNotFound(response) ? undefined : body(response, doing);
}

export function isNotFound(response) {
  return response.status === 404 && codeOf(response) === 'not_found';
}

export function listPath(service, segments, query) {
  return path(service, segments, { limit: PAGE, ...query });
}

/**
 * Reads the page after a cursor. A list that is cut short in silence would take access from people,
 * so that an end must be said.
 * @returns {{ items: unknown[], next: string | undefined }} `next` is the cursor of the next page.
 */
export function listed(response, name, after, doing) {
  const answer = body(response, doing);
  const items = answer[name];
  if (!Array.isArray(items)) {
    throw unreadable(response, doing, `it has no list \`${name}\``);
  }
  const next = text(answer.next);
  if (next === undefined && answer.next !== null) {
    throw unreadable(response, doing, 'it does not say whether there is more');
  }
  if (next !== undefined && next === after) {
    throw unreadable(response, doing, 'its next page is itself');
  }
  return { items, next };
}

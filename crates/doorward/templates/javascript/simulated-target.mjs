// A small Teams service to try the connector on: `npm start`, or `node simulated-target.mjs --help`.
//
// It keeps everything in memory, so that each start begins anew. It listens on this machine only.

import { realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const BASE = '/api/v1';
/** The tokens, and whether they may write. */
const TOKENS = new Map([
  ['example-token', true],
  ['read-only-token', false],
]);
const TOKEN_EXPIRES_AT = '2027-12-31T00:00:00Z';
const LONGEST_PAGE = 100;
/** No request needs a body. One that is small is passed over; whoever sends more is cut off. */
const LARGEST_BODY = 65_536;
/** After this long without a request a connection is closed. */
const IDLE_MILLISECONDS = 60_000;

const FIRST_NAMES = (
  'Alice Bob Carol Dave Erin Frank Grace Henry Iris Jack Kate Liam Mona Noah Olive Paul Quinn Rosa ' +
  'Sam Tara Uma Victor Wendy Xenia Yusuf Zoe'
).split(' ');
const LAST_NAMES = (
  'Archer Baker Carter Dyer Eaton Fisher Glover Hunter Ives Joiner Keeler Lister Mason Nailer ' +
  'Olson Potter Quill Reeve Smith Tailor Usher Vickers Weaver Xavier Young Zeller'
).split(' ');
const USERS_WITH_A_FIRST_NAME = 10;

const TEAMS = [
  ['books', 'Books', null],
  ['chess', 'Chess', null],
  ['choir', 'Choir', null],
  ['cooking', 'Cooking', null],
  ['everyone', 'Everyone', 'directory'],
  ['film', 'Film', null],
  ['first-aid', 'First Aid', 'directory'],
  ['garden', 'Garden', null],
  ['photography', 'Photography', null],
  ['robotics', 'Robotics', null],
  ['running', 'Running', null],
  ['sandbox', 'Sandbox', null],
];

/** What a request is refused with: no `Error`, which would be a defect. */
function refused(status, code, message, headers = {}) {
  return { status, body: { error: { code, message } }, headers };
}

/** The data and the rules, without HTTP, so that tests can use them, too. */
export class Teams {
  constructor() {
    this.users = new Map([...users()].map((user) => [user.id, user]));
    this.teams = new Map(TEAMS.map(([id, name, managed_by]) => [id, { id, name, managed_by }]));
    const people = [...this.users.keys()].filter((id) => id !== 'robot');
    const everyTwentyNinth = (first) => people.filter((_, index) => index % 29 === first);
    this.members = new Map([...this.teams.keys()].map((id, index) => [id, new Set(everyTwentyNinth(index))]));
    this.members.set('sandbox', new Set(['bob', 'carol', 'dave']));
    this.members.set('everyone', new Set(this.users.keys()));
  }

  /** Status and body; `path` is a list of segments. */
  answer(method, path, query, mayWrite) {
    const [collection, id, inner, member] = path;
    switch (`${method} ${path.map((one, index) => (index % 2 === 1 ? '{}' : one)).join('/')}`) {
      case 'GET me': {
        const { name } = this.users.get('robot');
        return [200, { id: 'robot', name, can_write: mayWrite, token_expires_at: TOKEN_EXPIRES_AT }];
      }
      case 'GET users':
        return [200, page(collection, this.users.values(), query, ['name', 'email'])];
      case 'GET users/{}':
        return [200, known(this.users, id)];
      case 'GET users/{}/teams': {
        known(this.users, id);
        const teams = [...this.teams.values()].filter((team) => this.members.get(team.id).has(id));
        return [200, page(inner, teams, query)];
      }
      case 'GET teams':
        return [200, page(collection, this.teams.values(), query, ['name'])];
      case 'GET teams/{}':
        return [200, known(this.teams, id)];
      case 'GET teams/{}/members': {
        known(this.teams, id);
        const people = [...this.members.get(id)].map((user) => this.users.get(user));
        return [200, page(inner, people, query)];
      }
      case 'PUT teams/{}/members/{}':
      case 'DELETE teams/{}/members/{}':
        return this.change(method, known(this.teams, id), known(this.users, member), mayWrite);
      default:
        throw refused(404, 'unknown_path', `There is nothing to ${method} here.`);
    }
  }

  change(method, team, user, mayWrite) {
    if (!mayWrite) {
      throw refused(403, 'read_only', 'This token may only read.');
    }
    if (team.managed_by !== null) {
      throw refused(409, 'managed_by_directory', 'The directory decides who is in this team.');
    }
    const members = this.members.get(team.id);
    const held = members.has(user.id);
    if (method === 'PUT') {
      members.add(user.id);
      return [held ? 200 : 201, user];
    }
    if (!held) {
      throw refused(404, 'not_a_member', 'The user is no member of the team.');
    }
    members.delete(user.id);
    return [204, undefined];
  }
}

function* users() {
  yield { id: 'robot', name: 'Doorward robot', email: 'robot@teams.example', active: true };
  for (let turn = 0; turn < USERS_WITH_A_FIRST_NAME; turn += 1) {
    for (const [number, first] of FIRST_NAMES.entries()) {
      const last = LAST_NAMES[(number + turn) % LAST_NAMES.length];
      const id = (turn === 0 ? first : `${first}-${last}`).toLowerCase();
      // Somebody who left, now and then.
      const active = (turn + number) % 9 !== 8;
      yield { id, name: `${first} ${last}`, email: `${id}@teams.example`, active };
    }
  }
}

function known(objects, id) {
  if (!objects.has(id)) {
    throw refused(404, 'not_found', 'There is nothing with this id.');
  }
  return objects.get(id);
}

/**
 * The page that a query asks for. A cursor holds the last id, so that what is added or removed
 * meanwhile moves nobody past the reader.
 */
function page(name, objects, query, filters = []) {
  const limit = query.get('limit') ?? String(LONGEST_PAGE);
  if (!/^\d{1,3}$/.test(limit) || Number(limit) < 1 || Number(limit) > LONGEST_PAGE) {
    throw refused(400, 'invalid_limit', `The limit is a number from 1 to ${LONGEST_PAGE}.`);
  }
  const after = query.has('after') ? opened(query.get('after')) : '';
  const fits = (one) => filters.every((filter) => !query.has(filter) || query.get(filter) === one[filter]);
  const fitting = [...objects].filter((one) => one.id > after && fits(one)).sort((a, b) => (a.id < b.id ? -1 : 1));
  const found = fitting.slice(0, Number(limit));
  return { [name]: found, next: fitting.length > found.length ? cursor(found.at(-1).id) : null };
}

function cursor(id) {
  return Buffer.from(`after:${id}`).toString('base64url');
}

function opened(cursor) {
  const text = Buffer.from(cursor, 'base64url').toString();
  // What is decoded leniently must also be what this service would have written.
  if (!text.startsWith('after:') || Buffer.from(text).toString('base64url') !== cursor) {
    throw refused(400, 'invalid_cursor', 'This cursor is none of this service.');
  }
  return text.slice('after:'.length);
}

class Service {
  constructor(requestsPerSecond) {
    this.teams = new Teams();
    this.requestsPerSecond = requestsPerSecond;
    this.second = 0;
    this.inThisSecond = 0;
    this.answered = 0;
  }

  /** Status, body and further headers. */
  answer(method, target, authorization) {
    this.answered += 1;
    const id = { 'X-Request-Id': `request-${this.answered}` };
    try {
      const [status, body] = this.allowed(method, target, authorization);
      return { status, body, headers: id };
    } catch (refusal) {
      if (refusal instanceof Error) {
        throw refusal;
      }
      return { ...refusal, headers: { ...id, ...refusal.headers } };
    }
  }

  allowed(method, target, authorization = '') {
    const [, token] = /^bearer (.*)$/i.exec(authorization) ?? [];
    if (!TOKENS.has(token)) {
      throw refused(401, 'unauthorized', 'The token is missing or wrong.');
    }
    this.pace();
    const [path, ...query] = target.split('?');
    if (!path.startsWith(`${BASE}/`)) {
      throw refused(404, 'unknown_path', `Everything lies below ${BASE}.`);
    }
    // Split before decoding: an encoded slash is part of an id.
    const segments = path.slice(BASE.length + 1).split('/').map(decoded);
    return this.teams.answer(method, segments, new URLSearchParams(query.join('?')), TOKENS.get(token));
  }

  pace() {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.second) {
      this.second = second;
      this.inThisSecond = 0;
    }
    this.inThisSecond += 1;
    if (this.requestsPerSecond > 0 && this.inThisSecond > this.requestsPerSecond) {
      throw refused(429, 'slow_down', 'Too many requests in one second.', { 'Retry-After': '1' });
    }
  }
}

function decoded(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw refused(400, 'bad_request', 'The path is not encoded in UTF-8.');
  }
}

function respond(service, request, response) {
  let size = 0;
  request.on('data', (chunk) => {
    size += chunk.length;
    if (size > LARGEST_BODY) {
      request.destroy();
    }
  });
  // Not before the body was read: otherwise its rest would be taken for the next request.
  request.on('end', () => {
    const { status, body, headers } = service.answer(request.method, request.url, request.headers.authorization);
    if (body === undefined) {
      response.writeHead(status, headers).end();
      return;
    }
    const content = JSON.stringify(body);
    const length = Buffer.byteLength(content);
    response.writeHead(status, { ...headers, 'Content-Type': 'application/json', 'Content-Length': length });
    response.end(content);
  });
  // Whoever goes away while sending is owed no answer.
  request.on('error', () => {});
}

/** What is no proper request. */
function refuse(_error, socket) {
  const { body } = refused(400, 'bad_request', 'This is no proper request.');
  const content = JSON.stringify(body);
  const head = `HTTP/1.1 400 Bad Request\r\nX-Request-Id: request-0\r\nContent-Type: application/json`;
  socket.end(`${head}\r\nContent-Length: ${content.length}\r\nConnection: close\r\n\r\n${content}`);
}

const HELP = `Serves a simulated Teams service.

  --port PORT                   0 takes one that is free [default: 8081]
  --requests-per-second NUMBER  answer 429 to more than these [default: no limit]`;

function stop(status, message) {
  console.error(message);
  process.exit(status);
}

function options() {
  const text = { type: 'string' };
  try {
    return parseArgs({
      options: {
        port: { ...text, default: '8081' },
        'requests-per-second': { ...text, default: '0' },
        help: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    return stop(2, `${error.message}. See --help.`);
  }
}

function number(values, option, most) {
  const written = values[option];
  if (!/^\d{1,9}$/.test(written) || Number(written) > most) {
    stop(2, `\`--${option} ${written}\`: it takes a whole number from 0 to ${most}.`);
  }
  return Number(written);
}

function main() {
  const values = options();
  if (values.help) {
    console.log(HELP);
    return;
  }
  const port = number(values, 'port', 65_535);
  const service = new Service(number(values, 'requests-per-second', 1_000_000));
  const server = createServer((request, response) => respond(service, request, response));
  server.keepAliveTimeout = IDLE_MILLISECONDS;
  server.on('clientError', refuse);
  server.on('error', (error) => {
    stop(1, `Port ${port} cannot be used: ${error.message}. Choose another one with \`--port NUMBER\`.`);
  });
  server.listen(port, '127.0.0.1', () => {
    const address = `http://127.0.0.1:${server.address().port}`;
    console.log(`The Teams service listens on ${address} (token: example-token)`);
  });
}

// Tests import it. What was started may be a symbolic link to this file.
const [, started] = process.argv;
if (started !== undefined && import.meta.url === pathToFileURL(realpathSync(started)).href) {
  main();
}

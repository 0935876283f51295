// The host, played by a test: what the connector imports from Doorward.

import { Teams } from '../simulated-target.mjs';

/** As the host hands it over: with a reference in the place of the secret. */
export const CONNECTION = JSON.stringify({ base_url: 'https://teams.example/api/v1', token: { pointer: '/token' } });
/** 2026-11-23T08:00:00Z */
export const NOW = 1_795_420_800n;
export const KEY = {
  principal: { kind: 'user', id: 'alice' },
  resource: { kind: 'team', id: 'sandbox' },
  entitlement: 'member',
  kind: 'active',
};

/** What the host was asked, and how it answers. */
export const host = { respond: undefined, asked: [], seconds: NOW };

/** Begins anew: each request is answered by this. */
export function answering(respond) {
  Object.assign(host, { respond, asked: [], seconds: NOW });
}

/** As the service answers: each answer has an id. */
export function answer(status, body = {}, headers = {}) {
  const content = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    status,
    headers: Object.entries({ 'x-request-id': 'request-1', ...headers }).map(([name, value]) => ({ name, value })),
    body: new TextEncoder().encode(content),
    attributes: '',
  };
}

export function refused(status, code, headers = {}) {
  return answer(status, { error: { code, message: 'Words.' } }, headers);
}

/** Answers as the simulated target does, without HTTP. */
export function simulated(teams = new Teams()) {
  return (request) => {
    const [path, query] = request.path.text.split('?');
    const segments = path.slice('/api/v1/'.length).split('/').map(decodeURIComponent);
    try {
      return answer(...teams.answer(request.method.toUpperCase(), segments, new URLSearchParams(query), true));
    } catch (refusal) {
      if (refusal instanceof Error) {
        throw refusal;
      }
      return answer(refusal.status, refusal.body);
    }
  };
}

/** How the engine throws an error of the host. */
export function lost(failure) {
  return Object.assign(new Error('component error'), { payload: failure });
}

/** What this throws: an error of the contract. */
export function thrown(act) {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) {
      throw error;
    }
    return error;
  }
  throw new Error('nothing was thrown');
}

export function send(request) {
  host.asked.push(`${request.method.toUpperCase()} ${request.path.text}`);
  return host.respond(request);
}

export function sendAll(requests) {
  return requests.map((request) => {
    try {
      return { tag: 'ok', val: send(request) };
    } catch (error) {
      return { tag: 'err', val: error.payload };
    }
  });
}

export function now() {
  return { seconds: host.seconds, nanoseconds: 0 };
}

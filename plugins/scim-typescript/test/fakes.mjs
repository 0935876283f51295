// The imports of a connector, played by a test.

const NOW = { seconds: 1_795_420_800n, nanoseconds: 0 };
const SERVICE = { base_url: 'https://scim.example/scim/v2/', token: { pointer: '/token' } };
export const CONNECTION = JSON.stringify(SERVICE);

/** What the host was asked, and how it answers. */
export const host = { requests: [], answer: () => answer(500, {}), now: NOW };

/** Begins anew: each request is answered by this. */
export function answering(respond) {
  host.requests = [];
  host.now = NOW;
  host.answer = respond;
}

export function answer(status, body, headers = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    status,
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
    body: new TextEncoder().encode(text),
    attributes: '',
  };
}

export function list(total, resources, startIndex = 1) {
  return answer(200, { totalResults: total, startIndex, itemsPerPage: resources.length, Resources: resources });
}

/** `METHOD path` of each request, decoded so that people can read it. */
export function asked() {
  return host.requests.map((one) => `${one.method} ${decodeURIComponent(one.path.text)}`);
}

export function send(request) {
  host.requests.push(request);
  const given = host.answer(request);
  if (given.failure !== undefined) {
    // As the engine throws an error of an import.
    throw Object.assign(new Error('component error'), { payload: given.failure });
  }
  return given;
}

export function sendAll(requests) {
  return requests.map((request) => {
    try {
      return { tag: 'ok', val: send(request) };
    } catch (thrown) {
      return { tag: 'err', val: thrown.payload };
    }
  });
}

export function now() {
  return host.now;
}

/** What this throws: an error of the contract. */
export function thrown(act) {
  try {
    act();
  } catch (error) {
    if (error instanceof Error && error.payload === undefined) {
      throw error;
    }
    return error.payload ?? error;
  }
  throw new Error('nothing was thrown');
}

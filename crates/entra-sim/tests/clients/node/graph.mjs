// The Graph client for JavaScript: pages, a batch, adding and removing a member.

import { BatchRequestContent, BatchResponseContent, Client, PageIterator } from '@microsoft/microsoft-graph-client';
import { application, certificate } from './msal.mjs';

const { SIM_HOST, SIM_GROUP, SIM_MEMBER } = process.env;
const msal = application(certificate());
const authProvider = {
  async getAccessToken() {
    const scopes = [`${SIM_HOST ?? 'https://graph.microsoft.com'}/.default`];
    return (await msal.acquireTokenByClientCredential({ scopes })).accessToken;
  },
};
const graph = Client.initWithMiddleware({
  authProvider,
  // The token goes to Microsoft's hosts and to those that are named here, without their port.
  ...(SIM_HOST && { baseUrl: `${SIM_HOST}/`, customHosts: new Set([new URL(SIM_HOST).hostname]) }),
});

async function refusal(call) {
  try {
    await call;
    return null;
  } catch (error) {
    return [error.statusCode, error.code, error.message];
  }
}

const users = new Set();
const first = await graph.api('/users').select(['id', 'displayName']).top(50).get();
await new PageIterator(graph, first, (user) => users.add(user.id)).iterate();

const members = async () => (await graph.api(`/groups/${SIM_GROUP}/members`).get()).value.map((one) => one.id).sort();
const reference = { '@odata.id': `${SIM_HOST ?? 'https://graph.microsoft.com'}/v1.0/directoryObjects/${SIM_MEMBER}` };
const before = await members();
await graph.api(`/groups/${SIM_GROUP}/members/$ref`).post(reference);
const during = await members();
const twice = await refusal(graph.api(`/groups/${SIM_GROUP}/members/$ref`).post(reference));
await graph.api(`/groups/${SIM_GROUP}/members/${SIM_MEMBER}/$ref`).delete();
const after = await members();

const step = (id, path) => ({ id, request: new Request(`https://any.host${path}`, { method: 'GET' }) });
const batch = new BatchRequestContent([
  step('1', '/organization'),
  step('2', `/groups/${SIM_GROUP}`),
  step('3', '/groups/00000000-0000-4000-8000-000000000000'),
]);
const answers = new BatchResponseContent(await graph.api('/$batch').post(await batch.getContent()));
const statuses = ['1', '2', '3'].map((id) => answers.getResponseById(id).status);
const group = await answers.getResponseById('2').json();

console.log(JSON.stringify({
  users: users.size,
  added: during.filter((id) => !before.includes(id)),
  restored: JSON.stringify(before) === JSON.stringify(after),
  twice,
  statuses,
  group: group.displayName,
}));

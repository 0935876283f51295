// Lets the tests run without Doorward: what the connector imports from it is in fakes.mjs.

import { register } from 'node:module';

register('./loader.mjs', import.meta.url);

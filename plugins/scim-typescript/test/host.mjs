// Lets the scripts find a host: what they import from Doorward is in fakes.mjs.

import { register } from 'node:module';

register('./loader.mjs', import.meta.url);

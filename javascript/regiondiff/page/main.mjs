// The stand-alone page: asks the server what there is, and mounts the app.

import {mount} from './app.mjs';
import {ServerClient} from '../client/server_client.mjs';
import {useLanguage} from '../languages.mjs';

const root = /** @type {HTMLElement} */ (document.getElementById('rd-app'));
const ticket = document.querySelector('meta[name="rd-ticket"]')?.getAttribute('content') ?? '';
const client = new ServerClient(new URL('.', document.baseURI), ticket);

try {
  const [about, schema] = await Promise.all([client.get('api/about'), client.get('api/schema'), useLanguage(navigator.languages)]);
  const app = await mount(root, {client, about, schema, alone: true});
  Object.assign(window, {app}); // for people who look under the bonnet, and for tests
} catch (error) {
  root.textContent = error instanceof Error ? error.message : String(error);
  root.setAttribute('role', 'alert');
}

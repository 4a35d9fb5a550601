// The schema of palettes, as the server gives it to pages.

import {readFileSync} from 'node:fs';

export const SCHEMA = JSON.parse(readFileSync(new URL('../../docs/palette.schema.json', import.meta.url), 'utf8'));

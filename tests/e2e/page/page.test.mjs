// All tests of the page; they share one server, as its start takes longer than most of them.

import './weight.mjs';
import './painting.mjs';
import './keys.mjs';
import './keeping.mjs';
import './telling.mjs';
import './troubles.mjs';
import './looks.mjs';

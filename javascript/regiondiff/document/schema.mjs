// What plain data should be by a JSON schema, as far as palettes' uses it; the first fault is told with its place. Pure.

/** @typedef {{[keyword: string]: any}} Schema */
/** @typedef {{path: string, expected: string, got: string}} Fault */

const SHOWN = 40; // letters of a wrong value

/** Throw an Error for data that is not what a schema says. @param {unknown} value @param {Schema} schema @param {string} [path] */
export function expectSchema(value, schema, path = '') {
  const fault = findFault(value, schema, path);
  if (fault) throw new Error(`${fault.path || 'palette'}: expected ${fault.expected}, got ${fault.got}`);
}

/** @param {unknown} value @param {Schema} schema @param {string} path @returns {Fault | null} */
function findFault(value, schema, path) {
  if (schema.anyOf) return chooseFault(value, listOptions(schema), path);
  const fault = () => ({path, expected: describe(schema), got: show(value)});
  if ('const' in schema) return value === schema.const ? null : fault();
  if (schema.enum) return schema.enum.includes(value) ? null : fault();
  if (!isOf(schema.type, value)) return fault();
  if (typeof value === 'number') return value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity) ? null : fault();
  if (typeof value === 'string') return fitsText(value, schema) ? null : fault();
  if (Array.isArray(value)) return findInList(value, schema, path) ?? null;
  return schema.type === 'object' ? findInObject(/** @type {Record<string, unknown>} */ (value), schema, path) : null;
}

/** @param {Schema} schema @returns {Schema[]} */
function listOptions(schema) {
  return schema.anyOf ? schema.anyOf.flatMap(listOptions) : [schema];
}

/** The fault of the option that was meant, if that can be known. @param {unknown} value @param {Schema[]} options @param {string} path @returns {Fault | null} */
function chooseFault(value, options, path) {
  const faults = [];
  for (const option of options) {
    const fault = findFault(value, option, path);
    if (!fault) return null;
    faults.push(fault);
  }
  const meant = options.filter((option) => option.type && isOf(option.type, value) && Object.keys(option.properties ?? {}).every((key) => !option.required?.includes(key) || key in /** @type {object} */ (value)));
  if (meant.length === 1) return faults[options.indexOf(meant[0])];
  return {path, expected: [...new Set(options.map(describe))].join(' or '), got: show(value)};
}

/** @param {unknown[]} list @param {Schema} schema @param {string} path */
function findInList(list, {items, minItems = 0, maxItems = Infinity}, path) {
  if (list.length < minItems || list.length > maxItems) return {path, expected: `${minItems === maxItems ? minItems : `${minItems} to ${maxItems}`} entries`, got: String(list.length)};
  for (const [index, each] of list.entries()) {
    const fault = findFault(each, items, `${path}[${index}]`);
    if (fault) return fault;
  }
  return null;
}

/** @param {Record<string, unknown>} object @param {Schema} schema @param {string} path */
function findInObject(object, {properties, required = []}, path) {
  const place = (/** @type {string} */ key) => (path ? `${path}.${key}` : key);
  const lacking = required.find((/** @type {string} */ key) => !Object.hasOwn(object, key));
  if (lacking) return {path: place(lacking), expected: describe(properties[lacking]), got: 'nothing'};
  for (const [key, each] of Object.entries(object)) {
    if (each === undefined) continue;
    if (!Object.hasOwn(properties, key)) return {path: place(key.slice(0, SHOWN)), expected: `one of the keys ${Object.keys(properties).join(', ')}`, got: 'another one'};
    const fault = findFault(each, properties[key], place(key));
    if (fault) return fault;
  }
  return null;
}

/** @param {string} type @param {unknown} value */
function isOf(type, value) {
  if (type === 'null') return value === null;
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'number') return Number.isFinite(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return value !== null && typeof value === 'object' && !Array.isArray(value);
  return typeof value === type;
}

/** @param {string} text @param {Schema} schema */
function fitsText(text, {minLength = 0, maxLength = Infinity, pattern}) {
  if (text.length < minLength || (text.length > maxLength && [...text].length > maxLength)) return false;
  return !pattern || new RegExp(pattern, 'u').test(text);
}

/** @param {Schema} schema @returns {string} */
function describe(schema) {
  if (schema.anyOf) return [...new Set(listOptions(schema).map(describe))].join(' or ');
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((/** @type {unknown} */ each) => JSON.stringify(each)).join(', ');
  if (schema.type === 'string') return describeText(schema);
  if (schema.type === 'array') return 'a list';
  if (schema.type === 'object') return schema.required?.length ? `an object with ${schema.required.join(' and ')}` : 'an object';
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'null') return 'null';
  const range = 'minimum' in schema ? ` from ${schema.minimum} to ${schema.maximum}` : '';
  return `${schema.type === 'integer' ? 'a whole number' : 'a number'}${range}`;
}

/** @param {Schema} schema */
function describeText({pattern = '', minLength, maxLength}) {
  if (pattern.startsWith('^data:')) return 'a picture as a data URL in base64';
  if (pattern.startsWith('^#')) return 'a colour as #rrggbb';
  return maxLength ? `a text of ${minLength} to ${maxLength} letters` : 'a text';
}

/** @param {unknown} value */
function show(value) {
  if (Array.isArray(value)) return 'a list';
  if (value !== null && typeof value === 'object') return 'an object';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}...` : value);
}

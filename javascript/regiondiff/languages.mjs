// Languages: which one people want, and its strings, which are loaded before anything is said.

import {translate} from './strings.mjs';

/** Files of strings, by the languages that they are for. */
const FILES = {ja: 'ja', zh: 'zh', japanese: 'ja', chinese: 'zh'};

/** The language of ours that names of languages ask for first; null for English. @param {readonly string[]} wanted such as ja-JP, zh_CN @returns {'ja' | 'zh' | null} */
export function chooseLanguage(wanted) {
  const first = wanted.map((name) => name.toLowerCase().split(/[-_]/)[0]).find((name) => name === 'en' || name in FILES);
  return first === undefined || first === 'en' ? null : /** @type {Record<string, 'ja' | 'zh'>} */ (FILES)[first];
}

/** Have the strings in the language that is wanted; English says what a file does not. @param {readonly string[]} wanted */
export async function useLanguage(wanted) {
  const name = chooseLanguage(wanted);
  if (name === null) return;
  const answer = await fetch(new URL(`./languages/${name}.json`, import.meta.url));
  if (answer.ok) translate((await answer.json()).strings);
}

// `regiondiff serve` with the demo model, for the tests of the page; it can be killed and started anew at the same address.

import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const OWN = path.join(ROOT, '.venv', ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
/** The Python that has the library's packages. */
export const PYTHON = process.env.REGIONDIFF_PYTHON ?? (existsSync(OWN) ? OWN : 'python3');
const ENVIRONMENT = {...process.env, PYTHONPATH: ROOT, PYTHONUNBUFFERED: '1', OMP_NUM_THREADS: process.env.OMP_NUM_THREADS ?? '1'};
const PATIENCE = 600_000;

export class Server {
  constructor() {
    this.port = 0;
    this.process = null;
    this.said = '';
  }

  get address() {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Start, and wait until it answers; again at the same port after `kill`. @param {string[]} [options] */
  async start(...options) {
    this.said = '';
    this.process = spawn(PYTHON, ['-m', 'lib_regiondiff', 'serve', '--port', String(this.port), ...options], {cwd: ROOT, env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe']});
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on('data', (bytes) => (this.said += bytes));
    const end = Date.now() + PATIENCE;
    for (;;) {
      const found = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(this.said);
      if (found) return void (this.port = Number(found[1]));
      if (this.process.exitCode !== null || Date.now() > end) throw new Error(`the server did not start:\n${this.said}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** As a crash ends it. */
  async kill() {
    if (!this.process || this.process.exitCode !== null) return;
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
  }
}

/** What a Python program of this folder prints, as JSON. @param {string} program @param {string[]} words */
export async function runPython(program, ...words) {
  const child = spawn(PYTHON, [path.join(ROOT, 'tests', 'e2e', 'page', program), ...words], {cwd: ROOT, env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'inherit']});
  let said = '';
  child.stdout.on('data', (bytes) => (said += bytes));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return JSON.parse(said);
}

// What stands around a WebUI: a reverse proxy in front of it, and a page of somebody else in the same browser.

import http from 'node:http';

/** @typedef {{address: string, close(): void}} Served */

/** @param {http.Server} server @param {string} host @returns {Promise<string>} */
async function listen(server, host) {
  await new Promise((go) => server.listen(0, '127.0.0.1', () => go(null)));
  return `http://${host}:${server.address().port}`;
}

/** A reverse proxy, of sockets too, under a path. @param {string} url of the WebUI @param {string} below such as "/sd", or nothing @returns {Promise<Served>} */
export async function serveProxy(url, below) {
  const target = new URL(url);
  const change = ({method, headers, url: path}) => ({method, headers, host: target.hostname, port: target.port, path: path.startsWith(below) ? path.slice(below.length) || '/' : path});
  const server = http.createServer((asked, answer) => {
    const passed = http.request(change(asked), (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  server.on('upgrade', (asked, socket, head) => {
    const passed = http.request(change(asked));
    passed.on('upgrade', (got, other) => {
      const lines = Object.entries(got.headers).map(([name, value]) => `${name}: ${value}`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      other.write(head);
      socket.pipe(other).pipe(socket);
      for (const each of [socket, other]) each.on('error', () => (socket.destroy(), other.destroy()));
    });
    passed.on('error', () => socket.destroy());
    passed.end();
  });
  return {address: `${await listen(server, '127.0.0.1')}${below}`, close: () => (server.closeAllConnections(), server.close())};
}

/** An empty page of another origin; `host` makes it another site, too. @param {string} host @returns {Promise<Served>} */
export async function serveStranger(host) {
  const server = http.createServer((asked, answer) => answer.writeHead(200, {'content-type': 'text/html'}).end('<!doctype html><title>A stranger</title>'));
  return {address: await listen(server, host), close: () => server.close()};
}

/** What a page of somebody else gets of a WebUI, each way by its name: "no", or what it got. Runs in that page. @param {{url: string, modules: string, job: any}} given @returns {Promise<Record<string, string>>} */
export async function trespass({url, modules, job}) {
  const attempt = async (run) => {
    try {
      return String((await run()) ?? 'no');
    } catch {
      return 'no';
    }
  };
  const read = (path, how) => attempt(async () => (await fetch(`${url}/${path}`, how)).text().then((text) => text || null));
  const element = (tag, more) => new Promise((go) => document.body.append(Object.assign(document.createElement(tag), {...more, onload: () => go('loaded'), onerror: () => go(null)})));
  const json = {method: 'POST', body: JSON.stringify(job), credentials: 'include'};
  return {
    'read what it starts with': await read('regiondiff/start', {credentials: 'include'}),
    'read it without cookies': await read('regiondiff/start'),
    'read it unseen': await read('regiondiff/start', {mode: 'no-cors', credentials: 'include'}),
    'read the page': await read('', {credentials: 'include'}),
    'run a module': await attempt(() => import(`${url}/${modules}webui/main.mjs`).then(() => 'ran')),
    'run a script': await attempt(() => element('script', {type: 'module', src: `${url}/${modules}webui/main.mjs`})),
    'look into a frame': await attempt(async () => {
      const frame = Object.assign(document.createElement('iframe'), {src: url});
      document.body.append(frame);
      await new Promise((go) => (frame.onload = go, setTimeout(go, 4000)));
      return frame.contentDocument?.title ?? frame.contentWindow.document.title;
    }),
    'start a job': await read('sdapi/v1/txt2img', {...json, headers: {'content-type': 'application/json'}}),
    'start a job as a form does': await read('sdapi/v1/txt2img', {...json, mode: 'no-cors', headers: {'content-type': 'text/plain'}}),
    'start a job at our place': await read('regiondiff/start', {...json, mode: 'no-cors', headers: {'content-type': 'text/plain'}}),
  };
}

/** The number of the function that answers the tab's questions in gradio's queue. Runs in the WebUI's own page. */
export function findFunction() {
  const {components, dependencies} = window.gradio_config;
  const {id} = components.find(({props}) => props?.elem_id === 'regiondiff_tab_regiondiff_ask');
  const at = dependencies.findIndex(({targets}) => targets.some((each) => (Array.isArray(each) ? each[0] : each) === id));
  return dependencies[at].id ?? at;
}

/** What a page gets of a function of ours by gradio's own ways, each by its name: "no", or "an answer". Runs in any page. @param {{url: string, number: number}} given @returns {Promise<Record<string, string>>} */
export async function askQueue({url, number}) {
  const session_hash = Math.random().toString(36).slice(2);
  const job = {fn_index: number, data: ['1\n{"palette": {"version": 1, "size": {"width": 64, "height": 64}, "brushes": []}, "around": {}}'], session_hash, event_data: null};
  const post = (path) => fetch(`${url}/${path}`, {method: 'POST', body: JSON.stringify(job), headers: {'content-type': 'application/json'}, credentials: 'include'});
  const bySocket = () => new Promise((go, fail) => {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/queue/join`);
    setTimeout(fail, 8000);
    socket.onerror = socket.onclose = fail;
    socket.onmessage = ({data}) => {
      const {msg} = JSON.parse(data);
      if (msg === 'send_hash') socket.send(JSON.stringify({fn_index: number, session_hash}));
      if (msg === 'send_data') socket.send(JSON.stringify(job));
      if (msg === 'process_completed') go(data);
    };
  });
  const byStream = async () => {
    await post('queue/join');
    return new Promise((go, fail) => {
      const stream = new EventSource(`${url}/queue/data?session_hash=${session_hash}`, {withCredentials: true});
      setTimeout(fail, 8000);
      stream.onerror = fail;
      stream.onmessage = ({data}) => /process_completed/.test(data) && (stream.close(), go(data));
    });
  };
  const attempt = async (run) => {
    try {
      return /data-answer/.test(await run()) ? 'an answer' : 'no';
    } catch {
      return 'no';
    }
  };
  return {socket: await attempt(bySocket), stream: await attempt(byStream), request: await attempt(async () => (await post('run/predict')).text())};
}

// A line to the server that can be cut and mended: a proxy that knows nothing of what goes through it.

import net from 'node:net';

/** @param {number} port of the server */
export async function makeLine(port) {
  const open = new Set();
  let whole = true;
  const proxy = net.createServer((near) => {
    if (!whole) return near.destroy();
    const far = net.connect(port, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]]) {
      open.add(one);
      one.on('close', () => (open.delete(one), other.destroy())).on('error', () => {}).pipe(other);
    }
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    whole = false;
    for (const each of open) each.destroy();
  };
  return {
    address: `http://127.0.0.1:${proxy.address().port}/`,
    cut,
    mend() {
      whole = true;
    },
    end() {
      cut();
      proxy.close();
    },
  };
}

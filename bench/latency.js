/** An HTTP server that hands on to another, each answer so many milliseconds later: `startLatency(url, 50)`. */
import { Agent, createServer, request } from "node:http";

export async function startLatency(url, milliseconds) {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  let calls = 0;
  const server = createServer((asked, answer) => {
    calls++;
    const { method, headers, url: path } = asked;
    const on = request({ hostname, port, path, method, headers, agent }, (from) => {
      setTimeout(() => {
        answer.writeHead(from.statusCode, from.headers);
        from.pipe(answer);
      }, milliseconds);
    });
    on.on("error", () => answer.destroy());
    asked.pipe(on);
  });
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** How many came since the last question. */
    calls() {
      const counted = calls;
      calls = 0;
      return counted;
    },
    close() {
      agent.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

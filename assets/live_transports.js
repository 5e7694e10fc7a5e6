/* Three ways to receive the same frames: WebSocket, server-sent events, long poll. Each tells its owner: frame, ended. */
(function (root) {
  "use strict";
  const cityvitals = (root.cityvitals = root.cityvitals || {});
  const OTHER_RIGHTS = 1008; // policy violation: the server closes when somebody else looks, or he may see other things
  const POLL_TIMEOUT_MS = 15000; // the server answers a poll after a second at the latest

  /** Address of a live endpoint below the base path; `rev` resumes after what this page holds. */
  function address(site, name, rev) {
    const page = root.location;
    const scheme = name === "ws" ? page.protocol.replace("http", "ws") : page.protocol;
    const from = rev === null ? "" : "?rev=" + rev;
    return scheme + "//" + page.host + site.base_path + "live/" + name + from;
  }

  /** WebSocket. `owner` is {frame(text or object), ended()}; returns {close()}. */
  function ws(site, rev, owner) {
    const socket = new root.WebSocket(address(site, "ws", rev));
    socket.onmessage = (message) => owner.frame(message.data);
    socket.onclose = (event) => owner.ended(event.code === OTHER_RIGHTS);
    return {
      close() {
        socket.onmessage = socket.onclose = null;
        socket.close();
      },
    };
  }

  /** Server-sent events; its own reconnecting is not used, the owner decides what comes next. */
  function sse(site, rev, owner) {
    const source = new root.EventSource(address(site, "sse", rev));
    source.onmessage = (message) => owner.frame(message.data);
    source.onerror = () => {
      source.close();
      owner.ended();
    };
    return { close: () => source.close() };
  }

  /** Long poll: one request after another, each from the revision of the last frame. */
  function poll(site, rev, owner) {
    const abort = new root.AbortController();
    let from = rev;
    let closed = false;
    async function ask() {
      const timer = root.setTimeout(() => abort.abort(), POLL_TIMEOUT_MS);
      const answer = await root.fetch(address(site, "poll", from), { signal: abort.signal, cache: "no-store" });
      root.clearTimeout(timer);
      if (!answer.ok) throw new Error("long poll refused: " + answer.status);
      const frames = await answer.json();
      for (const frame of frames) {
        if (frame.k !== "beat") from = frame.rev;
        owner.frame(frame);
      }
    }
    (async function run() {
      try {
        while (!closed) await ask();
      } catch (problem) {
        if (!closed) owner.ended();
      }
    })();
    return {
      close() {
        closed = true;
        abort.abort();
      },
    };
  }

  cityvitals.transports = { order: ["ws", "sse", "poll"], ws, sse, poll };
})(typeof window === "undefined" ? globalThis : window);

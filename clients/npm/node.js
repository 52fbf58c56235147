/*
 * The client under node, which has a WebSocket of its own since version 22;
 * before, the package ws has one.
 */
if (!globalThis.WebSocket)
	globalThis.WebSocket = (await import("ws")).WebSocket;
/* Node 18 has it only as a module. */
globalThis.crypto ??= (await import("node:crypto")).webcrypto;

export * from "./parley.js";

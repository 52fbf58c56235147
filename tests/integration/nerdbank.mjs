// A client of the dotnet dialect, made of the public packages nerdbank-streams
// (protocol version 1) and ws. Reads commands and writes what it gets, one JSON
// object in each line: node nerdbank.mjs <folder of node_modules> <url>
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [, , packages, url] = process.argv;
const require = createRequire(packages + "/");
const { MultiplexingStream } = require("nerdbank-streams");
const WebSocket = require("ws");

function put(value) {
  process.stdout.write(JSON.stringify(value) + "\n");
}

// Objects in the lines of a channel.
function readLines(channel, name) {
  createInterface({ input: channel.stream, crlfDelay: Infinity }).on("line", (line) =>
    put({ channel: name, value: JSON.parse(line) }));
}

const socket = new WebSocket(url, { perMessageDeflate: process.argv[4] === "deflate" });
socket.on("close", (code) => put({ closed: code }));
const stream = WebSocket.createWebSocketStream(socket);
stream.on("error", (error) => put({ error: String(error) }));
const mux = await MultiplexingStream.CreateAsync(stream, { protocolMajorVersion: 1 });
const channels = {};
for (const name of ["messages", "files"]) {
  channels[name] = await mux.offerChannelAsync(name);
  readLines(channels[name], name);
}
put({ connected: true });
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (command.end) {
    channels.files.stream.end();
    channels.messages.stream.end();
    await channels.messages.completion;
    put({ completed: true });
  } else {
    channels[command.channel].stream.write(JSON.stringify(command.value) + "\n");
  }
}
socket.terminate();

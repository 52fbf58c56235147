// Fan-out with node's ws: who asks for the same path is a room.
'use strict';
const { WebSocketServer, WebSocket } = require('ws');

const rooms = new Map();
const server = new WebSocketServer({
	host: '127.0.0.1',
	port: Number(process.argv[2]),
	perMessageDeflate: false,
	backlog: 512,
});

server.on('connection', (socket, request) => {
	if (!rooms.has(request.url))
		rooms.set(request.url, new Set());
	const room = rooms.get(request.url);
	room.add(socket);
	socket.on('message', (data, binary) => {
		for (const member of room)
			if (member.readyState === WebSocket.OPEN)
				member.send(data, { binary });
	});
	socket.on('error', () => {});
	socket.on('close', () => room.delete(socket));
});
process.on('SIGTERM', () => process.exit(0));

// Fan-out with uWebSockets: the clients of a path are a room, except /echo.
#include <cstdlib>
#include <string>

#include <App.h>

using namespace uWS;

struct Member {
	std::string room;
};

struct Echo { };

template <typename Data>
static App::WebSocketBehavior<Data>
behavior()
{
	App::WebSocketBehavior<Data> behavior;

	behavior.maxPayloadLength = 1 << 20;
	behavior.idleTimeout = 40;    // a ping after 24 s; parleyd's: after 25
	behavior.maxBackpressure = 0; // no limit: nothing is dropped
	return behavior;
}

int
main(int, char **argv)
{
	App app;
	auto rooms = behavior<Member>();
	auto echo = behavior<Echo>();

	rooms.upgrade = [](auto *response, auto *request, auto *context) {
		response->template upgrade<Member>(
		    { std::string(request->getUrl()) },
		    request->getHeader("sec-websocket-key"),
		    request->getHeader("sec-websocket-protocol"),
		    request->getHeader("sec-websocket-extensions"), context);
	};
	rooms.open = [](auto *member) {
		member->subscribe(member->getUserData()->room);
	};
	rooms.message = [&app](auto *member, auto text, OpCode code) {
		app.publish(member->getUserData()->room, text, code);
	};
	echo.message = [](auto *client, auto text, OpCode code) {
		client->send(text, code);
	};
	app.ws<Member>("/room/*", std::move(rooms))
	    .ws<Echo>("/echo", std::move(echo))
	    .listen("127.0.0.1", atoi(argv[1]),
		[](auto *listener) {
			if (listener == nullptr)
				exit(2);
		})
	    .run();
}

#include "tests/support/transport/ws_rig.h"

#include <string.h>

struct recorder recorder;
struct client client;

void
ws_rig_begin(int sndbuf)
{
	recorder_init(&recorder);
	recorder_meet(&recorder, &client, sndbuf);
}

void
ws_rig_end(void)
{
	recorder_fini(&recorder);
	client_fini(&client);
}

void
ws_rig_turn(void)
{
	rig_turn(&recorder.rig);
	client_receive(&client);
}

void
ws_rig_pass(int64_t ms)
{
	rig_pass(&recorder.rig, ms);
	client_receive(&client);
}

void
ws_rig_send_text(const char *text)
{
	client_send_frame(&client, WS_TEXT, text, strlen(text));
}

void
ws_rig_send_close(unsigned code)
{
	const char payload[2] = { (char)(code >> 8), (char)code };

	client_send_frame(&client, WS_CLOSE, payload,
	    code == WS_CLOSE_NO_STATUS ? 0 : 2);
}

size_t
ws_rig_conn_count(void)
{
	return recorder.rig.worker.loop.conn_count;
}

/* A recorder with one WebSocket, and short functions to use it. */
#ifndef TESTS_SUPPORT_TRANSPORT_WS_RIG_H
#define TESTS_SUPPORT_TRANSPORT_WS_RIG_H

#include "tests/support/transport/recorder.h"

/* A server's send buffer that takes a few kilobytes. */
#define WS_RIG_SMALL 4608

extern struct recorder recorder;
extern struct client client; /* the WebSocket */

/* sndbuf: the server's send buffer; 0: as it is. */
void ws_rig_begin(int sndbuf);
void ws_rig_end(void);

/* Loop turns, or time; then the client reads. */
void ws_rig_turn(void);
void ws_rig_pass(int64_t ms);

void ws_rig_send_text(const char *text);
/* A close frame; WS_CLOSE_NO_STATUS: without a code. */
void ws_rig_send_close(unsigned code);

/* Connections that the server keeps. */
size_t ws_rig_conn_count(void);

#endif

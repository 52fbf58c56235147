/* What is served over plain HTTP: health checks. */
#ifndef TRANSPORT_ROUTE_H
#define TRANSPORT_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "domain/str.h"
#include "transport/http.h"

struct service;

#define ROUTE_BODY_SIZE 2048

/*
 * Whether something is ready for work; if not, writes why into reason.
 */
typedef bool ready_check(void *arg, char *reason, size_t size);

#define READY_CHECKS_MAX 8

struct routes {
	struct {
		const char *name;
		ready_check *check;
		void *arg;
	} checks[READY_CHECKS_MAX];
	size_t check_count;
};

/* Let /readyz ask this, too. Name and arg are borrowed. */
void routes_add_check(struct routes *, const char *name, ready_check *,
    void *arg);

/*
 * Answers a request that does not open a WebSocket. The response's body is
 * in `body`; its other texts are constants.
 */
void routes_answer(const struct service *, const struct http_request *,
    struct http_response *, char body[ROUTE_BODY_SIZE]);

#endif

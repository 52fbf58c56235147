/* A request to the API, from its head to its answer. */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "domain/text/utf8.h"
#include "transport/api/api_file.h"
#include "transport/api/api_internal.h"
#include "transport/net/input_buffer.h"
#include "transport/ws/ws_conn.h"
#include "wire/api/api_answer.h"
#include "wire/common/wire_text.h"

#define JSON "application/json"

/* The id of a client without a user. The server's own id owns rooms. */
#define ANONYMOUS "anonymous"

/* A backend is administrator of every room. */
#define RIGHTS_OF_BACKEND (RIGHTS_USUAL | RIGHT_MODERATE | RIGHT_ADMIN)

int64_t
api_call_now_ms(const struct api_call *call)
{
	return call->exchange->conn->loop->now_ms;
}

bool
api_call_is_draining(const struct api_call *call)
{
	return call->exchange->conn->loop->websockets->refusing;
}

struct api_body
api_call_body(const struct api_call *call)
{
	const struct input_buffer *body = call->body;

	return (struct api_body){
		.text =
		    body == NULL ? STR("") : str_slice(body->data, body->len),
		.depth = call->api->config.limits->json_depth,
		.scratch = call->api->scratch,
	};
}

/* --- the answer ----------------------------------------------------------- */

void
api_call_put(struct api_call *call, const struct event *event)
{
	wire_text_reset(&call->out);
	call->status = api_put_answer(&call->out, event, false);
}

void
api_call_fail(struct api_call *call, const struct failure *failure)
{
	struct event event = { .kind = EVENT_FAILED, .failure = *failure };

	api_call_put(call, &event);
}

void
api_call_fail_field(struct api_call *call, const char *field)
{
	struct failure failure = {
		.error = CHAT_BAD_FIELD,
		.field = str_from(field),
	};

	api_call_fail(call, &failure);
}

void
api_call_add_header(struct api_call *call, const char *format, ...)
{
	size_t len = strlen(call->headers);
	size_t space = sizeof(call->headers) - len;
	va_list args;
	int written;

	va_start(args, format);
	written = vsnprintf(call->headers + len, space, format, args);
	va_end(args);
	if (written < 0 || (size_t)written >= space)
		call->headers[len] = '\0';
}

/* A page of another site may read what the admission lets it read. */
static void
headers_add_origin(struct api_call *call)
{
	struct http_request request;
	struct str origin;

	if (!call->is_of_user)
		return;
	http_exchange_request(call->exchange, &request);
	origin = http_header_find(&request, STR("Origin"), NULL);
	if (origin.data != NULL)
		api_call_add_header(call,
		    "Access-Control-Allow-Origin: %.*s\r\nVary: Origin\r\n",
		    (int)origin.len, origin.data);
}

static void
headers_add(struct api_call *call)
{
	api_call_add_header(call, "Cache-Control: %s\r\n",
	    call->cache_control == NULL ? "no-store" : call->cache_control);
	if (call->is_live)
		api_call_add_header(call,
		    "X-Accel-Buffering: no\r\n"); /* nginx */
	if (call->status == 503 || call->status == 429)
		api_call_add_header(call, "Retry-After: 1\r\n");
	if (call->status == 401)
		api_call_add_header(call, "WWW-Authenticate: Bearer\r\n");
	headers_add_origin(call);
}

void
api_call_respond_head(struct api_call *call, int status,
    const char *content_type)
{
	struct http_response *response = &call->exchange->response;

	assert(status >= 200 && status < 600);
	call->status = status;
	headers_add(call);
	response->status = status;
	response->headers = call->headers;
	response->content_type = content_type;
}

/* The call is over afterwards. */
static void
call_answer(struct api_call *call)
{
	struct http_response *response = &call->exchange->response;

	if (call->out.failed) {
		wire_text_reset(&call->out);
		call->status = 503;
	} else if (call->out.len > 0)
		wire_text_append(&call->out, STR("\n"));
	api_budget_charge_answer(call);
	api_call_respond_head(call, call->status,
	    call->status == 204 ? NULL : JSON);
	if (call->status != 204) {
		response->body = call->out.len == 0
				     ? STR("")
				     : str_slice(call->out.data, call->out.len);
	}
	http_exchange_respond(call->exchange);
}

/* Nothing more is to come, and no stream has begun. */
static void
call_finish_if_done(struct api_call *call)
{
	if (call->is_running || call->answers_due > 0 ||
	    call->watched != NULL || call->is_transfer)
		return;
	if (call->awaits_body && call->status == 0)
		return;
	if (call->status != 0 || call->operation->finish(call))
		call_answer(call);
}

/* --- commands ------------------------------------------------------------- */

enum chat_error
api_call_ask(struct api_call *call, struct command *command, struct str ref)
{
	const struct api *api = call->api;

	command->flags |= COMMAND_OF_SERVER;
	command->author = str_from(call->id);
	command->ref = ref;
	command->rights = call->rights;
	if (call->scope != NULL)
		command->scope = str_from(call->scope);
	if (call->member_id[0] != '\0') {
		command->as_id = str_from(call->member_id);
	} else if (command->as_id.data == NULL) {
		command->as_id = STR("server");
		if (command->as_name.data == NULL)
			command->as_name = str_slice(api->name, api->name_len);
	}
	if (command->kind == COMMAND_ROOM_CREATE)
		api_budget_charge_join(call);
	call->answers_due++;
	return command_handle(api->handler, command);
}

void
api_call_receive(struct api_call *call, const struct event *event)
{
	assert(call->answers_due > 0);
	call->operation->receive(call, event);
	call->answers_due--;
	call_finish_if_done(call);
}

void
api_call_run_again(struct api_call *call, void (*run)(struct api_call *))
{
	assert(!call->is_running);
	call->is_running = true;
	run(call);
	call->is_running = false;
	call_finish_if_done(call);
}

/* --- who asks ------------------------------------------------------------- */

/* The time does not depend on where the keys differ. */
static bool
key_matches(const struct api *api, const struct http_request *request)
{
	struct str value =
	    http_header_find(request, STR("Authorization"), NULL);
	struct str scheme = STR("Bearer ");

	return api->key_len > 0 && value.len == scheme.len + api->key_len &&
	       strncasecmp(value.data, scheme.data, scheme.len) == 0 &&
	       CRYPTO_memcmp(value.data + scheme.len, api->key, api->key_len) ==
		   0;
}

static void
operation_run(struct api_call *call)
{
	const struct api_operation *operation = call->operation;

	operation->run(call);
	if (operation->on_body != NULL && !call->awaits_body &&
	    call->status == 0)
		operation->on_body_end(call);
}

static void
call_run(struct api_call *call)
{
	api_call_run_again(call, operation_run);
}

/* A user that does not administer all rooms has its own rights in its rooms. */
static void
call_limit(struct api_call *call, const struct principal *principal)
{
	struct failure failure = { .error = CHAT_FORBIDDEN };
	struct str id = principal->member_id;

	if (id.len == 0)
		id = STR(ANONYMOUS);
	assert(id.len < sizeof(call->member_id));
	memcpy(call->member_id, id.data, id.len);
	call->rights = principal->rights;
	if (principal->rooms.data != NULL) {
		call->scope =
		    strndup(principal->rooms.data, principal->rooms.len);
		if (call->scope == NULL)
			failure.error = CHAT_UNAVAILABLE;
	}
	if (str_is_empty(principal->user_id) && call->needs_admin)
		failure.error = CHAT_UNAUTHORIZED;
	if (call->needs_admin || failure.error == CHAT_UNAVAILABLE)
		api_call_fail(call, &failure);
}

static void
call_accept(struct candidate *candidate, const struct principal *principal)
{
	struct api_call *call =
	    LIST_OWNER(candidate, struct api_call, candidate);

	assert(call->is_candidate);
	call->is_candidate = false;
	call->expires_at_ms = principal->expires_at_ms;
	call->has_mark = principal->member_id.data != NULL;
	if (call->has_mark)
		call->mark = principal_mark_of(principal);
	if (!(principal->rights & RIGHT_ADMIN) || principal->rooms.data != NULL)
		call_limit(call, principal);
	if (call->status == 0)
		api_budget_take(call);
	if (call->status == 0)
		call_run(call);
	else
		call_finish_if_done(call);
}

static void
call_refuse(struct candidate *candidate, int status, const char *why)
{
	struct api_call *call =
	    LIST_OWNER(candidate, struct api_call, candidate);
	const char *text = candidate->answer != NULL ? candidate->answer : why;
	struct failure failure = {
		.error = status == 401 ? CHAT_UNAUTHORIZED : CHAT_FORBIDDEN,
		.text = str_slice(text, strcspn(text, "\n")),
	};

	assert(call->is_candidate);
	call->is_candidate = false;
	api_call_fail(call, &failure);
	call->status = status;
	call_finish_if_done(call);
}

static const struct candidate_ops candidate_ops = {
	.accept = call_accept,
	.refuse = call_refuse,
};

static struct admission *
call_admission(const struct api_call *call)
{
	return call->exchange->conn->loop->websockets->admission;
}

void
api_call_admit(struct api_call *call)
{
	const struct principal anyone = principal_anonymous();
	struct admission *admission = call_admission(call);
	struct http_request request;

	assert(!call->is_candidate);
	call->rights = RIGHTS_OF_BACKEND;
	call->member_id[0] = '\0';
	call->candidate =
	    (struct candidate){ &candidate_ops, call->exchange, NULL };
	call->is_candidate = true;
	http_exchange_request(call->exchange, &request);
	if (admission == NULL)
		call_accept(&call->candidate, &anyone);
	else
		admission->ops->admit(admission, &call->candidate, &request);
}

/* --- the exchange --------------------------------------------------------- */

static void
call_on_body(struct http_exchange *exchange, struct str piece)
{
	struct api_call *call = exchange->arg;

	if (call->operation->on_body != NULL)
		call->operation->on_body(call, piece);
	else if (!input_buffer_append(&call->body, piece.data, piece.len,
		     UINT64_MAX, &exchange->conn->loop->input_bytes))
		conn_abort(exchange->conn);
}

/* Of a user, or of a client that has the key of a URL. */
static void
call_begin_to_run(struct api_call *call)
{
	if (call->status != 0)
		call_finish_if_done(call);
	else if (call->is_of_user && !call->has_url_key)
		api_call_admit(call);
	else
		call_run(call);
}

static void
call_on_request_end(struct http_exchange *exchange)
{
	struct api_call *call = exchange->arg;

	if (!call->awaits_body) {
		call_begin_to_run(call);
		return;
	}
	call->awaits_body = false;
	api_call_run_again(call, call->operation->on_body_end);
}

/* A stream goes on as far as the client reads. */
static ssize_t
call_fill(struct http_exchange *exchange, char *out, size_t most)
{
	struct api_call *call = exchange->arg;
	size_t len;

	if (call->sent == call->out.len)
		call->operation->go_on(call);
	if (call->out.failed)
		return HTTP_FILL_FAILED;
	len = call->out.len - call->sent;
	if (len > most)
		len = most;
	if (len > 0) {
		memcpy(out, call->out.data + call->sent, len);
		call->sent += len;
		return (ssize_t)len;
	}
	wire_text_fini(&call->out);
	call->sent = 0;
	return call->has_ended ? 0 : HTTP_FILL_LATER;
}

static void
call_on_turn_end(struct http_exchange *exchange)
{
	struct api_call *call = exchange->arg;

	if (call->is_live)
		http_exchange_continue(exchange);
	else if (call->watched != NULL)
		call->operation->go_on(call);
}

static void
call_on_close(struct http_exchange *exchange)
{
	struct api_call *call = exchange->arg;
	struct loop *loop = exchange->conn->loop;

	if (call->is_candidate && call_admission(call) != NULL)
		call_admission(call)->ops->cancel(call_admission(call),
		    &call->candidate);
	if (call->is_live)
		loop->websockets->open_count--;
	api_unwatch(call);
	api_file_end(call);
	if (call->trace != NULL)
		api_trace_end(call);
	id_map_remove(&call->api->calls, str_from(call->id));
	for (size_t i = 0; i < call->result_count; i++)
		wire_text_fini(&call->results[i].text);
	free(call->results);
	free(call->scope);
	input_buffer_free(&call->body, &loop->input_bytes);
	wire_text_fini(&call->out);
	free(call);
}

static const struct http_exchange_ops call_ops = {
	.on_body = call_on_body,
	.on_request_end = call_on_request_end,
	.fill = call_fill,
	.on_turn_end = call_on_turn_end,
	.on_close = call_on_close,
};

/* The room or member of the path, and a number; a malformed one is no id. */
static void
call_read_params(struct api_call *call)
{
	const char *name = call->operation->param;

	if (name != NULL && (http_param_get(call->exchange->request, name,
				 call->subject, sizeof(call->subject)) < 0 ||
				!utf8_is_valid(str_from(call->subject))))
		api_call_fail_field(call, name);
	name = call->operation->number;
	if (name != NULL && call->status == 0)
		api_param_number(call, name, &call->number);
}

static bool
request_has_body(const struct http_request *request)
{
	return request->is_chunked || request->body_length > 0;
}

/* The key in a URL opens one file, for any client. */
static void
call_read_url_key(struct api_call *call)
{
	char key[BLOB_KEY_SIZE];

	call->has_url_key = call->operation->takes_url_key &&
			    call->is_of_user &&
			    http_query_get(call->exchange->request->query,
				"key", key, sizeof(key)) > 0;
	if (!call->has_url_key)
		return;
	call->rights = 0;
	memcpy(call->member_id, ANONYMOUS, sizeof(ANONYMOUS));
}

static struct api_call *
call_create(struct api *api, struct http_exchange *exchange,
    const struct api_operation *operation)
{
	struct api_call *call = calloc(1, sizeof(*call));

	if (call == NULL)
		return NULL;
	call->api = api;
	call->exchange = exchange;
	call->operation = operation;
	call->rights = RIGHTS_OF_BACKEND;
	snprintf(call->id, sizeof(call->id), "~%" PRIx64, ++api->last_call);
	if (id_map_put(&api->calls, call))
		return call;
	free(call);
	return NULL;
}

/* Whether there may be a user's token. A wrong key looks like one. */
static bool
has_bearer(const struct http_exchange *exchange)
{
	return exchange->conn->loop->websockets->admission != NULL &&
	       http_header_find(exchange->request, STR("Authorization"), NULL)
		       .data != NULL;
}

static void
exchange_refuse_key(struct http_exchange *exchange)
{
	struct http_response *response = &exchange->response;

	http_exchange_count_auth_failure(exchange, "Key required\n");
	response->status = 401;
	response->content_type = JSON;
	response->body = STR("{\"error\":\"unauthorized\","
			     "\"text\":\"The key of the API is required\"}\n");
	response->headers = "WWW-Authenticate: Bearer\r\n";
}

bool
api_call_begin(struct http_exchange *exchange,
    const struct api_operation *operation)
{
	struct api *api = exchange->arg;
	bool takes_key = !api->has_listener || exchange->listener == NULL;
	bool is_backend = takes_key && key_matches(api, exchange->request);
	struct api_call *call;

	if (!is_backend && !operation->for_users) {
		if (!takes_key)
			return false;
		if (!has_bearer(exchange)) {
			exchange_refuse_key(exchange);
			return true;
		}
	}
	call = call_create(api, exchange, operation);
	if (call == NULL) {
		http_refuse(&exchange->response, 503, "Out of memory\n");
		return true;
	}
	call->is_of_user = !is_backend;
	call->needs_admin = !is_backend && !operation->for_users;
	call_read_params(call);
	call_read_url_key(call);
	call->awaits_body =
	    operation->on_body != NULL && request_has_body(exchange->request);
	http_exchange_begin(exchange, &call_ops, call);
	if (call->awaits_body) {
		/* Until it is known what the body is for. */
		http_exchange_pause_body(exchange);
		call_begin_to_run(call);
	}
	return true;
}

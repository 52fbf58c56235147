/* The HTTP endpoints of the FastAPI server. */
#include "wire/common/http_compat.h"
#include "wire/common/timestamps.h"
#include "wire/json/json_fields.h"
#include "wire/topic/dialect_topic.h"

#define JSON "application/json"
#define TEXT "text/plain; charset=utf-8"
#define ALLOW "Allow: GET\r\n"
#define STATIC_LEN (sizeof("/static") - 1)
#define ANY_ORIGIN "Access-Control-Allow-Origin: *\r\n"

static void
topic_stats_put(struct wire_text *out,
    const struct http_compat_request *request)
{
	struct chat_stats stats = { 0 };

	if (request->get_stats != NULL)
		request->get_stats(&stats, request->arg);
	timestamp_put_fractional(out, STR(",\"timestamp\":"),
	    request->monotonic_ms);
	json_field_unsigned(out, STR(",\"connections\":{\"total_clients\":"),
	    stats.guests);
	json_field_unsigned(out, STR(",\"total_topics\":"), stats.guest_rooms);
	json_field_unsigned(out, STR(",\"max_topics\":"), TOPIC_ROOMS);
	json_field_unsigned(out, STR(",\"max_connections_per_topic\":"),
	    TOPIC_MEMBERS);
	json_field_unsigned(out, STR("},\"messages\":{\"total_messages\":"),
	    stats.guest_messages);
	json_field_unsigned(out, STR(",\"expiration_seconds\":"),
	    TOPIC_LIFE_MS / 1000);
	json_field_unsigned(out, STR(",\"rate_limit_per_minute\":"),
	    TOPIC_BURST_MESSAGES);
	wire_text_append(out, STR("}}"));
}

static void
response_put(const struct http_compat_request *request,
    struct http_compat_response *out, int status, struct str json)
{
	out->status = status;
	out->content_type = JSON;
	out->headers = request->has_origin ? ANY_ORIGIN : "";
	wire_text_append(out->body, json);
}

static bool
is_get(const struct http_compat_request *request)
{
	return str_equal(request->method, STR("GET"));
}

static void
response_put_not_allowed(const struct http_compat_request *request,
    struct http_compat_response *out)
{
	response_put(request, out, 405,
	    STR("{\"detail\":\"Method Not Allowed\"}"));
	out->headers = request->has_origin ? ALLOW ANY_ORIGIN : ALLOW;
}

static void
response_put_stats(const struct http_compat_request *request,
    struct http_compat_response *out, struct str head)
{
	if (!is_get(request)) {
		response_put_not_allowed(request, out);
		return;
	}
	response_put(request, out, 200, head);
	topic_stats_put(out->body, request);
}

/* The original's pages and their scripts: ours, where they have that name. */
static void
response_put_page(const struct http_compat_request *request,
    struct http_compat_response *out, struct str asset)
{
	if (!is_get(request) && !str_equal(request->method, STR("HEAD"))) {
		response_put_not_allowed(request, out);
		return;
	}
	response_put(request, out, 404, STR("{\"detail\":\"Not Found\"}"));
	out->asset = asset;
}

/* A browser asks whether a page of another origin may send a request. */
static void
response_put_preflight(struct http_compat_response *out)
{
	out->status = 200;
	out->content_type = TEXT;
	out->headers = ANY_ORIGIN "Access-Control-Allow-Methods: GET\r\n"
				  "Access-Control-Allow-Headers: *\r\n"
				  "Access-Control-Max-Age: 600\r\n";
	wire_text_append(out->body, STR("OK"));
}

bool
topic_http_compat(const struct http_compat_request *request,
    struct http_compat_response *out)
{
	struct str path = request->path;

	if (request->is_upgrade) {
		out->status = 403;
		out->content_type = TEXT;
		out->headers = "";
	} else if (request->has_origin &&
		   str_equal(request->method, STR("OPTIONS"))) {
		response_put_preflight(out);
	} else if (str_equal(path, STR("/health"))) {
		response_put_stats(request, out,
		    STR("{\"status\":\"healthy\""));
	} else if (str_equal(path, STR("/stats"))) {
		response_put_stats(request, out,
		    STR("{\"server\":\"Secure WebSocket Chat Server\""));
	} else if (str_equal(path, STR("/old"))) {
		response_put_page(request, out, STR("/"));
	} else if (path.len > STATIC_LEN &&
		   memcmp(path.data, "/static/", STATIC_LEN + 1) == 0) {
		response_put_page(request, out,
		    str_slice(path.data + STATIC_LEN, path.len - STATIC_LEN));
	} else {
		response_put(request, out, 404,
		    STR("{\"detail\":\"Not Found\"}"));
	}
	return true;
}

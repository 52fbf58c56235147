/* The HTTP endpoints of the FastAPI server. */
#include "wire/common/http_compat.h"
#include "wire/common/timestamps.h"
#include "wire/json/json_fields.h"
#include "wire/topic/dialect_topic.h"

#define JSON "application/json"
#define TEXT "text/plain; charset=utf-8"
#define ALLOW "Allow: GET\r\n"
#define ANY_ORIGIN "Access-Control-Allow-Origin: *\r\n"

static void
stats_put(struct wire_text *out, const struct http_compat_request *request)
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

static void
response_put_stats(const struct http_compat_request *request,
    struct http_compat_response *out, struct str head)
{
	if (str_equal(request->method, STR("GET"))) {
		response_put(request, out, 200, head);
		stats_put(out->body, request);
		return;
	}
	response_put(request, out, 405,
	    STR("{\"detail\":\"Method Not Allowed\"}"));
	out->headers = request->has_origin ? ALLOW ANY_ORIGIN : ALLOW;
}

bool
topic_http_compat(const struct http_compat_request *request,
    struct http_compat_response *out)
{
	if (request->is_upgrade) {
		out->status = 403;
		out->content_type = TEXT;
		out->headers = "";
	} else if (str_equal(request->path, STR("/health"))) {
		response_put_stats(request, out,
		    STR("{\"status\":\"healthy\""));
	} else if (str_equal(request->path, STR("/stats"))) {
		response_put_stats(request, out,
		    STR("{\"server\":\"Secure WebSocket Chat Server\""));
	} else {
		response_put(request, out, 404,
		    STR("{\"detail\":\"Not Found\"}"));
	}
	return true;
}

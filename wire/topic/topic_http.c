#include "wire/common/http_compat.h"
#include "wire/common/timestamps.h"
#include "wire/json/json_fields.h"
#include "wire/topic/dialect_topic.h"

#define JSON "application/json"
#define TEXT "text/plain; charset=utf-8"
#define ALLOW "Allow: GET\r\n"
#define ANY_ORIGIN "Access-Control-Allow-Origin: *\r\n"

static void
put_figures(struct wire_text *out, const struct http_compat_request *request)
{
	struct chat_stats figures = { 0 };

	if (request->tell_figures != NULL)
		request->tell_figures(&figures, request->arg);
	put_seconds_exactly(out, STR(",\"timestamp\":"), request->monotonic_ms);
	put_unsigned(out, STR(",\"connections\":{\"total_clients\":"),
	    figures.guests);
	put_unsigned(out, STR(",\"total_topics\":"), figures.guest_rooms);
	put_unsigned(out, STR(",\"max_topics\":"), TOPIC_ROOMS);
	put_unsigned(out, STR(",\"max_connections_per_topic\":"),
	    TOPIC_MEMBERS);
	put_unsigned(out, STR("},\"messages\":{\"total_messages\":"),
	    figures.guest_messages);
	put_unsigned(out, STR(",\"expiration_seconds\":"),
	    TOPIC_LIFE_MS / 1000);
	put_unsigned(out, STR(",\"rate_limit_per_minute\":"), TOPIC_PACE);
	wire_text_append(out, STR("}}"));
}

static void
say(const struct http_compat_request *request, struct http_compat_response *out,
    int status, struct str json)
{
	out->status = status;
	out->content_type = JSON;
	out->headers = request->has_origin ? ANY_ORIGIN : "";
	wire_text_append(out->body, json);
}

static void
show(const struct http_compat_request *request,
    struct http_compat_response *out, struct str head)
{
	if (str_equal(request->method, STR("GET"))) {
		say(request, out, 200, head);
		put_figures(out->body, request);
		return;
	}
	say(request, out, 405, STR("{\"detail\":\"Method Not Allowed\"}"));
	out->headers = request->has_origin ? ALLOW ANY_ORIGIN : ALLOW;
}

bool
topic_face(const struct http_compat_request *request,
    struct http_compat_response *out)
{
	if (request->is_upgrade) {
		out->status = 403;
		out->content_type = TEXT;
		out->headers = "";
	} else if (str_equal(request->path, STR("/health"))) {
		show(request, out, STR("{\"status\":\"healthy\""));
	} else if (str_equal(request->path, STR("/stats"))) {
		show(request, out,
		    STR("{\"server\":\"Secure WebSocket Chat Server\""));
	} else {
		say(request, out, 404, STR("{\"detail\":\"Not Found\"}"));
	}
	return true;
}

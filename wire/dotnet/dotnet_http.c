/* The HTTP endpoints of the ASP.NET server. */
#include "wire/common/http_compat.h"
#include "wire/common/wire_text.h"
#include "wire/dotnet/dialect_dotnet.h"
#include "wire/dotnet/dotnet_monitor.h"

static void
dotnet_answer(struct http_compat_response *out, int status, struct str text)
{
	out->status = status;
	out->content_type = "text/plain; charset=utf-8";
	out->headers = "";
	wire_text_append(out->body, text);
}

bool
dotnet_http_compat(const struct http_compat_request *request,
    struct http_compat_response *out)
{
	struct str path = request->path;

	if (request->is_upgrade)
		return false;
	if (str_equal(path, STR("/ws"))) {
		dotnet_answer(out, 400, STR("WebSocket connection required"));
		return true;
	}
	if (!str_equal(request->method, STR("GET")) &&
	    !str_equal(request->method, STR("HEAD")))
		return false;
	if (str_equal(path, STR("/monitoring.html"))) {
		dotnet_answer(out, 302, STR(""));
		out->headers = "Location: /monitor\r\n";
		return true;
	}
	if (dotnet_monitor_answer(request, out))
		return true;
	if (str_equal(path, STR("/"))) {
		dotnet_answer(out, 200,
		    STR("Advanced WebSocket Chat Server is running.\n"
			"- WebSocket: Connect to /ws\n"
			"- Monitoring Dashboard: /monitoring.html\n"
			"- API Documentation: /swagger"));
		return true;
	}
	return false;
}

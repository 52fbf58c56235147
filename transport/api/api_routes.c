/* The routes of the API: docs/api.md, share/api/openapi.json. */
#include "transport/api/api_internal.h"
#include "transport/http/assets.h"

#define X(name)                                                     \
	static bool run_##name(struct http_exchange *exchange)      \
	{                                                           \
		return api_call_begin(exchange, &operation_##name); \
	}
API_OPERATIONS(X)
#undef X

/* The document needs no key: nothing in it is secret. */
static bool
run_document(struct http_exchange *exchange)
{
	const struct api *api = exchange->arg;
	const struct asset *asset =
	    api->config.assets == NULL
		? NULL
		: assets_find(api->config.assets, exchange->request->path);

	if (asset == NULL)
		return false;
	asset_answer(asset, exchange->request, &exchange->response,
	    exchange->text);
	return true;
}

static const struct http_route api_routes[] = {
	{ "/v1/openapi.json", HTTP_GET, run_document, false },
	{ "/v1/info", HTTP_GET, run_info, false },
	{ "/v1/nodes", HTTP_GET, run_nodes, false },
	{ "/v1/trace", HTTP_GET, run_trace, false },
	{ "/v1/rooms", HTTP_GET, run_rooms, false },
	{ "/v1/rooms", HTTP_POST, run_room_post, true },
	{ "/v1/rooms/{room}", HTTP_GET, run_room_get, false },
	{ "/v1/rooms/{room}", HTTP_PUT, run_room_put, true },
	{ "/v1/rooms/{room}", HTTP_PATCH, run_room_patch, true },
	{ "/v1/rooms/{room}", HTTP_DELETE, run_room_delete, false },
	{ "/v1/rooms/{room}/invite", HTTP_POST, run_invite, true },
	{ "/v1/rooms/{room}/role", HTTP_POST, run_role, true },
	{ "/v1/rooms/{room}/kick", HTTP_POST, run_kick, true },
	{ "/v1/rooms/{room}/mute", HTTP_POST, run_mute, true },
	{ "/v1/rooms/{room}/unmute", HTTP_POST, run_unmute, true },
	{ "/v1/rooms/{room}/ban", HTTP_POST, run_ban, true },
	{ "/v1/rooms/{room}/unban", HTTP_POST, run_unban, true },
	{ "/v1/rooms/{room}/messages", HTTP_GET, run_history, false },
	{ "/v1/rooms/{room}/messages", HTTP_POST, run_publish, true },
	{ "/v1/rooms/{room}/messages/{seq}", HTTP_DELETE, run_redact, false },
	{ "/v1/rooms/{room}/events", HTTP_GET, run_stream, false },
	{ "/v1/rooms/{room}/members", HTTP_GET, run_room_members, false },
	{ "/v1/messages", HTTP_POST, run_batch, true },
	{ "/v1/broadcast", HTTP_POST, run_broadcast, true },
	{ "/v1/members", HTTP_GET, run_members, false },
	{ "/v1/members/{member}", HTTP_DELETE, run_member_end, false },
	{ "/v1/members/{member}/connections", HTTP_GET, run_connections,
	    false },
	{ "/v1/revocations", HTTP_POST, run_revoke, true },
	{ "/v1/connections/{connection}", HTTP_DELETE, run_connection_end,
	    false },
	{ NULL, 0, NULL, false },
};

/* Not for backends only, so they are served without a key of those, too. */
static const struct http_route file_routes[] = {
	{ "/v1/files", HTTP_POST, run_file_post, HTTP_STREAMS_BODY },
	{ "/v1/files", HTTP_OPTIONS, api_upload_answer_options,
	    HTTP_REFUSES_BODY },
	{ "/v1/files/{file}", HTTP_GET, run_file_get, HTTP_REFUSES_BODY },
	{ "/v1/files/{file}", HTTP_PATCH, run_file_patch, HTTP_STREAMS_BODY },
	{ "/v1/files/{file}", HTTP_DELETE, run_file_delete, HTTP_REFUSES_BODY },
	{ NULL, 0, NULL, HTTP_REFUSES_BODY },
};

/* The body is not read. */
static bool
files_are_off(struct http_exchange *exchange)
{
	http_refuse(&exchange->response, 404, "There are no files here\n");
	return true;
}

static const struct http_route no_file_routes[] = {
	{ "/v1/files", HTTP_POST, files_are_off, HTTP_STREAMS_BODY },
	{ "/v1/files", HTTP_OPTIONS, files_are_off, HTTP_REFUSES_BODY },
	{ "/v1/files/{file}", HTTP_GET, files_are_off, HTTP_REFUSES_BODY },
	{ "/v1/files/{file}", HTTP_PATCH, files_are_off, HTTP_STREAMS_BODY },
	{ "/v1/files/{file}", HTTP_DELETE, files_are_off, HTTP_REFUSES_BODY },
	{ NULL, 0, NULL, HTTP_REFUSES_BODY },
};

bool
api_handle(struct api *api, struct http_exchange *exchange)
{
	exchange->arg = api;
	if (http_routes_run(exchange,
		api->has_files ? file_routes : no_file_routes))
		return true;
	if (api->key_len > 0 && http_routes_run(exchange, api_routes))
		return true;
	exchange->arg = NULL;
	return false;
}

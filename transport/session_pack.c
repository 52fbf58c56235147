/* Sessions that another process goes on with. */

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "domain/base/pack.h"
#include "domain/member.h"
#include "transport/fanout/downloads.h"
#include "transport/fanout/hub.h"
#include "transport/session_internal.h"
#include "transport/session_stream.h"

enum session_flag {
	SESSION_IS_ATTACHED = 1 << 0,
	SESSION_IS_USER = 1 << 1,
	SESSION_HAS_EXTRA = 1 << 2
};

/* A session that waits for its member is asked about at other nodes. */
bool
session_is_movable(const void *arg)
{
	const struct session *session = arg;

	return (session->conn->pauses & PAUSED_BY_MEMBER) == 0;
}

/* --- writing -------------------------------------------------------------- */

static void
session_pack_extra(const struct session *session, struct packer *packer)
{
	const struct session_extra *extra = session->extra;

	pack_text(packer,
	    extra->scope == NULL ? STR_ABSENT : str_from(extra->scope));
	pack_value(packer, &extra->burst_limiter, sizeof(extra->burst_limiter));
	pack_number(packer, extra->refused_since);
	pack_number(packer, extra->refused);
	if (extra->stream != NULL)
		session_stream_pack(extra->stream, packer);
	downloads_pack(extra->downloads, packer);
}

void
session_pack(const void *arg, struct packer *packer)
{
	const struct session *session = arg;
	struct str name = STR_ABSENT;

	if (session->has_name)
		name = str_from(session->member_id + session->id_size);
	pack_text(packer, str_from(session->dialect->name));
	pack_number(packer, session->id_size);
	pack_text(packer, name);
	pack_number(packer, session->connection);
	pack_number(packer, session->rights);
	pack_number(packer, session->stage);
	pack_number(packer,
	    (session->is_attached ? SESSION_IS_ATTACHED : 0U) |
		(session->is_user ? SESSION_IS_USER : 0U) |
		(session->extra != NULL ? SESSION_HAS_EXTRA : 0U));
	if (session->extra != NULL)
		session_pack_extra(session, packer);
	hub_pack_session(sessions_of(session)->config.hub, session, packer);
}

/* --- reading -------------------------------------------------------------- */

/* NULL: no such bytes, or no memory. */
static struct session *
session_unpack_new(struct unpacker *from)
{
	const struct dialect *dialect = dialect_find(unpack_text(from));
	size_t size = (size_t)unpack_number(from);
	struct str name = unpack_text(from);
	size_t name_size = name.data != NULL ? name.len + 1 : 0;
	struct session *session;

	if (from->failed || dialect == NULL || size == 0 || size > ID_SIZE ||
	    name.len > MEMBER_NAME_SIZE)
		return NULL;
	session =
	    calloc(1, offsetof(struct session, member_id) + size + name_size);
	if (session == NULL)
		return NULL;
	session->dialect = dialect;
	session->id_size = (uint8_t)size;
	session->has_name = name.data != NULL;
	if (session->has_name)
		str_put(session_name(session), name);
	return session;
}

/* An unfinished message gets a new deadline. */
static bool
session_unpack_stream(struct session *session, struct unpacker *from)
{
	struct session_stream *stream;

	if (!session_add_stream(session, session->conn))
		return false;
	stream = session->extra->stream;
	if (!session_stream_unpack(stream, from))
		return false;
	session_stream_note(stream, &sessions_of(session)->unfinished, false);
	return true;
}

static bool
session_unpack_extra(struct session *session, struct unpacker *from)
{
	struct session_extra *extra = session_get_extra(session);

	if (extra == NULL || !session_set_scope(session, unpack_text(from)))
		return false;
	unpack_value(from, &extra->burst_limiter, sizeof(extra->burst_limiter));
	extra->refused_since = (uint32_t)unpack_number(from);
	extra->refused = (uint32_t)unpack_number(from);
	return (session->dialect->stream == NULL ||
		   session_unpack_stream(session, from)) &&
	       downloads_unpack(session, from);
}

static bool
session_unpack(struct session *session, struct hub *hub, bool deflate,
    struct unpacker *from)
{
	uint32_t connection = (uint32_t)unpack_number(from);
	unsigned flags;

	session->rights = (uint16_t)unpack_number(from);
	session->stage = unpack_number(from) & 3;
	flags = (unsigned)unpack_number(from);
	session->is_user = (flags & SESSION_IS_USER) != 0;
	hub_add(hub, session, deflate);
	session->connection = connection;
	if ((flags & SESSION_HAS_EXTRA) && !session_unpack_extra(session, from))
		return false;
	if ((flags & SESSION_IS_ATTACHED) && session->dialect->stream != NULL)
		hub_set_form(session,
		    session->dialect->stream
			->form(session->extra->stream->state));
	return hub_unpack_session(hub, session,
	    (flags & SESSION_IS_ATTACHED) != 0, from);
}

void *
session_adopt(struct endpoint *endpoint, struct conn *conn, bool deflate,
    struct unpacker *from)
{
	struct hub *hub = ((struct sessions *)endpoint)->config.hub;
	struct session *session = session_unpack_new(from);

	if (session == NULL)
		return NULL;
	session->conn = conn;
	if (session_unpack(session, hub, deflate, from))
		return session;
	hub_forget(hub, session);
	session_free(session);
	return NULL;
}
